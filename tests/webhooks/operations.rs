//! The operations on endpoints: responses, errors, scopes and customers.

use std::time::Duration;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use super::receiver::{Receiver, Reply};
use super::{problem, quick};
use crate::harness::{Issuer, Options, TestApp, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn endpoints_are_created_read_changed_and_deleted() {
    let app = TestApp::adjusted(quick).await;
    let body = json!({
        "url": "https://shop.example.com/hooks?a=b",
        "description": "the shop",
        "event_types": ["created", "updated"],
    });
    let created = app.call(Method::POST, "/webhooks", body).await;
    assert_eq!(created.status(), 201);
    let location = created.headers()["location"].to_str().unwrap().to_owned();
    let mut created: Value = created.json().await.unwrap();
    let id = created["id"].as_i64().unwrap();
    assert_eq!(location, format!("/webhooks/{id}"));
    assert_eq!(created["signature"], "hmac_sha256");
    assert_eq!(created["enabled"], true);
    let secret = created.as_object_mut().unwrap().remove("secret").unwrap();
    let secret = secret
        .as_str()
        .unwrap()
        .strip_prefix("whsec_")
        .unwrap()
        .to_owned();
    assert_eq!(STANDARD.decode(secret).unwrap().len(), 32);
    // It is not shown again.
    assert_eq!(app.json(&location).await, created);
    assert_eq!(app.json("/webhooks").await, json!([created]));

    let second = app
        .webhook(json!({ "url": "https://a.example.com/", "signature": "ed25519" }))
        .await;
    assert!(second["secret"].is_null());
    let public = second["public_key"].as_str().unwrap();
    assert_eq!(
        STANDARD
            .decode(public.strip_prefix("whpk_").unwrap())
            .unwrap()
            .len(),
        32
    );
    let page = app.get("/webhooks?limit=1").await;
    let link = page.headers()["link"].to_str().unwrap().to_owned();
    assert_eq!(
        link,
        format!("</webhooks?limit=1&after={id}>; rel=\"next\"")
    );
    let next = app.json(&format!("/webhooks?limit=1&after={id}")).await;
    assert_eq!(next[0]["public_key"], public);
    assert!(
        !app.get(&format!("/webhooks?limit=1&after={}", next[0]["id"]))
            .await
            .headers()
            .contains_key("link")
    );

    let change = json!({ "url": "https://b.example.com/x", "description": "", "event_types": [], "enabled": false });
    let changed = app.call(Method::PUT, &location, change).await;
    assert_eq!(changed.status(), 200);
    let changed: Value = changed.json().await.unwrap();
    assert_eq!(changed["url"], "https://b.example.com/x");
    assert_eq!(changed["event_types"], json!([]));
    assert_eq!(changed["enabled"], false);
    assert!(changed["disabled_reason"].is_null() && changed["secret"].is_null());

    let deleted = app.request(Method::DELETE, &location).send().await.unwrap();
    assert_eq!(deleted.status(), 204);
    let nothing = json!({});
    for (method, path, body) in [
        (Method::GET, location.clone(), &nothing),
        (Method::DELETE, location.clone(), &nothing),
        (Method::PUT, location.clone(), &json!({ "enabled": true })),
        (Method::POST, format!("{location}/secret"), &nothing),
        (Method::POST, format!("{location}/test"), &nothing),
        (
            Method::POST,
            format!("{location}/replay"),
            &json!({ "after": 0 }),
        ),
        (Method::GET, format!("{location}/deliveries"), &nothing),
        (
            Method::POST,
            format!("{location}/deliveries/1/retry"),
            &nothing,
        ),
    ] {
        let mut request = app.request(method.clone(), &path);
        if body != &nothing {
            request = request.json(body);
        }
        problem(request.send().await.unwrap(), 404, "webhook_not_found").await;
    }
    // The upkeep removes the rest.
    app.until_count(
        "the endpoint is gone",
        "SELECT count(*) FROM webhook_endpoints",
        1,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_requests_do_not_exceed_the_number_of_endpoints() {
    let app = TestApp::adjusted(|settings| {
        quick(settings);
        settings.webhooks.max_endpoints = 3;
    })
    .await;
    let create = |number: usize| {
        let body = json!({ "url": format!("https://{number}.example.com/") });
        app.call(Method::POST, "/webhooks", body)
    };
    let responses = futures::future::join_all((0..12).map(create)).await;
    let statuses = responses.iter().map(|response| response.status().as_u16());
    let created = statuses.clone().filter(|status| *status == 201).count();
    let refused = statuses.filter(|status| *status == 409).count();
    assert_eq!((created, refused), (3, 9));
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_requests_are_rejected() {
    let app = TestApp::adjusted(|settings| {
        quick(settings);
        settings.webhooks.allow_http = false;
        settings.webhooks.max_endpoints = 2;
    })
    .await;
    let first = app.webhook_to("https://a.example.com/").await;
    for url in [
        "http://a.example.com/",
        "https://user:pass@a.example.com/",
        "https://10.0.0.1/",
        "https://[::ffff:169.254.169.254]/latest/meta-data",
        "https://2852039166/",
        "https://0x0a000001/",
        "https://a.example.com:99999/",
    ] {
        let body = json!({ "url": url });
        let created = app.call(Method::POST, "/webhooks", body.clone()).await;
        let rejected = problem(created, 400, "invalid_request").await;
        assert_eq!(rejected["errors"][0]["pointer"], "/url", "{rejected}");
        let changed = app
            .call(Method::PUT, &format!("/webhooks/{first}"), body)
            .await;
        problem(changed, 400, "invalid_request").await;
    }
    for body in [
        json!({}),
        json!({ "url": "ftp://a.example.com/" }),
        json!({ "url": "https://a.example.com/#x" }),
        json!({ "url": "https://a.example.com/", "event_types": ["unknown"] }),
        json!({ "url": "https://a.example.com/", "secret": "whsec_x" }),
        json!({ "url": "https://a.example.com/", "customer_id": 0 }),
    ] {
        let created = app.call(Method::POST, "/webhooks", body).await;
        problem(created, 400, "invalid_request").await;
    }
    let unchanged = app
        .call(Method::PUT, &format!("/webhooks/{first}"), json!({}))
        .await;
    problem(unchanged, 400, "invalid_request").await;
    app.webhook_to("https://b.example.com/").await;
    let third = app
        .call(
            Method::POST,
            "/webhooks",
            json!({ "url": "https://c.example.com/" }),
        )
        .await;
    problem(third, 409, "too_many_webhooks").await;

    let replay = |after: i64| {
        let path = format!("/webhooks/{first}/replay");
        let body = json!({ "after": after });
        let app = &app;
        async move { app.call(Method::POST, &path, body).await }
    };
    problem(replay(1).await, 410, "position_unknown").await;
    app.sql("UPDATE feed SET pruned = 5, position = 9").await;
    problem(replay(4).await, 410, "events_pruned").await;
    let missing = format!("/webhooks/{first}/deliveries/1/retry");
    let missing = app.call(Method::POST, &missing, json!({}));
    problem(missing.await, 404, "delivery_not_found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scopes_and_customers_limit_access() {
    let issuer = Issuer::start().await;
    let app = TestApp::with(Options {
        auth: Some(issuer.auth()),
        adjust: quick,
        ..Options::default()
    })
    .await;
    let receiver = Receiver::start().await;
    let send = async |token: &str, method: Method, path: &str, body: Option<Value>| {
        let mut request = app.request(method, path).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    };
    let admin = issuer.token("orders:admin", None);
    eventually("the issuer's keys are loaded", async || {
        (send(&admin, Method::GET, "/webhooks", None).await.status() == 200).then_some(())
    })
    .await;
    let all = "orders:write webhooks:read webhooks:write";
    let (seven, eight) = (issuer.token(all, Some(7)), issuer.token(all, Some(8)));
    let body = |path: &str| Some(json!({ "url": format!("{}{path}", receiver.url()) }));

    // Scopes.
    for scopes in ["orders:read orders:write", "webhooks:read"] {
        let token = issuer.token(scopes, Some(7));
        let created = send(&token, Method::POST, "/webhooks", body("/x")).await;
        problem(created, 403, "forbidden").await;
    }
    let writer = issuer.token("webhooks:write", Some(7));
    let listed = send(&writer, Method::GET, "/webhooks", None).await;
    problem(listed, 403, "forbidden").await;
    assert_eq!(app.get("/webhooks").await.status(), 401);

    // Customers.
    let for_another = json!({ "url": receiver.url(), "customer_id": 8 });
    let created = send(&seven, Method::POST, "/webhooks", Some(for_another.clone())).await;
    problem(created, 403, "customer_not_allowed").await;
    let created = send(&seven, Method::POST, "/webhooks", body("/7")).await;
    assert_eq!(created.status(), 201);
    let own: Value = created.json().await.unwrap();
    assert_eq!(own["customer_id"], 7);
    let own = format!("/webhooks/{}", own["id"]);
    for path in ["/all", "/8"] {
        let mut new = body(path).unwrap();
        if path == "/8" {
            new["customer_id"] = 8.into();
        }
        assert_eq!(
            send(&admin, Method::POST, "/webhooks", Some(new))
                .await
                .status(),
            201
        );
    }
    for (token, number) in [(&seven, 1), (&eight, 0), (&admin, 3)] {
        let listed = send(token, Method::GET, "/webhooks", None).await;
        let listed: Vec<Value> = listed.json().await.unwrap();
        assert_eq!(listed.len(), number);
    }
    for (method, path, body) in [
        (Method::GET, own.clone(), None),
        (Method::DELETE, own.clone(), None),
        (Method::PUT, own.clone(), Some(json!({ "enabled": false }))),
        (Method::POST, format!("{own}/secret"), None),
        (Method::POST, format!("{own}/test"), None),
        (
            Method::POST,
            format!("{own}/replay"),
            Some(json!({ "after": 0 })),
        ),
        (Method::GET, format!("{own}/deliveries"), None),
        (Method::POST, format!("{own}/deliveries/1/retry"), None),
    ] {
        problem(
            send(&eight, method, &path, body).await,
            404,
            "webhook_not_found",
        )
        .await;
    }
    for (token, customer) in [(&seven, 7), (&eight, 8)] {
        let order = json!({ "customer_id": customer, "total_amount": 1 });
        assert_eq!(
            send(token, Method::POST, "/orders", Some(order))
                .await
                .status(),
            201
        );
    }
    let mut got: Vec<(String, i64)> = receiver
        .until_accepted(4)
        .await
        .iter()
        .map(|one| {
            (
                one.path.rsplit('/').next().unwrap().to_owned(),
                one.json()["data"]["customer_id"].as_i64().unwrap(),
            )
        })
        .collect();
    got.sort();
    let got: Vec<(&str, i64)> = got.iter().map(|(path, id)| (path.as_str(), *id)).collect();
    assert_eq!(got, [("7", 7), ("8", 8), ("all", 7), ("all", 8)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn payloads_are_signed_with_every_valid_secret() {
    let app = TestApp::adjusted(|settings| {
        quick(settings);
        settings.webhooks.secret_overlap = Duration::from_secs(3600);
    })
    .await;
    let receiver = Receiver::start().await;
    let endpoint = app.webhook(json!({ "url": receiver.url() })).await;
    let path = format!("/webhooks/{}", endpoint["id"]);
    let mut secrets = vec![endpoint["secret"].as_str().unwrap().to_owned()];
    let order = app.create(1, "1").await;
    for number in 2..=5 {
        let rotated = app
            .call(Method::POST, &format!("{path}/secret"), json!({}))
            .await;
        assert_eq!(rotated.status(), 200);
        let rotated: Value = rotated.json().await.unwrap();
        secrets.push(rotated["secret"].as_str().unwrap().to_owned());
        app.touch(order, number).await;
        let latest = receiver
            .until_accepted(number as usize)
            .await
            .pop()
            .unwrap();
        let signatures: Vec<&str> = latest.header("webhook-signature").split(' ').collect();
        assert_eq!(signatures.len(), secrets.len());
        for secret in &secrets {
            let webhook = Webhook::new(secret).unwrap();
            webhook
                .verify(latest.body.as_bytes(), &latest.headers)
                .unwrap();
        }
        // The current one comes first.
        let current = Webhook::new(secrets.last().unwrap()).unwrap();
        let at = latest.header("webhook-timestamp").parse().unwrap();
        let expected = current.sign(latest.header("webhook-id"), at, latest.body.as_bytes());
        assert_eq!(signatures[0], expected.unwrap());
    }
    assert!(app.json(&path).await["secret"].is_null());
    let sixth = app
        .call(Method::POST, &format!("{path}/secret"), json!({}))
        .await;
    problem(sixth, 409, "too_many_secrets").await;
    // An expired secret is not used any more.
    app.sql("UPDATE webhook_secrets SET expires_at = now() WHERE expires_at IS NOT NULL")
        .await;
    app.touch(order, 9).await;
    let latest = receiver.until_accepted(6).await.pop().unwrap();
    assert!(!latest.header("webhook-signature").contains(' '));
    Webhook::new(secrets.last().unwrap())
        .unwrap()
        .verify(latest.body.as_bytes(), &latest.headers)
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn test_events_are_sent_at_once_and_signed_with_ed25519() {
    let app = TestApp::adjusted(quick).await;
    let receiver = Receiver::with(|_, before| match before {
        0 => Reply::Status(200),
        1 => Reply::Status(500),
        _ => Reply::Silence,
    })
    .await;
    let endpoint = app
        .webhook(json!({ "url": receiver.url(), "signature": "ed25519" }))
        .await;
    let path = format!("/webhooks/{}", endpoint["id"]);
    // Also while nothing else is sent.
    app.call(Method::PUT, &path, json!({ "enabled": false }))
        .await;
    let test = async || {
        let tested = app
            .request(Method::POST, &format!("{path}/test"))
            .send()
            .await
            .unwrap();
        assert_eq!(tested.status(), 200);
        tested.json::<Value>().await.unwrap()
    };
    let result = test().await;
    assert_eq!(result["delivered"], true, "{result}");
    assert_eq!(result["response_status"], 200);
    let sent = receiver.received().pop().unwrap();
    assert_eq!(sent.json()["type"], "test");
    assert!(sent.json()["data"].is_null());
    let signature = sent
        .header("webhook-signature")
        .strip_prefix("v1a,")
        .unwrap();
    let public = endpoint["public_key"]
        .as_str()
        .unwrap()
        .strip_prefix("whpk_")
        .unwrap();
    let (id, at) = (sent.header("webhook-id"), sent.header("webhook-timestamp"));
    let content = format!("{id}.{at}.{}", sent.body);
    UnparsedPublicKey::new(&ED25519, STANDARD.decode(public).unwrap())
        .verify(content.as_bytes(), &STANDARD.decode(signature).unwrap())
        .unwrap();
    let result = test().await;
    assert_eq!(result["delivered"], false);
    assert_eq!(result["error"], "the receiver responded with 500");
    let result = test().await;
    assert_eq!(result["error"], "no response within 2s", "{result}");
    assert!(result["duration_ms"].as_i64().unwrap() >= 1900);
}
