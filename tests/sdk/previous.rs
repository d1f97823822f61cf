//! A client that knows only the previous version's contract works unchanged: its own SDK, built from the
//! project's history, passes its own scenarios against this service.

use std::process::Command;

use serde_json::Value;

use super::{Scenario, Service, Tree, project, run};

#[tokio::test(flavor = "multi_thread")]
async fn the_sdk_of_the_previous_version_works_unchanged() {
    let root = project().join("target/previous-sdk");
    let unpacked = Command::new("sh")
        .args([
            "-euc",
            r#"commit=$(deploy/build-previous.sh --print | cut -d' ' -f1)
            mkdir -p "$1" && rm -rf "$1/sdk" "$1/generated"
            git archive "$commit" sdk generated | tar -x -C "$1""#,
            "sh",
        ])
        .arg(&root)
        .current_dir(project())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&unpacked.stderr);
    assert!(unpacked.status.success(), "{said}");
    let tree = Tree::new(root);
    let scenarios = std::fs::read(tree.root.join("sdk/conformance/scenarios.json")).unwrap();
    let scenarios: Vec<Value> = serde_json::from_slice(&scenarios).unwrap();
    // Without those whose faults the proxy no longer has.
    let scenarios: Vec<Scenario> = scenarios
        .into_iter()
        .filter_map(|scenario| serde_json::from_value(scenario).ok())
        .collect();
    assert!(scenarios.len() > 30, "{}", scenarios.len());
    let service = Service::start(190_000).await;
    // The language that needs no compiler.
    let results = run(&tree, "python", &scenarios, 1000, &service).await;
    let failures: Vec<_> = results
        .unwrap()
        .into_iter()
        .filter_map(|(name, failure)| Some(format!("{name}: {}", failure?)))
        .collect();
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
    println!(
        "{} scenarios of contract {}",
        scenarios.len(),
        tree.contract
    );
}
