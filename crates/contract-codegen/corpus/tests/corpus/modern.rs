//! OpenAPI 3.1.

use actix_web::test::TestRequest;
use actix_web::web::{Bytes, Data};
use corpus::made::modern::{configure, default::*, models};

use crate::{TestResponse, call, echo};

struct Echo;

impl DefaultApi for Echo {
    echo! {
        modern(body: models::Modern) -> ModernSuccess, ModernFailure;
        bytes(body: Bytes) -> BytesSuccess, BytesFailure;
    }
}

async fn post(body: &str) -> TestResponse {
    println!("{body}");
    let request = TestRequest::post()
        .uri("/modern")
        .insert_header(("content-type", "application/json"));
    let routes = |service: &mut _| configure(service, &Data::new(Echo));
    call(routes, request.set_payload(body.to_owned())).await
}

#[actix_web::test]
async fn json_schema_2020_12_keywords_are_enforced() {
    let response = post(
        r#"{"kind":"modern","maybe":null,"either":5,"null_or_point":null,"between":1,"fraction":0.1,
            "tuple":["a",1],"data":"aGk=","described":"abcd","patterned":{"x-a":1},
            "conditional":{"a":1,"b":1},"level":"low"}"#,
    )
    .await;
    response
        .assert_received("kind: Modern")
        .assert_received("maybe: Some(None)")
        .assert_received("null_or_point: Some(None)");
    response
        .assert_received("between: Some(1)")
        .assert_received("Base64([104, 105])")
        .assert_received("level: Some(Some(Low))");
    post(r#"{"kind":"modern","null_or_point":{"x":1}}"#)
        .await
        .assert_received("Point { x: 1 }");
    for (body, pointers) in [
        ("{}", vec!["/kind"]),
        (
            r#"{"kind":"old","maybe":"long","either":null}"#,
            vec!["/kind", "/maybe", "/either"],
        ),
        (
            r#"{"kind":"modern","null_or_point":{}}"#,
            vec!["/null_or_point/x"],
        ),
        (
            r#"{"kind":"modern","null_or_point":5}"#,
            vec!["/null_or_point"],
        ),
        (
            r#"{"kind":"modern","between":0,"fraction":0}"#,
            vec!["/between", "/fraction"],
        ),
        (
            r#"{"kind":"modern","between":10,"fraction":1}"#,
            vec!["/between"],
        ),
        (r#"{"kind":"modern","tuple":["a",1,2]}"#, vec!["/tuple/2"]),
        (r#"{"kind":"modern","tuple":[1,1]}"#, vec!["/tuple/0"]),
        (
            r#"{"kind":"modern","data":"?","described":"a"}"#,
            vec!["/data", "/described"],
        ),
        (
            r#"{"kind":"modern","described":"abcde"}"#,
            vec!["/described"],
        ),
        (
            r#"{"kind":"modern","patterned":{"x-a":"b","y":1}}"#,
            vec!["/patterned/x-a", "/patterned/y"],
        ),
        (
            r#"{"kind":"modern","conditional":{"a":1}}"#,
            vec!["/conditional/b"],
        ),
        (r#"{"kind":"modern","between":1}"#, vec!["/fraction"]),
    ] {
        post(body).await.assert_rejected(&pointers);
    }
}
