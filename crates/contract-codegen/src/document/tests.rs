use std::fs;

use proptest::prelude::*;
use serde_json::{Map, json};

use super::*;
use crate::annotate::{Target, annotate};

/// Writes files, and reads the first as a contract.
fn read_all(files: &[(&str, &str)]) -> (tempfile::TempDir, Result<Document>) {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let document = read(&folder.path().join(files[0].0));
    (folder, document)
}

#[track_caller]
fn read_value(files: &[(&str, &str)]) -> Value {
    read_all(files).1.unwrap().value
}

/// A contract whose schema `X` is this.
fn with_schema(schema: &str) -> String {
    format!("openapi: 3.1.0\npaths: {{}}\ncomponents: {{ schemas: {{ X: {schema} }} }}")
}

#[track_caller]
fn assert_refused(files: &[(&str, &str)], parts: &[&str]) {
    let (_folder, document) = read_all(files);
    let error = format!("{:#}", document.unwrap_err());
    assert!(!error.contains('\n'), "{error}");
    for part in parts {
        assert!(error.contains(part), "{part} is not in: {error}");
    }
}

#[test]
fn a_wrong_reference_is_refused_in_one_line_with_its_place() {
    for (reference, parts) in [
        ("gone.yaml", &["gone.yaml: No such file"][..]),
        ("folder", &["folder is not a file"]),
        ("bad.yaml", &["bad.yaml is not valid YAML", "line "]),
        ("bad.json", &["bad.json is not valid JSON", "line "]),
        ("deep.json", &["deep.json is not valid JSON", "recursion"]),
        ("deep.yaml", &["deep.yaml is not valid YAML", "recursion"]),
        (
            "laughs.yaml",
            &["laughs.yaml is not valid YAML", "repetition"],
        ),
        (
            "good.yaml#/no/such",
            &["good.yaml has nothing at #/no/such"],
        ),
        ("good.yaml#name", &["anchors are not supported"]),
        ("good.yaml#/text", &["its target is not an object"]),
        ("one.yaml", &["it never ends"]),
        ("https://example.com/x.yaml", &["network", "save the file"]),
        ("//example.com/x.yaml", &["network"]),
        ("file:x.yaml", &["only relative paths"]),
        ("/etc/hosts", &["only relative paths"]),
        ("C:\\x.yaml", &["only relative paths"]),
        ("urn:x", &["only relative paths"]),
    ] {
        let deep = |open: &str| open.repeat(300);
        let mut laughs = "a0: &a0 [x]\n".to_owned();
        for level in 1..12 {
            let part = format!("*a{},", level - 1).repeat(10);
            laughs.push_str(&format!("a{level}: &a{level} [{part}]\n"));
        }
        let root = with_schema(&format!(
            "{{ properties: {{ a: {{ $ref: '{reference}' }} }} }}"
        ));
        let at = format!("root.yaml: `$ref: {reference}` at #/components/schemas/X/properties/a");
        let mut parts = parts.to_vec();
        parts.push(&at);
        assert_refused(
            &[
                ("root.yaml", &root),
                ("good.yaml", "{ a: {}, text: x }"),
                ("bad.yaml", "a: ["),
                ("bad.json", "{ 'a' }"),
                ("deep.json", &deep("{\"a\":")),
                ("deep.yaml", &deep("[")),
                ("laughs.yaml", &laughs),
                ("one.yaml", "$ref: two.yaml"),
                ("two.yaml", "$ref: one.yaml"),
                ("folder/x", ""),
            ],
            &parts,
        );
    }
}

#[test]
fn a_path_item_that_contains_itself_is_refused() {
    let root = "{ openapi: 3.0.0, paths: { /a: { $ref: item.yaml } } }";
    let item = "get: { callbacks: { c: { '{$url}': { $ref: item.yaml } } } }";
    assert_refused(
        &[("root.yaml", root), ("item.yaml", item)],
        &[
            "item.yaml: `$ref: item.yaml` at #/get/callbacks/c",
            "never ends",
        ],
    );
}

#[test]
fn small_files_that_multiply_are_refused() {
    let item = |next: usize| {
        let callbacks: String = (0..20)
            .map(|name| format!("      u{name}: {{ $ref: f{next}.yaml }}\n"))
            .collect();
        format!("get:\n  callbacks:\n    c:\n{callbacks}")
    };
    let root = "openapi: 3.0.0\npaths: { /a: { $ref: f0.yaml } }\n";
    let mut files = vec![("root.yaml".to_owned(), root.to_owned())];
    files.extend((0..8).map(|file| (format!("f{file}.yaml"), item(file + 1))));
    files.push(("f8.yaml".into(), "{}".into()));
    let files: Vec<_> = files
        .iter()
        .map(|(name, text)| (&**name, &**text))
        .collect();
    assert_refused(&files, &["too large"]);
}

#[test]
fn what_only_3_2_has_is_refused_by_name() {
    let operation = |operation: &str| format!("paths: {{ /a: {{ get: {operation} }} }}");
    let media = |media: &str| {
        operation(&format!(
            "{{ requestBody: {{ content: {{ application/json: {media} }} }} }}"
        ))
    };
    let schema = |schema: &str| format!("components: {{ schemas: {{ X: {schema} }} }}");
    for (body, named, at) in [
        ("$self: https://example.com/a".into(), "`$self`", "#"),
        (
            "paths: { /a: { query: {} } }".into(),
            "`query`",
            "#/paths/~1a",
        ),
        (
            "paths: { /a: { additionalOperations: {} } }".into(),
            "`additionalOperations`",
            "#/paths/~1a",
        ),
        (
            operation("{ parameters: [{ name: q, in: querystring }] }"),
            "`in: querystring`",
            "/parameters/0",
        ),
        (
            operation("{ parameters: [{ name: q, in: cookie, style: cookie }] }"),
            "`style: cookie`",
            "/parameters/0",
        ),
        (
            media("{ itemSchema: {} }"),
            "`itemSchema`",
            "application~1json",
        ),
        (
            media("{ itemEncoding: {} }"),
            "`itemEncoding`",
            "application~1json",
        ),
        (
            media("{ prefixEncoding: [] }"),
            "`prefixEncoding`",
            "application~1json",
        ),
        (
            media("{ $ref: '#/components/mediaTypes/X' }"),
            "`$ref`",
            "application~1json",
        ),
        (
            media("{ encoding: { a: { encoding: {} } } }"),
            "`encoding`",
            "/encoding/a",
        ),
        (
            schema("{ discriminator: { propertyName: a, defaultMapping: Y } }"),
            "`discriminator.defaultMapping`",
            "/schemas/X",
        ),
        (
            "components: { mediaTypes: {} }".into(),
            "`components.mediaTypes`",
            "#",
        ),
    ] {
        let text = format!("openapi: 3.2.0\n{body}");
        assert_refused(&[("root.yaml", &text)], &[named, at, "OpenAPI 3.2"]);
    }
    let harmless = "openapi: 3.2.0
servers: [{ url: /, name: main }]
tags: [{ name: a, parent: b, kind: nav, summary: c }]
paths: { /a: { get: { responses: { '200': { summary: fine } } } } }
components:
  schemas: { X: { xml: { nodeType: element }, default: { itemSchema: {} } } }
  examples: { E: { dataValue: { query: 1 }, serializedValue: x } }
  securitySchemes:
    S: { type: oauth2, oauth2MetadataUrl: 'https://x', deprecated: true, flows: { deviceAuthorization: {} } }";
    let read = read_value(&[("root.yaml", harmless)]);
    annotate(&read, Target::Server).unwrap();
}

#[test]
fn names_are_those_of_the_author() {
    let root = "openapi: 3.1.0
paths: { $ref: paths.yaml }
components:
  schemas:
    Order: { $ref: schemas/a.yaml }
    Again: { $ref: schemas/a.yaml }
    Money: { type: integer }
    Union:
      oneOf: [{ $ref: schemas/Money.yaml }, { $ref: '#/components/schemas/Order' }]
      discriminator: { propertyName: kind, mapping: { order: schemas/a.yaml, m: Money } }
  parameters: { $ref: 'parameters.yaml#/' }";
    let paths = "/a:
  parameters: [{ $ref: 'root.yaml#/components/parameters/P' }, { $ref: parameters.yaml#/P }]
  get:
    responses:
      '200': { $ref: 'responses/OK%20200.yaml' }
      '400': { $ref: 'responses/OK%20200.yaml' }
x-data: { $ref: nowhere.yaml }";
    let ok = "description: fine
content:
  application/json:
    schema: { $ref: ../schemas/a.yaml }
    example: { $ref: nowhere.yaml }
    examples: { e: { $ref: '#/x~1y' } }
links: { self: { operationRef: 'https://example.com/x' } }
x/y: { externalValue: nowhere.json }";
    let read = read_value(&[
        ("root.yaml", root),
        ("paths.yaml", paths),
        ("responses/OK 200.yaml", ok),
        (
            "parameters.yaml",
            "P: { name: p, in: query, schema: { $ref: schemas/b.yaml#/$defs/3rd } }",
        ),
        (
            "schemas/a.yaml",
            "{ type: object, properties: { b: { $ref: b.yaml }, m: { $ref: Money.yaml } } }",
        ),
        (
            "schemas/b.yaml",
            "{ type: object, properties: { a: { $ref: a.yaml }, me: { $ref: '#' } }, $defs: { 3rd: { $ref: ../schemas/Money.yaml } } }",
        ),
        (
            "schemas/Money.yaml",
            "\u{feff}type: string\r\nmaxLength: 5\r\n",
        ),
    ]);
    let schema = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let response = json!({ "$ref": "#/components/responses/OK_200" });
    assert_eq!(
        read,
        json!({
            "openapi": "3.1.0",
            "paths": {
                "/a": {
                    "parameters": [{ "$ref": "#/components/parameters/P" }, { "$ref": "#/components/parameters/P" }],
                    "get": { "responses": { "200": response, "400": response } },
                },
                "x-data": { "$ref": "nowhere.yaml" },
            },
            "components": {
                "schemas": {
                    "Order": { "type": "object", "properties": { "b": schema("b"), "m": schema("Money_2") } },
                    "Again": schema("Order"),
                    "Money": { "type": "integer" },
                    "Union": {
                        "oneOf": [schema("Money_2"), schema("Order")],
                        "discriminator": { "propertyName": "kind", "mapping": {
                            "order": "#/components/schemas/Order",
                            "m": "Money",
                            "Money": "#/components/schemas/Money_2",
                        } },
                    },
                    "Money_2": { "type": "string", "maxLength": 5 },
                    "b": { "type": "object", "properties": { "a": schema("Order"), "me": schema("b") } },
                },
                "parameters": { "P": { "name": "p", "in": "query", "schema": schema("Money_2") } },
                "responses": { "OK_200": {
                    "description": "fine",
                    "content": { "application/json": {
                        "schema": schema("Order"),
                        "example": { "$ref": "nowhere.yaml" },
                        "examples": { "e": { "$ref": "#/components/examples/x_y" } },
                    } },
                    "links": { "self": { "operationRef": "https://example.com/x" } },
                    "x/y": { "externalValue": "nowhere.json" },
                } },
                "examples": { "x_y": { "externalValue": "nowhere.json" } },
            },
        })
    );
}

#[test]
fn a_subtype_with_a_suffix_is_selected_by_its_own_name() {
    let root = "openapi: 3.1.0
paths: {}
components:
  schemas:
    Dog: { type: integer }
    Cat: { allOf: [{ $ref: '#/components/schemas/Pet' }] }
    Pet: { type: object, discriminator: { propertyName: kind }, properties: { kind: { type: string } } }
    Dogs: { type: array, items: { $ref: pets/Dog.yaml } }
    Cats: { type: array, items: { $ref: pets/Cat.yaml } }";
    let subtype = "allOf: [{ $ref: '../root.yaml#/components/schemas/Pet' }]";
    let read = read_value(&[
        ("root.yaml", root),
        ("pets/Dog.yaml", subtype),
        ("pets/Cat.yaml", subtype),
    ]);
    let schemas = &read["components"]["schemas"];
    assert!(schemas["Dog_2"]["allOf"].is_array() && schemas["Cat_2"]["allOf"].is_array());
    // Two subtypes are called `Cat`: the root's keeps the name.
    assert_eq!(
        schemas["Pet"]["discriminator"]["mapping"],
        json!({ "Dog": "#/components/schemas/Dog_2" })
    );
}

#[test]
fn all_files_are_listed_once_and_the_root_first() {
    let root = with_schema("{ $ref: a/b.yaml }");
    let b = "{ allOf: [{ $ref: ../c.yaml }, { $ref: ./../a/../c.yaml }, { $ref: ../root.yaml#/components/schemas/X/x }] }";
    let (folder, document) = read_all(&[("root.yaml", &root), ("a/b.yaml", b), ("c.yaml", "{}")]);
    let error = format!("{:#}", document.unwrap_err());
    assert!(error.contains("b.yaml has nothing at #/x"), "{error}");
    fs::write(folder.path().join("a/b.yaml"), b.replace("/X/x", "/X")).unwrap();
    let files = read(&folder.path().join("root.yaml")).unwrap().files;
    assert_eq!(
        files,
        ["root.yaml", "a/b.yaml", "c.yaml"].map(|file| folder.path().join(file))
    );
}

#[test]
fn a_contract_in_one_file_stays_as_it_is() {
    for spec in specs() {
        let text = fs::read_to_string(&spec).unwrap();
        let yaml: Value = yaml_serde::from_str(&text).unwrap();
        let read = read(&spec).unwrap();
        assert_eq!(read.value, yaml);
        assert_eq!(read.files, [spec]);
    }
}

fn specs() -> Vec<PathBuf> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut specs: Vec<PathBuf> = fs::read_dir(home.join("corpus/specs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    specs.sort();
    assert!(specs.len() >= 8);
    specs
}

/// Moves some components into files: each keeps its name in the root, as a reference.
fn split(contract: &Value, moved: &[bool], folder: &Path) {
    let mut contract = contract.clone();
    let mut moved = moved.iter().cycle();
    for section in [
        "schemas",
        "responses",
        "parameters",
        "requestBodies",
        "headers",
    ] {
        let Some(all) = contract["components"][section].as_object_mut() else {
            continue;
        };
        let mut file = Map::new();
        for (name, component) in all.iter_mut() {
            if *moved.next().unwrap() {
                let key = crate::contract::escape(name).replace('%', "%25");
                let to = json!({ "$ref": format!("parts/{section}.json#/{key}") });
                file.insert(name.clone(), std::mem::replace(component, to));
            }
        }
        let text = Value::Object(file)
            .to_string()
            .replace("\"#/", "\"../root.json#/");
        fs::create_dir_all(folder.join("parts")).unwrap();
        fs::write(folder.join(format!("parts/{section}.json")), text).unwrap();
    }
    fs::write(folder.join("root.json"), contract.to_string()).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_split_contract_gives_the_same_code(
        spec in proptest::sample::select(specs()),
        moved in proptest::collection::vec(any::<bool>(), 1..40),
    ) {
        let whole = read(&spec).unwrap().value;
        let folder = tempfile::tempdir().unwrap();
        split(&whole, &moved, folder.path());
        let bundled = read(&folder.path().join("root.json")).unwrap().value;
        let made = annotate(&bundled, Target::Server).unwrap();
        let before = annotate(&whole, Target::Server).unwrap();
        prop_assert_eq!(made.copy, before.copy);
        prop_assert_eq!(made.schemas, before.schemas);
    }
}
