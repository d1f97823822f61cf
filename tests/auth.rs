//! Authentication and authorization, including attacks on them.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::future::join_all;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use order_processing::config::Settings;
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::command_line::{fails, orders, stdout};
use crate::harness::issuer::{AUDIENCE, ISSUER, claims, forged, now};
use crate::harness::{
    Issuer, Options, SigningKey, TestApp, api_key_auth, database_url, eventually,
};

const ALL: &str = "orders:read orders:write orders:admin";

/// A server that trusts a new issuer and has loaded its keys.
async fn start_with_issuer() -> (TestApp, Issuer) {
    let issuer = Issuer::start().await;
    let app = TestApp::with_auth(issuer.auth()).await;
    let token = issuer.token(ALL, None);
    eventually("the issuer's keys are loaded", async || {
        (get(&app, &token, "/orders").await.status() == 200).then_some(())
    })
    .await;
    (app, issuer)
}

async fn send(
    app: &TestApp,
    token: &str,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<Value>,
) -> Response {
    let mut request = app.request(method, path).bearer_auth(token);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if let Some(body) = body {
        request = request.json(&body);
    }
    request.send().await.unwrap()
}

async fn get(app: &TestApp, token: &str, path: &str) -> Response {
    send(app, token, Method::GET, path, &[], None).await
}

async fn create_order(app: &TestApp, token: &str, customer: i64) -> Response {
    let body = json!({ "customer_id": customer, "total_amount": 1 });
    send(app, token, Method::POST, "/orders", &[], Some(body)).await
}

async fn created_id(response: Response) -> i64 {
    assert_eq!(response.status(), 201);
    let order: Value = response.json().await.unwrap();
    order["id"].as_i64().unwrap()
}

/// Asserts the status and the code of a problem response, and returns the problem.
async fn assert_problem(response: Response, status: u16, code: &str) -> Value {
    let media_type = response.headers().get("content-type").cloned();
    assert_eq!(response.status(), status);
    assert_eq!(media_type.unwrap(), "application/problem+json");
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["code"], code, "{problem}");
    assert!(problem["request_id"].is_string());
    problem
}

fn challenges(response: &Response) -> Vec<String> {
    let lines = response.headers().get_all("www-authenticate");
    lines
        .iter()
        .map(|line| line.to_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_without_credentials_are_rejected() {
    let (app, _issuer) = start_with_issuer().await;
    let calls = [
        (Method::GET, "/orders"),
        (Method::POST, "/orders"),
        (Method::GET, "/orders/1"),
        (Method::HEAD, "/orders/1"),
        (Method::PUT, "/orders/1"),
        (Method::DELETE, "/orders/1"),
        (Method::GET, "/orders/1/events"),
        // Unauthenticated callers do not get validation errors.
        (Method::GET, "/orders/nonsense"),
    ];
    for (method, path) in calls {
        let head = method == Method::HEAD;
        let response = app.request(method, path).send().await.unwrap();
        let challenge = challenges(&response);
        assert!(
            challenge
                .iter()
                .any(|line| line.starts_with("Bearer scope=")),
            "{challenge:?}"
        );
        assert!(
            challenge.iter().any(|line| line.contains("X-API-Key")),
            "{challenge:?}"
        );
        assert_eq!(response.status(), 401);
        if !head {
            assert_problem(response, 401, "unauthorized").await;
        }
    }
    for (name, value) in [
        ("authorization", "Bearer"),
        ("authorization", "Bearer "),
        ("authorization", "Basic YTpi"),
        ("authorization", "bearer x y"),
        ("x-api-key", ""),
        ("x-api-key", "orders_guess"),
        ("cookie", "token=x"),
    ] {
        let request = app.request(Method::GET, "/orders").header(name, value);
        assert_problem(request.send().await.unwrap(), 401, "unauthorized").await;
    }
    // Public endpoints need no credentials.
    for path in ["/healthz", "/readyz", "/openapi.json", "/openapi.yaml"] {
        assert_eq!(app.get(path).await.status(), 200, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_signed_with_every_supported_key_type_are_accepted() {
    let (app, issuer) = start_with_issuer().await;
    let kinds = [
        Algorithm::RS256,
        Algorithm::RS512,
        Algorithm::PS256,
        Algorithm::ES256,
        Algorithm::ES384,
        Algorithm::EdDSA,
    ];
    let keys: Vec<SigningKey> = kinds
        .iter()
        .map(|kind| SigningKey::new(&format!("{kind:?}"), *kind))
        .collect();
    issuer.publish(&keys.iter().collect::<Vec<_>>());
    for key in &keys {
        let mut audiences = claims("orders:read", Some(1));
        audiences["aud"] = json!(["another", AUDIENCE]);
        let mut list = claims("", Some(1));
        list["scp"] = json!(["orders:read"]);
        list.as_object_mut().unwrap().remove("scope");
        let mut text = claims("orders:read", None);
        text["customer_id"] = "7".into();
        for claims in [claims("orders:read", Some(1)), audiences, list, text] {
            let token = key.sign(&claims);
            let kind = key.algorithm;
            eventually(
                &format!("a token signed with {kind:?} is accepted"),
                async || (get(&app, &token, "/orders").await.status() == 200).then_some(()),
            )
            .await;
        }
    }
    // Without a `kid`, the matching key is found.
    let mut header = keys[3].header();
    header.kid = None;
    let token = encode(&header, &claims("orders:read", Some(1)), &keys[3].private).unwrap();
    assert_eq!(get(&app, &token, "/orders").await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_and_expired_tokens_are_rejected() {
    let (app, issuer) = start_with_issuer().await;
    let rsa = SigningKey::new("rsa", Algorithm::RS256);
    issuer.publish(&[&issuer.key, &rsa]);
    let good = rsa.sign(&claims(ALL, None));
    eventually("the new key is loaded", async || {
        (get(&app, &good, "/orders").await.status() == 200).then_some(())
    })
    .await;

    let with = |name: &str, value: Value| {
        let mut claims = claims(ALL, None);
        match value {
            Value::Null => claims.as_object_mut().unwrap().remove(name),
            value => claims.as_object_mut().unwrap().insert(name.into(), value),
        };
        issuer.key.sign(&claims)
    };
    let parts: Vec<&str> = good.split('.').collect();
    let decoded = |part: &str| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    let header = decoded(parts[0]);
    // Algorithm confusion: an HMAC whose secret is the public key.
    let modulus = rsa.public["n"].as_str().unwrap();
    let confused = |secret: &[u8]| {
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some("rsa".into());
        encode(
            &header,
            &claims(ALL, None),
            &EncodingKey::from_secret(secret),
        )
        .unwrap()
    };
    let stranger = SigningKey::new("stranger", Algorithm::ES256);
    let impostor = SigningKey::new("first", Algorithm::ES256);
    let embeds_its_key = {
        let mut header = stranger.header();
        header.jwk = Some(serde_json::from_value(stranger.public.clone()).unwrap());
        header.kid = None;
        encode(&header, &claims(ALL, None), &stranger.private).unwrap()
    };
    let critical = {
        let mut header = issuer.key.header();
        header.crit = Some(vec!["b64".into()]);
        encode(&header, &claims(ALL, None), &issuer.key.private).unwrap()
    };
    let by_another_algorithm = {
        let mut header = Header::new(Algorithm::RS512);
        header.kid = Some("rsa".into());
        encode(&header, &claims(ALL, None), &rsa.private).unwrap()
    };
    let none = json!({ "alg": "none", "typ": "JWT" });
    let mut changed = claims("orders:read", Some(1));
    changed["scope"] = ALL.into();
    let cases = [
        ("expired", with("exp", json!(now() - 31))),
        ("never expires", with("exp", Value::Null)),
        ("expires in a text", with("exp", json!("2999-01-01"))),
        ("not yet valid", with("nbf", json!(now() + 3600))),
        ("another audience", with("aud", json!("billing-api"))),
        ("other audiences", with("aud", json!(["a", "b"]))),
        ("no audience", with("aud", Value::Null)),
        ("another issuer", with("iss", json!("https://evil.example"))),
        ("no issuer", with("iss", Value::Null)),
        ("no subject", with("sub", Value::Null)),
        ("an empty subject", with("sub", json!(""))),
        ("customer zero", with("customer_id", json!(0))),
        ("customers", with("customer_id", json!([1, 2]))),
        (
            "a customer that is not a number",
            with("customer_id", json!("1 or 1=1")),
        ),
        ("alg none", forged(&none, &claims(ALL, None), b"")),
        (
            "alg none in capitals",
            forged(&json!({ "alg": "NONE" }), &claims(ALL, None), b""),
        ),
        ("no signature", format!("{}.{}.", parts[0], parts[1])),
        (
            "a wrong signature",
            forged(&header, &claims(ALL, None), &[7; 256]),
        ),
        (
            "changed claims",
            format!(
                "{}.{}.{}",
                parts[0],
                URL_SAFE_NO_PAD.encode(changed.to_string()),
                parts[2]
            ),
        ),
        ("key confusion, the text", confused(modulus.as_bytes())),
        (
            "key confusion, the bytes",
            confused(&URL_SAFE_NO_PAD.decode(modulus).unwrap()),
        ),
        (
            "key confusion, the JWK",
            confused(rsa.public.to_string().as_bytes()),
        ),
        (
            "a key that is not published",
            stranger.sign(&claims(ALL, None)),
        ),
        (
            "the `kid` of another key",
            impostor.sign(&claims(ALL, None)),
        ),
        ("an embedded key", embeds_its_key),
        ("critical headers", critical),
        ("another algorithm than the key's", by_another_algorithm),
        ("nonsense", "a.b.c".into()),
        ("two parts", format!("{}.{}", parts[0], parts[1])),
        ("four parts", format!("{good}.x")),
        ("very long", format!("{good}{}", "x".repeat(8192))),
    ];
    for (what, token) in cases {
        let response = get(&app, &token, "/orders").await;
        let challenge = challenges(&response);
        let problem = match response.status().as_u16() {
            // The token exceeds the server's limit for headers.
            431 => continue,
            _ => assert_problem(response, 401, "unauthorized").await,
        };
        assert!(
            challenge[0].starts_with("Bearer error=\"invalid_token\""),
            "{what}: {challenge:?}"
        );
        assert!(!problem.to_string().contains("evil"), "{what}: {problem}");
        println!("{what}: {}", problem["detail"]);
    }
    // The valid token is still accepted.
    assert_eq!(get(&app, &good, "/orders").await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn scopes_limit_the_allowed_operations() {
    let (app, issuer) = start_with_issuer().await;
    let id = created_id(create_order(&app, &issuer.token(ALL, None), 1).await).await;
    let path = format!("/orders/{id}");
    let calls = [
        (Method::GET, path.as_str(), None, "orders:read"),
        (Method::GET, "/orders", None, "orders:read"),
        (Method::GET, &format!("{path}/events"), None, "orders:read"),
        (
            Method::POST,
            "/orders",
            Some(json!({ "customer_id": 1, "total_amount": 1 })),
            "orders:write",
        ),
        (
            Method::PUT,
            &path,
            Some(json!({ "total_amount": 2 })),
            "orders:write",
        ),
        (Method::DELETE, &path, None, "orders:admin"),
    ];
    for (method, path, body, needed) in calls {
        for held in ["", "openid", "orders:read", "orders:write", "orders:admin"] {
            let token = issuer.token(held, Some(1));
            let response = send(&app, &token, method.clone(), path, &[], body.clone()).await;
            if held == needed || held == "orders:admin" {
                assert!(
                    response.status().is_success(),
                    "{method} {path} with {held}"
                );
                continue;
            }
            let challenge = challenges(&response);
            let wanted = format!("Bearer error=\"insufficient_scope\", scope=\"{needed}\"");
            assert_eq!(challenge, [wanted], "{method} {path} with {held}");
            assert_problem(response, 403, "forbidden").await;
        }
    }
    // A token without a customer needs `orders:admin`.
    let without_customer = issuer.token("orders:read orders:write", None);
    assert_problem(
        get(&app, &without_customer, "/orders").await,
        403,
        "forbidden",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_cannot_access_orders_of_another_customer() {
    let (app, issuer) = start_with_issuer().await;
    let [one, two] = [1, 2].map(|customer| issuer.token(ALL, Some(customer)));
    let everybody = issuer.token(ALL, None);
    let mine = created_id(create_order(&app, &one, 1).await).await;
    let theirs = created_id(create_order(&app, &two, 2).await).await;
    let gone = created_id(create_order(&app, &two, 2).await).await;
    let deleted = send(
        &app,
        &two,
        Method::DELETE,
        &format!("/orders/{gone}"),
        &[],
        None,
    )
    .await;
    assert_eq!(deleted.status(), 204);

    // By id: the same response as for an order that never existed.
    let body = json!({ "status": "cancelled" });
    let never = 999_999_999;
    for path in ["", "/events", "/events?after=1", "/events?after=100"] {
        for id in [theirs, gone, never] {
            let path = format!("/orders/{id}{path}");
            assert_problem(get(&app, &one, &path).await, 404, "order_not_found").await;
        }
    }
    for (header, value) in [
        ("x-none", ""),
        ("if-match", "\"1\""),
        ("if-match", "\"99\""),
        ("if-none-match", "\"1\""),
    ] {
        let path = format!("/orders/{theirs}");
        for (method, body) in [
            (Method::GET, None),
            (Method::PUT, Some(body.clone())),
            (Method::DELETE, None),
        ] {
            let response = send(&app, &one, method, &path, &[(header, value)], body).await;
            assert_problem(response, 404, "order_not_found").await;
        }
    }
    let still: Value = get(&app, &two, &format!("/orders/{theirs}"))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(still["status"], "pending");
    let events = get(&app, &two, &format!("/orders/{gone}/events")).await;
    assert_eq!(events.json::<Vec<Value>>().await.unwrap().len(), 2);

    // Creating an order for another customer.
    assert_problem(
        create_order(&app, &one, 2).await,
        403,
        "customer_not_allowed",
    )
    .await;

    // In lists, with any filter.
    let ids = async |token: &str, query: &str| -> Vec<i64> {
        let response = get(&app, token, &format!("/orders{query}")).await;
        assert_eq!(response.status(), 200);
        let orders: Vec<Value> = response.json().await.unwrap();
        orders
            .iter()
            .map(|order| order["id"].as_i64().unwrap())
            .collect()
    };
    for (query, seen) in [
        ("", vec![mine]),
        ("?customer_id=1", vec![mine]),
        ("?customer_id=2", vec![]),
        ("?status=pending", vec![mine]),
        ("?status=pending&status=processing", vec![mine]),
        ("?status=pending&status=processing&customer_id=2", vec![]),
    ] {
        assert_eq!(ids(&one, query).await, seen, "{query}");
    }
    assert_eq!(ids(&everybody, "").await, [theirs, mine]);

    // With another caller's cursor, or a modified one.
    created_id(create_order(&app, &two, 2).await).await;
    let page = get(&app, &two, "/orders?limit=1").await;
    let link = page.headers()["link"].to_str().unwrap().to_owned();
    let next = link.split(['<', '>']).nth(1).unwrap().to_owned();
    assert_eq!(get(&app, &two, &next).await.status(), 200);
    assert_problem(get(&app, &one, &next).await, 400, "invalid_request").await;
    assert_problem(get(&app, &everybody, &next).await, 400, "invalid_request").await;
    let cursor = next.rsplit('=').next().unwrap();
    for changed in [
        // Changes the last bits of the id.
        cursor
            .char_indices()
            .map(|(at, one)| {
                if at == 11 {
                    if one == 'x' { 'y' } else { 'x' }
                } else {
                    one
                }
            })
            .collect(),
        format!("B{}", &cursor[1..]),
        format!("{cursor}AAAA"),
        URL_SAFE_NO_PAD.encode([1, 0, 0, 0, 0, 0, 0, 0, 200]),
    ] {
        let path = format!("/orders?cursor={changed}");
        assert_problem(get(&app, &two, &path).await, 400, "invalid_request").await;
    }

    // Callers do not share idempotency keys.
    let keyed = async |token: &str, customer: i64| {
        let body = json!({ "customer_id": customer, "total_amount": 5 });
        let headers = [("idempotency-key", "the-same")];
        send(&app, token, Method::POST, "/orders", &headers, Some(body)).await
    };
    let first = created_id(keyed(&one, 1).await).await;
    let second = keyed(&two, 2).await;
    assert!(second.headers().get("idempotent-replayed").is_none());
    assert_ne!(created_id(second).await, first);
    let again = keyed(&one, 1).await;
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    assert_eq!(created_id(again).await, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn issuer_keys_rotate_without_a_restart() {
    let (app, issuer) = start_with_issuer().await;
    let second = SigningKey::new("second", Algorithm::EdDSA);
    let old = issuer.token(ALL, None);
    let new = second.sign(&claims(ALL, None));
    assert_problem(get(&app, &new, "/orders").await, 401, "unauthorized").await;
    issuer.publish(&[&second]);
    eventually("a token signed with the new key is accepted", async || {
        (get(&app, &new, "/orders").await.status() == 200).then_some(())
    })
    .await;
    // The old key is no longer published, so its tokens are rejected, even those accepted before.
    assert_problem(get(&app, &old, "/orders").await, 401, "unauthorized").await;

    // If the issuer fails, its last keys stay in use, and tokens with unknown keys cause few requests to it.
    issuer.break_down();
    let before = issuer.requests.load(Ordering::SeqCst);
    let stranger = SigningKey::new("stranger", Algorithm::EdDSA);
    let tokens: Vec<String> = (0..50)
        .map(|number| {
            let mut claims = claims(ALL, None);
            claims["jti"] = number.into();
            stranger.sign(&claims)
        })
        .collect();
    let responses = join_all(tokens.iter().map(|token| get(&app, token, "/orders"))).await;
    for response in responses {
        assert_problem(response, 401, "unauthorized").await;
    }
    let requests = issuer.requests.load(Ordering::SeqCst) - before;
    assert!(requests <= 2, "the issuer received {requests} requests");
    assert_eq!(get(&app, &new, "/orders").await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_get_503_until_the_issuers_keys_are_loaded() {
    let issuer = Issuer::start().await;
    issuer.break_down();
    let app = TestApp::with_auth(issuer.auth()).await;
    let token = issuer.token(ALL, None);
    let response = get(&app, &token, "/orders").await;
    assert!(response.headers().contains_key("retry-after"));
    assert_problem(response, 503, "service_unavailable").await;
    issuer.publish(&[&issuer.key]);
    eventually("the issuer has recovered", async || {
        (get(&app, &token, "/orders").await.status() == 200).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn issuer_keys_can_be_read_from_a_file() {
    let issuer = Issuer::start().await;
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("jwks-{}.json", uuid::Uuid::new_v4().simple()));
    let keys = json!({ "keys": [{ "kty": "oct", "k": "AAAA" }, issuer.key.public] });
    std::fs::write(&file, keys.to_string()).unwrap();
    let mut auth = issuer.auth();
    auth.jwt.jwks_url.clear();
    auth.jwt.jwks_file = file.to_str().unwrap().into();
    let app = TestApp::with_auth(auth).await;
    let token = issuer.token(ALL, None);
    assert_eq!(get(&app, &token, "/orders").await.status(), 200);
    // A symmetric key in the set is ignored.
    let secret = EncodingKey::from_secret(&[0, 0, 0]);
    let token = encode(&Header::new(Algorithm::HS256), &claims(ALL, None), &secret).unwrap();
    assert_problem(get(&app, &token, "/orders").await, 401, "unauthorized").await;

    // An unusable file prevents the start, and the error names it.
    std::fs::write(&file, "{}").unwrap();
    let url = database_url(&app.database);
    fails(
        &["serve"],
        &[
            ("ORDERS__DATABASE__URL", &url),
            ("ORDERS__AUTH__JWT__JWKS_FILE", file.to_str().unwrap()),
            ("ORDERS__AUTH__JWT__ISSUER", ISSUER),
            ("ORDERS__AUTH__JWT__AUDIENCE", AUDIENCE),
        ],
        &["auth.jwt.jwks_file", file.to_str().unwrap()],
    );
    std::fs::remove_file(file).unwrap();
}

/// A server that accepts API keys and does not cache them.
async fn with_keys(adjust: fn(&mut Settings)) -> TestApp {
    let mut auth = api_key_auth();
    auth.api_key_cache = Duration::ZERO;
    TestApp::with(Options {
        auth: Some(auth),
        adjust,
        ..Options::default()
    })
    .await
}

/// `orders keys …` as the operator runs it.
pub fn keys(app: &TestApp, arguments: &[&str]) -> String {
    let url = database_url(&app.database);
    let arguments = [&["keys"], arguments].concat();
    let output = orders(&arguments, &[("ORDERS__DATABASE__URL", &url)]).output();
    let output = output.unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    stdout(&output)
}

pub fn make_key(app: &TestApp, arguments: &[&str]) -> (i64, String) {
    let arguments = [&["create", "--json", "--name", "a test"], arguments].concat();
    let made: Value = serde_json::from_str(&keys(app, &arguments)).unwrap();
    let key = made["key"].as_str().unwrap().to_owned();
    (made["id"].as_i64().unwrap(), key)
}

pub async fn get_with_key(app: &TestApp, key: &str, path: &str) -> Response {
    let request = app.request(Method::GET, path).header("x-api-key", key);
    request.send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn api_keys_are_created_used_and_revoked() {
    let app = with_keys(|_| {}).await;
    let (id, key) = make_key(&app, &["--all-customers", "--scope", "orders:read"]);
    let (_, of_seven) = make_key(
        &app,
        &[
            "--customer",
            "7",
            "--scope",
            "orders:read",
            "--scope",
            "orders:write",
        ],
    );
    let (_, brief) = make_key(
        &app,
        &[
            "--all-customers",
            "--scope",
            "orders:admin",
            "--expires-in",
            "1ms",
        ],
    );
    app.sql("INSERT INTO orders (customer_id, total_amount) VALUES (6, 1), (7, 1)")
        .await;
    let seen = async |key: &str| -> usize {
        let orders: Vec<Value> = get_with_key(&app, key, "/orders")
            .await
            .json()
            .await
            .unwrap();
        orders.len()
    };
    assert_eq!((seen(&key).await, seen(&of_seven).await), (2, 1));
    assert_problem(
        get_with_key(&app, &brief, "/orders").await,
        401,
        "unauthorized",
    )
    .await;
    let deletion = app
        .request(Method::DELETE, "/orders/1")
        .header("x-api-key", &key);
    assert_problem(deletion.send().await.unwrap(), 403, "forbidden").await;

    // Neither the database nor any output contains a key.
    let listed = keys(&app, &["list"]) + &keys(&app, &["list", "--json"]);
    assert!(
        listed.contains("a test") && listed.contains("customer 7"),
        "{listed}"
    );
    let stored = app.count("SELECT count(*) FROM api_keys").await;
    assert_eq!(stored, 3);
    for key in [&key, &of_seven, &brief] {
        assert!(!listed.contains(key.as_str()));
        let secret = &key[key.len() - 8..];
        let found = format!(
            "SELECT count(*) FROM api_keys WHERE api_keys::text LIKE '%{secret}%' OR hash = '{key}'::bytea"
        );
        assert_eq!(app.count(&found).await, 0);
    }
    let used =
        format!("SELECT count(*) FROM api_keys WHERE id = {id} AND last_used_at IS NOT NULL");
    assert_eq!(app.count(&used).await, 1);

    keys(&app, &["revoke", &id.to_string()]);
    assert_problem(
        get_with_key(&app, &key, "/orders").await,
        401,
        "unauthorized",
    )
    .await;
    assert_eq!(seen(&of_seven).await, 1);
    assert!(keys(&app, &["list"]).contains("revoked"));

    let url = database_url(&app.database);
    let variables = [("ORDERS__DATABASE__URL", url.as_str())];
    fails(&["keys", "revoke", "12345"], &variables, &["no key 12345"]);
    for wrong in [
        &["create", "--name", "x", "--scope", "orders:read"][..],
        &[
            "create",
            "--name",
            "x",
            "--scope",
            "orders:root",
            "--all-customers",
        ],
        &[
            "create",
            "--name",
            "x",
            "--scope",
            "orders:read",
            "--all-customers",
            "--customer",
            "1",
        ],
        &[
            "create",
            "--name",
            "x",
            "--scope",
            "orders:read",
            "--customer",
            "0",
        ],
        &[
            "create",
            "--name",
            "",
            "--scope",
            "orders:read",
            "--customer",
            "1",
        ],
    ] {
        let output = orders(&[&["keys"], wrong].concat(), &variables)
            .output()
            .unwrap();
        assert!(!output.status.success(), "{wrong:?}");
    }
    assert_eq!(app.count("SELECT count(*) FROM api_keys").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn guessed_keys_are_rate_limited_but_known_keys_are_served() {
    let app = with_keys(|settings| {
        settings.auth.api_key_cache = Duration::from_secs(600);
        settings.auth.attempts_per_minute = 20;
    })
    .await;
    let (_, key) = make_key(&app, &["--all-customers", "--scope", "orders:read"]);
    assert_eq!(get_with_key(&app, &key, "/orders").await.status(), 200);
    let guesses = (0..200_u8).map(|number| {
        let mut random = [number; 32];
        random[31] = number.wrapping_mul(31);
        format!("orders_{}", URL_SAFE_NO_PAD.encode(random))
    });
    let guesses: Vec<String> = guesses.collect();
    let responses = join_all(
        guesses
            .iter()
            .map(|guess| get_with_key(&app, guess, "/orders")),
    )
    .await;
    let mut stopped = 0;
    for response in responses {
        if response.status() == 401 {
            continue;
        }
        assert!(response.headers().contains_key("retry-after"));
        assert_problem(response, 429, "rate_limited").await;
        stopped += 1;
    }
    assert!(stopped >= 150, "{stopped}");
    assert_eq!(get_with_key(&app, &key, "/orders").await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_valid_key_beside_an_invalid_token_is_accepted_after_failed_attempts() {
    let issuer = Issuer::start().await;
    let mut auth = issuer.auth();
    auth.api_keys = true;
    auth.attempts_per_minute = 1;
    let app = TestApp::with_auth(auth).await;
    let (_, key) = make_key(&app, &["--all-customers", "--scope", "orders:read"]);
    eventually("the address has used up its attempts", async || {
        let token = forged_by("first", rand::random());
        let response = get(&app, &token[7..], "/orders").await;
        (response.status() == 429).then_some(())
    })
    .await;
    for (key, wanted) in [(guess(1), 429), (key, 200), (guess(2), 429)] {
        let request = app.request(Method::GET, "/orders").header("x-api-key", key);
        let request = request.header("authorization", forged_by("first", rand::random()));
        assert_eq!(request.send().await.unwrap().status(), wanted);
    }
}

/// A well-formed key that does not exist.
fn guess(number: u64) -> String {
    let mut random = [7; 32];
    random[..8].copy_from_slice(&number.to_be_bytes());
    format!("orders_{}", URL_SAFE_NO_PAD.encode(random))
}

/// Tasks that send guessed credentials from the address of the tests until `end`.
struct Flood {
    stop: CancellationToken,
    tasks: Vec<JoinHandle<HashMap<u16, usize>>>,
}

impl Flood {
    /// Starts `count` tasks; each sends the credentials that `guess` makes in this header.
    fn start(app: &TestApp, count: u64, header: &'static str, guess: fn(u64) -> String) -> Self {
        let stop = CancellationToken::new();
        let tasks = (0..count).map(|task| {
            let (stop, client, url) = (stop.clone(), app.client.clone(), app.url("/orders"));
            tokio::spawn(async move {
                let mut responses = HashMap::new();
                for number in 0.. {
                    if stop.is_cancelled() {
                        break;
                    }
                    let guess = guess(task << 32 | number);
                    // The server may close connections of the flood.
                    let Ok(response) = client.get(&url).header(header, guess).send().await else {
                        continue;
                    };
                    *responses.entry(response.status().as_u16()).or_default() += 1;
                }
                responses
            })
        });
        Self {
            tasks: tasks.collect(),
            stop,
        }
    }

    /// Stops the tasks, and returns the number of responses by status.
    async fn end(self) -> HashMap<u16, usize> {
        self.stop.cancel();
        let mut responses = HashMap::new();
        for task in self.tasks {
            for (status, count) in task.await.unwrap() {
                *responses.entry(status).or_default() += count;
            }
        }
        responses
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn valid_keys_do_not_use_up_attempts() {
    let app = with_keys(|settings| settings.auth.attempts_per_minute = 20).await;
    let keys: Vec<String> = (0..6)
        .map(|_| make_key(&app, &["--all-customers", "--scope", "orders:read"]).1)
        .collect();
    for round in 0..30 {
        let requests = keys.iter().map(|key| get_with_key(&app, key, "/orders"));
        for response in join_all(requests).await {
            assert_eq!(response.status(), 200, "round {round}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_keys_do_not_lock_out_valid_keys_from_the_same_address() {
    let app = with_keys(|settings| settings.auth.attempts_per_minute = 20).await;
    let keys: Vec<String> = (0..6)
        .map(|_| make_key(&app, &["--all-customers", "--scope", "orders:read"]).1)
        .collect();
    let flood = Flood::start(&app, 16, "x-api-key", guess);
    eventually("the address has used up its attempts", async || {
        let response = get_with_key(&app, &guess(u64::MAX), "/orders").await;
        (response.status() == 429).then_some(())
    })
    .await;
    // These keys are used for the first time: this process has not verified them before.
    for round in 0..30 {
        let requests = keys.iter().map(|key| get_with_key(&app, key, "/orders"));
        for response in join_all(requests).await {
            assert_eq!(response.status(), 200, "round {round}");
        }
    }
    let responses = flood.end().await;
    println!("{responses:?}");
    assert!(responses[&429] > 100, "{responses:?}");
    // 20 attempts, and one more every three seconds.
    assert!((1..60).contains(&responses[&401]), "{responses:?}");
    assert_eq!(responses.len(), 2, "{responses:?}");

    // More concurrent guesses than may wait for verification: recently verified keys are accepted at once, a
    // new key eventually.
    let (_, new) = make_key(&app, &["--all-customers", "--scope", "orders:read"]);
    let flood = Flood::start(&app, 100, "x-api-key", |number| guess(number | 1 << 60));
    for round in 0..10 {
        let requests = keys.iter().map(|key| get_with_key(&app, key, "/orders"));
        for response in join_all(requests).await {
            assert_eq!(response.status(), 200, "round {round}");
        }
    }
    eventually("the new key is accepted", async || {
        let response = get_with_key(&app, &new, "/orders").await;
        match response.status().as_u16() {
            200 => Some(()),
            status => {
                assert_eq!(status, 429);
                assert!(response.headers().contains_key("retry-after"));
                None
            }
        }
    })
    .await;
    println!("{:?}", flood.end().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_tokens_do_not_lock_out_valid_tokens_from_the_same_address() {
    let issuer = Issuer::start().await;
    let mut auth = issuer.auth();
    auth.attempts_per_minute = 20;
    let app = TestApp::with_auth(auth).await;
    let good = |number: u64| {
        let mut claims = claims(ALL, None);
        claims["jti"] = number.into();
        issuer.key.sign(&claims)
    };
    eventually("the issuer's keys are loaded", async || {
        (get(&app, &good(0), "/orders").await.status() == 200).then_some(())
    })
    .await;
    // Tokens with the `kid` of a published key, and with an unknown one.
    for key in ["first", "unknown"] {
        let flood = Flood::start(
            &app,
            16,
            "authorization",
            match key {
                "first" => |number| forged_by("first", number),
                _ => |number| forged_by("unknown", number),
            },
        );
        eventually("the address has used up its attempts", async || {
            let response = get(&app, &forged_by(key, u64::MAX)[7..], "/orders").await;
            (response.status() == 429).then_some(())
        })
        .await;
        for number in 1..30 {
            let response = get(&app, &good(number), "/orders").await;
            assert_eq!(response.status(), 200, "token {number}");
        }
        let responses = flood.end().await;
        println!("{responses:?}");
        assert!(responses[&429] > 100, "{responses:?}");
    }
}

fn forged_by(key: &str, number: u64) -> String {
    let mut claims = claims(ALL, None);
    claims["jti"] = number.into();
    let header = json!({ "alg": "ES256", "kid": key });
    format!("Bearer {}", forged(&header, &claims, &[7; 64]))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rate_limit_applies_to_each_caller_separately() {
    let app = with_keys(|settings| {
        settings.auth.api_key_cache = Duration::from_secs(600);
        settings.rate_limit.requests_per_second = 1;
        settings.rate_limit.burst = 5;
    })
    .await;
    let [one, two] =
        [1, 2].map(|_| make_key(&app, &["--all-customers", "--scope", "orders:read"]).1);
    let first = get_with_key(&app, &one, "/orders").await;
    assert_eq!(first.headers()["ratelimit-policy"], "\"caller\";q=5;w=5");
    assert_eq!(first.headers()["ratelimit"], "\"caller\";r=4;t=1");
    let responses = join_all((0..20).map(|_| get_with_key(&app, &one, "/orders"))).await;
    let mut served = 0;
    for response in responses {
        if response.status() == 200 {
            served += 1;
            continue;
        }
        assert_eq!(response.headers()["retry-after"], "1");
        assert_problem(response, 429, "rate_limited").await;
    }
    assert!((4..=8).contains(&served), "{served}");
    assert_eq!(get_with_key(&app, &two, "/orders").await.status(), 200);
    assert_eq!(app.get("/healthz").await.status(), 200);
    // The caller is served again after `Retry-After`.
    eventually("the caller is served again", async || {
        (get_with_key(&app, &one, "/orders").await.status() == 200).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_authentication_must_be_configured_explicitly() {
    let app = TestApp::start().await;
    let url = database_url(&app.database);
    fails(
        &["serve"],
        &[("ORDERS__DATABASE__URL", &url)],
        &[
            "auth.api_keys",
            "auth.jwt.jwks_url",
            "auth.mode = \"disabled\"",
        ],
    );
    fails(
        &["dev"],
        &[("ORDERS__HTTP__LISTEN", "0.0.0.0:0")],
        &["this machine only", "http.listen"],
    );
    fails(
        &["serve"],
        &[
            ("ORDERS__AUTH__JWT__JWKS_URL", "http://keys.example/jwks"),
            ("ORDERS__HTTP__TRUSTED_PROXIES", "10.0.0.0/8, proxy"),
            ("ORDERS__RATE_LIMIT__BURST", "0"),
        ],
        &[
            "auth.jwt.jwks_url",
            "auth.jwt.issuer",
            "auth.jwt.audience",
            "`proxy`",
            "rate_limit.burst",
        ],
    );
}
