//! Figures, which are printed: `just corpus-figures`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use contract_codegen::{Build, Target, document, module, stub as stubs};
use serde_json::{Map, Value, json};

use crate::stub;

/// A contract with five operations for each of some resources.
fn large(resources: usize) -> Value {
    let (mut paths, mut schemas) = (Map::new(), Map::new());
    let of = |name: String| json!({ "$ref": format!("#/components/schemas/{name}") });
    let content = |schema: Value| json!({ "application/json": { "schema": schema } });
    for index in 0..resources {
        let (thing, new) = (format!("Thing{index}"), format!("NewThing{index}"));
        let properties = json!({
            "name": { "type": "string", "minLength": 1, "maxLength": 80 },
            "kind": { "type": "string", "enum": ["small", "large", "odd"] },
            "count": { "type": "integer", "format": "int64", "minimum": 0 },
            "price": { "type": "number", "format": "decimal" },
            "tags": { "type": "array", "maxItems": 9, "items": { "type": "string", "pattern": "^[a-z]+$" } },
            "note": { "type": "string", "nullable": true },
            "labels": { "type": "object", "additionalProperties": { "type": "string" } },
            "place": { "type": "object", "required": ["x"], "properties": { "x": { "type": "integer" }, "y": { "type": "integer" } } },
        });
        let mut whole = properties.clone();
        whole["id"] = json!({ "type": "string", "format": "uuid" });
        whole["created_at"] = json!({ "type": "string", "format": "date-time" });
        schemas.insert(
            new.clone(),
            json!({ "type": "object", "required": ["name", "kind"], "properties": properties }),
        );
        schemas.insert(
            thing.clone(),
            json!({ "type": "object", "required": ["id", "name"], "properties": whole }),
        );

        let one = json!({ "description": "One", "content": content(of(thing.clone())) });
        let page = json!({ "type": "object", "required": ["data"], "properties": { "data": { "type": "array", "items": of(thing) }, "next": { "type": "string" } } });
        let body = json!({ "required": true, "content": content(of(new)) });
        let operation = |verb: &str, extra: Value, success: (&str, Value)| {
            let mut operation = json!({
                "operationId": format!("{verb}Thing{index}"),
                "tags": [format!("Tag {}", index / 3)],
                "responses": {
                    success.0: success.1,
                    "400": { "$ref": "#/components/responses/Problem" },
                    "404": { "$ref": "#/components/responses/Problem" },
                    "default": { "$ref": "#/components/responses/Problem" },
                },
            });
            operation
                .as_object_mut()
                .unwrap()
                .extend(extra.as_object().unwrap().clone());
            operation
        };
        let query =
            |name: &str, schema: Value| json!({ "name": name, "in": "query", "schema": schema });
        let filters = json!({ "parameters": [
            query("limit", json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 20 })),
            query("cursor", json!({ "type": "string" })),
            query("kind", json!({ "type": "array", "items": { "type": "string", "enum": ["small", "large"] } })),
        ] });
        let list = json!({ "description": "Some", "content": content(page) });
        let gone = json!({ "description": "Gone" });
        paths.insert(
            format!("/things{index}"),
            json!({
                "get": operation("list", filters, ("200", list)),
                "post": operation("create", json!({ "requestBody": body }), ("201", one.clone())),
            }),
        );
        paths.insert(format!("/things{index}/{{id}}"), json!({
            "parameters": [{ "name": "id", "in": "path", "required": true, "schema": { "type": "string", "format": "uuid" } }],
            "get": operation("get", json!({}), ("200", one.clone())),
            "put": operation("update", json!({ "requestBody": body }), ("200", one)),
            "delete": operation("delete", json!({}), ("204", gone)),
        }));
    }
    schemas.insert("Problem".into(), json!({ "type": "object", "properties": { "title": { "type": "string" }, "status": { "type": "integer" } } }));
    json!({
        "openapi": "3.0.3",
        "info": { "title": "Many things", "version": "1" },
        "security": [{ "token": ["things"] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": { "Problem": { "description": "A problem", "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } } } },
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
        },
    })
}

/// How long `cargo check` of a crate takes; its dependencies are built.
fn checked(folder: &Path) -> (Duration, String) {
    let (time, done) = timed(|| stub::cargo(folder, "check").output().unwrap());
    (time, String::from_utf8_lossy(&done.stderr).into_owned())
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let done = work();
    (start.elapsed(), done)
}

#[test]
#[ignore = "measures"]
fn a_contract_of_300_operations() {
    let folder = tempfile::tempdir().unwrap();
    let (small, spec) = (
        folder.path().join("small"),
        folder.path().join("large.json"),
    );
    stubs::write(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("specs/security.yaml"),
        &small,
    )
    .unwrap();
    stub::rename(&small);
    checked(&small);

    let contract = large(60);
    let operations: usize = contract["paths"]
        .as_object()
        .unwrap()
        .values()
        .map(|item| {
            item.as_object()
                .unwrap()
                .keys()
                .filter(|key| *key != "parameters")
                .count()
        })
        .sum();
    fs::write(&spec, contract.to_string()).unwrap();
    let server = Build::server(&spec, folder.path().join("server"));
    let client = Build::client(&spec, folder.path().join("client"));
    let (server, _) = timed(|| server.generate().unwrap());
    let (client, _) = timed(|| client.generate().unwrap());
    let crates = folder.path().join("large");
    stubs::write(&spec, &crates).unwrap();
    stub::rename(&crates);
    let (check, output) = checked(&crates);
    assert_eq!(output, "");
    println!(
        "{operations} operations: `contract generate` {:.1} s, `contract client` {:.1} s, `cargo check` {:.1} s",
        server.as_secs_f64(),
        client.as_secs_f64(),
        check.as_secs_f64()
    );
    assert!(
        operations == 300 && server.as_secs() < 15 && client.as_secs() < 15 && check.as_secs() < 30
    );
}

/// The files in a folder that say to be OpenAPI documents; others are parts of them.
fn documents(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            documents(&path, found);
        } else if let Ok(text) = fs::read_to_string(&path)
            && text.contains("openapi")
            && document::read(&path).map_or_else(
                |error| !error.to_string().contains("(no `openapi` version)"),
                |_| true,
            )
        {
            found.push(path);
        }
    }
}

/// Every document in the folder of `DOCUMENTS`, as a server and as a client in one crate.
#[test]
#[ignore = "needs documents"]
fn documents_of_others_compile() {
    let from = PathBuf::from(std::env::var_os("DOCUMENTS").expect("DOCUMENTS names a folder"));
    let mut all = Vec::new();
    documents(&from, &mut all);
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("src");
    let refused = Mutex::new(BTreeMap::new());
    let work = Mutex::new(all.iter().enumerate());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some((index, path)) = { work.lock().unwrap().next() } {
                    let of = |name: &str| source.join(format!("d{index}")).join(name);
                    let made = module(path, &of("server"), Target::Server)
                        .and_then(|_| module(path, &of("client"), Target::Client));
                    if let Err(error) = made {
                        refused.lock().unwrap().insert(index, format!("{error:#}"));
                    }
                }
            });
        }
    });
    let refused = refused.into_inner().unwrap();
    let mut root = "#![deny(warnings)]\n".to_owned();
    for index in (0..all.len()).filter(|index| !refused.contains_key(index)) {
        root += &format!("pub mod d{index} {{ pub mod server; pub mod client; }}\n");
    }
    fs::write(source.join("lib.rs"), root).unwrap();
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contract-runtime");
    let manifest = format!(
        "[package]\nname = \"documents\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
         contract-runtime = {{ path = {runtime:?}, features = [\"multipart\", \"client\"] }}\n"
    );
    fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
    let (time, output) = checked(folder.path());

    let failed = |index: usize| output.contains(&format!("src/d{index}/"));
    let name = |index: usize| {
        all[index]
            .strip_prefix(&from)
            .unwrap()
            .display()
            .to_string()
    };
    for (index, error) in &refused {
        println!("refused {}: {error}", name(*index));
    }
    let broken: Vec<usize> = (0..all.len()).filter(|index| failed(*index)).collect();
    for index in &broken {
        println!("failed  {}", name(*index));
    }
    println!(
        "{} documents: {} compile without a warning, {} are refused, {} fail; `cargo check` {:.0} s",
        all.len(),
        all.len() - refused.len() - broken.len(),
        refused.len(),
        broken.len(),
        time.as_secs_f64()
    );
    assert!(broken.is_empty() && !output.contains("error"), "{output}");
}
