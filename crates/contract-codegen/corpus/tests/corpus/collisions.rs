//! Every name of `names.txt` in every place of a contract: the generated code compiles without
//! warnings, and serves requests.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::stub;

fn names() -> Vec<&'static str> {
    let lines = include_str!("../../names.txt").lines();
    let lines = lines.filter(|line| !line.starts_with("# "));
    let mut names: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
    names.sort();
    names.dedup();
    names
}

/// The number of parameters of one operation.
const CHUNK: usize = 60;

fn encoded(name: &str) -> String {
    utf8_percent_encode(name, NON_ALPHANUMERIC).to_string()
}

/// Whether HTTP accepts the name for a header, and no other part of the request uses it.
fn is_header(name: &str) -> bool {
    let token = |letter: char| letter.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(letter);
    name.chars().all(token) && !["connection", "accept", "authorization"].contains(&name)
}

fn reference(name: &str) -> Value {
    let name = name.replace('~', "~0").replace('/', "~1");
    json!({ "$ref": format!("#/components/schemas/{}", name.replace('%', "%25")) })
}

fn contract(paths: Map<String, Value>, mut components: Value) -> Value {
    let schemas = components["schemas"].take();
    let schemes: Map<String, Value> = names()
        .into_iter()
        .map(|name| {
            (
                name.to_owned(),
                json!({ "type": "apiKey", "in": "query", "name": "key" }),
            )
        })
        .collect();
    json!({
        "openapi": "3.0.3",
        "info": { "title": "Names", "version": "1" },
        "paths": paths,
        "components": { "schemas": schemas, "securitySchemes": schemes },
    })
}

/// One operation that takes an `EveryName`, whose members are every schema.
fn every(schema: impl Fn(&str) -> Value) -> Value {
    let mut schemas = Map::new();
    let mut members = Map::new();
    for name in names() {
        schemas.insert(name.to_owned(), schema(name));
        members.insert(name.to_owned(), reference(name));
    }
    schemas.insert(
        "EveryName".into(),
        json!({ "type": "object", "properties": members }),
    );
    schemas.insert(
        "EveryValue".into(),
        json!({ "type": "string", "enum": names() }),
    );
    let content =
        json!({ "application/json": { "schema": { "$ref": "#/components/schemas/EveryName" } } });
    let mut paths = Map::new();
    paths.insert(
        "/every".into(),
        json!({ "post": {
            "operationId": "every",
            "requestBody": { "required": true, "content": content },
            "responses": {
                "200": { "description": "The same", "content": content },
                "400": { "description": "A name", "content": {
                    "application/json": { "schema": { "$ref": "#/components/schemas/EveryValue" } },
                } },
            },
        } }),
    );
    contract(paths, json!({ "schemas": schemas }))
}

/// A struct with a member of its own name and type. All are in one module, so one of them with
/// members of every type meets every name.
fn structure(name: &str) -> Value {
    let mut members = json!({
        "m_text": { "type": "string", "default": "x", "pattern": "^\\w*$", "nullable": true },
        "m_self": reference(name),
    });
    let more = json!({
        "m_list": { "type": "array", "items": reference(name), "uniqueItems": true, "maxItems": 3 },
        "m_map": { "type": "object", "additionalProperties": { "type": "string", "nullable": true } },
        "m_number": { "type": "number", "multipleOf": 0.1, "default": 1 },
        "m_decimal": { "type": "number", "format": "decimal", "minimum": 0 },
        "m_digits": { "type": "string", "format": "decimal" },
        "m_time": { "type": "string", "format": "date-time", "default": "2026-01-01T00:00:00Z" },
        "m_date": { "type": "string", "format": "date" },
        "m_uuid": { "type": "string", "format": "uuid" },
        "m_bytes": { "type": "string", "format": "byte" },
        "m_file": { "type": "string", "format": "binary" },
        "m_any": {},
        "m_kind": { "type": "string", "enum": [name, "other"], "default": name },
    });
    if name == "Option" {
        members
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
    }
    members[name] = json!({ "type": "string" });
    json!({
        "type": "object",
        "required": [name],
        "properties": members,
        "additionalProperties": { "type": "integer" },
    })
}

/// A tag and an operation for each name, with a path parameter, a response header and a security
/// scheme; and operations with every name as a parameter in every other place.
fn operations() -> Value {
    let mut paths = Map::new();
    let mut parameters = Vec::new();
    for (index, name) in names().into_iter().enumerate() {
        let text = json!({ "type": "string" });
        let of_path = json!({ "name": name, "in": "path", "required": true, "schema": text });
        let header = if is_header(name) {
            name.to_owned()
        } else {
            format!("X-{index}")
        };
        let headers = json!({ &header: { "schema": text } });
        for (place, name) in [("query", name), ("cookie", name), ("header", &header)] {
            parameters.push(json!({ "name": name, "in": place, "schema": text }));
        }
        paths.insert(
            format!("/{index}/{{{name}}}"),
            json!({ "get": {
                "operationId": name,
                "tags": [name],
                "parameters": [of_path],
                "security": [{ name: [name] }],
                "responses": { "200": { "description": name, "headers": headers } },
            } }),
        );
    }
    for (index, some) in parameters.chunks(CHUNK).enumerate() {
        let operation = json!({ "parameters": some, "responses": {} });
        paths.insert(format!("/parameters/{index}"), json!({ "get": operation }));
    }
    contract(paths, json!({ "schemas": {} }))
}

/// A stub of the contract, linted.
fn made(contract: &Value) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let spec = folder.path().join("contract.json");
    std::fs::write(&spec, contract.to_string()).unwrap();
    let stub = folder.path().join("stub");
    let warnings = contract_codegen::stub::write(&spec, &stub).unwrap();
    stub::rename(&stub);
    assert_eq!(warnings, Vec::<String>::new());
    stub::lint(&stub);
    folder
}

fn served(folder: &tempfile::TempDir) -> stub::Server {
    stub::serve(&folder.path().join("stub"))
}

#[track_caller]
fn check(response: &str, status: u16, part: &str) {
    assert!(
        response.starts_with(&format!("HTTP/1.1 {status}")),
        "{response}"
    );
    assert!(response.contains(part), "{part} is not in {response}");
}

/// The pointers in the problem of a rejection.
fn pointers(response: &str) -> Vec<String> {
    let (_, body) = response.split_once("\r\n\r\n").unwrap();
    let problem: Value = serde_json::from_str(body).unwrap();
    let errors = problem["errors"].as_array().unwrap();
    errors
        .iter()
        .map(|error| error["pointer"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_name_works_as_an_operation_a_tag_and_a_parameter() {
    let folder = made(&operations());
    let server = served(&folder);
    for (index, name) in names().into_iter().enumerate() {
        let head = format!("GET /{index}/x?key=any HTTP/1.1");
        check(&server.send(&head, ""), 501, "not_implemented");
        let head = head.replace("?key=any", "");
        check(&server.send(&head, ""), 401, "unauthorized");
        // The parameter is sent twice, so the rejection shows that it was read.
        let key = encoded(name);
        let place = 3 * index / CHUNK;
        let head = format!("GET /parameters/{place}?{key}=1&{key}=2 HTTP/1.1");
        let rejected = server.send(&head, "");
        check(&rejected, 400, "more than once");
        assert_eq!(pointers(&rejected), [name]);
    }
    let none = server.send("GET /parameters/0 HTTP/1.1", "");
    check(&none, 501, "not_implemented");
}

/// Checks that `EveryName` with good members is accepted, and that a bad one is rejected by name.
fn check_every(contract: &Value, good: impl Fn(&str) -> Value, bad: &Value) {
    let folder = made(contract);
    let server = served(&folder);
    let head = "POST /every HTTP/1.1\ncontent-type: application/json";
    let members: Map<String, Value> = names()
        .into_iter()
        .map(|name| (name.to_owned(), good(name)))
        .collect();
    let response = server.send(head, &Value::Object(members.clone()).to_string());
    check(&response, 501, "not_implemented");
    for name in names() {
        let mut wrong = members.clone();
        wrong.insert(name.to_owned(), bad.clone());
        let response = server.send(head, &Value::Object(wrong).to_string());
        check(&response, 400, "invalid_request");
        let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        assert!(
            pointers(&response)
                .iter()
                .all(|at| at.starts_with(&pointer)),
            "{response}"
        );
    }
}

#[test]
fn every_name_works_as_a_struct_and_a_property() {
    check_every(
        &every(structure),
        |name| json!({ name: "x", "m_text": null, "m_self": { name: "y" } }),
        &json!({}),
    );
}

#[test]
fn every_name_works_as_an_enum_and_a_value() {
    check_every(
        &every(|name| json!({ "type": "string", "enum": [name, "other"] })),
        |name| json!(name),
        &json!("neither"),
    );
    made(&every(
        |name| json!({ "type": "integer", "enum": [1, 2], "x-enum-varnames": [name, "other"] }),
    ));
}

#[test]
fn every_name_works_as_a_union() {
    check_every(
        &every(|name| {
            let object = json!({ "type": "object", "title": name, "required": [name], "properties": { name: { "type": "string" } } });
            json!({ "oneOf": [object, { "type": "integer", "minimum": 5 }] })
        }),
        |name| json!({ name: "x" }),
        &json!(4),
    );
}

#[test]
fn the_list_of_names_is_complete() {
    let names = names();
    for known in ["Self", "Option", "A", "_", "Copy", "#", "str"] {
        assert!(names.contains(&known), "{known}");
    }
    assert!(names.len() > 300, "{}", names.len());
}
