//! Turns an OpenAPI contract into an actix-web module: traits, types, routes.
//!
//! [`document`] reads the files, [`annotate`] adds to a copy of it what a template cannot compute
//! (Rust names, types, checks), [`generator`] runs openapi-generator with our templates on that
//! copy, and the result is formatted and replaces the module as a whole.
//!
//! A module uses only modules further left in this list: `docs`, `names`, `source`, `numbers`,
//! `pattern`, `contract`, `document`, `schema`, `json_schema`, `security`, `parameter`, `body`, `response`,
//! `operation`, `view`, `annotate`, `generator`, `fingerprint`, `stub`. The last two also use
//! [`Project`] and `home` of this file.

pub mod annotate;
mod body;
mod contract;
mod docs;
pub mod document;
mod fingerprint;
mod generator;
mod json_schema;
mod names;
mod numbers;
mod operation;
mod parameter;
mod pattern;
mod response;
mod schema;
mod security;
mod source;
pub mod stub;
mod view;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The paths of a project: its contract, its templates and the generated code.
#[derive(Debug, Clone)]
pub struct Project {
    /// The folder that holds `api/`, `crates/contract-codegen/` and `generated/`.
    pub root: PathBuf,
}

impl Project {
    /// The contract, written by people.
    pub fn contract(&self) -> PathBuf {
        self.root.join("api/openapi.yaml")
    }

    /// The generated code, written by this crate only.
    pub fn generated(&self) -> PathBuf {
        self.root.join("generated")
    }

    /// All inputs of the generator; a change of any makes `generated/` stale.
    /// Fails if the contract cannot be read, because it names its other files.
    pub fn inputs(&self) -> Result<Vec<PathBuf>> {
        let mut inputs = document::read(&self.contract())?.files;
        inputs.extend(
            ["config.yaml", "templates", "src"]
                .map(|part| self.root.join("crates/contract-codegen").join(part)),
        );
        Ok(inputs)
    }

    /// Whether `generated/` was made from the current inputs.
    pub fn is_current(&self) -> Result<bool> {
        fingerprint::matches(self)
    }

    /// Regenerates `generated/`. Needs the tools that `./justw` installs. Returns warnings.
    pub fn generate(&self) -> Result<Vec<String>> {
        let contract = document::read(&self.contract())?.value;
        let annotated = annotate::annotate(&contract, false)
            .context("the contract cannot be turned into Rust")?;
        let made = generator::run(&self.root, &contract, &annotated)?;
        let mut files = generator::below(made, generator::MODULE);
        files.insert(
            fingerprint::FILE.into(),
            format!("{}\n", fingerprint::of(self)?).into(),
        );
        generator::replace(&self.generated(), &files, fingerprint::FILE)?;
        Ok(annotated.warnings)
    }
}

/// Generates the module of any other contract, with the templates of this crate. Returns warnings.
pub fn module(contract: &Path, folder: &Path) -> Result<Vec<String>> {
    let document = document::read(contract)?.value;
    let annotated = annotate::annotate(&document, false)
        .with_context(|| format!("{} cannot be turned into Rust", contract.display()))?;
    let files = generator::run(&home(), &document, &annotated)?;
    generator::replace(
        folder,
        &generator::below(files, generator::MODULE),
        "mod.rs",
    )?;
    Ok(annotated.warnings)
}

/// The project that contains this crate.
fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::fs;

    /// A project whose inputs are copies of the real ones.
    fn project() -> (tempfile::TempDir, Project) {
        let real = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
        let folder = tempfile::tempdir().unwrap();
        let project = Project {
            root: folder.path().to_owned(),
        };
        for part in [
            "api",
            "crates/contract-codegen/src",
            "crates/contract-codegen/templates",
            "generated",
        ] {
            fs::create_dir_all(project.root.join(part)).unwrap();
        }
        for file in ["api/openapi.yaml", "crates/contract-codegen/config.yaml"] {
            fs::copy(real.join(file), project.root.join(file)).unwrap();
        }
        (folder, project)
    }

    #[test]
    fn a_change_of_any_input_makes_the_result_stale() {
        let (_folder, project) = project();
        let mark = project.generated().join(fingerprint::FILE);
        assert!(!project.is_current().unwrap());
        fs::write(&mark, fingerprint::of(&project).unwrap()).unwrap();
        assert!(project.is_current().unwrap());
        for input in [
            "api/openapi.yaml",
            "crates/contract-codegen/config.yaml",
            "crates/contract-codegen/templates/new.mustache",
        ] {
            let path = project.root.join(input);
            let before = fs::read_to_string(&path).unwrap_or_default();
            fs::write(&path, format!("{before}# changed\n")).unwrap();
            assert!(!project.is_current().unwrap(), "{input}");
            fs::write(&mark, fingerprint::of(&project).unwrap()).unwrap();
        }
    }

    fn rejection(contract: serde_json::Value) -> String {
        format!("{:#}", annotate::annotate(&contract, false).unwrap_err())
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
        let warnings = annotate::annotate(&contract, false)
            .unwrap()
            .warnings
            .join("\n");
        for named in ["`nobody`", "`id`", "pattern \"(\""] {
            assert!(warnings.contains(named), "{warnings}");
        }
    }

    #[test]
    fn annotation_is_deterministic() {
        let contract =
            document::read(&home().join("crates/contract-codegen/corpus/specs/schemas.yaml"))
                .unwrap()
                .value;
        let one = annotate::annotate(&contract, true).unwrap();
        let other = annotate::annotate(&contract, true).unwrap();
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
