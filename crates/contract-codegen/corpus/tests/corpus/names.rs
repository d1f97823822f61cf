//! Names that collide with each other and with names of Rust.

use actix_web::test::TestRequest;
use actix_web::web::Data;
use corpus::made::names::{configure, default, models, models2, oauth_2, oauth2, type_};
use serde_json::json;

use crate::{TestResponse, call, echo};

struct Echo;

use type_::{
    CloneFailure, CloneParameters, CloneSuccess, GetRefFailure, GetRefParameters, GetRefSuccess,
    TypeFailure, TypeParameters, TypeSuccess,
};

impl type_::TypeApi for Echo {
    echo! {
        r#type(parameters: TypeParameters) -> TypeSuccess, TypeFailure;
        clone(parameters: CloneParameters, body: models::Option) -> CloneSuccess, CloneFailure;
        get_ref(parameters: GetRefParameters) -> GetRefSuccess, GetRefFailure;
    }
}

impl models2::Models2Api for Echo {
    async fn get_no_id(&self) -> Result<models2::GetNoIdSuccess, models2::GetNoIdFailure> {
        Ok(models2::GetNoIdSuccess::Ok(json!("no id")))
    }

    async fn get_no_id_x(
        &self,
        parameters: models2::GetNoIdXParameters,
    ) -> Result<models2::GetNoIdXSuccess, models2::GetNoIdXFailure> {
        Ok(models2::GetNoIdXSuccess::Ok(json!(parameters.x)))
    }
}

impl default::DefaultApi for Echo {
    async fn routes2(&self) -> Result<default::RoutesSuccess, default::RoutesFailure> {
        Ok(default::RoutesSuccess::Ok(json!("got")))
    }

    async fn routes3(&self) -> Result<default::Routes2Success, default::Routes2Failure> {
        Ok(default::Routes2Success::Ok(json!("deleted")))
    }
}

impl oauth_2::Oauth2Api for Echo {
    async fn r#async(&self) -> Result<oauth_2::AsyncSuccess, oauth_2::AsyncFailure> {
        Ok(oauth_2::AsyncSuccess::Ok(json!("async")))
    }
}

impl oauth2::Oauth2Api2 for Echo {
    async fn n2fa(&self) -> Result<oauth2::N2faSuccess, oauth2::N2faFailure> {
        Ok(oauth2::N2faSuccess::Ok(json!("2fa")))
    }
}

async fn send(request: TestRequest) -> TestResponse {
    let echo = Data::new(Echo);
    call(
        |service| configure(service, &echo, &echo, &echo, &echo, &echo),
        request,
    )
    .await
}

async fn get(path: &str) -> TestResponse {
    send(TestRequest::get().uri(path)).await
}

#[actix_web::test]
async fn colliding_parameters_stay_separate() {
    let query =
        "self=1&Self=2&input=3&request=4&body=5&fooBar=6&foo_bar=7&%E6%97%A5%E6%9C%AC=8&%24top=9";
    let response = get(&format!("/type/0?{query}")).await;
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
        response.assert_received(part);
    }
}

#[actix_web::test]
async fn colliding_schemas_stay_separate() {
    let body = json!({
        "type": "Option", "Vec": [{ "box": { "some": 1 } }, { "some": "*" }], "box": {}, "fooBar": 1, "foo_bar": 2,
        "Result": { "x": {} }, "members": 3, "key": 4, "value": 5, "self": 6, "more": "y",
    });
    let request = TestRequest::post().uri("/type/0").set_json(body);
    let response = send(request).await;
    response
        .assert_received("type: Option")
        .assert_received("Integer(1)")
        .assert_received("Star")
        .assert_received("foo_bar: Some(1)");
    response
        .assert_received("foo_bar2: Some(2)")
        .assert_received("{\"more\": \"y\"}")
        .assert_received("value: \"a \\\"b\\\" \\\\ c\"");
    let request = TestRequest::post()
        .uri("/type/0")
        .set_json(json!({ "type": "option", "more": 1 }));
    send(request)
        .await
        .assert_rejected(&["/type", "/Vec", "/more"]);
}

#[actix_web::test]
async fn colliding_operations_stay_separate() {
    send(TestRequest::put().uri("/type/0"))
        .await
        .assert_received("type: \"0\"");
    get("/no/id").await.assert_received("no id");
    get("/no/id/y").await.assert_received("y");
    get("/no/tag").await.assert_received("got");
    send(TestRequest::delete().uri("/no/tag"))
        .await
        .assert_received("deleted");
    get("/oauth2").await.assert_received("async");
    get("/oauth2b").await.assert_received("2fa");
}
