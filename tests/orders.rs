//! Every operation on orders, as a client uses it.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::harness::TestApp;

fn header<'r>(response: &'r Response, name: &str) -> &'r str {
    response
        .headers()
        .get(name)
        .unwrap_or_else(|| panic!("no {name}"))
        .to_str()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_created_read_changed_and_deleted() {
    let app = TestApp::start().await;
    let created = app
        .send(
            Method::POST,
            "/orders",
            r#"{"customer_id":42,"total_amount":99.95}"#,
        )
        .await;
    assert_eq!(created.status(), 201);
    assert_eq!(header(&created, "etag"), "\"1\"");
    let location = header(&created, "location").to_owned();
    let created: Value = created.json().await.unwrap();
    assert_eq!(location, format!("/orders/{}", created["id"]));
    assert_eq!(created["status"], "pending");
    assert_eq!(created["customer_id"], 42);
    assert_eq!(created["created_at"], created["updated_at"]);

    let read = app.get(&location).await;
    assert_eq!(
        (read.status().as_u16(), header(&read, "etag")),
        (200, "\"1\"")
    );
    assert_eq!(read.json::<Value>().await.unwrap(), created);

    let changed = app
        .send(Method::PUT, &location, r#"{"total_amount":100}"#)
        .await;
    assert_eq!(
        (changed.status().as_u16(), header(&changed, "etag")),
        (200, "\"2\"")
    );
    let changed: Value = changed.json().await.unwrap();
    assert_eq!(changed["total_amount"].to_string(), "100.00");
    assert!(changed["updated_at"].as_str() > created["updated_at"].as_str());

    let same = app
        .send(
            Method::PUT,
            &location,
            r#"{"status":"pending","total_amount":100.0}"#,
        )
        .await;
    assert_eq!(
        (same.status().as_u16(), header(&same, "etag")),
        (200, "\"2\"")
    );
    let nothing = app.send(Method::PUT, &location, "{}").await;
    assert_eq!(
        (nothing.status().as_u16(), header(&nothing, "etag")),
        (200, "\"2\"")
    );

    let deleted = app.request(Method::DELETE, &location).send().await.unwrap();
    assert_eq!(deleted.status(), 204);
    assert!(deleted.bytes().await.unwrap().is_empty());
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(
            app.request(method, &location)
                .send()
                .await
                .unwrap()
                .status(),
            404
        );
    }
    assert_eq!(app.send(Method::PUT, &location, "{}").await.status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn amounts_are_returned_exactly() {
    let app = TestApp::start().await;
    for (sent, stored) in [
        ("0", "0.00"),
        ("0.01", "0.01"),
        ("0.1", "0.10"),
        ("1e2", "100.00"),
        ("2.5e1", "25.00"),
        ("33.300", "33.30"),
        ("4503599627.37", "4503599627.37"),
        ("99999999.99", "99999999.99"),
    ] {
        let body = format!(r#"{{"customer_id":1,"total_amount":{sent}}}"#);
        let response = app.send(Method::POST, "/orders", body).await;
        if sent.len() > 11 {
            assert_eq!(response.status(), 400, "{sent}");
            continue;
        }
        assert_eq!(response.status(), 201, "{sent}");
        let order: Value = response.json().await.unwrap();
        assert_eq!(order["total_amount"].to_string(), stored, "{sent}");
        let read = app
            .get(&format!("/orders/{}", order["id"]))
            .await
            .text()
            .await
            .unwrap();
        assert!(
            read.contains(&format!("\"total_amount\":{stored},")),
            "{read}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_defined_status_transitions_are_allowed() {
    const STATUSES: [&str; 4] = ["pending", "processing", "completed", "cancelled"];
    const ALLOWED: [(&str, &str); 5] = [
        ("pending", "processing"),
        ("pending", "completed"),
        ("pending", "cancelled"),
        ("processing", "completed"),
        ("processing", "cancelled"),
    ];
    let app = TestApp::start().await;
    for from in STATUSES {
        for to in STATUSES {
            let id = app.create(1, "1").await;
            assert_eq!(app.put_status(id, from).await.status(), 200);
            let response = app.put_status(id, to).await;
            let allowed = from == to || ALLOWED.contains(&(from, to));
            assert_eq!(
                response.status(),
                if allowed { 200 } else { 409 },
                "{from} → {to}"
            );
            if !allowed {
                let problem: Value = response.json().await.unwrap();
                assert_eq!(problem["code"], "transition_not_allowed");
            }
            assert_eq!(app.status_of(id).await, if allowed { to } else { from });
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_amount_cannot_change_after_processing_starts() {
    let app = TestApp::start().await;
    let id = app.create(1, "5").await;
    app.put_status(id, "processing").await;
    let path = format!("/orders/{id}");
    let response = app.send(Method::PUT, &path, r#"{"total_amount":6}"#).await;
    assert_eq!(response.status(), 409);
    assert_eq!(
        response.json::<Value>().await.unwrap()["code"],
        "amount_is_settled"
    );
    let same = app.send(Method::PUT, &path, r#"{"total_amount":5}"#).await;
    assert_eq!(same.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn preconditions_apply_to_reads_and_changes() {
    let app = TestApp::start().await;
    let path = format!("/orders/{}", app.create(1, "5").await);
    let get = async |tag: &str| {
        app.request(Method::GET, &path)
            .header("if-none-match", tag)
            .send()
            .await
            .unwrap()
    };
    for tag in ["\"1\"", "W/\"1\"", "\"7\", \"1\"", "*"] {
        let response = get(tag).await;
        assert_eq!(response.status(), 304, "{tag}");
        assert_eq!(header(&response, "etag"), "\"1\"");
        assert!(response.bytes().await.unwrap().is_empty());
    }
    assert_eq!(get("\"2\"").await.status(), 200);

    let put = async |tag: &str, amount: i32| {
        app.request(Method::PUT, &path)
            .header("if-match", tag)
            .json(&json!({ "total_amount": amount }))
            .send()
            .await
            .unwrap()
    };
    for tag in ["\"2\"", "W/\"1\"", "\"x\""] {
        let response = put(tag, 6).await;
        assert_eq!(response.status(), 412, "{tag}");
        assert_eq!(
            response.json::<Value>().await.unwrap()["code"],
            "version_mismatch"
        );
    }
    assert_eq!(header(&put("\"1\"", 6).await, "etag"), "\"2\"");
    assert_eq!(header(&put("*", 7).await, "etag"), "\"3\"");

    let delete = async |tag: &str| {
        app.request(Method::DELETE, &path)
            .header("if-match", tag)
            .send()
            .await
            .unwrap()
            .status()
    };
    assert_eq!(delete("\"2\"").await, 412);
    assert_eq!(delete("\"3\"").await, 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_concurrent_changes_to_one_version_one_succeeds() {
    let app = TestApp::start().await;
    let path = format!("/orders/{}", app.create(1, "5").await);
    let changes = (0..16).map(|amount| {
        let request = app
            .request(Method::PUT, &path)
            .header("if-match", "\"1\"")
            .json(&json!({ "total_amount": amount + 10 }));
        async { request.send().await.unwrap().status().as_u16() }
    });
    let mut statuses = futures::future::join_all(changes).await;
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200);
    assert!(
        statuses[1..].iter().all(|status| *status == 412),
        "{statuses:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_contain_every_order_once_despite_new_orders() {
    let app = TestApp::start().await;
    let mut ids = Vec::new();
    for _ in 0..7 {
        ids.push(app.create(1, "1").await);
    }
    let mut seen = Vec::new();
    let mut next = Some("/orders?limit=3".to_owned());
    while let Some(path) = next {
        let response = app.get(&path).await;
        assert_eq!(response.status(), 200);
        next = page_link(&response, "next");
        let page: Vec<Value> = response.json().await.unwrap();
        assert!(page.len() <= 3);
        seen.extend(page.iter().map(|order| order["id"].as_i64().unwrap()));
        // New orders precede the first page, and do not shift the following ones.
        app.create(1, "1").await;
    }
    ids.reverse();
    assert_eq!(seen, ids);
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_apply_to_the_list_and_its_next_pages() {
    let app = TestApp::start().await;
    let mut mine = Vec::new();
    for customer in [7, 8, 7, 8, 7] {
        let id = app.create(customer, "1").await;
        if customer == 7 {
            mine.push(id);
        }
    }
    app.put_status(mine[0], "completed").await;
    app.put_status(mine[1], "processing").await;
    let ids = async |path: String| -> Vec<i64> {
        let page: Vec<Value> = app.get(&path).await.json().await.unwrap();
        page.iter()
            .map(|order| order["id"].as_i64().unwrap())
            .collect()
    };
    assert_eq!(
        ids("/orders?customer_id=7".into()).await,
        [mine[2], mine[1], mine[0]]
    );
    assert_eq!(ids("/orders?status=processing".into()).await, [mine[1]]);
    let both = "/orders?customer_id=7&status=completed&status=processing&limit=1";
    assert_eq!(ids(both.into()).await, [mine[1]]);
    let next = page_link(&app.get(both).await, "next").unwrap();
    assert_eq!(ids(next.clone()).await, [mine[0]]);
    assert_eq!(page_link(&app.get(&next).await, "next"), None);
    assert!(ids("/orders?customer_id=9".into()).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_lead_back_to_newer_orders() {
    let app = TestApp::start().await;
    let mut ids = Vec::new();
    for number in 0..7 {
        ids.push(app.create(1 + number % 2, "1").await);
    }
    ids.reverse();
    let read = async |path: &str| -> (Vec<i64>, Option<String>, Option<String>) {
        let response = app.get(path).await;
        assert_eq!(response.status(), 200, "{path}");
        let (next, prev) = (page_link(&response, "next"), page_link(&response, "prev"));
        let page: Vec<Value> = response.json().await.unwrap();
        let ids = page.iter().map(|order| order["id"].as_i64().unwrap());
        (ids.collect(), next, prev)
    };
    let (first, next, prev) = read("/orders?limit=3").await;
    assert_eq!((first.as_slice(), prev), (&ids[..3], None));
    let (second, next, prev) = read(&next.unwrap()).await;
    assert_eq!(second, ids[3..6]);
    let (back, forth, newer) = read(&prev.unwrap()).await;
    assert_eq!((back.as_slice(), newer), (&ids[..3], None));
    assert_eq!(read(&forth.unwrap()).await.0, ids[3..6]);
    let (last, none, prev) = read(&next.unwrap()).await;
    assert_eq!((last.as_slice(), none), (&ids[6..], None));
    // Also a new order is found on the way back.
    let newest = app.create(1, "1").await;
    let (second, _, prev) = read(&prev.unwrap()).await;
    assert_eq!(second, ids[3..6]);
    let (first, _, prev) = read(&prev.unwrap()).await;
    assert_eq!(first, ids[..3]);
    assert_eq!(read(&prev.unwrap()).await.0, [newest]);
    // The filters apply in both directions.
    let filter = "/orders?limit=1&customer_id=2&status=pending&status=processing";
    let (_, next, _) = read(filter).await;
    let (page, _, prev) = read(&next.unwrap()).await;
    assert_eq!(page, [ids[3]]);
    assert_eq!(read(&prev.unwrap()).await.0, [ids[1]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_found_by_amount_and_time() {
    let app = TestApp::start().await;
    let cheap = app.create(1, "9.99").await;
    let dear = app.create(1, "250").await;
    app.sql("ALTER TABLE orders DISABLE TRIGGER USER").await;
    app.sql(&format!(
        "UPDATE orders SET created_at = '2026-01-15T09:30:00Z' WHERE id = {cheap}"
    ))
    .await;
    for (filter, expected) in [
        ("min_amount=9.99&max_amount=250", vec![dear, cheap]),
        ("min_amount=10", vec![dear]),
        ("max_amount=249.99", vec![cheap]),
        ("created_before=2026-01-15T09:30:00Z", vec![]),
        ("created_before=2026-01-15T09:30:01Z", vec![cheap]),
        (
            "created_from=2026-01-15T10:30:00%2B01:00&limit=1",
            vec![dear],
        ),
        ("created_from=2026-01-15T09:30:01Z", vec![dear]),
        ("needs_attention=true", vec![]),
        ("needs_attention=false", vec![dear, cheap]),
        ("payment_status=captured", vec![]),
        ("shipment_status=created&shipment_status=dispatched", vec![]),
    ] {
        let response = app.get(&format!("/orders?{filter}")).await;
        assert_eq!(response.status(), 200, "{filter}");
        let next = page_link(&response, "next");
        let page: Vec<Value> = response.json().await.unwrap();
        let mut ids: Vec<i64> = page.iter().map(|one| one["id"].as_i64().unwrap()).collect();
        assert_eq!(ids, expected, "{filter}");
        if let Some(next) = next {
            let page: Vec<Value> = app.get(&next).await.json().await.unwrap();
            ids.extend(page.iter().map(|one| one["id"].as_i64().unwrap()));
            assert_eq!(ids, [dear, cheap], "{next}");
        }
    }
    for invalid in [
        "min_amount=-1",
        "max_amount=0.001",
        "created_from=yesterday",
        "needs_attention=perhaps",
        "payment_status=paid",
    ] {
        assert_eq!(app.get(&format!("/orders?{invalid}")).await.status(), 400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn head_returns_the_headers_of_get_without_a_body() {
    let app = TestApp::start().await;
    let path = format!("/orders/{}", app.create(1, "1").await);
    let head = app.request(Method::HEAD, &path).send().await.unwrap();
    assert_eq!(
        (head.status().as_u16(), header(&head, "etag")),
        (200, "\"1\"")
    );
    assert!(head.bytes().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn responses_are_compressed_on_request() {
    let app = TestApp::start().await;
    let contract = app
        .request(Method::GET, "/openapi.json")
        .header("accept-encoding", "br")
        .send()
        .await
        .unwrap();
    // The client removes `content-encoding` after it has decoded the body.
    assert_eq!(contract.headers().get("vary").unwrap(), "accept-encoding");
    assert_eq!(contract.json::<Value>().await.unwrap()["openapi"], "3.0.3");
    let yaml = app.get("/openapi.yaml").await.text().await.unwrap();
    assert_eq!(yaml, include_str!("../api/openapi.yaml"));
}

#[tokio::test(flavor = "multi_thread")]
async fn health_reports_the_dependencies() {
    let app = TestApp::start().await;
    let live: Value = app.get("/healthz").await.json().await.unwrap();
    assert_eq!(live, json!({ "status": "ok" }));
    let ready = app.get("/readyz").await;
    assert_eq!(ready.status(), 200);
    let ready: Value = ready.json().await.unwrap();
    let states: Vec<_> = ready["dependencies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|known| {
            (
                known["name"].as_str().unwrap(),
                known["status"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(states, [("database", "up"), ("temporal", "up")]);
}

/// The path of another page (RFC 8288).
fn page_link(response: &Response, relation: &str) -> Option<String> {
    let links = response.headers().get("link")?.to_str().unwrap();
    links.split(", ").find_map(|link| {
        let path = link.strip_suffix(&format!(">; rel=\"{relation}\""))?;
        Some(path.strip_prefix('<').unwrap().to_owned())
    })
}
