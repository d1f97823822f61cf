//! Computes from a contract what a template cannot, and stores it as `x-rust` in the copy of the
//! contract that openapi-generator reads.
//!
//! That copy contains only operations, tags and models. Everything else is in `x-rust`, so that the
//! generator does not interpret it.

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

use crate::contract::{Node, members, node_at};
use crate::docs::{lines, one_line};
use crate::json_schema::JsonSchemas;
use crate::names::{self, Name, Scope};
use crate::operation::{self, Operation, Origin};
use crate::operations::operations;
use crate::schema::{COMPONENTS, Schemas};
use crate::security::Schemes;
use crate::source::{Code, code, code_of, ready};
use crate::view::check::Checks;
use crate::view::{self, Views};

/// The input of the generator for a contract.
#[derive(Debug)]
pub struct Annotated {
    /// The copy of the contract that the generator reads.
    pub copy: Value,
    /// The schemas that the generated code validates with.
    pub schemas: Value,
    /// The tags of the copy and their modules.
    pub modules: Vec<(String, String)>,
    /// What is made of it.
    pub target: Target,
    /// Problems that do not stop the generator.
    pub warnings: Vec<String>,
}

/// What is made of a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Traits to implement, and their routes.
    Server,
    /// The same, with a response for "not implemented yet" in every operation.
    Stub,
    /// Functions that call the operations. It accepts what later versions of the contract may add.
    Client,
}

/// Annotates a contract.
pub fn annotate(contract: &Value, target: Target) -> Result<Annotated> {
    let mut warnings = Vec::new();
    let mut schemas = Schemas::new(contract, target == Target::Server);
    let schemes = Schemes::of_contract(contract, &mut warnings)?;
    let operations = operations(contract, &mut schemas, &mut warnings)?;
    if operations.is_empty() {
        models_only(contract, &mut schemas, target)?;
    }
    schemas.box_recursion();

    let mut items: Vec<_> = schemas.items.iter().collect();
    items.sort_by(|one, other| one.name.cmp(&other.name));
    let mut views = Views {
        schemas: &schemas,
        checks: Checks::new(&schemas, target == Target::Client),
        json_schemas: JsonSchemas::new(contract),
        roots: Map::new(),
        security: &schemes,
        target,
        calls: false,
    };
    let mut models = Map::new();
    for (index, item) in items.into_iter().enumerate() {
        let view = views.model(item)?;
        // The generator sorts by name, and renames models by its own rules.
        models.insert(
            format!("M{index:05}"),
            json!({
                "type": "object",
                "properties": { "value": { "type": "string" } },
                "x-rust": ready(view),
            }),
        );
    }

    let has_models = !models.is_empty();
    let mut order: Vec<&Name> = Vec::new();
    let mut apis: HashMap<&Name, bool> = HashMap::new();
    for operation in &operations {
        let secured = views.secured(operation)?.is_some();
        *apis.entry(&operation.module).or_default() |= secured;
        if !order.contains(&&operation.module) {
            order.push(&operation.module);
        }
    }
    let mut paths = Map::new();
    let mut responses = Map::new();
    let traits = type_names(&order, "Api");
    let clients = type_names(&order, "Client");
    // The generator changes tags that contain other characters than letters.
    let tags: HashMap<&Name, String> = traits.keys().zip((0..).map(letters)).collect();
    let mut described = Vec::new();
    for operation in &operations {
        let place = || format!("in {} {}", operation.method.to_uppercase(), operation.path);
        let x_rust = views.operation(operation).with_context(place)?;
        let key = format!("{} {}", operation.method.to_uppercase(), operation.route);
        if target != Target::Client && !operation.is_reverse() {
            responses.insert(key, views.response_schemas(operation).with_context(place)?);
        }
        described.push((operation, x_rust));
    }
    let uses = Uses::of(&described);
    for (operation, mut x_rust) in described {
        x_rust["api"] = json!(traits[&operation.module]);
        x_rust["client"] = json!(clients[&operation.module]);
        x_rust["module"] = json!(operation.module);
        x_rust["apiSecured"] = json!(apis[&operation.module]);
        x_rust["usesModels"] = json!(uses.models.contains(&operation.module));
        x_rust["signatureUsesModels"] = json!(uses.signature_models.contains(&operation.module));
        x_rust["signatureUsesRuntime"] = json!(uses.signature_runtime.contains(&operation.module));
        let group = group(operation);
        let calls = x_rust["calls"] == true;
        let head = format!("The {group}.");
        x_rust["moduleDocs"] = json!(Code::inner_docs(lines(&head)));
        let head = if calls {
            format!("Calls the {group}.")
        } else {
            format!("What an implementation of the {group} must provide.")
        };
        x_rust["apiDocs"] = json!(Code::docs(lines(&head)));
        // A neutral path, which the generator does not interpret.
        paths.insert(
            format!("/{:05}", paths.len()),
            json!({ &operation.method: {
                "operationId": operation.name.to_string(),
                "tags": [tags[&operation.module]],
                "responses": { "default": { "description": "see x-rust" } },
                "x-rust": ready(x_rust),
            } }),
        );
    }
    let secured = apis.values().any(|secured| *secured);
    let forward: HashSet<&Name> = operations
        .iter()
        .filter(|operation| !operation.is_reverse())
        .map(|operation| &operation.module)
        .collect();
    let secured_paths = forward.iter().any(|module| apis[*module]);
    let is_served = |operation: &&Operation| (target == Target::Client) == operation.is_reverse();
    let (served, called): (Vec<&Operation>, Vec<&Operation>) =
        operations.iter().partition(is_served);
    let mut features = Vec::new();
    if served.iter().any(|operation| operation.has_multipart()) {
        features.push("multipart");
    } else if !served.is_empty() {
        features.push("server");
    }
    if !called.is_empty() {
        features.push("client");
    }
    let definitions = views.json_schemas.into_definitions();
    warnings.extend(views.checks.into_warnings());
    // One line each, because a build script could print a second line as a directive.
    for warning in &mut warnings {
        *warning = one_line(warning);
    }
    let title = contract["info"]["title"].as_str().unwrap_or("Untitled");
    let version = contract["info"]["version"].as_str().unwrap_or("0");
    let heading = lines(&format!("{title} {version}")).join(" ");
    Ok(Annotated {
        copy: json!({
            "openapi": "3.0.3",
            "info": { "title": "see x-rust", "version": "0" },
            "paths": paths,
            "components": { "schemas": models },
            "x-rust": ready(json!({
                "moduleDocs": Code::inner_docs([format!(
                    "{heading}: generated by crates/contract-codegen/ from the contract. Do not edit it; change the contract."
                )]),
                "serverDocs": Code::inner_docs([format!(
                    "Serves {heading}. Set `LISTEN` to the address, by default `127.0.0.1:8080`."
                )]),
                "secured": secured,
                "isClient": target == Target::Client,
                "hasModels": has_models,
                "runtimePath": Code::literal(&runtime_path()),
                "securedPaths": secured_paths,
                "schemes": schemes.facts(),
                "callsDocs": Code::docs(lines(&format!(
                    "Calls every operation of the contract. {}",
                    base_url(contract)
                ))),
                "basePath": Code::literal(&base_path(contract)),
                "operations": operations
                    .iter()
                    .filter(|operation| !operation.is_reverse())
                    .map(view::listed)
                    .collect::<Vec<_>>(),
                "servesPaths": target != Target::Client && !forward.is_empty(),
                "callsPaths": target == Target::Client && !forward.is_empty(),
                "features": code!("[{}]", Code::join(features.into_iter().map(Code::literal), ", ")),
                "allModules": traits.keys().map(|module| json!({ "module": module })).collect::<Vec<_>>(),
                "modules": traits
                    .iter()
                    .filter(|(module, _)| forward.contains(module))
                    .map(|(module, name)| json!({
                        "module": module,
                        "api": name,
                        "client": clients[module],
                        "clientDocs": Code::docs([format!("Calls the operations of the module `{module}`.")]),
                        "apiSecured": apis[module],
                    }))
                    .collect::<Vec<_>>(),
            })),
        }),
        schemas: json!({ "roots": views.roots, "responses": responses, "$defs": definitions }),
        modules: traits
            .keys()
            .map(|module| (tags[module].clone(), module.to_string()))
            .collect(),
        target,
        warnings,
    })
}

/// A contract without operations gives the models of all its schemas, but no server.
fn models_only<'c>(contract: &'c Value, schemas: &mut Schemas<'c>, target: Target) -> Result<()> {
    let all = node_at(contract, COMPONENTS.trim_end_matches('/')).ok();
    let mut all = all.iter().flat_map(Node::children).peekable();
    if all.peek().is_none() {
        bail!("the contract has no operation, no webhook and no schema");
    }
    if target == Target::Stub {
        bail!("the contract has no operation to serve");
    }
    for (name, node) in all {
        schemas
            .type_of(node, &names::pascal(name))
            .with_context(|| format!("in schema {name}"))?;
    }
    Ok(())
}

/// The operations of a module, in a comment.
fn group(operation: &Operation) -> String {
    match operation.origin {
        Origin::Path => format!(
            "operations tagged `{}`",
            operation::tag(operation.node.value)
        ),
        Origin::Webhook(_) => "webhooks of the contract".into(),
        Origin::Callback(_) => "callbacks of the contract".into(),
    }
}

/// The modules whose code names something of another module, and so must import it.
#[derive(Default)]
struct Uses<'o> {
    models: HashSet<&'o Name>,
    /// In the signatures of the trait's methods alone.
    signature_models: HashSet<&'o Name>,
    signature_runtime: HashSet<&'o Name>,
}

impl<'o> Uses<'o> {
    fn of(described: &[(&'o Operation<'_>, Value)]) -> Self {
        let mut uses = Self::default();
        for (operation, x_rust) in described {
            let module = &operation.module;
            if types(x_rust).any(|kind| kind.contains("models::")) {
                uses.models.insert(module);
            }
            let body = code_of(&x_rust["bodyType"]);
            if body.contains("models::") {
                uses.signature_models.insert(module);
            }
            if body.contains("runtime::") || x_rust["negotiated"] == true {
                uses.signature_runtime.insert(module);
            }
        }
        uses
    }
}

/// The types in the view of an operation.
fn types(view: &Value) -> Box<dyn Iterator<Item = &str> + '_> {
    const KEYS: [&str; 5] = ["type", "bodyType", "shapeType", "tupleType", "memberType"];
    match view {
        Value::Array(items) => Box::new(items.iter().flat_map(types)),
        Value::Object(members) => Box::new(members.iter().flat_map(|(key, value)| {
            if KEYS.contains(&key.as_str()) {
                Box::new(std::iter::once(code_of(value)))
            } else {
                types(value)
            }
        })),
        _ => Box::new(std::iter::empty()),
    }
}

/// A type for each module.
fn type_names(modules: &[&Name], suffix: &str) -> BTreeMap<Name, Name> {
    let mut scope = Scope::default();
    modules
        .iter()
        .map(|module| {
            let name = format!("{}{suffix}", names::pascal(module));
            ((*module).clone(), scope.declare(&name))
        })
        .collect()
}

/// A number as letters, prefixed so that it is not a keyword.
fn letters(mut number: usize) -> String {
    let mut word = "tag".to_owned();
    for _ in 0..4 {
        word.push(char::from(b'a' + (number % 26) as u8));
        number /= 26;
    }
    word
}

/// Where the stub finds the runtime crate.
fn runtime_path() -> String {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    here.with_file_name("contract-runtime")
        .display()
        .to_string()
}

/// The URL of the first server; may be relative, or empty.
fn server_url(contract: &Value) -> String {
    let server = &contract["servers"][0];
    let mut url = server["url"].as_str().unwrap_or_default().to_owned();
    for (name, variable) in members(&server["variables"]) {
        let value = variable["default"].as_str().unwrap_or_default();
        url = url.replace(&format!("{{{name}}}"), value);
    }
    url
}

/// The path of the first server, a prefix of every path of the contract.
fn base_path(contract: &Value) -> String {
    let url = server_url(contract);
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
        None => &url,
    };
    let path = path.split(['?', '#']).next().unwrap_or_default();
    match path.trim_matches('/') {
        "" => String::new(),
        path if path.contains(['{', '}']) => String::new(),
        path => format!("/{path}"),
    }
}

/// Which base URL a client needs.
fn base_url(contract: &Value) -> String {
    match one_line(&server_url(contract)) {
        url if url.contains("://") => format!("The base URL of the contract is `{url}`."),
        _ => "The contract has no absolute server URL, so the base URL is that of your server."
            .into(),
    }
}
