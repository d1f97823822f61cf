//! Turns an OpenAPI contract into an actix-web module: traits, types, routes.
//!
//! [`contract`] reads the YAML, [`annotate`] adds to a copy of it what a template cannot compute
//! (Rust names, types, checks), [`generator`] runs openapi-generator with our templates on that
//! copy, and the result is formatted and replaces the module as a whole.
//!
//! A module uses only modules further left in this list: `docs`, `names`, `source`, `numbers`,
//! `pattern`, `contract`, `document`, `schema`, `json_schema`, `security`, `parameter`, `body`, `response`,
//! `operation`, `operations`, `view`, `annotate`, `generator`, this file, `build`, `stub`.

pub mod annotate;
mod body;
mod contract;
mod docs;
pub mod document;
mod generator;
mod json_schema;
mod names;
mod numbers;
mod operation;
mod operations;
mod parameter;
mod pattern;
mod response;
mod schema;
mod security;
mod source;
pub mod stub;
mod view;

mod build;

use std::path::Path;

use annotate::Annotated;
use anyhow::{Context, Result};
use serde_json::Value;

pub use annotate::Target;
pub use build::Build;

/// Generates the module of a contract into a folder, which it replaces. Returns warnings.
pub fn module(contract: &Path, folder: &Path, target: Target) -> Result<Vec<String>> {
    let (document, annotated) = read(contract, target)?;
    let files = generator::run(&document, &annotated)?;
    generator::replace(
        folder,
        &generator::below(files, generator::MODULE),
        "mod.rs",
    )?;
    Ok(annotated.warnings)
}

/// Says what of a contract cannot be served or is not checked, without generating anything.
pub fn lint(contract: &Path) -> Result<Vec<String>> {
    read(contract, Target::Server).map(|(_, annotated)| annotated.warnings)
}

fn read(contract: &Path, target: Target) -> Result<(Value, Annotated)> {
    let document = document::read(contract)?.value;
    let annotated = annotate::annotate(&document, target)
        .with_context(|| format!("{} cannot be turned into Rust", contract.display()))?;
    Ok((document, annotated))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::fs;

    fn rejection(contract: serde_json::Value) -> String {
        format!(
            "{:#}",
            annotate::annotate(&contract, Target::Server).unwrap_err()
        )
    }

    #[test]
    fn an_error_names_the_unsupported_part_and_its_place() {
        let operation = |operation| json!({ "openapi": "3.0.3", "paths": { "/pets": operation } });
        let parameter = json!({ "name": "tag", "in": "body", "schema": { "type": "string" } });
        let error = rejection(operation(json!({ "get": { "parameters": [parameter] } })));
        assert!(
            error.contains("GET /pets") && error.contains("tag"),
            "{error}"
        );
        let error = rejection(operation(json!({ "get": { "responses": { "6XX": {} } } })));
        assert!(
            error.contains("GET /pets") && error.contains("6XX"),
            "{error}"
        );
        let header = json!({ "200": { "headers": { "X Y": {} } } });
        let error = rejection(operation(json!({ "get": { "responses": header } })));
        assert!(error.contains("`X Y`"), "{error}");
        let error = rejection(json!({ "openapi": "3.0.3", "paths": { "/a?b=c": { "get": {} } } }));
        assert!(error.contains("query"), "{error}");
        let error = rejection(json!({ "openapi": "3.1.0", "webhooks": {} }));
        assert!(error.contains("no operation"), "{error}");
        let scheme = json!({ "securitySchemes": { "key": { "type": "apiKey", "in": "body" } } });
        let error = rejection(json!({ "openapi": "3.0.3", "components": scheme }));
        assert!(error.contains("`key`"), "{error}");
    }

    #[test]
    fn an_unreadable_contract_is_rejected_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("contract.yaml");
        for (text, named) in [
            ("swagger: '2.0'", "Swagger 2.0"),
            ("openapi: 4.0.0", "4.0.0"),
            ("title: x", "not an OpenAPI document"),
            ("", "not an OpenAPI document"),
            ("- x", "not an OpenAPI document"),
            ("a: [", "not valid YAML"),
        ] {
            fs::write(&file, text).unwrap();
            let error = format!("{:#}", document::read(&file).unwrap_err());
            assert!(error.contains(named), "{error}");
        }
        fs::write(&file, "openapi: 3.0.0\nx: { 200: [1.5, true, null] }").unwrap();
        let read = document::read(&file).unwrap().value;
        assert_eq!(read["x"], json!({ "200": [1.5, true, null] }));
    }

    #[test]
    fn an_unchecked_part_gives_a_warning() {
        let contract = json!({
            "openapi": "3.0.3",
            "security": [{ "nobody": [] }],
            "paths": { "/pets": { "get": {
                "parameters": [
                    { "name": "tag", "in": "query", "schema": { "type": "string", "pattern": "(" } },
                    { "name": "id", "in": "path", "schema": { "type": "string" } },
                ],
                "responses": {},
            } } },
        });
        let warnings = annotate::annotate(&contract, Target::Server)
            .unwrap()
            .warnings
            .join("\n");
        for named in ["`nobody`", "`id`", "pattern \"(\""] {
            assert!(warnings.contains(named), "{warnings}");
        }
    }

    #[test]
    fn annotation_is_deterministic() {
        let contract = document::read(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/specs/schemas.yaml"),
        )
        .unwrap()
        .value;
        let one = annotate::annotate(&contract, Target::Stub).unwrap();
        let other = annotate::annotate(&contract, Target::Stub).unwrap();
        assert_eq!(one.copy.to_string(), other.copy.to_string());
        assert_eq!(one.schemas.to_string(), other.schemas.to_string());
    }

    #[test]
    fn an_error_names_the_unresolved_reference() {
        let contract = json!({
            "openapi": "3.0.3",
            "paths": { "/pets": { "get": {
                "responses": { "200": { "$ref": "#/components/responses/Pets" } },
            } } },
        });
        let error = rejection(contract);
        assert!(error.contains("#/components/responses/Pets"), "{error}");
        let elsewhere = json!({ "200": { "$ref": "other.yaml#/x" } });
        let error = rejection(json!({
            "openapi": "3.0.3", "paths": { "/pets": { "get": { "responses": elsewhere } } },
        }));
        assert!(
            error.contains("other.yaml") && error.contains("bundle"),
            "{error}"
        );
    }
}
