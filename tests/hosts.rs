//! DNS rebinding: without authentication, a page must not reach the server under the page's own host name.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::{Process, TestApp, api_key_auth};

/// Sends this request, and returns the status and the whole response.
async fn exchange(address: &str, request: &str) -> (u16, String) {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut response = Vec::new();
    socket.read_to_end(&mut response).await.unwrap();
    let response = String::from_utf8_lossy(&response).into_owned();
    let status = response.get(9..12).and_then(|status| status.parse().ok());
    (status.unwrap_or_default(), response)
}

/// A request with these lines in its head.
fn request(method: &str, target: &str, lines: &[&str], body: &str) -> String {
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    let length = body.len();
    format!(
        "{method} {target} HTTP/1.1\r\n{lines}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

const ORDER: &str = r#"{"customer_id":1,"total_amount":1}"#;
const FILTER: &str = r#"{"filter":"info"}"#;
const JSON: &str = "content-type: application/json";

/// Host names, and whether they always resolve to this machine.
fn hosts(port: &str) -> [(String, bool); 16] {
    [
        ("localhost".into(), true),
        (format!("localhost:{port}"), true),
        ("LocalHost.".into(), true),
        ("orders.localhost:1".into(), true),
        (format!("127.0.0.1:{port}"), true),
        ("127.8.9.10".into(), true),
        ("[::1]".into(), true),
        (format!("[::1]:{port}"), true),
        ("evil.example".into(), false),
        (format!("evil.example:{port}"), false),
        ("localhost.evil.example".into(), false),
        ("evillocalhost".into(), false),
        ("127.0.0.1.evil.example".into(), false),
        ("192.0.2.1".into(), false),
        ("[2001:db8::1]".into(), false),
        ("0.0.0.0".into(), false),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_authentication_accepts_only_local_host_names() {
    let app = TestApp::start().await;
    let address = app.address.to_string();
    for (host, served) in hosts(&app.address.port().to_string()) {
        let line = format!("host: {host}");
        let sent = request("POST", "/orders", &[&line, JSON], ORDER);
        let (status, response) = exchange(&address, &sent).await;
        assert_eq!(status, if served { 201 } else { 421 }, "{host}: {response}");
        if !served {
            assert!(
                response.contains(r#""code":"host_not_allowed""#),
                "{response}"
            );
            assert!(response.contains("http.allowed_hosts"), "{response}");
            assert!(response.contains("request_id"), "{response}");
        }
    }
    // Reads are rejected too.
    for path in ["/orders", "/healthz", "/docs/", "/openapi.json", "/nothing"] {
        let sent = request("GET", path, &["host: evil.example"], "");
        assert_eq!(exchange(&address, &sent).await.0, 421, "{path}");
    }
    // The host of a request line overrides `Host` (RFC 9112, section 3.2.2); neither may be foreign.
    for (target, host, wanted) in [
        ("http://localhost/orders", "localhost", 200),
        ("http://evil.example/orders", "localhost", 421),
        ("http://localhost/orders", "evil.example", 421),
    ] {
        let sent = request("GET", target, &[&format!("host: {host}")], "");
        let (status, response) = exchange(&address, &sent).await;
        assert_eq!(status, wanted, "{target} {host}: {response}");
    }
    // Browsers always send `Host`, so a request without it does not come from a page.
    let (status, response) = exchange(&address, "GET /orders HTTP/1.0\r\n\r\n").await;
    assert_eq!(status, 200, "{response}");
}

/// Browsers send some requests of other origins' pages without a preflight.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_authentication_rejects_changes_from_other_origins() {
    let app = TestApp::start().await;
    let address = app.address.to_string();
    let host = format!("host: {address}");
    let own = format!("origin: http://{address}");
    for (origin, served) in [
        (own.as_str(), true),
        ("origin: http://evil.example", false),
        ("origin: http://localhost:1", false),
        ("origin: null", false),
        ("origin: http://evil.example, http://127.0.0.1", false),
    ] {
        for (kind, wanted) in [
            (JSON, 201),
            ("content-type: text/plain", 415),
            ("x-content-type: none", 415),
        ] {
            let sent = request("POST", "/orders", &[&host, kind, origin], ORDER);
            let (status, response) = exchange(&address, &sent).await;
            assert_eq!(
                status,
                if served { wanted } else { 403 },
                "{origin}: {response}"
            );
            let refused = response.contains(r#""code":"origin_not_allowed""#);
            assert_eq!(refused, !served, "{origin}: {response}");
        }
    }
    let sent = request(
        "GET",
        "/orders",
        &[&host, "origin: http://evil.example"],
        "",
    );
    assert_eq!(exchange(&address, &sent).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_allow_other_hosts_and_origins() {
    let app = TestApp::adjusted(|settings| {
        settings.http.allowed_hosts = vec!["Orders.internal".into()];
        settings.http.cors.allowed_origins = vec!["https://shop.example".into()];
    })
    .await;
    let address = app.address.to_string();
    let order = async |lines: &[&str]| {
        let sent = request("POST", "/orders", &[lines, &[JSON]].concat(), ORDER);
        exchange(&address, &sent).await.0
    };
    assert_eq!(order(&["host: orders.internal"]).await, 201);
    assert_eq!(order(&["host: ORDERS.internal.:443"]).await, 201);
    assert_eq!(order(&["host: localhost"]).await, 201);
    assert_eq!(order(&["host: x.orders.internal"]).await, 421);
    for (origin, wanted) in [
        ("https://orders.internal", 201),
        ("http://orders.internal", 201),
        ("https://orders.internal:8443", 403),
        ("https://shop.example", 201),
        ("https://shop.example:8443", 403),
    ] {
        let origin = format!("origin: {origin}");
        let status = order(&["host: orders.internal", &origin]).await;
        assert_eq!(status, wanted, "{origin}");
    }
}

/// DNS rebinding gains nothing if credentials are required, because a page has none.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_authentication_accepts_any_host_name() {
    let app = TestApp::with_auth(api_key_auth()).await;
    let address = app.address.to_string();
    for (path, wanted) in [("/healthz", 200), ("/orders", 401)] {
        let sent = request("GET", path, &["host: orders.example"], "");
        assert_eq!(exchange(&address, &sent).await.0, wanted, "{path}");
    }
}

/// Prometheus and the kubelet use the address of the machine.
#[tokio::test(flavor = "multi_thread")]
async fn the_monitoring_port_accepts_the_machines_address() {
    // Finds the machine's outbound address; nothing is sent.
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
    if socket.connect("192.0.2.1:9").is_err() {
        println!("this machine has no address but its loopback one");
        return;
    }
    let own = socket.local_addr().unwrap().ip();
    let app = TestApp::for_processes(230_000).await;
    let variables = [
        ("ORDERS__MONITORING__LISTEN", "0.0.0.0:0"),
        ("ORDERS__MONITORING__ALLOWED_HOSTS", "orders-worker, other"),
    ];
    let serve = Process::start("serve", &app, &variables);
    let monitoring = serve.monitoring().await;
    let port = monitoring.rsplit(':').next().unwrap();
    let address = format!("{own}:{port}");
    for (host, wanted) in [
        (address.as_str(), 200),
        ("orders-worker:9090", 200),
        ("other", 200),
        ("192.0.2.77:9090", 421),
        ("evil.example", 421),
    ] {
        let sent = request("GET", "/metrics", &[&format!("host: {host}")], "");
        assert_eq!(exchange(&address, &sent).await.0, wanted, "{host}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_monitoring_port_accepts_only_local_host_names() {
    let app = TestApp::for_processes(229_000).await;
    let serve = Process::start("serve", &app, &[]);
    let monitoring = serve.monitoring().await;
    let address = monitoring.trim_start_matches("http://");
    let port = address.rsplit(':').next().unwrap();
    for (host, served) in hosts(port) {
        let line = format!("host: {host}");
        for (method, path, body) in [
            ("PUT", "/log", FILTER),
            ("GET", "/log", ""),
            ("GET", "/metrics", ""),
            ("GET", "/readyz", ""),
        ] {
            let (status, response) =
                exchange(address, &request(method, path, &[&line], body)).await;
            let wanted = if served { 200 } else { 421 };
            assert_eq!(status, wanted, "{method} {path} {host}: {response}");
            let named = response.contains("monitoring.allowed_hosts");
            assert_eq!(named, !served, "{response}");
        }
    }
    let lines = [&format!("host: {address}"), "origin: http://evil.example"];
    let (status, response) = exchange(address, &request("PUT", "/log", &lines, FILTER)).await;
    assert_eq!(status, 403, "{response}");
    let (status, response) = exchange(address, "GET /healthz HTTP/1.0\r\n\r\n").await;
    assert_eq!(status, 200, "{response}");
}
