//! The interactive documentation page, in a real browser that can reach only this server.

use std::path::PathBuf;
use std::process::Command;

use crate::harness::TestApp;

/// The browser of the page tests: `CHROME`, or Chromium on the path.
pub fn browser() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("CHROME") {
        return Some(path.into());
    }
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome", "chrome"];
    std::env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|candidate| candidate.is_file())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_every_operation_offline() {
    let Some(browser) = browser() else {
        println!("SKIPPED: no chromium on PATH and no CHROME; install one to test the page");
        eprintln!("SKIPPED the page test: no chromium on PATH and no CHROME");
        return;
    };
    let app = TestApp::start().await;
    let redirect = app.get("/docs").await;
    assert_eq!(
        (redirect.status().as_u16(), &redirect.headers()["location"]),
        (302, &"/docs/".parse().unwrap())
    );
    let url = app.url("/docs/");
    let profile = format!("{}/chromium-{}", env!("CARGO_TARGET_TMPDIR"), app.database);
    let folder = profile.clone();
    let output = tokio::task::spawn_blocking(move || {
        Command::new(browser)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
            ])
            .args([
                "--disable-background-networking",
                "--disable-component-update",
            ])
            .args(["--disable-sync", "--disable-dev-shm-usage"])
            // Requests to other hosts fail, as they would offline.
            .arg("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
            .arg(format!("--user-data-dir={folder}"))
            // Violations of the content security policy appear on the console.
            .arg("--enable-logging=stderr")
            .args(["--virtual-time-budget=20000", "--dump-dom", &url])
            .output()
            .unwrap()
    })
    .await
    .unwrap();
    let _ = std::fs::remove_dir_all(profile);
    let page = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(page.contains("Order Processing API"), "{page}");
    let console = String::from_utf8_lossy(&output.stderr);
    for violation in ["Content Security Policy", "Refused to"] {
        assert!(!console.contains(violation), "{console}");
    }
    for operation in [
        "operations-Orders-listOrders",
        "operations-Orders-createOrder",
        "operations-Orders-getOrder",
        "operations-Orders-updateOrder",
        "operations-Orders-deleteOrder",
        "operations-Health-getReadiness",
    ] {
        assert!(page.contains(operation), "{operation} is not on the page");
    }
}
