//! An operation: its name, and where its parts are put together.

use std::collections::{HashMap, HashSet};

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

use crate::body;
use crate::contract::{Node, items};
use crate::docs::{docs, lines};
use crate::json_schema::Translation;
use crate::names::{self, Name, Taken};
use crate::parameter;
use crate::schema::{Schemas, Type};
use crate::security;
use crate::source::Code;
use crate::view::check::Checks;

/// An operation of the contract, its `$ref`s followed.
pub(crate) struct Operation<'c> {
    pub(crate) method: String,
    pub(crate) path: String,
    /// The path as the router takes it.
    pub(crate) route: String,
    /// Wire name of a path parameter → its name in the route.
    pub(crate) segments: HashMap<String, String>,
    pub(crate) node: Node<'c>,
    pub(crate) id: String,
    /// Names its types.
    pub(crate) name: Name,
    /// Names its methods.
    pub(crate) function: Name,
    pub(crate) module: Name,
    pub(crate) parameters: Vec<parameter::Parameter<'c>>,
    pub(crate) body: Option<body::Body<'c>>,
    pub(crate) responses: Vec<body::Response<'c>>,
}

impl Operation<'_> {
    /// As a comment names it.
    pub(crate) fn shown(&self) -> String {
        format!("`{} {}`", self.method.to_uppercase(), self.path)
    }
}

/// Functions in the module of an API that are no operations.
const RESERVED: &[&str] = &["routes"];

/// What stands behind the name of an operation in the names of its types.
const ENDS: &[&str] = &["Parameters", "Body", "Response"];

/// The names that are given out over all operations, and within each module.
#[derive(Default)]
pub(crate) struct Names {
    /// Of types.
    pub(crate) types: Taken,
    functions: HashMap<Name, Taken>,
}

impl Names {
    /// Names of the types and of the methods of an operation.
    pub(crate) fn give(&mut self, id: &str, module: &Name) -> (Name, Name) {
        let functions = self
            .functions
            .entry(module.clone())
            .or_insert_with(|| Taken::with(RESERVED));
        (
            self.types.free_with(&names::pascal(id), ENDS),
            functions.free(&names::snake(id)),
        )
    }
}

/// What the pass gathers while it looks at operations.
pub(crate) struct Facts<'a, 's, 'c> {
    pub(crate) schemas: &'s Schemas<'c>,
    pub(crate) checks: &'a mut Checks,
    pub(crate) translation: &'a mut Translation<'c>,
    /// The schemas by which requests are validated, by name.
    pub(crate) roots: &'a mut Map<String, Value>,
    pub(crate) security: &'a security::Schemes,
    pub(crate) stub: bool,
}

impl<'c> Facts<'_, '_, 'c> {
    /// Remembers the schema of a part of a request.
    pub(crate) fn root(&mut self, name: String, node: &Node<'c>) -> Result<()> {
        let schema = self.translation.root(node)?;
        let before = self.roots.insert(name.clone(), schema);
        // Names hold what the contract says, spaces included.
        if before.is_some_and(|before| before != self.roots[&name]) {
            bail!("two parts of the contract are both called `{name}`");
        }
        Ok(())
    }

    /// A type as the module of an API spells it.
    pub(crate) fn spell(&self, kind: &Type) -> Code {
        self.schemas.spell(kind, "models::")
    }

    pub(crate) fn of(&mut self, operation: &Operation<'c>) -> Result<Value> {
        let Operation { name, id, .. } = operation;
        let node = &operation.node;
        let mut local = Taken::with(&[
            "input", "request", "payload", "bytes", "api", "caller", "security",
        ]);
        let mut parameters = Vec::new();
        for part in &operation.parameters {
            let local = local.free(&part.name);
            parameters.push(
                self.parameter(operation, part, local)
                    .with_context(|| format!("in parameter `{}`", part.wire))?,
            );
        }
        let body_name = local.free("body");
        let body = match &operation.body {
            Some(body) => self
                .body(operation, body, &body_name)
                .context("in the request body")?,
            None => json!({}),
        };
        let has_body = operation.body.is_some();
        let responses: Vec<Value> = operation
            .responses
            .iter()
            .map(|response| self.response(response))
            .collect();
        let mut shapes = vec![body["bodyEnum"].clone()];
        shapes.extend(
            responses
                .iter()
                .map(|response| response["responseEnum"].clone()),
        );
        shapes.retain(|shape| !shape.is_null());
        let plain = operation.responses.iter().all(body::Response::is_plain);

        let summary = node.value["summary"].as_str().unwrap_or(id).trim();
        let mut text = lines(&format!("{}.", summary.trim_end_matches('.')));
        if node.value["description"]
            .as_str()
            .is_some_and(|text| !text.trim().is_empty())
        {
            text.push(String::new());
            text.extend(docs(node.value, ""));
        }
        text.push(String::new());
        text.push(operation.shown());
        let secured = self.security.of(self.schemas.contract, node.value)?;
        let mut facts = json!({
            "function": operation.function,
            "operationName": name,
            "method": Code::literal(&operation.method.to_uppercase()),
            "httpMethod": method(&operation.method),
            "path": Code::literal(&operation.path),
            "route": Code::literal(&operation.route),
            "operationDocs": Code::docs(text),
            "parametersDocs": Code::docs([format!("The parameters of {}.", operation.shown())]),
            "answersDocs": Code::docs([format!("The answers of {}.", operation.shown())]),
            "parameters": parameters,
            "hasParameters": !operation.parameters.is_empty(),
            "hasBody": has_body,
            "hasInput": has_body || !operation.parameters.is_empty(),
            "responses": responses,
            "isStub": self.stub,
            "shapes": shapes,
            "derives": body::derives(plain),
            "bodyLocal": body_name,
            "secured": secured.is_some(),
            "needs": secured.as_ref().map(|secured| secured.needs.clone()),
            "authorize": Code::of(match &secured {
                Some(secured) if secured.optional => "authorize_optionally",
                _ => "authorize",
            }),
            "callerType": Code::of(match &secured {
                Some(secured) if secured.optional => "::std::option::Option<Self::Caller>",
                _ => "Self::Caller",
            }),
        });
        if let (Some(facts), Value::Object(body)) = (facts.as_object_mut(), body) {
            facts.extend(body);
        }
        Ok(facts)
    }
}

/// The method as actix-web calls it.
fn method(method: &str) -> Code {
    Code::of(match method {
        "get" => "GET",
        "put" => "PUT",
        "post" => "POST",
        "delete" => "DELETE",
        "options" => "OPTIONS",
        "head" => "HEAD",
        "patch" => "PATCH",
        _ => "TRACE",
    })
}

/// The route and its names of parameters; paths that differ in those only share a route.
pub(crate) fn route(
    path: &str,
    known: &mut HashMap<String, Vec<String>>,
) -> Result<(String, HashMap<String, String>)> {
    // A fragment tells operations apart in documents only: no client sends it.
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
                let segment = match plain {
                    true => wire.clone(),
                    false => format!("p{}", names::snake(wire).replace("r#", "_")),
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

/// Where a sign first stands in a path that is no part of a parameter's name.
fn outside_of_braces(path: &str, sign: char) -> Option<usize> {
    let mut inside = false;
    path.char_indices()
        .find(|(_, letter)| {
            inside = (inside || *letter == '{') && *letter != '}';
            !inside && *letter == sign
        })
        .map(|(at, _)| at)
}

/// What the list of all operations says of one.
pub(crate) fn named(operation: &Operation) -> Value {
    json!({
        "id": Code::literal(&operation.id),
        "method": Code::literal(&operation.method.to_uppercase()),
        "route": Code::literal(&operation.route),
    })
}

/// The first tag: an operation has one implementation, so it stands in one trait.
pub(crate) fn tag(operation: &Value) -> &str {
    items(&operation["tags"])
        .first()
        .and_then(Value::as_str)
        .unwrap_or("default")
}
