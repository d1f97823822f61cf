//! The program accepts every setting in the deployment files.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::command_line::{orders, stdout};

fn documents(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = std::fs::read_to_string(path).unwrap();
    text.split("\n---\n")
        .map(|document| yaml_serde::from_str(document).unwrap())
        .collect()
}

/// Collects the names and values of settings anywhere in a document.
fn settings(document: &Value, found: &mut BTreeMap<String, String>) {
    match document {
        Value::Object(members) => {
            if let (Some(name), Some(value)) = (members.get("name"), members.get("value")) {
                set(name.as_str().unwrap_or_default(), value, found);
            }
            for (name, value) in members {
                set(name, value, found);
                settings(value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| settings(item, found)),
        _ => {}
    }
}

fn set(name: &str, value: &Value, found: &mut BTreeMap<String, String>) {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        _ => return,
    };
    if name.starts_with("ORDERS__") {
        found.insert(name.into(), text);
    }
}

/// Asserts that the program accepts and applies all of them.
fn assert_applied(found: &BTreeMap<String, String>) {
    assert!(found.len() >= 4, "{found:?}");
    let variables: Vec<(&str, &str)> = found
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let output = orders(&["config"], &variables).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let shown = stdout(&output);
    for value in found.values() {
        let last = value.rsplit(['/', '@', '?']).next().unwrap();
        assert!(shown.contains(last), "{value} is not applied: {shown}");
    }
}

#[test]
fn kubernetes_sets_only_known_settings() {
    let mut found = BTreeMap::new();
    for file in ["config", "api", "worker", "migration"] {
        for document in documents(&format!("deploy/kubernetes/{file}.yaml")) {
            settings(&document, &mut found);
        }
    }
    assert_applied(&found);
}

#[test]
fn compose_sets_only_known_settings() {
    let mut found = BTreeMap::new();
    for document in documents("compose.yaml") {
        settings(&document, &mut found);
    }
    for value in found.values_mut() {
        // Compose uses these defaults if the environment sets no variables.
        while let Some((before, rest)) = value.clone().split_once("${") {
            let (variable, after) = rest.split_once('}').unwrap();
            let default = variable.split_once(":-").map_or("", |(_, default)| default);
            *value = format!("{before}{default}{after}");
        }
    }
    assert_applied(&found);
}
