//! A table of small changes (`differential.yaml`), each with its level. Where Go is installed, the same
//! changes are given to oasdiff, and each row must say whether the two agree.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::path::{Path, PathBuf};
use std::process::Command;

use chrono::NaiveDate;
use contract_diff::{Level, compare};
use serde_json::{Value, json};

/// One row: the place of the change, the old and the new text, and what is expected.
struct Row {
    name: String,
    old: Value,
    new: Value,
    level: String,
    /// Why oasdiff's level is another one.
    differs: Option<String>,
}

fn rows() -> Vec<Row> {
    let text = include_str!("differential.yaml");
    let table: Value = yaml_serde::from_str(text).unwrap();
    let rows = table["changes"].as_array().unwrap();
    rows.iter()
        .enumerate()
        .map(|(index, row)| {
            let place = ["response", "request", "parameter", "operation", "document"]
                .into_iter()
                .find(|place| row[place].is_array())
                .unwrap_or_else(|| panic!("row {index} has no place: {row}"));
            let [old, new] = row[place].as_array().unwrap().as_slice() else {
                panic!("row {index} needs [old, new]: {row}");
            };
            let version = row["openapi"].as_str().unwrap_or("3.1.0");
            let reason = row["differs"].as_str().map(|key| {
                let reason = table["reasons"][key].as_str();
                reason
                    .unwrap_or_else(|| panic!("no such reason: {key}"))
                    .to_owned()
            });
            Row {
                name: format!("row {}, {place}: {old} → {new}", index + 1),
                old: contract(version, place, old),
                new: contract(version, place, new),
                level: row["level"].as_str().unwrap().to_owned(),
                differs: reason,
            }
        })
        .collect()
}

/// A contract with one operation that contains `part` at `place`.
fn contract(version: &str, place: &str, part: &Value) -> Value {
    let body = |schema: Value| json!({"application/json": {"schema": schema}});
    let value = json!({"type": "object", "properties": {"value": part}});
    let mut operation =
        json!({"operationId": "change", "responses": {"200": {"description": "ok"}}});
    match place {
        "response" => operation["responses"]["200"]["content"] = body(value),
        "request" => operation["requestBody"] = json!({"content": body(value)}),
        "parameter" => operation["parameters"] = json!([part]),
        "operation" => merge(&mut operation, part),
        _ => {}
    }
    let mut document = json!({
        "openapi": version,
        "info": {"title": "t", "version": "1.0.0"},
        "paths": {"/things": {"post": operation}},
        "components": {"schemas": {
            "Cat": {"type": "object", "properties": {"meows": {"type": "boolean"}}},
            "Dog": {"type": "object", "properties": {"barks": {"type": "boolean"}}},
        }},
    });
    if place == "document" {
        merge(&mut document, part);
    }
    document
}

/// Adds members; `null` removes one.
fn merge(into: &mut Value, part: &Value) {
    match (into, part) {
        (Value::Object(all), Value::Object(more)) => {
            for (name, value) in more {
                if value.is_null() {
                    all.shift_remove(name);
                } else {
                    merge(all.entry(name.clone()).or_insert(Value::Null), value);
                }
            }
        }
        (into, part) => *into = part.clone(),
    }
}

#[test]
fn every_change_has_its_level() {
    let today = NaiveDate::from_ymd_opt(2026, 6, 15).unwrap();
    let wrong: Vec<String> = rows()
        .iter()
        .filter_map(|row| {
            let changes = compare(&row.old, &row.new, today).changes;
            let level = changes.iter().map(|change| change.level).min();
            let level = level.map_or("none".to_owned(), |level| level.to_string());
            let list: Vec<String> = changes
                .iter()
                .map(|change| format!("{} {}: {}", change.level, change.rule, change.text))
                .collect();
            (level != row.level)
                .then(|| format!("{}: {level}, not {}: {list:#?}", row.name, row.level))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn oasdiff_agrees_or_the_table_says_why_not() {
    let program = match oasdiff() {
        Ok(program) => program,
        Err(reason) => return eprintln!("the comparison with oasdiff is skipped: {reason}"),
    };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("differential");
    std::fs::create_dir_all(&folder).unwrap();
    let rows = rows();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let chunks = rows.chunks(rows.len().div_ceil(cores)).enumerate();
        let threads: Vec<_> = chunks
            .map(|(thread, rows)| {
                let (program, folder) = (&program, &folder);
                scope.spawn(move || -> Vec<String> {
                    let check = |row| disagreement(row, program, folder, thread);
                    rows.iter().filter_map(check).collect()
                })
            })
            .collect();
        let results = threads.into_iter().map(|thread| thread.join().unwrap());
        results.flatten().collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let differing = rows.iter().filter(|row| row.differs.is_some()).count();
    eprintln!(
        "oasdiff agrees on {} of {} changes; for the others the table has a reason",
        rows.len() - differing,
        rows.len()
    );
}

/// What is wrong with a row: the two disagree and it does not say why, or it says why and they agree.
fn disagreement(row: &Row, program: &Path, folder: &Path, thread: usize) -> Option<String> {
    let write = |name: &str, contract: &Value| {
        let path = folder.join(format!("{thread}-{name}.json"));
        std::fs::write(&path, contract.to_string()).unwrap();
        path
    };
    let output = Command::new(program)
        .args(["changelog", "--format", "json"])
        .args([write("old", &row.old), write("new", &row.new)])
        .output()
        .unwrap();
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr);
        return Some(format!("{}: oasdiff failed: {message}", row.name));
    }
    let found: Value = serde_json::from_slice(&output.stdout).unwrap_or(json!([]));
    let found = found.as_array().into_iter().flatten();
    let rules: Vec<String> = found
        .clone()
        .map(|one| format!("{} {}", one["level"], one["id"]))
        .collect();
    let level = match found.filter_map(|one| one["level"].as_u64()).max() {
        Some(3) => Level::Breaking.to_string(),
        Some(2) => Level::Risky.to_string(),
        Some(_) => Level::Compatible.to_string(),
        None => "none".to_owned(),
    };
    match (&row.differs, level == row.level) {
        (None, false) => Some(format!(
            "{}: we say {}, oasdiff {level} {rules:?}; add a reason to the table",
            row.name, row.level
        )),
        (Some(reason), true) => Some(format!(
            "{}: oasdiff agrees ({level}), so the reason no longer holds: {reason}",
            row.name
        )),
        _ => None,
    }
}

/// Builds the oasdiff that `tools/oasdiff/` pins; the error says why there is none.
fn oasdiff() -> Result<PathBuf, String> {
    let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tools/oasdiff");
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("oasdiff");
    let build = Command::new("go")
        .args(["build", "-mod=readonly", "-o"])
        .arg(&program)
        .arg("github.com/oasdiff/oasdiff")
        .current_dir(module)
        .env("GOTOOLCHAIN", "local")
        .output();
    match build {
        Ok(output) if output.status.success() => Ok(program),
        Ok(output) => {
            let message = String::from_utf8_lossy(&output.stderr);
            Err(message
                .lines()
                .last()
                .unwrap_or("go build failed")
                .to_owned())
        }
        Err(_) => Err("Go is not installed".to_owned()),
    }
}
