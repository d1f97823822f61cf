//! Chooses the type of a schema.

use anyhow::{Result, bail};
use serde_json::Value;

use super::enumeration::enumeration;
use super::keywords::*;
use super::{Kind, Schemas, Type};
use crate::contract::{self, Node, items, members};
use crate::source::Code;

/// How deep schemas may be nested without a named schema in between.
const DEPTH_LIMIT: usize = 100;

impl<'c> Schemas<'c> {
    /// The type of a schema; `hint` is the name if it becomes an item and has none.
    pub(crate) fn type_of(&mut self, node: Node<'c>, hint: &str) -> Result<Type<'c>> {
        if self.depth > DEPTH_LIMIT {
            bail!("the schemas at {} are nested too deeply", node.at);
        }
        self.depth += 1;
        let result = self.type_of_node(node, hint);
        self.depth -= 1;
        result
    }

    fn type_of_node(&mut self, node: Node<'c>, hint: &str) -> Result<Type<'c>> {
        let node = self.follow(node)?;
        if let Some(known) = self.by_pointer.get(&node.at) {
            return Ok(Type {
                nullable: is_nullable(node.value),
                ..Type::new(Kind::Item(*known), node.value)
            });
        }
        if let Some(subtypes) = self.subtypes.get(&node.at).cloned() {
            return self.base_with_subtypes(&node, &subtypes, hint);
        }
        // In Rust, a list or a map of itself needs a named type in between.
        if !self.open.insert(node.at.clone()) {
            return Ok(Type::unknown());
        }
        let at = node.at.clone();
        let result = self.type_of_parts(node, hint);
        self.open.remove(&at);
        result
    }

    fn type_of_parts(&mut self, node: Node<'c>, hint: &str) -> Result<Type<'c>> {
        let mut parts = Vec::new();
        self.parts(node.clone(), &mut parts, 0)?;
        match parts.as_slice() {
            // Any value, `null` included.
            [] => Ok(Type {
                exact: node.value != false,
                ..Type::new(Kind::Any, node.value)
            }),
            [part] if part.at == node.at => self.plain(part.clone(), hint),
            // A subtype does not include other values of its base schema.
            [part] if !self.subtypes.contains_key(&part.at) => {
                let mut kind = self.type_of(part.clone(), hint)?;
                kind.nullable |= node.value["nullable"] == true;
                Ok(kind)
            }
            _ => self.merged(&node, &parts, hint),
        }
    }

    /// All schemas that a value must match: those of `allOf`, and the keywords beside it.
    pub(super) fn parts(
        &self,
        node: Node<'c>,
        into: &mut Vec<Node<'c>>,
        depth: usize,
    ) -> Result<()> {
        if depth > 32 {
            bail!("the `allOf` at {} refers to itself", node.at);
        }
        let node = self.follow(node)?;
        if let Some(reference) = node.value["$ref"].as_str() {
            self.parts(
                contract::resolve(self.contract, reference)?,
                into,
                depth + 1,
            )?;
        }
        for part in node.child("allOf").items() {
            self.parts(part, into, depth + 1)?;
        }
        if members(node.value).any(|(key, _)| is_assertion(key) && key != "allOf") {
            into.push(node);
        }
        Ok(())
    }

    /// The type for several schemas that all apply: objects become one struct.
    fn merged(&mut self, node: &Node<'c>, parts: &[Node<'c>], hint: &str) -> Result<Type<'c>> {
        let nullable =
            node.value["nullable"] == true || parts.iter().all(|part| is_nullable(part.value));
        let union = parts
            .iter()
            .any(|part| self.alternatives(part).is_ok_and(|found| found.typed));
        let object = !union
            && parts.iter().all(|part| {
                matches!(type_name(part.value), Some("object") | None)
                    && !part.value["enum"].is_array()
            })
            && parts.iter().any(|part| is_object(part.value));
        if object {
            let mut kind = self.structure(node, parts, hint)?;
            kind.nullable = nullable;
            return Ok(kind);
        }
        let typed: Vec<&Node> = parts
            .iter()
            .filter(|part| type_name(part.value).is_some() || part.value["enum"].is_array())
            .collect();
        let kind = match typed.as_slice() {
            [one, ..] if !union && one.at == node.at => self.plain((*one).clone(), hint)?.kind,
            [one, ..] if !union => self.type_of((*one).clone(), hint)?.kind,
            _ => Kind::Any,
        };
        Ok(Type {
            nullable: nullable && !matches!(kind, Kind::Any),
            kind,
            ..Type::unknown()
        })
    }

    /// A schema without `allOf` and `$ref`.
    fn plain(&mut self, node: Node<'c>, hint: &str) -> Result<Type<'c>> {
        let schema = node.value;
        let mut nullable = is_nullable(schema);
        if schema["oneOf"].is_array() || schema["anyOf"].is_array() {
            let alternatives = self.alternatives(&node)?;
            if alternatives.typed {
                return self.union(&node, alternatives, hint);
            }
        }
        if let Some(shape) = enumeration(schema) {
            // In 3.1 an enum allows `null` only if it lists it.
            nullable &= schema["nullable"] == true || items(&schema["enum"]).contains(&Value::Null);
            let exact = !has_any(schema, ALWAYS_INEXACT)
                && !has_any(schema, TEXT_LIMITS)
                && !has_any(schema, NUMBER_LIMITS);
            let item = self.add_item(&node, hint);
            self.items[item].shape = shape;
            self.items[item].exact = exact;
            return Ok(Type {
                nullable,
                ..Type::new(Kind::Item(item), schema)
            });
        }
        let mut exact = !has_any(schema, ALWAYS_INEXACT) && !has_any(schema, &["enum", "const"]);
        let kind = match type_name(schema) {
            Some("object") => return self.object(&node, hint),
            Some("array") => {
                exact &= !has_any(schema, LIST_INEXACT);
                let item = self.type_of(node.child("items"), &format!("{hint}Item"))?;
                Kind::List(Box::new(item))
            }
            Some("string") => {
                let kind = string_kind(schema);
                // The limits of a file apply to its bytes, which a schema cannot validate.
                exact &=
                    !has_any(schema, TEXT_LIMITS) || matches!(kind, Kind::String | Kind::Binary);
                kind
            }
            Some("integer" | "number") => number_kind(schema),
            Some("boolean") => Kind::Bool,
            _ => {
                exact &= !members(schema).any(|(key, _)| is_assertion(key));
                nullable = false;
                Kind::Any
            }
        };
        Ok(Type {
            kind: self.own(kind, &node)?,
            nullable,
            exact,
            schema,
        })
    }

    /// The implementation's own type of a value, if the schema names one.
    fn own(&self, kind: Kind<'c>, node: &Node<'c>) -> Result<Kind<'c>> {
        let Some(path) = node.value["x-rust-type"]
            .as_str()
            .filter(|_| self.own_types)
        else {
            return Ok(kind);
        };
        let Some(path) = Code::path(path) else {
            bail!("the x-rust-type at {} is not the path of a type", node.at);
        };
        if matches!(
            kind,
            Kind::Any | Kind::List(_) | Kind::Map(_) | Kind::Binary
        ) {
            bail!(
                "the x-rust-type at {} is for strings, numbers and booleans",
                node.at
            );
        }
        Ok(Kind::Own(path, Box::new(kind)))
    }

    fn object(&mut self, node: &Node<'c>, hint: &str) -> Result<Type<'c>> {
        let schema = node.value;
        if members(&schema["properties"]).next().is_some()
            || (schema["additionalProperties"] == false && schema["patternProperties"].is_null())
        {
            let mut kind = self.structure(node, std::slice::from_ref(node), hint)?;
            kind.nullable = is_nullable(schema);
            return Ok(kind);
        }
        let exact = !has_any(schema, ALWAYS_INEXACT)
            && !has_any(schema, OBJECT_INEXACT)
            && items(&schema["required"]).is_empty();
        let value = match &schema["additionalProperties"] {
            Value::Object(_) => {
                self.type_of(node.child("additionalProperties"), &format!("{hint}Item"))?
            }
            _ => Type::any(),
        };
        Ok(Type {
            kind: Kind::Map(Box::new(value)),
            nullable: is_nullable(schema),
            exact,
            schema,
        })
    }
}
