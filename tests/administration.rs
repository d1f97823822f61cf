//! What operators do through the contract: processing, attention, statistics, API keys.

use std::time::Duration;

use partner_sandbox::{Fault, FaultKind, Partner};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::auth::{get_with_key, make_key};
use crate::fulfilment::shop::{ON_COMMAND, PROMPT, Shop};
use crate::harness::{Options, Process, TestApp, api_key_auth, create_order, eventually};
use crate::webhooks::{problem, quick};

async fn call_with_key(
    app: &TestApp,
    key: &str,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> Response {
    let request = app.request(method, path).header("x-api-key", key);
    let request = match body {
        Some(body) => request.json(&body),
        None => request,
    };
    request.send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_learns_what_it_may_do() {
    let app = TestApp::with_auth(api_key_auth()).await;
    let scopes = ["--scope=orders:write", "--scope=webhooks:read"];
    let (id, key) = make_key(&app, &[scopes[0], scopes[1], "--customer=7"]);
    let caller = get_with_key(&app, &key, "/caller").await;
    assert_eq!(caller.status(), StatusCode::OK);
    assert_eq!(
        caller.json::<Value>().await.unwrap(),
        json!({
            "name": format!("key:{id}"),
            "scopes": ["orders:write", "webhooks:read"],
            "customer_id": 7,
        })
    );
    assert_eq!(app.get("/caller").await.status(), 401);
    // Without authentication, everybody may do everything.
    let open = TestApp::start().await.json("/caller").await;
    assert_eq!(open["scopes"].as_array().unwrap().len(), 5);
    assert_eq!(open.get("customer_id"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_managed_through_the_contract() {
    let app = TestApp::with_auth(api_key_auth()).await;
    let (first, admin) = make_key(&app, &["--scope=orders:admin", "--all-customers"]);
    let call = async |method: Method, path: &str, body: Option<Value>| {
        call_with_key(&app, &admin, method, path, body).await
    };
    let new = json!({ "name": "shop", "scopes": ["orders:read"], "customer_id": 42 });
    let created = call(Method::POST, "/api-keys", Some(new)).await;
    assert_eq!(created.status(), StatusCode::CREATED);
    let created: Value = created.json().await.unwrap();
    let (key, id) = (created["key"].as_str().unwrap(), &created["info"]["id"]);
    assert!(key.starts_with(created["info"]["hint"].as_str().unwrap()));
    assert_eq!(get_with_key(&app, key, "/orders").await.status(), 200);
    let refused = get_with_key(&app, key, "/api-keys").await;
    problem(refused, 403, "forbidden").await;

    let rotated = call(
        Method::POST,
        &format!("/api-keys/{id}/rotation"),
        Some(json!({ "overlap_seconds": 3600 })),
    )
    .await;
    assert_eq!(rotated.status(), StatusCode::CREATED);
    let rotated: Value = rotated.json().await.unwrap();
    assert_eq!(&rotated["info"]["client_id"], id);
    assert_eq!(rotated["info"]["customer_id"], 42);
    let fresh = rotated["key"].as_str().unwrap();
    for valid in [key, fresh] {
        assert_eq!(get_with_key(&app, valid, "/orders").await.status(), 200);
    }
    let revoked = call(Method::DELETE, &format!("/api-keys/{id}"), None).await;
    let revoked: Value = revoked.json().await.unwrap();
    assert!(revoked["revoked_at"].is_string(), "{revoked}");
    let again = call(Method::DELETE, &format!("/api-keys/{id}"), None).await;
    assert_eq!(again.json::<Value>().await.unwrap(), revoked);
    let late = call(
        Method::POST,
        &format!("/api-keys/{id}/rotation"),
        Some(json!({})),
    )
    .await;
    problem(late, 404, "api_key_not_found").await;

    let short = json!({ "name": "guest", "scopes": ["orders:read"], "expires_in_seconds": 1 });
    let short: Value = call(Method::POST, "/api-keys", Some(short))
        .await
        .json()
        .await
        .unwrap();
    let short = short["key"].as_str().unwrap();
    eventually("the key expires", async || {
        let status = get_with_key(&app, short, "/orders").await.status();
        (status == StatusCode::UNAUTHORIZED).then_some(())
    })
    .await;
    let listed: Vec<Value> = call(Method::GET, "/api-keys", None)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(listed.len(), 4);
    assert_eq!(listed[0]["id"], first);
    assert!(listed.iter().all(|key| key.get("key").is_none()));

    for invalid in [
        json!({ "name": "", "scopes": ["orders:read"] }),
        json!({ "name": "a\nb", "scopes": ["orders:read"] }),
        json!({ "name": "a", "scopes": [] }),
        json!({ "name": "a", "scopes": ["orders:everything"] }),
        json!({ "name": "a", "scopes": ["orders:read"], "expires_in_seconds": 0 }),
    ] {
        let rejected = call(Method::POST, "/api-keys", Some(invalid)).await;
        problem(rejected, 400, "invalid_request").await;
    }
    // An administrator of one customer's orders is none of the service.
    let (_, bound) = make_key(&app, &["--scope=orders:admin", "--customer=7"]);
    for path in ["/api-keys", "/attention", "/statistics"] {
        let refused = get_with_key(&app, &bound, path).await;
        problem(refused, 403, "all_customers_required").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_processing_of_an_order_is_visible() {
    let shop = Shop::with(1, ON_COMMAND, |settings| {
        settings.partners.payment.timeout = Duration::from_millis(500);
        settings.temporal.ui_url = "http://temporal.example.com/ui/".into();
    })
    .await;
    let broken = Fault {
        partner: Some(Partner::Payment),
        ..Fault::new(FaultKind::ErrorBefore)
    };
    shop.partners.set_faults(&[broken]).await.unwrap();
    let order = shop.order(&[("TEA-1", 1, "40")]).await;
    let path = format!("/orders/{order}/processing");
    let failing = eventually("the step fails", async || {
        let processing = shop.app.json(&path).await;
        let step = processing["workflow"]["steps"][0].clone();
        (step["attempts"].as_i64()? > 1 && step["last_error"].is_string()).then_some(processing)
    })
    .await;
    let workflow = &failing["workflow"];
    assert_eq!(failing["temporal_available"], true);
    assert_eq!(workflow["status"], "running");
    assert_eq!(workflow["steps"][0]["name"], "authorize");
    let run = workflow["run_id"].as_str().unwrap();
    let id = workflow["id"].as_str().unwrap();
    assert_eq!(
        workflow["url"],
        format!("http://temporal.example.com/ui/namespaces/default/workflows/{id}/{run}/history")
    );
    shop.partners.set_faults(&[]).await.unwrap();
    shop.until(order, "is paid for", |order| {
        order["payment"]["status"] == "authorized"
    })
    .await;
    problem(
        shop.app.get("/orders/999/processing").await,
        404,
        "order_not_found",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_temporal_the_intents_are_shown_and_sent_on_request() {
    let app = TestApp::with(Options {
        temporal_address: Some("127.0.0.1:1".into()),
        ..Options::default()
    })
    .await;
    let order = app.create(1, "1").await;
    let path = format!("/orders/{order}/processing");
    let processing = app.json(&path).await;
    assert_eq!(processing["temporal_available"], false);
    assert_eq!(processing.get("workflow"), None);
    assert_eq!(processing["intents"][0]["action"], "start");
    let nothing = app
        .send(Method::POST, &format!("/orders/{order}/retry"), "")
        .await;
    problem(nothing, 409, "nothing_to_retry").await;
    // As Temporal would refuse it.
    let later = "now() + interval '1 hour'";
    app.sql(&format!(
        "UPDATE workflow_intents SET last_error = 'refused', available_at = {later}"
    ))
    .await;
    let processing = app.json(&path).await;
    assert_eq!(processing["intents"][0]["last_error"], "refused");
    let report = app.json("/attention").await;
    assert_eq!(report["intents"][0]["order_id"], order);
    let retried = app
        .send(Method::POST, &format!("/orders/{order}/retry"), "")
        .await;
    assert_eq!(retried.status(), 200);
    app.until_count(
        "the intent is sent again",
        "SELECT count(*) FROM workflow_intents WHERE available_at < now() + interval '10 minutes'",
        1,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stuck_orders_and_dead_letters_need_attention() {
    let shop = Shop::with(1, PROMPT, |settings| {
        quick(settings);
        settings.webhooks.give_up_after = Duration::from_millis(50);
        settings.partners.attention_after = Duration::from_millis(200);
        settings.partners.payment.timeout = Duration::from_millis(500);
    })
    .await;
    let app = &shop.app;
    let dead = app.webhook_to("http://127.0.0.1:1/").await;
    let broken = Fault {
        partner: Some(Partner::Payment),
        ..Fault::new(FaultKind::ErrorBefore)
    };
    shop.partners.set_faults(&[broken]).await.unwrap();
    let order = shop.order(&[("TEA-1", 1, "40")]).await;
    let report = eventually("the order and a delivery need attention", async || {
        let report = app.json("/attention").await;
        let found = !report["orders"].as_array()?.is_empty()
            && !report["deliveries"].as_array()?.is_empty();
        found.then_some(report)
    })
    .await;
    assert_eq!(report["orders"][0]["order_id"], order);
    assert_eq!(report["orders"][0]["attention"]["step"], "authorize");
    assert_eq!(report["deliveries"][0]["webhook_id"], dead);
    let stuck = "/orders?needs_attention=true&status=processing";
    assert_eq!(app.json(stuck).await[0]["id"], order);
    app.sql(&format!(
        "UPDATE webhook_endpoints SET enabled = false, disabled_reason = 'gone' WHERE id = {dead}"
    ))
    .await;
    let report = app.json("/attention").await;
    assert_eq!(report["webhooks"][0]["disabled_reason"], "gone");
    let sent = app
        .json(&format!("/orders/{order}/deliveries?limit=1"))
        .await;
    assert_eq!(
        (&sent[0]["order_id"], &sent[0]["webhook_id"]),
        (&json!(order), &json!(dead))
    );
    problem(
        app.get("/orders/999/deliveries").await,
        404,
        "order_not_found",
    )
    .await;

    shop.partners.set_faults(&[]).await.unwrap();
    shop.ends(order, "completed").await;
    let paid = "/orders?payment_status=captured&shipment_status=dispatched";
    assert_eq!(app.json(paid).await[0]["id"], order);
    assert_eq!(app.json("/orders?payment_status=declined").await, json!([]));
    assert_eq!(app.json("/attention").await["orders"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_statistics_are_those_of_all_processes() {
    let app = TestApp::start().await;
    let quick = [("ORDERS__MONITORING__REFRESH", "100ms")];
    let serving = [
        Process::start("serve", &app, &quick),
        Process::start("serve", &app, &quick),
    ];
    for process in &serving {
        let api = process.api().await;
        for _ in 0..3 {
            create_order(&api).await;
        }
        assert_eq!(
            reqwest::get(format!("{api}/orders/none"))
                .await
                .unwrap()
                .status(),
            400
        );
    }
    let statistics = eventually("both processes are counted", async || {
        let statistics = app.json("/statistics").await;
        let points = statistics["points"].as_array()?;
        let sum = |name: &str| {
            points
                .iter()
                .filter_map(|one| one[name].as_f64())
                .sum::<f64>()
        };
        let complete = sum("created") == 6.0 && sum("requests") == 8.0;
        (complete && statistics["processes"] == 2).then_some(statistics)
    })
    .await;
    let last = statistics["points"].as_array().unwrap().last().unwrap();
    assert_eq!(last["errors"], 0.0);
    assert!(last["latency_p99_ms"].as_f64().unwrap() > 0.0, "{last}");
    assert_eq!(statistics["partners"][0]["state"], "unused");
    // What is older than an hour is neither shown nor kept.
    app.sql("UPDATE measurements SET taken_at = taken_at - interval '2 hours'")
        .await;
    eventually("old measurements are deleted", async || {
        let old = "SELECT count(*) FROM measurements WHERE taken_at < now() - interval '1 hour'";
        (app.count(old).await == 0).then_some(())
    })
    .await;
}
