//! The input of the templates: each item and each operation as a JSON object, its view.

mod body;
mod call;
pub(crate) mod check;
mod limit;
mod model;
mod operation;
mod parameter;
mod response;
mod validation;

use anyhow::{Result, bail};
use serde_json::{Map, Value};

use crate::annotate::Target;
use crate::contract::Node;
use crate::json_schema::JsonSchemas;
use crate::schema::{Schemas, Type};
use crate::security;
use crate::source::Code;
use check::Checks;

pub(crate) use operation::listed;

/// Makes views, and collects the checks and schemas that they need.
pub(crate) struct Views<'a, 'c> {
    pub(crate) schemas: &'a Schemas<'c>,
    pub(crate) checks: Checks,
    pub(crate) json_schemas: JsonSchemas<'c>,
    /// The schemas by which requests are validated, by name.
    pub(crate) roots: Map<String, Value>,
    pub(crate) security: &'a security::Schemes,
    pub(crate) target: Target,
    /// Whether the operation being described is called, not served.
    pub(crate) calls: bool,
}

impl<'c> Views<'_, 'c> {
    /// Registers the schema by which a part of a request or a response is validated.
    pub(crate) fn root(&mut self, name: String, node: &Node<'c>) -> Result<()> {
        let schema = self.json_schemas.root(node)?;
        let before = self.roots.insert(name.clone(), schema);
        // Names in the contract may contain spaces, so two places could get the same name.
        if before.is_some_and(|before| before != self.roots[&name]) {
            bail!("two parts of the contract have the same name `{name}`");
        }
        Ok(())
    }

    /// A type, as written in the module of an API.
    pub(crate) fn spell(&self, kind: &Type) -> Code {
        self.schemas.spell(kind, "models::")
    }
}
