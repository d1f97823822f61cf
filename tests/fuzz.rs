//! Schemathesis sends valid and invalid requests, generated from the contract, to the running server.

use std::path::Path;
use std::process::Command;

use reqwest::Method;

use crate::auth::{get_with_key, make_key};
use crate::harness::{Options, TestApp, api_key_auth};

#[tokio::test(flavor = "multi_thread")]
async fn schemathesis_finds_no_violation() {
    let mut auth = api_key_auth();
    // Schemathesis tries invalid credentials with every operation.
    auth.attempts_per_minute = 1_000_000;
    let app = TestApp::with(Options {
        auth: Some(auth),
        // Nobody is called: tests/schemathesis_hooks.py replaces all URLs by one of this machine.
        adjust: |settings| {
            settings.webhooks.allow_http = true;
            settings.webhooks.allowed_targets = vec!["127.0.0.1".into()];
        },
        ..Options::default()
    })
    .await;
    let (_, key) = make_key(&app, &["--all-customers", "--scope", "orders:admin"]);
    for _ in 0..3 {
        let order = serde_json::json!({ "customer_id": 1, "total_amount": 1 });
        let request = app
            .request(Method::POST, "/orders")
            .header("x-api-key", &key);
        assert_eq!(request.json(&order).send().await.unwrap().status(), 201);
    }
    let page = get_with_key(&app, &key, "/orders?limit=1").await;
    let link = page.headers()["link"].to_str().unwrap();
    let cursor = link.split("cursor=").nth(1).unwrap();
    let cursor = cursor.split('>').next().unwrap().to_owned();
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = project.join(".tools/bin/schemathesis");
    let config = project.join("tests/schemathesis.toml");
    let hooks = project.join("tests/schemathesis_hooks.py");
    let url = app.url("/openapi.json");
    let output = tokio::task::spawn_blocking(move || {
        Command::new(program)
            .arg("--config-file")
            .arg(config)
            .args([
                "run",
                &url,
                "--checks",
                "all",
                "--phases",
                "examples,coverage,fuzzing,stateful",
            ])
            .args([
                "--max-examples",
                "100",
                // More workers occasionally trigger a bug of CPython 3.11 (`ast.parse` in several threads).
                "--workers",
                "1",
                "--seed",
                "1",
                "--no-color",
            ])
            .env("ORDERS_API_KEY", key)
            .env("ORDERS_CURSOR", cursor)
            .env("SCHEMATHESIS_HOOKS", hooks)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .current_dir(env!("CARGO_TARGET_TMPDIR"))
            .output()
            .unwrap()
    })
    .await
    .unwrap();
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{report}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    println!("{report}");
}
