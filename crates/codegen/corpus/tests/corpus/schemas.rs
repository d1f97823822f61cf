//! Schemas of every kind, as JSON bodies.

use actix_web::test::TestRequest;
use actix_web::web::Data;
use corpus::made::schemas::{configure, default::*, models};

use crate::{Answer, ask, echo};

struct Echo;

impl DefaultApi for Echo {
    echo! {
        limits(body: models::LimitsRequest) -> LimitsResponse;
        presence(body: models::Presence) -> PresenceResponse;
        formats(body: models::Formats) -> FormatsResponse;
        enums(body: models::Enums) -> EnumsResponse;
        maps(body: models::Maps) -> MapsResponse;
        tree(body: models::Tree) -> TreeResponse;
        all_of(body: models::Employee) -> AllOfResponse;
        one_of(body: models::OneOf) -> OneOfResponse;
        any_of(body: models::AnyOf) -> AnyOfResponse;
        shape(body: models::Shape) -> ShapeResponse;
        animal(body: models::Animal) -> AnimalResponse;
        odd(body: models::Odd) -> OddResponse;
        patterns(body: models::Patterns) -> PatternsResponse;
        list(body: Vec<models::Node>) -> ListResponse;
    }
}

async fn post(path: &str, body: &str) -> Answer {
    println!("{path} {body}");
    let request = TestRequest::post()
        .uri(path)
        .insert_header(("content-type", "application/json"));
    let routes = |service: &mut _| configure(service, &Data::new(Echo));
    ask(routes, request.set_payload(body.to_owned())).await
}

/// Bodies with the places that they are refused for; none when they are taken.
async fn judge(path: &str, cases: &[(&str, &[&str])]) {
    for (body, pointers) in cases {
        match pointers {
            [] => drop(post(path, body).await.got("")),
            _ => drop(post(path, body).await.refused(pointers)),
        }
    }
}

#[actix_web::test]
async fn every_limit_is_kept_to_the_letter() {
    judge(
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
    judge("/patterns", patterns).await;
    // A list is no object at any depth, though serde would take one for a struct.
    judge("/limits", &[(r#"{"counted":[1,2]}"#, &["/counted"])]).await;
    judge(
        "/list",
        &[
            (r#"[{"name":"a"}]"#, &[]),
            (r#"[["a"]]"#, &["/0"]),
            ("[]", &[""]),
        ],
    )
    .await;
    judge(
        "/list",
        &[(r#"[{"name":"toolong"},{}]"#, &["/0/name", "/1/name"])],
    )
    .await;
}

#[actix_web::test]
async fn null_and_absent_are_told_apart() {
    let answer = post("/presence", r#"{"must":1,"may_be_null":null}"#).await;
    answer
        .got("may_be_null: None")
        .got("may_be_absent: None")
        .got("either: None");
    answer.got("with_default: 5").got("text_default: \"x\"");
    post(
        "/presence",
        r#"{"must":1,"may_be_null":2,"either":null,"with_default":6}"#,
    )
    .await
    .got("may_be_null: Some(2)")
    .got("either: Some(None)")
    .got("with_default: 6");
    judge(
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
    let answer = post("/formats", all).await;
    answer
        .got("2026-01-15")
        .got("Base64([104, 105])")
        .got("b\"raw\"")
        .got("decimal: Some(0.10)");
    answer
        .got("DecimalText(0.10)")
        .got("decimal_or_null: Some(None)")
        .got("9223372036854775807");
    judge(
        "/formats",
        &[
            (
                r#"{"date":"2026-02-30","time":"now","uuid":"x","byte":"?","decimal_text":"x"}"#,
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
async fn enums_of_strings_and_of_numbers() {
    let all =
        r#"{"inline":"","referenced":-3,"nullable":null,"halves":0.5,"no":false,"list":[1,2]}"#;
    let answer = post("/enums", all).await;
    answer
        .got("Empty")
        .got("Minus3")
        .got("nullable: Some(None)")
        .got("[N1, N2]");
    judge(
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
async fn maps_are_typed_free_or_forbidden() {
    let all = r#"{"typed":{"a":1},"free":{"b":[null]},"forbidden":{"a":1},"nothing":{},
        "both":{"a":1,"b":"x"},"open":{"a":1,"c":{}},"any":[1]}"#;
    let answer = post("/maps", all).await;
    answer
        .got("{\"a\": N1}")
        .got("additional_properties: {\"b\": \"x\"}")
        .got("\"c\": Object");
    judge(
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
        .got("value: 3")
        .got("right: Some(None)");
    judge(
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
async fn all_of_holds_all_at_once() {
    post("/all-of", r#"{"name":"Ann","salary":1}"#)
        .await
        .got("name: \"Ann\"")
        .got("salary: 1");
    judge(
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
async fn one_of_holds_exactly_one() {
    post("/one-of", "1").await.got("Integer(1)");
    post("/one-of", "11").await.got("Integer2(11)");
    post("/one-of", "\"auto\"").await.got("Enum(Auto)");
    post("/one-of", r#"{"name":"a"}"#)
        .await
        .got("Node(Node { name: \"a\" })");
    post("/one-of", "[0.10]").await.got("List([0.10])");
    judge(
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
async fn any_of_takes_the_one_that_holds_most() {
    post("/any-of", r#"{"name":"a"}"#).await.got("Person(");
    post("/any-of", r#"{"name":"a","salary":5}"#)
        .await
        .got("Employee(")
        .got("salary: 5");
    post("/any-of", "true").await.got("Boolean(true)");
    judge("/any-of", &[("1", &[""]), (r#"{"name":""}"#, &[""])]).await;
}

#[actix_web::test]
async fn a_discriminator_names_the_alternative() {
    post("/shape", r#"{"kind":"round","radius":1}"#)
        .await
        .got("Circle(");
    post("/shape", r#"{"kind":"square","side":1}"#)
        .await
        .got("Square(");
    judge(
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
        .got("Cat(Cat")
        .got("lives: 9");
    let friend = r#"{"species":"Dog","age":1,"friend":{"species":"Cat","lives":1}}"#;
    post("/animal", friend)
        .await
        .got("Dog(Dog")
        .got("friend: Some(Cat(");
    post("/animal", r#"{"species":"Animal"}"#)
        .await
        .got("Animal(");
    judge(
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
async fn what_types_cannot_say_the_schema_says() {
    judge(
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
fn a_state_machine_is_the_one_of_the_contract() {
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
    assert_eq!(Light::of("out of order"), Some(Light::OutOfOrder));
}
