//! Computes from a contract what a template cannot, and stores it as `x-rust` in the copy of the
//! contract that openapi-generator reads.
//!
//! That copy contains only operations, tags and models. Everything else is in `x-rust`, so that the
//! generator does not interpret it.

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

use crate::contract::{METHODS, Node, follow, members, node_at};
use crate::docs::{lines, one_line};
use crate::json_schema::JsonSchemas;
use crate::names::{self, Name, Scope};
use crate::operation::{self, Names, Operation};
use crate::schema::{COMPONENTS, Schemas};
use crate::security::Schemes;
use crate::source::{Code, ready};
use crate::view::check::Checks;
use crate::view::{self, Views};
use crate::{body, parameter, response};

/// The input of the generator for a contract.
#[derive(Debug)]
pub struct Annotated {
    /// The copy of the contract that the generator reads.
    pub copy: Value,
    /// The schemas that the generated code validates with.
    pub schemas: Value,
    /// The tags of the copy and their modules.
    pub modules: Vec<(String, String)>,
    /// Problems that do not stop the generator.
    pub warnings: Vec<String>,
}

/// Modules that exist for every contract.
const MODULES: &[&str] = &[
    "models", "support", "security", "api", "main", "lib", "service", "router",
];

/// The longest module name, in bytes.
const LONGEST_MODULE: usize = 100;

/// Annotates a contract. With `stub`, every operation has a response for "not implemented yet".
pub fn annotate(contract: &Value, stub: bool) -> Result<Annotated> {
    let mut warnings = Vec::new();
    let mut schemas = Schemas::new(contract);
    let schemes = Schemes::of_contract(contract, &mut warnings)?;
    let operations = operations(contract, &mut schemas, &mut warnings)?;
    if operations.is_empty() {
        models_only(contract, &mut schemas, stub)?;
    }
    schemas.box_recursion();

    let mut items: Vec<_> = schemas.items.iter().collect();
    items.sort_by(|one, other| one.name.cmp(&other.name));
    let mut views = Views {
        schemas: &schemas,
        checks: Checks::new(&schemas),
        json_schemas: JsonSchemas::new(contract),
        roots: Map::new(),
        security: &schemes,
        stub,
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

    let mut order: Vec<&Name> = Vec::new();
    let mut apis: HashMap<&Name, bool> = HashMap::new();
    for operation in &operations {
        let secured = schemes.of(contract, operation.node.value)?.is_some();
        *apis.entry(&operation.module).or_default() |= secured;
        if !order.contains(&&operation.module) {
            order.push(&operation.module);
        }
    }
    let mut paths = Map::new();
    let mut responses = Map::new();
    let traits = trait_names(&order);
    // The generator changes tags that contain other characters than letters.
    let tags: HashMap<&Name, String> = traits.keys().zip((0..).map(letters)).collect();
    for operation in &operations {
        let place = || format!("in {} {}", operation.method.to_uppercase(), operation.path);
        let mut x_rust = views.operation(operation).with_context(place)?;
        let key = format!("{} {}", operation.method.to_uppercase(), operation.route);
        responses.insert(key, views.response_schemas(operation).with_context(place)?);
        x_rust["api"] = json!(traits[&operation.module]);
        x_rust["module"] = json!(operation.module);
        x_rust["apiSecured"] = json!(apis[&operation.module]);
        let tag = operation::tag(operation.node.value);
        let head = format!("The operations tagged `{tag}`.");
        x_rust["moduleDocs"] = json!(Code::inner_docs(lines(&head)));
        let head = format!("What an implementation of `{tag}` must provide.");
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
                "multipart": operations.iter().any(Operation::has_multipart),
                "schemes": schemes.facts(),
                "basePath": Code::literal(&base_path(contract)),
                "operations": operations.iter().map(view::listed).collect::<Vec<_>>(),
                "modules": traits
                    .iter()
                    .map(|(module, name)| json!({
                        "module": module,
                        "api": name,
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
        warnings,
    })
}

/// Every operation with the types of its parts.
fn operations<'c>(
    contract: &'c Value,
    schemas: &mut Schemas<'c>,
    warnings: &mut Vec<String>,
) -> Result<Vec<Operation<'c>>> {
    let paths = Node {
        value: &contract["paths"],
        at: "/paths".into(),
    };
    let mut names = Names::default();
    let mut modules = Modules::default();
    let mut routes = HashMap::new();
    let mut taken = HashSet::new();
    let mut found = Vec::new();
    for (path, item) in paths.children().filter(|(path, _)| path.starts_with('/')) {
        let item = follow(contract, item)?;
        for (method, node) in item.children() {
            if !METHODS.contains(&method.as_str()) {
                continue;
            }
            let place = || format!("in {} {path}", method.to_uppercase());
            let (route, segments) = operation::route(path, &mut routes).with_context(place)?;
            if !taken.insert((method.clone(), route.clone())) {
                let place = place();
                warnings.push(format!(
                    "{place}: never reached, because an earlier path is equivalent"
                ));
            }
            let id = match node.value["operationId"].as_str() {
                Some(id) if !id.trim().is_empty() => id.to_owned(),
                _ => names::snake(&format!("{method} {path}")),
            };
            let module = modules.of(operation::tag(node.value));
            let (name, function) = names.give(&id, &module);
            let mut operation = Operation {
                method: method.clone(),
                path: path.clone(),
                route,
                segments,
                id,
                function,
                module,
                parameters: Vec::new(),
                body: None,
                responses: Vec::new(),
                name,
                node: node.clone(),
            };
            let (name, segments) = (&operation.name, &operation.segments);
            let mut parts = || -> Result<_> {
                Ok((
                    parameter::gather(schemas, &item, &node, name, segments, warnings)?,
                    body::body(schemas, &node, name).context("in the request body")?,
                    response::responses(schemas, &node, name, &mut names.types)?,
                ))
            };
            (operation.parameters, operation.body, operation.responses) =
                parts().with_context(place)?;
            found.push(operation);
        }
    }
    Ok(found)
}

/// A contract without operations gives the models of all its schemas, but no server.
fn models_only<'c>(contract: &'c Value, schemas: &mut Schemas<'c>, stub: bool) -> Result<()> {
    let all = node_at(contract, COMPONENTS.trim_end_matches('/')).ok();
    let mut all = all.iter().flat_map(Node::children).peekable();
    if stub || all.peek().is_none() {
        bail!("the contract has no operation to serve");
    }
    for (name, node) in all {
        schemas
            .type_of(node, &names::pascal(name))
            .with_context(|| format!("in schema {name}"))?;
    }
    Ok(())
}

/// The module of each tag.
#[derive(Default)]
struct Modules {
    known: HashMap<String, Name>,
    scope: Option<Scope>,
}

impl Modules {
    fn of(&mut self, tag: &str) -> Name {
        if let Some(module) = self.known.get(tag) {
            return module.clone();
        }
        let scope = self.scope.get_or_insert_with(|| Scope::reserving(MODULES));
        let name = names::snake(tag);
        let name = match name.strip_prefix("r#") {
            Some(keyword) => format!("{keyword}_"),
            None => name,
        };
        // The module is a file, whose name must be short enough for any file system.
        let module = scope.declare(&name[..name.len().min(LONGEST_MODULE)]);
        self.known.insert(tag.to_owned(), module.clone());
        module
    }
}

fn trait_names(modules: &[&Name]) -> BTreeMap<Name, Name> {
    let mut scope = Scope::default();
    modules
        .iter()
        .map(|module| {
            let name = format!("{}Api", names::pascal(module));
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

/// The path of the first server, a prefix of every path of the contract.
fn base_path(contract: &Value) -> String {
    let url = contract["servers"][0]["url"].as_str().unwrap_or_default();
    let mut url = url.to_owned();
    for (name, variable) in members(&contract["servers"][0]["variables"]) {
        let value = variable["default"].as_str().unwrap_or_default();
        url = url.replace(&format!("{{{name}}}"), value);
    }
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
