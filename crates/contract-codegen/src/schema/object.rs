//! Objects as structs.

use std::collections::HashSet;

use anyhow::{Context, Result};
use serde_json::Value;

use super::keywords::{ALWAYS_INEXACT, OBJECT_INEXACT, has_any};
use super::{Field, Kind, Schemas, Shape, Type, Unknown};
use crate::contract::{Node, items};
use crate::names::{self, Scope};

impl<'c> Schemas<'c> {
    /// Merges one or several object schemas into a struct.
    pub(super) fn structure(
        &mut self,
        node: &Node<'c>,
        parts: &[Node<'c>],
        hint: &str,
    ) -> Result<Type<'c>> {
        let item = self.add_item(node, hint);
        let parent = self.items[item].name.clone();
        let single = parts.len() == 1;
        let mut exact = !parts.iter().any(|part| {
            has_any(part.value, ALWAYS_INEXACT)
                || has_any(part.value, OBJECT_INEXACT)
                || has_any(part.value, &["minProperties", "maxProperties"])
        });
        let required: HashSet<&str> = parts
            .iter()
            .flat_map(|part| items(&part.value["required"]))
            .filter_map(Value::as_str)
            .collect();
        let mut properties: Vec<(&String, Node)> = Vec::new();
        for (wire, property) in parts
            .iter()
            .flat_map(|part| part.child("properties").children())
        {
            match properties.iter_mut().find(|(known, _)| *known == wire) {
                None => properties.push((wire, property)),
                // Both apply. The later one is usually more specific; validation covers the rest.
                Some(known) if known.1.value != property.value => {
                    exact = false;
                    known.1 = property;
                }
                Some(_) => {}
            }
        }
        exact &= required
            .iter()
            .all(|name| properties.iter().any(|(wire, _)| wire == name));
        let mut scope = Scope::default();
        let mut fields = Vec::new();
        for (wire, property) in properties {
            let hint = format!("{parent}{}", names::pascal(wire));
            let schema = property.value;
            let resolved = self.follow(property.clone())?.value;
            let kind = self
                .type_of(property, &hint)
                .with_context(|| format!("in property `{wire}`"))?;
            // A client need not send a property that only the server sets.
            let required = required.contains(wire.as_str()) && resolved["readOnly"] != true;
            let default = if required {
                None
            } else {
                self.literal(&kind, &resolved["default"], "")
            };
            fields.push(Field {
                wire: wire.clone(),
                name: scope.declare(&names::snake(wire)),
                required,
                default,
                kind,
                schema,
                boxed: false,
            });
        }
        let mut unknown = Unknown::Ignored;
        for part in parts {
            match &part.value["additionalProperties"] {
                Value::Bool(false) if single && part.value["patternProperties"].is_null() => {
                    unknown = Unknown::Forbidden;
                }
                // It forbids members that other parts define, so validation is needed.
                Value::Bool(false) => exact = false,
                Value::Null => {}
                rest => {
                    exact &= single || rest == true;
                    let name = scope.declare("additional_properties");
                    let node = part.child("additionalProperties");
                    let kind = match rest {
                        Value::Object(_) => self.type_of(node, &format!("{parent}Item"))?,
                        _ => Type::any(),
                    };
                    unknown = Unknown::Kept(Box::new(kind), name);
                }
            }
        }
        self.items[item].exact = exact;
        self.items[item].shape = Shape::Struct { fields, unknown };
        Ok(Type::new(Kind::Item(item), node.value))
    }
}
