//! Bodies of every media type.

use actix_web::test::TestRequest;
use actix_web::web::{Bytes, Data};
use corpus::made::bodies::{configure, default::*, models};

use crate::{Answer, ask, echo};

struct Echo;

impl DefaultApi for Echo {
    echo! {
        optional(body: Option<models::Pet>) -> OptionalResponse;
        form(body: models::Pet) -> FormResponse;
        encoded(body: models::Lists) -> EncodedResponse;
        multipart(body: models::Upload) -> MultipartResponse;
        text(body: i64) -> TextResponse;
        bytes(body: Bytes) -> BytesResponse;
        several(body: SeveralBody) -> SeveralResponse;
        vendor(body: models::Pet) -> VendorResponse;
    }
}

async fn send(request: TestRequest) -> Answer {
    ask(|service| configure(service, &Data::new(Echo)), request).await
}

async fn post(path: &str, media_type: &str, body: impl Into<Bytes>) -> Answer {
    let request = TestRequest::post()
        .uri(path)
        .insert_header(("content-type", media_type));
    send(request.set_payload(body)).await
}

const FORM: &str = "application/x-www-form-urlencoded";

#[actix_web::test]
async fn a_body_may_be_optional() {
    send(TestRequest::post().uri("/optional"))
        .await
        .got("(None,)");
    post("/optional", "application/json", "{\"name\":\"a\"}")
        .await
        .got("name: \"a\"");
    post("/optional", "application/json", "{}")
        .await
        .refused(&["/name"]);
    send(TestRequest::post().uri("/text")).await.refused(&[""]);
}

#[actix_web::test]
async fn forms_are_read_by_their_schema() {
    let answer = post("/form", FORM, "name=a+%26b&age=3&tags=x&tags=y&owner[id]=5").await;
    answer
        .got("name: \"a &b\"")
        .got("age: Some(3)")
        .got("tags: Some([\"x\", \"y\"])");
    answer.got("id: Some(5)");
    post("/form", FORM, "name=1&tags[]=x&tags[]=y")
        .await
        .got("name: \"1\"")
        .got("[\"x\", \"y\"]");
    post("/form", FORM, "age=-1&owner[id]=x")
        .await
        .refused(&["/name", "/age", "/owner/id"]);
    post("/form", FORM, "name=%ff").await.refused(&[""]);
    post("/form", FORM, "name=a&owner=%7B%22id%22:5%7D")
        .await
        .got("id: Some(5)");
    let answer = post(
        "/encoded",
        FORM,
        "comma=a,b%2Cc&pipe=1|2%7C3&space=1+2%203&repeated=a,b&repeated=c",
    )
    .await;
    answer
        .got(r#"comma: Some(["a", "b,c"])"#)
        .got("pipe: Some([1, 2, 3])");
    answer
        .got("space: Some([1, 2, 3])")
        .got(r#"repeated: Some(["a,b", "c"])"#);
    post("/encoded", FORM, "pipe=1|x")
        .await
        .refused(&["/pipe/1"]);
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
async fn forms_of_several_parts_hold_files() {
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
    let answer = post("/multipart", media_type, body).await;
    answer
        .got("title: \"A title\"")
        .got("count: Some(2)")
        .got("b\"\\x01raw\"");
    answer
        .got("file_name: Some(\"a.bin\")")
        .got("content_type: Some(\"image/png\")");
    answer.got("b\"two\"").got("pet: Some(Pet { name: \"a\"");
    let body = parts(&[
        ("name=\"title\"", "much too long a title"),
        ("name=\"count\"", "0"),
        ("name=\"pet\"\r\nContent-Type: application/json", "{}"),
    ]);
    let places = ["/title", "/count", "/file", "/pet/name"];
    post("/multipart", media_type, body).await.refused(&places);
    post("/multipart", media_type, "no parts")
        .await
        .refused(&[""]);
    assert_eq!(post("/multipart", FORM, "title=a").await.status, 415);
}

#[actix_web::test]
async fn text_and_bytes_come_as_they_are() {
    post("/text", "text/plain; charset=utf-8", "5")
        .await
        .got("(5,)");
    post("/text", "text/plain", "0").await.refused(&[""]);
    post("/text", "text/plain", "x").await.refused(&[""]);
    post("/bytes", "application/octet-stream", vec![0_u8, 255])
        .await
        .got("b\"\\0\\xff\"");
}

#[actix_web::test]
async fn the_media_type_chooses_the_reader() {
    let put = async |media_type: &str, body: &str| {
        let request = TestRequest::put()
            .uri("/several")
            .insert_header(("content-type", media_type));
        send(request.set_payload(body.to_owned())).await
    };
    put("Application/JSON; charset=utf-8", "{\"name\":\"a\"}")
        .await
        .got("Json(Pet {");
    put(FORM, "name=a").await.got("Form(Pet {");
    put("text/plain", "a").await.got("Text(\"a\")");
    put("application/xml", "<a/>").await.got("Xml(b\"<a/>\")");
    put("image/png", "x").await.got("Image");
    put("application/json", "{}").await.refused(&["/name"]);
    put(FORM, "").await.refused(&["/name"]);
    let answer = put("text/html", "a").await;
    assert_eq!(answer.status, 415);
    assert_eq!(answer.json()["code"], "unsupported_media_type");
    post("/problem", "application/vnd.pet+json", "{\"name\":\"a\"}")
        .await
        .got("name: \"a\"");
}
