//! Names that collide with one another, and with what means something in Rust.

use actix_web::test::TestRequest;
use actix_web::web::Data;
use corpus::made::names::{configure, default, models, models2, oauth_2, oauth2, type_};
use serde_json::json;

use crate::{Answer, ask, echo};

struct Echo;

use type_::{
    CloneParameters, CloneResponse, GetRefParameters, GetRefResponse, TypeParameters, TypeResponse,
};

impl type_::TypeApi for Echo {
    echo! {
        r#type(parameters: TypeParameters) -> TypeResponse;
        clone(parameters: CloneParameters, body: models::Option) -> CloneResponse;
        get_ref(parameters: GetRefParameters) -> GetRefResponse;
    }
}

impl models2::Models2Api for Echo {
    async fn get_no_id(&self) -> models2::GetNoIdResponse {
        models2::GetNoIdResponse::Ok(json!("no id"))
    }

    async fn get_no_id_x(
        &self,
        parameters: models2::GetNoIdXParameters,
    ) -> models2::GetNoIdXResponse {
        models2::GetNoIdXResponse::Ok(json!(parameters.x))
    }
}

impl default::DefaultApi for Echo {
    async fn routes2(&self) -> default::RoutesResponse {
        default::RoutesResponse::Ok(json!("got"))
    }

    async fn routes3(&self) -> default::Routes2Response {
        default::Routes2Response::Ok(json!("deleted"))
    }
}

impl oauth_2::Oauth2Api for Echo {
    async fn r#async(&self) -> oauth_2::AsyncResponse {
        oauth_2::AsyncResponse::Ok(json!("async"))
    }
}

impl oauth2::Oauth2Api2 for Echo {
    async fn n2fa(&self) -> oauth2::N2faResponse {
        oauth2::N2faResponse::Ok(json!("2fa"))
    }
}

async fn send(request: TestRequest) -> Answer {
    let echo = Data::new(Echo);
    ask(
        |service| configure(service, &echo, &echo, &echo, &echo, &echo),
        request,
    )
    .await
}

async fn get(path: &str) -> Answer {
    send(TestRequest::get().uri(path)).await
}

#[actix_web::test]
async fn parameters_keep_apart() {
    let query =
        "self=1&Self=2&input=3&request=4&body=5&fooBar=6&foo_bar=7&%E6%97%A5%E6%9C%AC=8&%24top=9";
    let answer = get(&format!("/type/0?{query}")).await;
    for part in [
        "type: \"0\"",
        "self_: Some(\"1\")",
        "self_2: Some(\"2\")",
        "input: Some(\"3\")",
        "request: Some(\"4\")",
        "body: Some(\"5\")",
        "foo_bar: Some(\"6\")",
        "foo_bar2: Some(\"7\")",
        "foo_bar3: None",
        "u65e5_u672c: Some(\"8\")",
        "top: Some(9)",
    ] {
        answer.got(part);
    }
}

#[actix_web::test]
async fn schemas_keep_apart() {
    let body = json!({
        "type": "Option", "Vec": [{ "box": { "some": 1 } }, { "some": "*" }], "box": {}, "fooBar": 1, "foo_bar": 2,
        "Result": { "x": {} }, "members": 3, "key": 4, "value": 5, "self": 6, "more": "y",
    });
    let request = TestRequest::post().uri("/type/0").set_json(body);
    let answer = send(request).await;
    answer
        .got("type: Option")
        .got("Integer(1)")
        .got("Star")
        .got("foo_bar: Some(1)");
    answer
        .got("foo_bar2: Some(2)")
        .got("{\"more\": \"y\"}")
        .got("value: \"a \\\"b\\\" \\\\ c\"");
    let request = TestRequest::post()
        .uri("/type/0")
        .set_json(json!({ "type": "option", "more": 1 }));
    send(request).await.refused(&["/type", "/Vec", "/more"]);
}

#[actix_web::test]
async fn operations_keep_apart() {
    send(TestRequest::put().uri("/type/0"))
        .await
        .got("type: \"0\"");
    get("/no/id").await.got("no id");
    get("/no/id/y").await.got("y");
    get("/no/tag").await.got("got");
    send(TestRequest::delete().uri("/no/tag"))
        .await
        .got("deleted");
    get("/oauth2").await.got("async");
    get("/oauth2b").await.got("2fa");
}
