//! The parameters of an operation.

use std::collections::HashMap;

use anyhow::{Context, Result, bail};

use crate::contract::{self, Node};
use crate::names::{self, Name, Scope};
use crate::schema::{Schemas, Type};

/// The locations of parameters. Each is also the name of the method of `Input` that reads one.
const PLACES: [&str; 4] = ["path", "query", "header", "cookie"];

/// Headers that OpenAPI ignores as parameters (parameter object).
const NOT_PARAMETERS: [&str; 3] = ["accept", "content-type", "authorization"];

pub(crate) struct Parameter<'c> {
    pub(crate) wire: String,
    pub(crate) name: Name,
    /// One of [`PLACES`].
    pub(crate) place: &'static str,
    pub(crate) node: Node<'c>,
    /// The node of its schema.
    pub(crate) schema: Node<'c>,
    /// Whether its text is JSON (`content` instead of `schema`).
    pub(crate) json: bool,
    pub(crate) kind: Type<'c>,
}

impl Parameter<'_> {
    /// Its style and `explode`.
    pub(crate) fn style(&self) -> (&str, bool) {
        let style = self.node.value["style"]
            .as_str()
            .unwrap_or(match self.place {
                "query" | "cookie" => "form",
                _ => "simple",
            });
        let explode = self.node.value["explode"].as_bool();
        (style, explode.unwrap_or(style == "form"))
    }
}

/// The parameters of an operation: those of the path item, replaced by its own.
pub(crate) fn gather<'c>(
    schemas: &mut Schemas<'c>,
    path_item: &Node<'c>,
    operation: &Node<'c>,
    name: &str,
    segments: &HashMap<String, String>,
    warnings: &mut Vec<String>,
) -> Result<Vec<Parameter<'c>>> {
    let mut nodes: Vec<Node> = Vec::new();
    for list in [path_item, operation] {
        for node in list.child("parameters").items() {
            let node = contract::follow(schemas.contract, node)?;
            let same = |known: &Node| {
                known.value["name"] == node.value["name"] && known.value["in"] == node.value["in"]
            };
            nodes.retain(|known| !same(known));
            nodes.push(node);
        }
    }
    let mut scope = Scope::default();
    let mut parameters = Vec::new();
    for node in nodes {
        let wire = node.value["name"]
            .as_str()
            .with_context(|| format!("the parameter at {} has no name", node.at))?
            .to_owned();
        let place = node.value["in"]
            .as_str()
            .with_context(|| format!("parameter `{wire}` has no `in`"))?;
        let Some(place) = PLACES.into_iter().find(|known| *known == place) else {
            bail!("parameter `{wire}` cannot be in `{place}`");
        };
        if place == "header" && NOT_PARAMETERS.contains(&wire.to_lowercase().as_str()) {
            continue;
        }
        if place == "header" && (wire.is_empty() || !wire.chars().all(is_token)) {
            bail!("`{wire}` is not a valid header name");
        }
        if place == "path" && !segments.contains_key(&wire) {
            warnings.push(format!(
                "path parameter `{wire}` is not in the path, and is ignored"
            ));
            continue;
        }
        let (schema, json) = match node.child("content").children().next() {
            Some((_, media)) => (media.child("schema"), true),
            None => (node.child("schema"), false),
        };
        let hint = format!("{name}{}", names::pascal(&wire));
        let mut kind = schemas
            .type_of(schema.clone(), &hint)
            .with_context(|| format!("in parameter `{wire}`"))?;
        // No parameter style can represent `null`.
        kind.nullable &= json;
        parameters.push(Parameter {
            name: scope.declare(&names::snake(&wire)),
            wire,
            place,
            node,
            schema,
            json,
            kind,
        });
    }
    Ok(parameters)
}

/// The characters of a header name (RFC 9110, section 5.6.2).
pub(crate) fn is_token(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(letter)
}
