//! Responses of every kind.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use actix_web::web::{Bytes, Data};
use chrono::DateTime;
use contract_runtime::Event;
use contract_runtime::server::{Accept, EventStream, File, response};
use corpus::made::responses::{BASE_PATH, CONTRACT, configure, default::*, models};
use futures::stream;

use crate::{TestResponse, call};

struct Given;

impl DefaultApi for Given {
    async fn headers(&self) -> Result<HeadersSuccess, HeadersFailure> {
        Ok(HeadersSuccess::Ok {
            body: vec!["0.10".parse().unwrap()],
            x_count: 2,
            x_list: vec!["a".into(), "b".into()],
            x_time: DateTime::from_timestamp(0, 0),
            status2: None,
        })
    }

    async fn status(&self, parameters: StatusParameters) -> Result<StatusSuccess, StatusFailure> {
        let status = parameters.code.try_into().unwrap();
        match parameters.code {
            204 => Ok(StatusSuccess::NoContent),
            299 => Ok(StatusSuccess::Status299),
            400..500 => Err(StatusFailure::ClientError {
                status,
                body: models::Status4XxResponse { title: "No".into() },
            }),
            // A status outside of the ranges of the contract must not be sent.
            999 => Err(StatusFailure::ClientError {
                status,
                body: models::Status4XxResponse { title: "No".into() },
            }),
            _ => Err(StatusFailure::Default {
                status,
                body: "text".into(),
            }),
        }
    }

    async fn file(&self) -> Result<FileSuccess, FileFailure> {
        Ok(FileSuccess::Ok(File::new("%PDF").named("a \"b\".pdf")))
    }

    async fn picture(&self) -> Result<PictureSuccess, PictureFailure> {
        let pieces = ["one", "two"].map(|piece| Ok::<_, std::io::Error>(Bytes::from(piece)));
        Ok(PictureSuccess::Ok(
            File::stream(stream::iter(pieces)).of_type("image/png"),
        ))
    }

    async fn events(&self) -> Result<EventsSuccess, EventsFailure> {
        let second = Event {
            event: Some("tick\nid: 7".into()),
            id: Some("2".into()),
            retry: Some(Duration::from_secs(1)),
            ..Event::json(&5)
        };
        Ok(EventsSuccess::Ok(EventStream::new(stream::iter([
            Event::new("a\nb"),
            second,
        ]))))
    }

    async fn several(
        &self,
        accept: Accept,
        parameters: SeveralParameters,
    ) -> Result<SeveralSuccess, SeveralFailure> {
        Ok(SeveralSuccess::Ok(match parameters.r#as.as_deref() {
            None if accept.prefers("text/plain", "application/json") => SeveralOkBody::Text(5),
            Some("text") => SeveralOkBody::Text(5),
            Some("csv") => SeveralOkBody::Csv("a,b".into()),
            _ => SeveralOkBody::Json("a".into()),
        }))
    }

    async fn nullable(&self) -> Result<NullableSuccess, NullableFailure> {
        let additional_properties = [("x".to_owned(), serde_json::json!(1))].into();
        Ok(NullableSuccess::Ok(models::Nullable200Response {
            a: None,
            b: Some(None),
            c: None,
            additional_properties,
        }))
    }

    async fn get_nothing(&self) -> Result<GetNothingSuccess, GetNothingFailure> {
        std::future::pending().await
    }
}

async fn get(path: &str) -> TestResponse {
    let routes = |service: &mut _| configure(service, &Data::new(Given));
    call(routes, TestRequest::get().uri(path)).await
}

#[actix_web::test]
async fn response_headers_are_typed() {
    let response = get("/headers").await;
    assert_eq!(response.body, "[0.10]");
    assert_eq!(response.header("x-count"), "2");
    assert_eq!(response.header("x-list"), "a,b");
    assert_eq!(response.header("x-time"), "1970-01-01T00:00:00Z");
    assert!(response.headers.get("status").is_none());
}

#[actix_web::test]
async fn statuses_ranges_and_default() {
    let response = get("/status/204").await;
    assert_eq!((response.status, response.body.as_str()), (204, ""));
    assert_eq!(get("/status/299").await.status, 299);
    let response = get("/status/418").await;
    assert_eq!(
        (response.status, response.body.as_str()),
        (418, "{\"title\":\"No\"}")
    );
    assert_eq!(response.header("content-type"), "application/problem+json");
    let response = get("/status/503").await;
    assert_eq!((response.status, response.body.as_str()), (503, "text"));
    assert_eq!(response.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(get("/status/999").await.status, 500);
}

#[actix_web::test]
async fn files_and_streams() {
    let response = get("/file").await;
    assert_eq!(
        (response.header("content-type"), response.body.as_str()),
        ("application/pdf", "%PDF")
    );
    assert_eq!(
        response.header("content-disposition"),
        "attachment; filename=\"a _b_.pdf\"; filename*=UTF-8''a%20%22b%22%2Epdf"
    );
    let response = get("/picture").await;
    assert_eq!(
        (response.header("content-type"), response.body.as_str()),
        ("image/png", "onetwo")
    );
}

#[actix_web::test]
async fn server_sent_events() {
    let response = get("/events").await;
    assert_eq!(response.header("content-type"), "text/event-stream");
    assert_eq!(
        response.body,
        "data: a\ndata: b\n\nevent: tick id: 7\nid: 2\nretry: 1000\ndata: 5\n\n"
    );
}

#[actix_web::test]
async fn a_response_may_have_several_media_types() {
    assert_eq!(
        get("/several").await.header("content-type"),
        "application/json"
    );
    assert_eq!(get("/several").await.body, "\"a\"");
    assert_eq!(get("/several?as=text").await.body, "5");
    let routes = |service: &mut _| configure(service, &Data::new(Given));
    let request = TestRequest::get().uri("/several");
    let preferring = request.insert_header(("accept", "text/plain, */*;q=0.1"));
    assert_eq!(call(routes, preferring).await.body, "5");
    assert_eq!(
        get("/several?as=csv").await.header("content-type"),
        "text/csv; charset=utf-8"
    );
}

#[actix_web::test]
async fn null_is_written_and_absent_is_omitted() {
    assert_eq!(get("/nullable").await.body, r#"{"a":null,"b":null,"x":1}"#);
    assert_eq!(BASE_PATH, "/v1");
}

/// The pointers of the violations in a response.
fn wrong(route: &str, response: &TestResponse) -> Vec<String> {
    let status = StatusCode::from_u16(response.status).unwrap();
    let body = Some(response.body.as_bytes());
    response::violations(&CONTRACT, "GET", route, status, &response.headers, body)
        .into_iter()
        .map(|violation| violation.pointer)
        .collect()
}

#[actix_web::test]
async fn responses_are_validated_against_the_contract() {
    for (path, route) in [
        ("/headers", "/headers"),
        ("/status/204", "/status/{code}"),
        ("/status/299", "/status/{code}"),
        ("/status/418", "/status/{code}"),
        ("/status/503", "/status/{code}"),
        ("/file", "/file"),
        ("/picture", "/picture"),
        ("/several?as=csv", "/several"),
        ("/nullable", "/nullable"),
    ] {
        assert_eq!(wrong(route, &get(path).await), [""; 0], "{path}");
    }
    let violations_after = async |spoil: fn(&mut TestResponse)| {
        let mut response = get("/headers").await;
        spoil(&mut response);
        wrong("/headers", &response)
    };
    assert_eq!(
        violations_after(|response| response.status = 201).await,
        ["status"]
    );
    assert_eq!(
        violations_after(|response| response.body = "[true]".into()).await,
        ["/0"]
    );
    assert_eq!(
        violations_after(|response| response.body = "[".into()).await,
        [""]
    );
    let header = async |name: &'static str, value: Option<&'static str>| {
        let mut response = get("/headers").await;
        let name = actix_web::http::header::HeaderName::from_static(name);
        match value {
            Some(value) => drop(response.headers.insert(name, value.parse().unwrap())),
            None => drop(response.headers.remove(name)),
        }
        wrong("/headers", &response)
    };
    assert_eq!(header("x-count", None).await, ["X-Count"]);
    assert_eq!(header("x-count", Some("many")).await, ["X-Count"]);
    assert_eq!(header("x-time", Some("today")).await, ["X-Time"]);
    assert_eq!(
        header("content-type", Some("text/html")).await,
        ["content-type"]
    );
    // Other paths are not validated.
    assert_eq!(wrong("/elsewhere", &get("/elsewhere").await), [""; 0]);
}
