//! An operation: its name, and where its parts are put together.

use std::collections::HashMap;

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use crate::body;
use crate::check::Checks;
use crate::contract::{Node, items};
use crate::docs::{docs, lines};
use crate::names::{self, Taken};
use crate::parameter;
use crate::schema::{Schemas, Type};
use crate::security;
use crate::translate::Translation;

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
    pub(crate) name: String,
    /// Names its methods.
    pub(crate) function: String,
    pub(crate) module: String,
    pub(crate) parameters: Vec<parameter::Parameter<'c>>,
    pub(crate) body: Option<body::Body<'c>>,
    pub(crate) responses: Vec<body::Response<'c>>,
}

/// Names in the module of an API that mean something else.
const RESERVED: &[&str] = &["routes", "all_unique", "authorize", "fixed", "is_multiple"];

/// The names that are given out over all operations, and within each module.
#[derive(Default)]
pub(crate) struct Names {
    types: Taken,
    functions: HashMap<String, Taken>,
}

impl Names {
    /// Names of the types and of the methods of an operation.
    pub(crate) fn give(&mut self, id: &str, module: &str) -> (String, String) {
        let functions = self
            .functions
            .entry(module.to_owned())
            .or_insert_with(|| Taken::with(RESERVED));
        (
            self.types.free(&names::pascal(id)),
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
        self.roots.insert(name, schema);
        Ok(())
    }

    /// A type as the module of an API spells it.
    pub(crate) fn spell(&self, kind: &Type) -> String {
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
        let secured = self.security.of(self.schemas.contract, node.value)?;
        let method = operation.method.to_uppercase();
        let mut facts = json!({
            "function": operation.function,
            "operationName": name,
            "httpMethod": method,
            "path": operation.path,
            "pathLiteral": format!("{:?}", operation.path),
            "routeLiteral": format!("{:?}", operation.route),
            "operationDocs": text,
            "parameters": parameters,
            "hasParameters": !operation.parameters.is_empty(),
            "hasBody": has_body,
            "hasInput": has_body || !operation.parameters.is_empty(),
            "responses": responses,
            "isStub": self.stub,
            "shapes": shapes,
            "derives": if plain { "Debug, Clone, PartialEq" } else { "Debug" },
            "bodyLocal": body_name,
            "secured": secured.is_some(),
            "needs": secured.as_ref().map(|secured| secured.needs.clone()).unwrap_or_default(),
            "authorize": match &secured {
                Some(secured) if secured.optional => "authorize_optionally",
                _ => "authorize",
            },
            "callerType": match &secured {
                Some(secured) if secured.optional => "Option<Self::Caller>",
                _ => "Self::Caller",
            },
        });
        if let (Some(facts), Value::Object(body)) = (facts.as_object_mut(), body) {
            facts.extend(body);
        }
        Ok(facts)
    }
}

/// The route and its names of parameters; paths that differ in those only share a route.
pub(crate) fn route(
    path: &str,
    known: &mut HashMap<String, Vec<String>>,
) -> Result<(String, HashMap<String, String>)> {
    // A fragment tells operations apart in documents only: no client sends it.
    let path = path.split('#').next().unwrap_or_default();
    if path.contains('?') {
        anyhow::bail!("a path with a query cannot be routed");
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
        anyhow::bail!("the braces of the path do not match");
    }
    let names = known.entry(shape).or_insert_with(|| {
        let mut taken = Taken::default();
        wires
            .iter()
            .map(|wire| {
                let plain = wire.starts_with(|first: char| first.is_ascii_alphabetic())
                    && wire
                        .chars()
                        .all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
                taken.free(&if plain {
                    wire.clone()
                } else {
                    format!("p{}", names::snake(wire).replace("r#", "_"))
                })
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

/// What the list of all operations says of one.
pub(crate) fn named(operation: &Operation) -> Value {
    json!({
        "idLiteral": format!("{:?}", operation.id),
        "methodLiteral": format!("{:?}", operation.method.to_uppercase()),
        "routeLiteral": format!("{:?}", operation.route),
    })
}

/// The first tag: an operation has one implementation, so it stands in one trait.
pub(crate) fn tag(operation: &Value) -> &str {
    items(&operation["tags"])
        .first()
        .and_then(Value::as_str)
        .unwrap_or("default")
}
