//! The operations of a contract: names, routes, and the types of their parts.

use std::collections::{HashMap, HashSet};

use anyhow::{Result, bail};
use serde_json::Value;

use crate::body::{Body, Format};
use crate::contract::{Node, items};
use crate::names::{self, Name, Scope};
use crate::parameter::Parameter;
use crate::response::{Answer, Response};

/// Who serves an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The server of the contract.
    Path,
    /// Those who receive this webhook.
    Webhook(String),
    /// Those who gave a URL for this callback.
    Callback(String),
}

/// An operation of the contract, its `$ref`s followed.
pub(crate) struct Operation<'c> {
    pub(crate) origin: Origin,
    pub(crate) method: String,
    pub(crate) path: String,
    /// The path in the syntax of the router.
    pub(crate) route: String,
    /// Wire name of a path parameter → its name in the route.
    pub(crate) segments: HashMap<String, String>,
    pub(crate) node: Node<'c>,
    pub(crate) id: String,
    /// The prefix of its type names.
    pub(crate) name: Name,
    /// The name of its methods.
    pub(crate) function: Name,
    pub(crate) module: Name,
    pub(crate) parameters: Vec<Parameter<'c>>,
    pub(crate) body: Option<Body<'c>>,
    pub(crate) responses: Vec<Response<'c>>,
}

impl<'c> Operation<'c> {
    /// Whether it reads a multipart form.
    pub(crate) fn has_multipart(&self) -> bool {
        self.body
            .iter()
            .flat_map(|body| &body.media)
            .any(|media| media.format == Format::Multipart)
    }

    /// The responses of one outcome. `default` is a failure; if the contract names no success, it
    /// is a success as well.
    pub(crate) fn answers(&self, answer: Answer) -> Vec<&Response<'c>> {
        let named = self
            .responses
            .iter()
            .any(|response| response.status.is_success());
        self.responses
            .iter()
            .filter(|response| {
                let success = response.status.is_success();
                match answer {
                    Answer::Success => success || (!named && response.is_default()),
                    Answer::Failure => !success,
                }
            })
            .collect()
    }

    /// Whether clients of the contract serve it.
    pub(crate) fn is_reverse(&self) -> bool {
        self.origin != Origin::Path
    }

    /// Its name in comments.
    pub(crate) fn shown(&self) -> String {
        let method = self.method.to_uppercase();
        match &self.origin {
            Origin::Path => format!("`{method} {}`", self.path),
            Origin::Webhook(name) => format!("`{method}` of the webhook `{name}`"),
            Origin::Callback(name) => format!("`{method}` of the callback `{name}`"),
        }
    }
}

/// Functions in the module of an API that are not operations.
const RESERVED: &[&str] = &["routes", "configure"];

/// Suffixes that make type names of the name of an operation.
const ENDS: &[&str] = &["Parameters", "Body", "Success", "Failure"];

/// The names in use, over all operations and within each module.
#[derive(Default)]
pub(crate) struct Names {
    /// Of types.
    pub(crate) types: Scope,
    functions: HashMap<Name, Scope>,
}

impl Names {
    /// Names of the types and of the methods of an operation.
    pub(crate) fn give(&mut self, id: &str, module: &Name) -> (Name, Name) {
        let functions = self
            .functions
            .entry(module.clone())
            .or_insert_with(|| Scope::reserving(RESERVED));
        (
            self.types.declare_with(&names::pascal(id), ENDS),
            functions.declare(&names::snake(id)),
        )
    }
}

/// The route and its parameter names. Paths that differ only in those share a route.
pub(crate) fn route(
    path: &str,
    known: &mut HashMap<String, Vec<String>>,
) -> Result<(String, HashMap<String, String>)> {
    // A fragment distinguishes operations only in documents: clients do not send it.
    let path = outside_of_braces(path, '#').map_or(path, |at| &path[..at]);
    if outside_of_braces(path, '?').is_some() {
        bail!("a path with a query cannot be routed");
    }
    let mut wires = Vec::new();
    let mut shape = String::new();
    let mut literals = Vec::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((wire, after)) = after.split_once('}') else {
            break;
        };
        wires.push(wire.to_owned());
        literals.push(before);
        shape.push_str(before);
        shape.push_str("{}");
        rest = after;
    }
    literals.push(rest);
    shape.push_str(rest);
    if shape.replace("{}", "").contains(['{', '}']) {
        bail!("the braces of the path do not match");
    }
    let names = known.entry(shape).or_insert_with(|| {
        let mut taken = HashSet::new();
        wires
            .iter()
            .map(|wire| {
                let plain = wire.starts_with(|first: char| first.is_ascii_alphabetic())
                    && wire
                        .chars()
                        .all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
                let segment = if plain {
                    wire.clone()
                } else {
                    format!("p{}", names::snake(wire).replace("r#", "_"))
                };
                let mut free = segment.clone();
                let mut number = 2;
                while !taken.insert(free.clone()) {
                    free = format!("{segment}{number}");
                    number += 1;
                }
                free
            })
            .collect()
    });
    let mut route = literals[0].to_owned();
    for (name, literal) in names.iter().zip(&literals[1..]) {
        route.push_str(&format!("{{{name}}}{literal}"));
    }
    let segments = wires.into_iter().zip(names.iter().cloned()).collect();
    Ok((route, segments))
}

/// The first position of a character outside of parameter names.
fn outside_of_braces(path: &str, sign: char) -> Option<usize> {
    let mut inside = false;
    path.char_indices()
        .find(|(_, letter)| {
            inside = (inside || *letter == '{') && *letter != '}';
            !inside && *letter == sign
        })
        .map(|(at, _)| at)
}

/// The first tag: an operation has one implementation, so it belongs to one trait.
pub(crate) fn tag(operation: &Value) -> &str {
    items(&operation["tags"])
        .first()
        .and_then(Value::as_str)
        .unwrap_or("default")
}
