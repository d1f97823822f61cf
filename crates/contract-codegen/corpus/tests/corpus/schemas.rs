//! Schemas of every kind, as JSON bodies.

use actix_web::test::TestRequest;
use actix_web::web::{Data, ServiceConfig};
use corpus::made::schemas::{configure, default::*, models};

use crate::{TestResponse, call, echo};

struct Echo;

impl DefaultApi for Echo {
    echo! {
        limits(body: models::LimitsRequest) -> LimitsSuccess, LimitsFailure;
        presence(body: models::Presence) -> PresenceSuccess, PresenceFailure;
        formats(body: models::Formats) -> FormatsSuccess, FormatsFailure;
        enums(body: models::Enums) -> EnumsSuccess, EnumsFailure;
        maps(body: models::Maps) -> MapsSuccess, MapsFailure;
        tree(body: models::Tree) -> TreeSuccess, TreeFailure;
        all_of(body: models::Employee) -> AllOfSuccess, AllOfFailure;
        one_of(body: models::OneOf) -> OneOfSuccess, OneOfFailure;
        any_of(body: models::AnyOf) -> AnyOfSuccess, AnyOfFailure;
        shape(body: models::Shape) -> ShapeSuccess, ShapeFailure;
        animal(body: models::Animal) -> AnimalSuccess, AnimalFailure;
        odd(body: models::Odd) -> OddSuccess, OddFailure;
        patterns(body: models::Patterns) -> PatternsSuccess, PatternsFailure;
        list(body: Vec<models::Node>) -> ListSuccess, ListFailure;
    }
}

pub fn routes(service: &mut ServiceConfig) {
    configure(service, &Data::new(Echo));
}

async fn post(path: &str, body: &str) -> TestResponse {
    println!("{path} {body}");
    let request = TestRequest::post()
        .uri(path)
        .insert_header(("content-type", "application/json"));
    let routes = |service: &mut _| configure(service, &Data::new(Echo));
    call(routes, request.set_payload(body.to_owned())).await
}

/// Sends bodies and checks the pointers of the rejection; none if the body is accepted.
async fn check(path: &str, cases: &[(&str, &[&str])]) {
    for (body, pointers) in cases {
        match pointers {
            [] => drop(post(path, body).await.assert_received("")),
            _ => drop(post(path, body).await.assert_rejected(pointers)),
        }
    }
}

#[actix_web::test]
async fn every_limit_is_enforced_exactly() {
    check(
        "/limits",
        &[
            (r#"{"low":2}"#, &[]),
            (r#"{"low":9}"#, &[]),
            (r#"{"low":1}"#, &["/low"]),
            (r#"{"low":10}"#, &["/low"]),
            (r#"{"step":-6}"#, &[]),
            (r#"{"step":7}"#, &["/step"]),
            (r#"{"tenth":0.3}"#, &[]),
            (r#"{"tenth":0.35}"#, &["/tenth"]),
            (r#"{"money":0.01}"#, &[]),
            (r#"{"money":0.001}"#, &["/money"]),
            (r#"{"above":0.0001}"#, &[]),
            (r#"{"above":0}"#, &["/above"]),
            (r#"{"text":"ab"}"#, &[]),
            (r#"{"text":"a"}"#, &["/text"]),
            (r#"{"text":"a b"}"#, &["/text"]),
            (r#"{"text":"äöüäö"}"#, &["/text"]),
            (r#"{"list":[1,2]}"#, &[]),
            (r#"{"list":[1]}"#, &["/list"]),
            (r#"{"list":[1,1]}"#, &["/list"]),
            (
                r#"{"list":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,17]}"#,
                &["/list"],
            ),
            (r#"{"list":[1,101]}"#, &["/list/1"]),
            (r#"{"amounts":[0.1,1e2]}"#, &[]),
            (r#"{"amounts":["1"]}"#, &["/amounts/0"]),
            (r#"{"map":{"a":0}}"#, &[]),
            (r#"{"map":{}}"#, &["/map"]),
            (r#"{"map":{"a":1,"b":1,"c":1}}"#, &["/map"]),
            (r#"{"map":{"a/b":-1}}"#, &["/map/a~1b"]),
            (r#"{"counted":{"a":1,"x":2}}"#, &[]),
            (r#"{"counted":{"a":1}}"#, &["/counted"]),
            (
                r#"{"low":1,"text":"","list":[]}"#,
                &["/low", "/text", "/list"],
            ),
            ("[]", &[""]),
            ("[1,2,3]", &[""]),
            ("5", &[""]),
            ("{", &[""]),
            (r#"{"low":2,"low":3}"#, &[""]),
        ],
    )
    .await;
    let patterns: &[(&str, &[&str])] = &[
        (r#"{"a":"ab","b":"ab"}"#, &[]),
        (r#"{"a":"b","b":"a"}"#, &["/a", "/b"]),
    ];
    check("/patterns", patterns).await;
    // A list is not an object at any depth, although serde accepts one for a struct.
    check("/limits", &[(r#"{"counted":[1,2]}"#, &["/counted"])]).await;
    check(
        "/list",
        &[
            (r#"[{"name":"a"}]"#, &[]),
            (r#"[["a"]]"#, &["/0"]),
            ("[]", &[""]),
        ],
    )
    .await;
    check(
        "/list",
        &[(r#"[{"name":"toolong"},{}]"#, &["/0/name", "/1/name"])],
    )
    .await;
}

#[actix_web::test]
async fn null_and_absent_are_distinguished() {
    let response = post("/presence", r#"{"must":1,"may_be_null":null}"#).await;
    response
        .assert_received("may_be_null: None")
        .assert_received("may_be_absent: None")
        .assert_received("either: None");
    response
        .assert_received("with_default: 5")
        .assert_received("text_default: \"x\"");
    post(
        "/presence",
        r#"{"must":1,"may_be_null":2,"either":null,"with_default":6}"#,
    )
    .await
    .assert_received("may_be_null: Some(2)")
    .assert_received("either: Some(None)")
    .assert_received("with_default: 6");
    check(
        "/presence",
        &[
            ("{}", &["/must", "/may_be_null"]),
            (r#"{"must":null,"may_be_null":null}"#, &["/must"]),
            (
                r#"{"must":1,"may_be_null":1,"may_be_absent":null}"#,
                &["/may_be_absent"],
            ),
            (
                r#"{"must":1,"may_be_null":1,"with_default":null}"#,
                &["/with_default"],
            ),
        ],
    )
    .await;
}

#[actix_web::test]
async fn formats_are_types() {
    let all = r#"{"date":"2026-01-15","time":"2026-01-15T09:30:00Z","uuid":"01980c3e-5f6a-7c3b-9d2e-0123456789ab",
        "byte":"aGk=","binary":"raw","int32":1,"int64":9223372036854775807,"float":1.5,"double":1e3,
        "decimal":0.10,"decimal_text":"0.10","decimal_or_null":null,"email":"not checked"}"#;
    let response = post("/formats", all).await;
    response
        .assert_received("2026-01-15")
        .assert_received("Base64([104, 105])")
        .assert_received("b\"raw\"")
        .assert_received("decimal: Some(0.10)");
    response
        .assert_received("DecimalText(0.10)")
        .assert_received("decimal_or_null: Some(None)")
        .assert_received("9223372036854775807");
    check(
        "/formats",
        &[
            (
                r#"{"date":"2026-02-30","time":"now","uuid":"x","byte":"?","decimal_text":"+5"}"#,
                &["/date", "/time", "/uuid", "/byte", "/decimal_text"],
            ),
            (
                r#"{"int32":2147483648,"int64":9223372036854775808}"#,
                &["/int32", "/int64"],
            ),
            (
                r#"{"decimal":"1","decimal_or_null":"1"}"#,
                &["/decimal", "/decimal_or_null"],
            ),
            (r#"{"float":"x","double":null}"#, &["/float", "/double"]),
            (
                r#"{"int32":1.0,"int64":1e3,"double":1e400}"#,
                &["/int32", "/int64", "/double"],
            ),
            (
                r#"{"int32":1.5,"decimal":1.00000000000000000000000000000000001}"#,
                &["/int32", "/decimal"],
            ),
        ],
    )
    .await;
}

#[actix_web::test]
async fn enums_accept_their_strings_and_numbers_only() {
    let all =
        r#"{"inline":"","referenced":-3,"nullable":null,"halves":0.5,"no":false,"list":[1,2]}"#;
    let response = post("/enums", all).await;
    response
        .assert_received("Empty")
        .assert_received("Minus3")
        .assert_received("nullable: Some(None)")
        .assert_received("[N1, N2]");
    check(
        "/enums",
        &[
            (r#"{"inline":"b","referenced":3,"nullable":"y","halves":1,"no":true,"list":[1,"2"]}"#,
                &["/inline", "/referenced", "/nullable", "/halves", "/no", "/list/1"]),
            (r#"{"inline":"+1"}"#, &[]),
            (r#"{"inline":"self"}"#, &[]),
        ],
    )
    .await;
}

#[actix_web::test]
async fn additional_members_are_typed_free_or_forbidden() {
    let all = r#"{"typed":{"a":1},"free":{"b":[null]},"forbidden":{"a":1},"nothing":{},
        "both":{"a":1,"b":"x"},"open":{"a":1,"c":{}},"any":[1]}"#;
    let response = post("/maps", all).await;
    response
        .assert_received("{\"a\": N1}")
        .assert_received("additional_properties: {\"b\": \"x\"}")
        .assert_received("\"c\": Object");
    check(
        "/maps",
        &[
            (r#"{"typed":{"a":9},"free":[]}"#, &["/typed/a", "/free"]),
            (
                r#"{"forbidden":{"a":1,"b":2},"nothing":{"c":3}}"#,
                &["/forbidden/b", "/nothing/c"],
            ),
            (r#"{"both":{"a":"x","b":"long"}}"#, &["/both/a", "/both/b"]),
            (r#"{"both":{"b":1}}"#, &["/both/b"]),
        ],
    )
    .await;
}

#[actix_web::test]
async fn a_schema_may_contain_itself() {
    let all = r#"{"value":1,"left":{"value":2,"right":null},"branches":[{"value":3}],"nested":[[],[[]]]}"#;
    post("/tree", all)
        .await
        .assert_received("value: 3")
        .assert_received("right: Some(None)");
    check(
        "/tree",
        &[
            (
                r#"{"value":1,"left":{"right":{"value":-1}}}"#,
                &["/left/value", "/left/right/value"],
            ),
            (
                r#"{"value":1,"branches":[{"value":-1}],"nested":[[1]]}"#,
                &["/branches/0/value", "/nested/0/0"],
            ),
        ],
    )
    .await;
}

#[actix_web::test]
async fn all_of_requires_every_schema() {
    post("/all-of", r#"{"name":"Ann","salary":1}"#)
        .await
        .assert_received("name: \"Ann\"")
        .assert_received("salary: 1");
    check(
        "/all-of",
        &[
            ("{}", &["/name", "/salary"]),
            (r#"{"name":"","salary":0}"#, &["/name", "/salary"]),
            (r#"{"name":"too long","salary":1}"#, &["/name"]),
        ],
    )
    .await;
}

#[actix_web::test]
async fn one_of_requires_exactly_one_match() {
    post("/one-of", "1").await.assert_received("Integer(1)");
    post("/one-of", "11").await.assert_received("Integer2(11)");
    post("/one-of", "\"auto\"")
        .await
        .assert_received("Enum(Auto)");
    post("/one-of", r#"{"name":"a"}"#)
        .await
        .assert_received("Node(Node { name: \"a\" })");
    post("/one-of", "[0.10]")
        .await
        .assert_received("List([0.10])");
    check(
        "/one-of",
        &[
            ("7", &[""]),
            ("\"x\"", &[""]),
            ("{}", &["/name"]),
            ("[\"1\"]", &["/0"]),
        ],
    )
    .await;
}

#[actix_web::test]
async fn any_of_selects_the_most_complete_match() {
    post("/any-of", r#"{"name":"a"}"#)
        .await
        .assert_received("Person(");
    post("/any-of", r#"{"name":"a","salary":5}"#)
        .await
        .assert_received("Employee(")
        .assert_received("salary: 5");
    post("/any-of", "true")
        .await
        .assert_received("Boolean(true)");
    check("/any-of", &[("1", &[""]), (r#"{"name":""}"#, &[""])]).await;
}

#[actix_web::test]
async fn a_discriminator_selects_the_alternative() {
    post("/shape", r#"{"kind":"round","radius":1}"#)
        .await
        .assert_received("Circle(");
    post("/shape", r#"{"kind":"square","side":1}"#)
        .await
        .assert_received("Square(");
    check(
        "/shape",
        &[
            ("{}", &["/kind"]),
            (r#"{"kind":"Circle","radius":1}"#, &["/kind"]),
            (r#"{"kind":"round","radius":-1}"#, &["/radius"]),
            (r#"{"kind":"square","radius":1}"#, &["/side"]),
        ],
    )
    .await;
    post("/animal", r#"{"species":"Cat","lives":9}"#)
        .await
        .assert_received("Cat(Cat")
        .assert_received("lives: 9");
    let friend = r#"{"species":"Dog","age":1,"friend":{"species":"Cat","lives":1}}"#;
    post("/animal", friend)
        .await
        .assert_received("Dog(Dog")
        .assert_received("friend: Some(Cat(");
    post("/animal", r#"{"species":"Animal"}"#)
        .await
        .assert_received("Animal(");
    check(
        "/animal",
        &[
            (r#"{"species":"Cow"}"#, &["/species"]),
            (r#"{"species":"Cat"}"#, &["/lives"]),
            (
                r#"{"species":"Cat","lives":10,"age":-1}"#,
                &["/lives", "/age"],
            ),
            (
                r#"{"species":"Dog","friend":{"species":"Cat"}}"#,
                &["/friend/lives"],
            ),
        ],
    )
    .await;
}

#[actix_web::test]
async fn the_schema_validates_what_types_cannot_express() {
    check(
        "/odd",
        &[
            (r#"{"undeclared":1,"not_this":"y","one_needed":{"a":1},"untyped":5,"limited":"abc"}"#, &[]),
            ("{}", &["/undeclared"]),
            (r#"{"undeclared":1,"not_this":"x"}"#, &["/not_this"]),
            (r#"{"undeclared":1,"one_needed":{"a":1,"b":1}}"#, &["/one_needed"]),
            (r#"{"undeclared":1,"one_needed":{}}"#, &["/one_needed"]),
            (r#"{"undeclared":1,"untyped":"ab","limited":"abcd"}"#, &["/untyped", "/limited"]),
            (r#"{"undeclared":1,"limited":"a","refined":2}"#, &["/limited", "/refined"]),
            (r#"{"undeclared":1,"refined":-3}"#, &[]),
        ],
    )
    .await;
}

#[test]
fn a_state_machine_has_the_transitions_of_the_contract() {
    use models::Light;
    let machine = Light::ALL.iter().map(|light| (*light, light.transitions()));
    assert_eq!(
        machine.collect::<Vec<_>>(),
        [
            (Light::Red, &[Light::Green, Light::OutOfOrder][..]),
            (Light::Green, &[Light::Red, Light::OutOfOrder]),
            (Light::OutOfOrder, &[]),
        ]
    );
    assert!(Light::Red.can_become(Light::Green) && !Light::Red.can_become(Light::Red));
    assert!(Light::OutOfOrder.is_final() && !Light::Green.is_final());
    assert_eq!("out of order".parse(), Ok(Light::OutOfOrder));
}
