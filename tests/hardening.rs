//! Malicious clients over raw sockets: each is rejected or disconnected, and the server keeps serving.

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::harness::{Options, TestApp, eventually};

/// The longest time that the server may take to close a connection.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(30);

/// Reads until the server closes the connection.
async fn read_until_close(socket: &mut TcpStream) -> String {
    let mut response = Vec::new();
    timeout(CLOSE_TIMEOUT, async {
        let mut part = [0; 4096];
        while let Ok(length @ 1..) = socket.read(&mut part).await {
            response.extend_from_slice(&part[..length]);
        }
    })
    .await
    .expect("the server keeps the connection open");
    String::from_utf8_lossy(&response).into_owned()
}

/// Reads the head and the body of one response.
async fn read_response(socket: &mut TcpStream) -> String {
    let mut response = String::new();
    timeout(CLOSE_TIMEOUT, async {
        let mut part = [0; 4096];
        loop {
            let length = socket.read(&mut part).await.unwrap();
            response.push_str(&String::from_utf8_lossy(&part[..length]));
            let whole = response.split_once("\r\n\r\n").is_some_and(|(head, body)| {
                let length = head
                    .lines()
                    .find_map(|line| line.strip_prefix("content-length: "));
                body.len() >= length.map_or(0, |length| length.parse().unwrap())
            });
            if whole || length == 0 {
                return;
            }
        }
    })
    .await
    .expect("the server does not respond");
    response
}

/// Sends these bytes, and returns what the server sends until it closes the connection.
async fn exchange(app: &TestApp, bytes: &[u8]) -> String {
    let mut socket = TcpStream::connect(app.address).await.unwrap();
    // The server may close the connection before it has read everything.
    let _ = socket.write_all(bytes).await;
    read_until_close(&mut socket).await
}

async fn assert_serving(app: &TestApp) {
    let id = app.create(1, "1.50").await;
    assert_eq!(app.status_of(id).await, "pending");
}

/// A proxy and this server could parse these requests differently, so the server rejects them.
#[tokio::test(flavor = "multi_thread")]
async fn requests_that_enable_smuggling_are_rejected() {
    let app = TestApp::start().await;
    let post = "POST /orders HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
    let order = r#"{"customer_id":1,"total_amount":1}"#;
    let length = order.len();
    let smuggled = "GET /smuggled HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let cases: Vec<(&str, String)> = vec![
        (
            "length and chunks",
            format!(
                "{post}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}"
            ),
        ),
        (
            "chunks and length",
            format!(
                "{post}transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n{smuggled}"
            ),
        ),
        (
            "two lengths",
            format!("{post}content-length: {length}\r\ncontent-length: 0\r\n\r\n{order}{smuggled}"),
        ),
        (
            "the same length twice",
            format!("{post}content-length: {length}\r\ncontent-length: {length}\r\n\r\n{order}"),
        ),
        (
            "a list of lengths",
            format!("{post}content-length: {length}, {length}\r\n\r\n{order}"),
        ),
        (
            "a signed length",
            format!("{post}content-length: +{length}\r\n\r\n{order}"),
        ),
        (
            "a negative length",
            format!("{post}content-length: -1\r\n\r\n{order}"),
        ),
        (
            "a length beyond 64 bits",
            format!("{post}content-length: 18446744073709551617\r\n\r\n{order}"),
        ),
        (
            "two encodings",
            format!(
                "{post}transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n{smuggled}"
            ),
        ),
        (
            "an encoding that is none",
            format!("{post}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n{smuggled}"),
        ),
        (
            "an encoding in quotes",
            format!("{post}transfer-encoding: \"chunked\"\r\n\r\n0\r\n\r\n{smuggled}"),
        ),
        (
            "an encoding in HTTP/1.0",
            format!(
                "POST /orders HTTP/1.0\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}"
            ),
        ),
        (
            "a space before the colon",
            format!("{post}content-length : {length}\r\n\r\n{order}"),
        ),
        (
            "a folded line",
            format!("{post}x-a: b\r\n content-length: 0\r\n\r\n{smuggled}"),
        ),
        (
            "no chunk size",
            format!("{post}transfer-encoding: chunked\r\n\r\n\r\n\r\n{smuggled}"),
        ),
        (
            "a chunk size that is no number",
            format!("{post}transfer-encoding: chunked\r\n\r\nxyz\r\n{order}\r\n0\r\n\r\n"),
        ),
        (
            "a negative chunk size",
            format!("{post}transfer-encoding: chunked\r\n\r\n-1\r\n{order}\r\n0\r\n\r\n"),
        ),
        (
            "a chunk size beyond 64 bits",
            format!(
                "{post}transfer-encoding: chunked\r\n\r\n11111111111111111\r\n{order}\r\n0\r\n\r\n"
            ),
        ),
        (
            "a chunk longer than its size",
            format!("{post}transfer-encoding: chunked\r\n\r\n1\r\n{order}\r\n0\r\n\r\n"),
        ),
        (
            "a NUL in a value",
            "GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-a: b\0c\r\n\r\n".into(),
        ),
        (
            "a carriage return in a value",
            "GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-a: b\rc\r\n\r\n".into(),
        ),
        (
            "a NUL in a name",
            "GET /healthz HTTP/1.1\r\nhost: localhost\r\nx\0a: b\r\n\r\n".into(),
        ),
        ("no host", "GET /healthz HTTP/1.1\r\n\r\n".into()),
        (
            "two hosts",
            "GET /healthz HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n".into(),
        ),
        (
            "another version",
            "GET /healthz HTTP/3.7\r\nhost: localhost\r\n\r\n".into(),
        ),
        (
            "no request at all",
            "\x16\x03\x01\x02\x00\x01\x00\x01\x7c\x03\x03\r\n\r\n".into(),
        ),
        (
            "a space in the path",
            "GET /healthz x HTTP/1.1\r\nhost: localhost\r\n\r\n".into(),
        ),
    ];
    for (case, bytes) in cases {
        let response = exchange(&app, bytes.as_bytes()).await;
        println!("{case}: {}", response.lines().next().unwrap_or("closed"));
        assert!(
            response.is_empty() || response.starts_with("HTTP/1.1 4"),
            "{case}: {response}"
        );
        assert_eq!(
            response.matches("HTTP/1.1 ").count().min(2),
            response.matches("HTTP/1.1 4").count(),
            "{case}: {response}"
        );
        assert!(!response.contains("/smuggled"), "{case}: {response}");
    }
    assert_eq!(app.count("SELECT count(*) FROM orders").await, 0);
    assert_serving(&app).await;
}

/// Lines without a carriage return are parsed as others (RFC 9112, section 2.2), and do not start a
/// second request.
#[tokio::test(flavor = "multi_thread")]
async fn bare_line_feeds_do_not_start_a_second_request() {
    let app = TestApp::start().await;
    let response = exchange(
        &app,
        b"GET /healthz HTTP/1.1\nhost: localhost\nconnection: close\nx-a: b\n\n",
    )
    .await;
    assert!(
        response.starts_with("HTTP/1.1 200") || response.starts_with("HTTP/1.1 400"),
        "{response}"
    );
    assert_eq!(response.matches("HTTP/1.1 ").count(), 1, "{response}");
    assert_serving(&app).await;
}

/// A client's input appears in response headers only where it is harmless.
#[tokio::test(flavor = "multi_thread")]
async fn clients_cannot_inject_response_headers() {
    let app = TestApp::start().await;
    for _ in 0..3 {
        app.create(1, "1").await;
    }
    let evil = [
        "/orders?limit=1&customer_id=1%0d%0aset-cookie:%20evil=1",
        "/orders?limit=1&x=%0d%0aset-cookie:%20evil=1",
        "/orders?limit=1&status=pending%0aset-cookie:%20evil=1",
        "/orders/1%0d%0aset-cookie:%20evil=1",
        "/docs%0d%0aset-cookie:%20evil=1",
        "/%0d%0aset-cookie:%20evil=1",
        "//evil.example/..%2f",
    ];
    for path in evil {
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: localhost\r\nx-request-id: a%0d%0aset-cookie: evil=1\r\nconnection: close\r\n\r\n"
        );
        let response = exchange(&app, request.as_bytes()).await;
        let head = response.split("\r\n\r\n").next().unwrap().to_lowercase();
        println!("{path}: {}", head.lines().next().unwrap());
        for line in head.lines() {
            assert!(!line.starts_with("set-cookie"), "{path}: {head}");
            assert!(!line.contains("evil.example"), "{path}: {head}");
        }
    }
    assert_serving(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn oversized_requests_are_rejected() {
    let app = TestApp::start().await;
    let post = "POST /orders HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
    let get = "GET /healthz HTTP/1.1\r\nhost: localhost\r\n";
    let many: String = (0..200).map(|n| format!("x-{n}: y\r\n")).collect();
    let cases: Vec<(&str, String, &[&str])> = vec![
        (
            "a header",
            format!("{get}x-a: {}\r\n\r\n", "y".repeat(300_000)),
            &["431"],
        ),
        (
            "a header without an end",
            format!("{get}x-a: {}", "y".repeat(300_000)),
            &["431"],
        ),
        ("many headers", format!("{get}{many}\r\n"), &["431"]),
        (
            "a path",
            format!(
                "GET /{} HTTP/1.1\r\nhost: localhost\r\n\r\n",
                "y".repeat(9_000)
            ),
            &["414"],
        ),
        (
            "a query",
            format!(
                "GET /orders?cursor={} HTTP/1.1\r\nhost: localhost\r\n\r\n",
                "y".repeat(9_000)
            ),
            &["414"],
        ),
        // Longer than the parser accepts as a URI.
        (
            "a very long path",
            format!(
                "GET /{} HTTP/1.1\r\nhost: localhost\r\n\r\n",
                "y".repeat(70_000)
            ),
            &["400"],
        ),
        (
            "a method",
            format!(
                "{} / HTTP/1.1\r\nhost: localhost\r\n\r\n",
                "Y".repeat(300_000)
            ),
            &["400", "431"],
        ),
        (
            "a body, declared",
            format!("{post}content-length: 100000000\r\n\r\n{{"),
            &["413"],
        ),
        (
            "a body in chunks",
            {
                let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
                format!(
                    "{post}transfer-encoding: chunked\r\n\r\n{}",
                    chunk.repeat(3)
                )
            },
            &["413"],
        ),
    ];
    for (case, bytes, statuses) in cases {
        let mut socket = TcpStream::connect(app.address).await.unwrap();
        let _ = socket.write_all(bytes.as_bytes()).await;
        let response = read_response(&mut socket).await;
        let first = response.lines().next().unwrap_or("closed").to_owned();
        println!("{case}: {first}");
        assert!(
            statuses
                .iter()
                .any(|status| first.starts_with(&format!("HTTP/1.1 {status}"))),
            "{case}: {response}"
        );
        if first.contains("414") || first.contains("413") {
            assert!(response.contains("application/problem+json"), "{response}");
        }
    }
    assert_serving(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_heads_and_bodies_time_out() {
    let app = TestApp::with(Options {
        request_timeout: Duration::from_millis(800),
        adjust: |settings| {
            settings.http.keep_alive_timeout = Duration::from_secs(1);
            settings.http.stall_timeout = Duration::from_secs(3);
        },
        ..Options::default()
    })
    .await;
    let body = "POST /orders HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
    let whole = "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";
    // Sends one byte at a time, and never completes the request.
    let slowly = async |first: &str, slow: &str| {
        let mut socket = TcpStream::connect(app.address).await.unwrap();
        socket.write_all(first.as_bytes()).await.unwrap();
        let started = Instant::now();
        let (mut reader, mut writer) = socket.into_split();
        let dripping = async {
            for byte in slow.bytes().cycle() {
                if writer.write_all(&[byte]).await.is_err() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let mut response = String::new();
        let reading = async {
            let mut part = [0; 4096];
            while let Ok(length @ 1..) = reader.read(&mut part).await {
                response.push_str(&String::from_utf8_lossy(&part[..length]));
            }
        };
        timeout(CLOSE_TIMEOUT, async {
            tokio::select! { () = dripping => {}, () = reading => {} }
        })
        .await
        .expect("a slow client keeps its connection");
        println!("disconnected after {:?}", started.elapsed());
        response
    };
    let response = slowly("GET /healthz HTTP/1.1\r\nx-a: ", "y").await;
    assert!(response.starts_with("HTTP/1.1 408"), "{response}");
    let response = slowly(&format!("{body}content-length: 1000\r\n\r\n"), " ").await;
    assert!(response.starts_with("HTTP/1.1 408"), "{response}");
    assert!(
        response.contains("\"code\":\"request_timeout\""),
        "{response}"
    );
    let chunked = format!("{body}transfer-encoding: chunked\r\n\r\nffff\r\n");
    let response = slowly(&chunked, " ").await;
    assert!(response.starts_with("HTTP/1.1 408"), "{response}");
    // The head of a second request, for which actix-web has no time limit.
    let response = slowly(&format!("{whole}GET /healthz HTTP/1.1\r\nx-a: "), "y").await;
    assert!(response.starts_with("HTTP/1.1 200"), "{response}");
    assert_eq!(response.matches("HTTP/1.1 ").count(), 1, "{response}");
    // A client that sends nothing.
    let mut silent = TcpStream::connect(app.address).await.unwrap();
    let response = read_until_close(&mut silent).await;
    assert!(
        response.is_empty() || response.starts_with("HTTP/1.1 408"),
        "{response}"
    );
    assert_serving(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_connections_delays_new_clients_only_briefly() {
    const MOST: usize = 20;
    let app = TestApp::with(Options {
        request_timeout: Duration::from_secs(2),
        adjust: |settings| settings.http.max_connections = MOST,
        ..Options::default()
    })
    .await;
    // This client's connection exists before the flood.
    let id = app.create(1, "1").await;
    let mut flood = Vec::new();
    for _ in 0..MOST * 3 {
        let mut socket = TcpStream::connect(app.address).await.unwrap();
        socket
            .write_all(b"GET /healthz HTTP/1.1\r\nx-a: ")
            .await
            .unwrap();
        flood.push(socket);
    }
    let started = Instant::now();
    assert_eq!(app.status_of(id).await, "pending");
    println!("served in the flood after {:?}", started.elapsed());
    // A new connection waits until connections of the flood time out.
    let newcomer = reqwest::Client::new();
    let served = timeout(CLOSE_TIMEOUT, newcomer.get(app.url("/healthz")).send()).await;
    assert_eq!(
        served
            .expect("the new client is not served")
            .unwrap()
            .status(),
        200
    );
    drop(flood);
    assert_serving(&app).await;
}

/// The server reads pipelined requests only as fast as the client reads the responses.
#[tokio::test(flavor = "multi_thread")]
async fn pipelined_requests_get_responses_in_order() {
    let app = TestApp::adjusted(|settings| settings.http.check_answers = false).await;
    const REQUESTS: usize = 2_000;
    let (mut reader, mut writer) = TcpStream::connect(app.address).await.unwrap().into_split();
    let sending = tokio::spawn(async move {
        for n in 0..REQUESTS {
            let close = if n + 1 == REQUESTS {
                "connection: close\r\n"
            } else {
                ""
            };
            let request = format!("GET /nothing-{n} HTTP/1.1\r\nhost: localhost\r\n{close}\r\n");
            writer.write_all(request.as_bytes()).await.unwrap();
        }
        writer
    });
    let mut responses = String::new();
    timeout(CLOSE_TIMEOUT, reader.read_to_string(&mut responses))
        .await
        .unwrap()
        .unwrap();
    sending.await.unwrap();
    let paths: Vec<&str> = responses
        .split("\"instance\":\"/nothing-")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    let expected: Vec<String> = (0..REQUESTS).map(|n| n.to_string()).collect();
    assert_eq!(paths, expected);
    assert_serving(&app).await;
}

/// A client that sends requests without reading responses is disconnected; until then, the server stops
/// reading from it.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_is_disconnected() {
    let app = TestApp::adjusted(|settings| {
        settings.http.keep_alive_timeout = Duration::from_secs(1);
        settings.http.stall_timeout = Duration::from_secs(2);
    })
    .await;
    let mut socket = TcpStream::connect(app.address).await.unwrap();
    let request = "GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let writing = async { while socket.write_all(request.as_bytes()).await.is_ok() {} };
    timeout(CLOSE_TIMEOUT, writing)
        .await
        .expect("the server never disconnects the client");
    assert_serving(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_over_the_limit_in_flight_get_503() {
    let app = TestApp::adjusted(|settings| settings.http.max_requests_in_flight = 2).await;
    let hanging = b"POST /orders HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{";
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut socket = TcpStream::connect(app.address).await.unwrap();
        socket.write_all(hanging).await.unwrap();
        held.push(socket);
    }
    eventually("the third request is rejected", async || {
        let response = app.get("/orders").await;
        if response.status() != 503 {
            return None;
        }
        assert_eq!(response.headers()["retry-after"], "1");
        assert_eq!(
            response.headers()["content-type"],
            "application/problem+json"
        );
        let problem: Value = response.json().await.unwrap();
        (problem["code"] == "service_unavailable").then_some(())
    })
    .await;
    // Probes of an orchestrator are still served.
    assert_eq!(app.get("/healthz").await.status(), 200);
    assert_eq!(app.get("/readyz").await.status(), 200);
    drop(held);
    eventually("requests are served again", async || {
        (app.get("/orders").await.status() == 200).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_response_has_security_headers() {
    let app = TestApp::start().await;
    let id = app.create(1, "1").await;
    let order = format!("/orders/{id}");
    let data = "default-src 'none'; frame-ancestors 'none'";
    for (path, policy, caching) in [
        (order.as_str(), data, "private, no-cache"),
        ("/orders", data, "no-store"),
        ("/orders/0", data, "no-store"),
        ("/nothing", data, "no-store"),
        ("/healthz", data, "no-store"),
        ("/openapi.json", data, "no-cache"),
        ("/docs/", "script-src 'self';", "no-cache"),
    ] {
        let response = app.get(path).await;
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(
            header("cross-origin-resource-policy"),
            "same-origin",
            "{path}"
        );
        assert!(header("content-security-policy").contains(policy), "{path}");
        assert_eq!(header("cache-control"), caching, "{path}");
        // HSTS is sent only over TLS, and CORS is off by default.
        assert!(
            response
                .headers()
                .get("strict-transport-security")
                .is_none()
        );
        assert!(
            response
                .headers()
                .get("access-control-allow-origin")
                .is_none()
        );
    }
    let long = app.get(&format!("/{}", "y".repeat(9_000))).await;
    assert_eq!(long.status(), 414);
    assert_eq!(long.headers()["x-content-type-options"], "nosniff");
}

#[tokio::test(flavor = "multi_thread")]
async fn cors_allows_only_configured_origins() {
    const SHOP: &str = "https://shop.example";
    let app =
        TestApp::adjusted(|settings| settings.http.cors.allowed_origins = vec![SHOP.into()]).await;
    let id = app.create(1, "1").await;
    let preflight = async |origin: &str, method: &str, headers: &str| {
        app.request(reqwest::Method::OPTIONS, &format!("/orders/{id}"))
            .header("origin", origin)
            .header("access-control-request-method", method)
            .header("access-control-request-headers", headers)
            .send()
            .await
            .unwrap()
    };
    let headers = "authorization,content-type,idempotency-key,if-match,x-api-key";
    for method in ["GET", "POST", "PUT", "DELETE"] {
        let response = preflight(SHOP, method, headers).await;
        assert_eq!(response.status(), 200, "{method}");
        assert_eq!(response.headers()["access-control-allow-origin"], SHOP);
        let allowed = response.headers()["access-control-allow-headers"]
            .to_str()
            .unwrap();
        for header in headers.split(',') {
            assert!(
                allowed.to_lowercase().contains(header),
                "{header}: {allowed}"
            );
        }
    }
    for (origin, method, headers) in [
        ("https://evil.example", "GET", "accept"),
        ("https://shop.example.evil.example", "GET", "accept"),
        ("http://shop.example", "GET", "accept"),
        ("null", "GET", "accept"),
        (SHOP, "PATCH", "accept"),
        (SHOP, "GET", "x-other"),
    ] {
        let response = preflight(origin, method, headers).await;
        assert!(
            response.status().is_client_error(),
            "{origin} {method} {headers}"
        );
        assert!(
            response
                .headers()
                .get("access-control-allow-origin")
                .is_none(),
            "{origin}"
        );
        assert_eq!(
            response.headers()["content-type"],
            "application/problem+json"
        );
    }
    let from = async |origin: &str| {
        let request = app.request(reqwest::Method::GET, &format!("/orders/{id}"));
        request.header("origin", origin).send().await.unwrap()
    };
    let response = from(SHOP).await;
    assert_eq!(response.headers()["access-control-allow-origin"], SHOP);
    assert!(
        response
            .headers()
            .get("access-control-allow-credentials")
            .is_none()
    );
    assert!(
        response.headers()["vary"]
            .to_str()
            .unwrap()
            .to_lowercase()
            .contains("origin")
    );
    let exposed = response.headers()["access-control-expose-headers"]
        .to_str()
        .unwrap()
        .to_lowercase();
    for header in [
        "etag",
        "link",
        "location",
        "retry-after",
        "ratelimit",
        "ratelimit-policy",
        "x-request-id",
        "idempotent-replayed",
    ] {
        assert!(
            exposed.split(',').any(|name| name.trim() == header),
            "{header}: {exposed}"
        );
    }
    let response = from("https://evil.example").await;
    assert!(
        response
            .headers()
            .get("access-control-allow-origin")
            .is_none()
    );
}
