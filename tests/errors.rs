//! Every kind of invalid request, and the problem response to it.

use std::collections::BTreeSet;
use std::time::Duration;

use order_processing::config::Settings;
use reqwest::{Method, Response};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::harness::{Options, TestApp, admin, eventually};

/// Asserts a complete problem document whose request id is that of the header, and returns it.
async fn assert_problem(response: Response, status: u16, code: &str) -> Value {
    let path = response.url().path().to_owned();
    assert_eq!(response.status(), status);
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json"
    );
    let id = response.headers()["x-request-id"]
        .to_str()
        .unwrap()
        .to_owned();
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["code"], code, "{problem}");
    assert_eq!(problem["status"], status);
    assert_eq!(problem["type"], "about:blank");
    assert!(problem["title"].is_string());
    assert_eq!(problem["instance"], path);
    assert_eq!(problem["request_id"], id);
    problem
}

async fn assert_invalid(response: Response, pointers: &[&str]) {
    let problem = assert_problem(response, 400, "invalid_request").await;
    let named: BTreeSet<&str> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|violation| {
            assert!(!violation["detail"].as_str().unwrap().is_empty());
            violation["pointer"].as_str().unwrap()
        })
        .collect();
    assert_eq!(named, pointers.iter().copied().collect(), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_violation_in_a_body_is_reported() {
    let app = TestApp::start().await;
    let deep = format!(
        r#"{{"customer_id":1,"total_amount":1,"x":{}1{}}}"#,
        "[".repeat(500),
        "]".repeat(500)
    );
    let cases: &[(&str, &[&str])] = &[
        ("{}", &["/customer_id", "/total_amount"]),
        (
            r#"{"customer_id":"1","total_amount":"1"}"#,
            &["/customer_id", "/total_amount"],
        ),
        (
            r#"{"customer_id":0,"total_amount":-1}"#,
            &["/customer_id", "/total_amount"],
        ),
        (
            r#"{"customer_id":-1,"total_amount":0.001}"#,
            &["/customer_id", "/total_amount"],
        ),
        (
            r#"{"customer_id":null,"total_amount":null}"#,
            &["/customer_id", "/total_amount"],
        ),
        (
            r#"{"customer_id":1.5,"total_amount":true}"#,
            &["/customer_id", "/total_amount"],
        ),
        (
            r#"{"customer_id":1,"total_amount":100000000}"#,
            &["/total_amount"],
        ),
        (
            r#"{"customer_id":1,"total_amount":99999999.991}"#,
            &["/total_amount"],
        ),
        (
            r#"{"customer_id":1,"total_amount":1e400}"#,
            &["/total_amount"],
        ),
        (
            r#"{"customer_id":1,"total_amount":1e-400}"#,
            &["/total_amount"],
        ),
        (
            r#"{"customer_id":1,"total_amount":1.000000000000000000000000000000000000000001}"#,
            &["/total_amount"],
        ),
        (
            r#"{"customer_id":9223372036854775808,"total_amount":1}"#,
            &["/customer_id"],
        ),
        (
            r#"{"customer_id":1e30,"total_amount":1}"#,
            &["/customer_id"],
        ),
        (r#"{"customer_id":1,"total_amount":NaN}"#, &[""]),
        (r#"{"customer_id":1,"total_amount":1"#, &[""]),
        (
            r#"{"customer_id":1,"customer_id":2,"total_amount":1}"#,
            &[""],
        ),
        (&deep, &[""]),
        ("[]", &[""]),
        ("[1,1.00]", &[""]),
        ("null", &[""]),
        ("\"\"", &[""]),
        ("", &[""]),
        ("\u{feff}{}", &[""]),
    ];
    for (body, pointers) in cases {
        println!("{body}");
        assert_invalid(app.send(Method::POST, "/orders", *body).await, pointers).await;
    }
    let id = app.create(1, "1").await;
    let body = r#"{"status":"done","total_amount":0.001}"#;
    let path = format!("/orders/{id}");
    assert_invalid(
        app.send(Method::PUT, &path, body).await,
        &["/status", "/total_amount"],
    )
    .await;
    assert_invalid(
        app.send(Method::PUT, &path, r#"{"status":null}"#).await,
        &["/status"],
    )
    .await;
    assert_invalid(app.send(Method::PUT, &path, "[]").await, &[""]).await;
    let bad_text = b"{\"customer_id\":1,\"total_amount\":1,\"x\":\"\xff\"}".to_vec();
    let response = app
        .request(Method::POST, "/orders")
        .header("content-type", "application/json")
        .body(bad_text)
        .send()
        .await
        .unwrap();
    assert_invalid(response, &[""]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_violation_in_parameters_is_reported() {
    let app = TestApp::start().await;
    let cases: &[(&str, &[&str])] = &[
        ("/orders/0", &["id"]),
        ("/orders/-1", &["id"]),
        ("/orders/+1", &["id"]),
        ("/orders/1.0", &["id"]),
        ("/orders/abc", &["id"]),
        ("/orders/9223372036854775808", &["id"]),
        ("/orders/1%ff", &["id"]),
        ("/orders/%00", &["id"]),
        (
            "/orders?limit=0&cursor=%21&customer_id=x",
            &["limit", "cursor", "customer_id"],
        ),
        ("/orders?limit=1001", &["limit"]),
        ("/orders?limit=", &["limit"]),
        ("/orders?limit=1&limit=2", &["limit"]),
        ("/orders?status=pending&status=done", &["status/1"]),
        ("/orders?status=pending&status=pending", &["status"]),
        ("/orders?status=%ff", &["status/0"]),
        ("/orders?cursor=MQ", &["cursor"]),
        ("/orders?cursor=", &["cursor"]),
    ];
    for (path, names) in cases {
        println!("{path}");
        assert_invalid(app.get(path).await, names).await;
    }
    let response = app
        .request(Method::PUT, "/orders/0")
        .header("if-match", "1")
        .json(&serde_json::json!({ "status": "x" }))
        .send()
        .await
        .unwrap();
    assert_invalid(response, &["id", "If-Match", "/status"]).await;
    // Parameters that the contract does not define are ignored.
    assert_eq!(app.get("/orders?page=x").await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_the_framework_are_problems_too() {
    let app = TestApp::start().await;
    assert_problem(app.get("/nothing").await, 404, "route_not_found").await;
    assert_problem(app.get("/orders/").await, 404, "route_not_found").await;
    assert_problem(app.get("/orders/77").await, 404, "order_not_found").await;
    for (method, path) in [(Method::PATCH, "/orders"), (Method::POST, "/orders/1")] {
        let response = app.request(method, path).send().await.unwrap();
        assert!(
            response.headers()["allow"]
                .to_str()
                .unwrap()
                .contains("GET")
        );
        assert_problem(response, 405, "method_not_allowed").await;
    }
    let huge = format!(r#"{{"x":"{}"}}"#, "x".repeat(1_000_000));
    assert_problem(
        app.send(Method::POST, "/orders", huge).await,
        413,
        "payload_too_large",
    )
    .await;
    let form = app
        .request(Method::POST, "/orders")
        .header("content-type", "application/x-www-form-urlencoded")
        .body("customer_id=1");
    assert_problem(form.send().await.unwrap(), 415, "unsupported_media_type").await;
    let bare = app.request(Method::POST, "/orders").body("{}");
    assert_problem(bare.send().await.unwrap(), 415, "unsupported_media_type").await;
    for encoding in ["gzip", "br"] {
        let request = app
            .request(Method::GET, "/nothing")
            .header("accept-encoding", encoding);
        assert_problem(request.send().await.unwrap(), 404, "route_not_found").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_valid_request_id_is_returned_in_the_response() {
    let app = TestApp::start().await;
    let id_of = async |sent: Option<&str>| {
        let mut request = app.request(Method::GET, "/healthz");
        if let Some(sent) = sent {
            request = request.header("x-request-id", sent);
        }
        request.send().await.unwrap().headers()["x-request-id"]
            .to_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(id_of(Some("case-17:a.b_c")).await, "case-17:a.b_c");
    assert_ne!(id_of(None).await, id_of(None).await);
    for malformed in ["a b", "a\"b", "", &"x".repeat(129)] {
        assert_ne!(id_of(Some(malformed)).await, malformed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_never_arrives_gets_408() {
    let app = TestApp::with(Options {
        request_timeout: Duration::from_millis(300),
        ..Options::default()
    })
    .await;
    let mut socket = tokio::net::TcpStream::connect(app.address).await.unwrap();
    let head = "POST /orders HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{";
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut response = vec![0; 4096];
    let length = socket.read(&mut response).await.unwrap();
    let response = String::from_utf8_lossy(&response[..length]);
    assert!(response.starts_with("HTTP/1.1 408"), "{response}");
    assert!(response.contains("application/problem+json"), "{response}");
    assert!(response.contains("x-request-id"), "{response}");
    assert!(
        response.contains("\"code\":\"request_timeout\""),
        "{response}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_get_503_while_the_database_is_unavailable() {
    let app = TestApp::start().await;
    let id = app.create(1, "1").await;
    let database = &app.database;
    admin(&format!(
        "ALTER DATABASE {database} ALLOW_CONNECTIONS false"
    ))
    .await;
    admin(&format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"
    ))
    .await;
    let path = format!("/orders/{id}");
    for _ in 0..8 {
        let response = app.get(&path).await;
        assert_eq!(response.headers()["retry-after"], "1");
        let problem = assert_problem(response, 503, "service_unavailable").await;
        assert!(!problem.to_string().contains(database), "{problem}");
    }
    let body = r#"{"customer_id":1,"total_amount":1}"#;
    assert_problem(
        app.send(Method::POST, "/orders", body).await,
        503,
        "service_unavailable",
    )
    .await;
    let ready = assert_problem(app.get("/readyz").await, 503, "service_unavailable").await;
    assert!(ready["detail"].as_str().unwrap().contains("database"));
    assert_eq!(app.get("/healthz").await.status(), 200);

    admin(&format!("ALTER DATABASE {database} ALLOW_CONNECTIONS true")).await;
    eventually("the service recovers by itself", async || {
        (app.get(&path).await.status() == 200).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_times_out_gets_503() {
    let app = TestApp::start().await;
    let id = app.create(1, "1").await;
    let mut holder = app.connection().await;
    use diesel_async::SimpleAsyncConnection;
    holder
        .batch_execute("BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();
    assert_problem(
        app.get(&format!("/orders/{id}")).await,
        503,
        "service_unavailable",
    )
    .await;
    holder.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(app.get(&format!("/orders/{id}")).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn internal_errors_expose_no_details() {
    let app = TestApp::start().await;
    app.sql("DROP TABLE orders").await;
    let problem = assert_problem(app.get("/orders/1").await, 500, "internal_error").await;
    assert!(problem.get("detail").is_none(), "{problem}");
    assert!(!problem.to_string().contains("relation"), "{problem}");
}

/// All tests run with this check; this one shows that it detects a violation.
#[tokio::test(flavor = "multi_thread")]
async fn a_response_that_violates_the_contract_is_detected() {
    for (check, status) in [
        (
            (|settings| settings.http.check_answers = true) as fn(&mut Settings),
            500,
        ),
        (|settings| settings.http.check_answers = false, 200),
    ] {
        let app = TestApp::adjusted(check).await;
        let id = app.create(1, "1").await;
        let path = format!("/orders/{id}/events");
        assert_eq!(app.get(&path).await.status(), 200);
        // The contract does not allow this customer id.
        app.sql(&format!(
            "INSERT INTO order_events (order_id, sequence, type, data, actor, occurred_at)
             VALUES ({id}, 2, 'updated', '{{\"customer_id\": 0}}', 'client', now())"
        ))
        .await;
        let response = app.get(&path).await;
        assert_eq!(response.status(), status);
        if status == 500 {
            let problem: Value = response.json().await.unwrap();
            assert_eq!(problem["code"], "internal_error");
        }
    }
}
