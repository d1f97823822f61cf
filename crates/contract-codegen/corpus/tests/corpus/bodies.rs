//! Bodies of every media type.

use actix_web::test::TestRequest;
use actix_web::web::{Bytes, Data, ServiceConfig};
use corpus::made::bodies::{configure, default::*, models};

use crate::{TestResponse, call, echo};

struct Echo;

impl DefaultApi for Echo {
    echo! {
        optional(body: Option<models::Pet>) -> OptionalSuccess, OptionalFailure;
        form(body: models::Pet) -> FormSuccess, FormFailure;
        encoded(body: models::Lists) -> EncodedSuccess, EncodedFailure;
        multipart(body: models::Upload) -> MultipartSuccess, MultipartFailure;
        text(body: i64) -> TextSuccess, TextFailure;
        bytes(body: Bytes) -> BytesSuccess, BytesFailure;
        several(body: SeveralBody) -> SeveralSuccess, SeveralFailure;
        vendor(body: models::Pet) -> VendorSuccess, VendorFailure;
    }
}

pub fn routes(service: &mut ServiceConfig) {
    configure(service, &Data::new(Echo));
}

async fn send(request: TestRequest) -> TestResponse {
    call(routes, request).await
}

async fn post(path: &str, media_type: &str, body: impl Into<Bytes>) -> TestResponse {
    let request = TestRequest::post()
        .uri(path)
        .insert_header(("content-type", media_type));
    send(request.set_payload(body)).await
}

const FORM: &str = "application/x-www-form-urlencoded";

#[actix_web::test]
async fn an_optional_body_may_be_absent() {
    send(TestRequest::post().uri("/optional"))
        .await
        .assert_received("(None,)");
    post("/optional", "application/json", "{\"name\":\"a\"}")
        .await
        .assert_received("name: \"a\"");
    post("/optional", "application/json", "{}")
        .await
        .assert_rejected(&["/name"]);
    send(TestRequest::post().uri("/text"))
        .await
        .assert_rejected(&[""]);
}

#[actix_web::test]
async fn forms_are_read_by_their_schema() {
    let response = post("/form", FORM, "name=a+%26b&age=3&tags=x&tags=y&owner[id]=5").await;
    response
        .assert_received("name: \"a &b\"")
        .assert_received("age: Some(3)")
        .assert_received("tags: Some([\"x\", \"y\"])");
    response.assert_received("id: Some(5)");
    post("/form", FORM, "name=1&tags[]=x&tags[]=y")
        .await
        .assert_received("name: \"1\"")
        .assert_received("[\"x\", \"y\"]");
    post("/form", FORM, "age=-1&owner[id]=x")
        .await
        .assert_rejected(&["/name", "/age", "/owner/id"]);
    post("/form", FORM, "name=%ff").await.assert_rejected(&[""]);
    let deep = format!("f{}=1", "[a]".repeat(20_000));
    post("/form", FORM, deep).await.assert_rejected(&[""]);
    post("/form", FORM, "name=a&owner=%7B%22id%22:5%7D")
        .await
        .assert_received("id: Some(5)");
    let response = post(
        "/encoded",
        FORM,
        "comma=a,b%2Cc&pipe=1|2%7C3&space=1+2%203&repeated=a,b&repeated=c",
    )
    .await;
    response
        .assert_received(r#"comma: Some(["a", "b,c"])"#)
        .assert_received("pipe: Some([1, 2, 3])");
    response
        .assert_received("space: Some([1, 2, 3])")
        .assert_received(r#"repeated: Some(["a,b", "c"])"#);
    post("/encoded", FORM, "pipe=1|x")
        .await
        .assert_rejected(&["/pipe/1"]);
    assert_eq!(post("/form", "application/json", "{}").await.status, 415);
}

fn parts(parts: &[(&str, &str)]) -> String {
    let mut body = String::new();
    for (head, content) in parts {
        body += &format!("--b\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n");
    }
    body + "--b--\r\n"
}

#[actix_web::test]
async fn multipart_forms_may_contain_files() {
    let media_type = "multipart/form-data; boundary=b";
    let body = parts(&[
        ("name=\"title\"", "A title"),
        ("name=\"count\"", "2"),
        (
            "name=\"file\"; filename=\"a.bin\"\r\nContent-Type: image/png",
            "\u{1}raw",
        ),
        ("name=\"more\"; filename=\"1\"", "one"),
        ("name=\"more\"; filename=\"2\"", "two"),
        (
            "name=\"pet\"\r\nContent-Type: application/json",
            "{\"name\":\"a\"}",
        ),
    ]);
    let response = post("/multipart", media_type, body).await;
    response
        .assert_received("title: \"A title\"")
        .assert_received("count: Some(2)")
        .assert_received("b\"\\x01raw\"");
    response
        .assert_received("file_name: Some(\"a.bin\")")
        .assert_received("content_type: Some(\"image/png\")");
    response
        .assert_received("b\"two\"")
        .assert_received("pet: Some(Pet { name: \"a\"");
    let body = parts(&[
        ("name=\"title\"", "much too long a title"),
        ("name=\"count\"", "0"),
        ("name=\"pet\"\r\nContent-Type: application/json", "{}"),
    ]);
    let places = ["/title", "/count", "/file", "/pet/name"];
    post("/multipart", media_type, body)
        .await
        .assert_rejected(&places);
    post("/multipart", media_type, "no parts")
        .await
        .assert_rejected(&[""]);
    assert_eq!(post("/multipart", FORM, "title=a").await.status, 415);
}

#[actix_web::test]
async fn text_and_bytes_are_passed_unchanged() {
    post("/text", "text/plain; charset=utf-8", "5")
        .await
        .assert_received("(5,)");
    post("/text", "text/plain", "0")
        .await
        .assert_rejected(&[""]);
    post("/text", "text/plain", "x")
        .await
        .assert_rejected(&[""]);
    post("/bytes", "application/octet-stream", vec![0_u8, 255])
        .await
        .assert_received("b\"\\0\\xff\"");
}

#[actix_web::test]
async fn the_media_type_selects_the_reader() {
    let put = async |media_type: &str, body: &str| {
        let request = TestRequest::put()
            .uri("/several")
            .insert_header(("content-type", media_type));
        send(request.set_payload(body.to_owned())).await
    };
    put("Application/JSON; charset=utf-8", "{\"name\":\"a\"}")
        .await
        .assert_received("Json(Pet {");
    put(FORM, "name=a").await.assert_received("Form(Pet {");
    put("text/plain", "a").await.assert_received("Text(\"a\")");
    put("application/xml", "<a/>")
        .await
        .assert_received("Xml(b\"<a/>\")");
    put("image/png", "x").await.assert_received("Image");
    put("application/json", "{}")
        .await
        .assert_rejected(&["/name"]);
    put(FORM, "").await.assert_rejected(&["/name"]);
    let response = put("text/html", "a").await;
    assert_eq!(response.status, 415);
    assert_eq!(response.json()["code"], "unsupported_media_type");
    post("/problem", "application/vnd.pet+json", "{\"name\":\"a\"}")
        .await
        .assert_received("name: \"a\"");
}
