//! The operations of a contract: those of its paths, its webhooks and its callbacks.

use std::collections::{HashMap, HashSet};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::contract::{METHODS, Node, follow};
use crate::docs::one_line;
use crate::names::{self, Name, Scope};
use crate::operation::{self, Names, Operation, Origin};
use crate::schema::Schemas;
use crate::{body, parameter, response};

/// Modules that exist for every contract.
const MODULES: &[&str] = &[
    "models", "security", "api", "main", "lib", "service", "router",
];

/// The longest module name, in bytes.
const LONGEST_MODULE: usize = 100;

/// A path of the contract, or what takes its place in a webhook or a callback.
struct Place<'c> {
    origin: Origin,
    path: String,
    item: Node<'c>,
}

/// Every place with operations.
fn places(contract: &Value) -> Result<Vec<Place<'_>>> {
    let root = Node {
        value: contract,
        at: String::new(),
    };
    let mut found = Vec::new();
    let mut callbacks = Vec::new();
    for (path, item) in root.child("paths").children() {
        if !path.starts_with('/') {
            continue;
        }
        let item = follow(contract, item)?;
        for (_, operation) in item.children() {
            for (name, callback) in operation.child("callbacks").children() {
                let callback = follow(contract, callback)?;
                for (_, item) in callback.children() {
                    callbacks.push((name, follow(contract, item)?));
                }
            }
        }
        found.push(Place {
            origin: Origin::Path,
            path: path.clone(),
            item,
        });
    }
    let reverse = |origin: fn(String) -> Origin, name: &str, item| Place {
        origin: origin(one_line(name)),
        path: format!("/{}", names::snake(name).trim_start_matches("r#")),
        item,
    };
    for (name, item) in root.child("webhooks").children() {
        found.push(reverse(Origin::Webhook, name, follow(contract, item)?));
    }
    // The same callback may be named by several operations.
    let mut known = HashSet::new();
    callbacks.retain(|(_, item)| known.insert(item.at.clone()));
    let callbacks = callbacks.into_iter();
    found.extend(callbacks.map(|(name, item)| reverse(Origin::Callback, name, item)));
    Ok(found)
}

/// Every operation with the types of its parts.
pub(crate) fn operations<'c>(
    contract: &'c Value,
    schemas: &mut Schemas<'c>,
    warnings: &mut Vec<String>,
) -> Result<Vec<Operation<'c>>> {
    let mut names = Names::default();
    let mut modules = Modules::default();
    let mut routes = Routes::default();
    let mut found = Vec::new();
    for Place { origin, path, item } in places(contract)? {
        for (method, node) in item.children() {
            if !METHODS.contains(&method.as_str()) {
                continue;
            }
            let place = || format!("in {} {path}", method.to_uppercase());
            let (route, segments) = match &origin {
                Origin::Path => {
                    let (route, segments, is_new) = routes.of(method, &path).with_context(place)?;
                    if !is_new {
                        let place = place();
                        warnings.push(format!(
                            "{place}: never reached, because an earlier path is equivalent"
                        ));
                    }
                    (route, segments)
                }
                origin => (routes.reverse(origin, method, &path), HashMap::new()),
            };
            let id = match node.value["operationId"].as_str() {
                Some(id) if !id.trim().is_empty() => id.to_owned(),
                _ => names::snake(&format!("{method} {path}")),
            };
            let module = match &origin {
                Origin::Path => modules.of(operation::tag(node.value)),
                Origin::Webhook(_) => modules.reverse("webhooks"),
                Origin::Callback(_) => modules.reverse("callbacks"),
            };
            let (name, function) = names.give(&id, &module);
            let mut operation = Operation {
                // Two parts of the contract must not have the same name.
                path: match &origin {
                    Origin::Path => path.clone(),
                    Origin::Webhook(_) => format!("webhook {route}"),
                    Origin::Callback(_) => format!("callback {route}"),
                },
                origin: origin.clone(),
                method: method.clone(),
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

/// The routes in use.
#[derive(Default)]
struct Routes {
    shapes: HashMap<String, Vec<String>>,
    taken: HashSet<(String, String)>,
    reverse: HashSet<(bool, String, String)>,
}

impl Routes {
    /// The route of a path with its parameters, and whether it is the first operation there.
    fn of(&mut self, method: &str, path: &str) -> Result<(String, HashMap<String, String>, bool)> {
        let (route, segments) = operation::route(path, &mut self.shapes)?;
        let is_new = self.taken.insert((method.to_owned(), route.clone()));
        Ok((route, segments, is_new))
    }

    /// The route of a webhook or a callback, with a number if another has the same name.
    fn reverse(&mut self, origin: &Origin, method: &str, path: &str) -> String {
        let webhook = matches!(origin, Origin::Webhook(_));
        let mut route = path.to_owned();
        let mut number = 2;
        while !self
            .reverse
            .insert((webhook, method.to_owned(), route.clone()))
        {
            route = format!("{path}{number}");
            number += 1;
        }
        route
    }
}

/// The module of each tag.
#[derive(Default)]
struct Modules {
    known: HashMap<String, Name>,
    scope: Option<Scope>,
}

impl Modules {
    /// The module of the webhooks or the callbacks, even if there is a tag with that name.
    fn reverse(&mut self, name: &'static str) -> Name {
        self.of(&format!("{name}\n"))
    }

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
