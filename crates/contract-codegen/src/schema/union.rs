//! `oneOf`, `anyOf` and schemas with a discriminator, as enums.

use std::collections::HashSet;

use anyhow::Result;

use super::keywords::{has_any, is_assertion, is_null, is_nullable, is_object};
use super::{
    BASE_ONLY, COMPONENTS, Kind, Schemas, Shape, Type, Union, Variant, discriminator,
    discriminator_values,
};
use crate::contract::{self, Node, members};
use crate::names::{self, Scope};

/// The keywords that define types.
const TYPE_KEYWORDS: &[&str] = &[
    "$ref",
    "type",
    "properties",
    "items",
    "enum",
    "const",
    "allOf",
    "oneOf",
    "anyOf",
];

pub(super) struct Alternatives<'c> {
    exactly_one: bool,
    null: bool,
    /// Whether they define types, rather than only limits.
    pub(super) typed: bool,
    nodes: Vec<Node<'c>>,
}

impl<'c> Schemas<'c> {
    /// The alternatives of `oneOf` or `anyOf`, without `null`.
    pub(super) fn alternatives(&self, node: &Node<'c>) -> Result<Alternatives<'c>> {
        let one = node.value["oneOf"].is_array();
        let list = node.child(if one { "oneOf" } else { "anyOf" });
        let mut found = Alternatives {
            exactly_one: one,
            null: false,
            typed: false,
            nodes: Vec::new(),
        };
        for alternative in list.items() {
            let alternative = self.follow(alternative)?;
            if is_null(alternative.value) {
                found.null = true;
                continue;
            }
            // `oneOf: [{required: [a]}, {required: [b]}]` only limits the surrounding object.
            found.typed |= has_any(alternative.value, TYPE_KEYWORDS)
                && !(is_object(node.value) && alternative.value["properties"].is_null());
            found.nodes.push(alternative);
        }
        Ok(found)
    }

    pub(super) fn union(
        &mut self,
        node: &Node<'c>,
        alternatives: Alternatives<'c>,
        hint: &str,
    ) -> Result<Type<'c>> {
        let schema = node.value;
        let nullable = is_nullable(schema) || alternatives.null;
        // Keywords beside the alternatives apply as well.
        let alone = !members(schema).any(|(key, value)| {
            is_assertion(key)
                && !["oneOf", "anyOf"].contains(&key.as_str())
                && !(key == "type" && value == "object")
        }) && (schema["oneOf"].is_null() || schema["anyOf"].is_null());
        if !alone {
            return Ok(Type::unknown());
        }
        if let [one] = alternatives.nodes.as_slice() {
            let mut kind = self.type_of(one.clone(), hint)?;
            kind.nullable |= nullable && !matches!(kind.kind, Kind::Any);
            return Ok(kind);
        }
        let discriminator = discriminator(self.contract, schema, &alternatives.nodes);
        let item = self.add_item(node, hint);
        let parent = self.items[item].name.clone();
        let mut scope = Scope::default();
        let mut variants = Vec::new();
        for (index, alternative) in alternatives.nodes.into_iter().enumerate() {
            let named = alternative.at.starts_with(COMPONENTS);
            let title = alternative.value["title"].as_str();
            let own = match (title, named) {
                (_, true) if alternative.at[COMPONENTS.len()..].find('/').is_none() => {
                    Some(names::pascal(&alternative.name()))
                }
                (Some(title), _) if title.len() <= 40 => Some(names::pascal(title)),
                _ => None,
            };
            let at = alternative.at.clone();
            let hint = match &own {
                Some(own) => format!("{parent}{own}"),
                None => format!("{parent}Variant{}", index + 1),
            };
            let kind = self.type_of(alternative, &hint)?;
            let name = own.unwrap_or_else(|| self.variant_name(&kind, index));
            let values = discriminator
                .as_ref()
                .map(|found| found.values[index].clone())
                .unwrap_or_default();
            variants.push(Variant {
                name: scope.declare(&name),
                kind,
                boxed: false,
                at,
                values,
            });
        }
        self.items[item].shape = Shape::Union(Union {
            exactly_one: alternatives.exactly_one,
            discriminator: discriminator.map(|found| found.property),
            variants,
        });
        Ok(Type {
            nullable,
            ..Type::new(Kind::Item(item), schema)
        })
    }

    fn variant_name(&self, kind: &Type, index: usize) -> String {
        match &kind.kind {
            Kind::Bool => "Boolean".into(),
            Kind::I32 | Kind::I64 | Kind::U64 => "Integer".into(),
            Kind::F32 | Kind::F64 | Kind::Decimal => "Number".into(),
            Kind::String | Kind::DecimalText => "String".into(),
            Kind::Date => "Date".into(),
            Kind::DateTime => "DateTime".into(),
            Kind::Uuid => "Uuid".into(),
            Kind::List(_) => "List".into(),
            Kind::Map(_) => "Object".into(),
            Kind::Base64 | Kind::Binary => "Bytes".into(),
            Kind::Any => "Other".into(),
            Kind::Own(_, inner) => self.variant_name(
                &Type {
                    kind: (**inner).clone(),
                    ..kind.clone()
                },
                index,
            ),
            Kind::Item(item) if self.items[*item].is_enum() => "Enum".into(),
            Kind::Item(_) => format!("Variant{}", index + 1),
        }
    }

    /// A schema with a discriminator and those that extend it: one variant for each.
    pub(super) fn base_with_subtypes(
        &mut self,
        node: &Node<'c>,
        subtypes: &[String],
        hint: &str,
    ) -> Result<Type<'c>> {
        let schema = node.value;
        let property = schema["discriminator"]["propertyName"]
            .as_str()
            .unwrap_or_default();
        let item = self.add_item(node, hint);
        let parent = self.items[item].name.clone();
        let mut scope = Scope::default();
        let mut seen = HashSet::new();
        let mut variants = Vec::new();
        for at in subtypes {
            let subtype = contract::node_at(self.contract, at)?;
            let kind = self.type_of(subtype.clone(), &names::pascal(&subtype.name()))?;
            let mut values = discriminator_values(self.contract, schema, at);
            values.retain(|value| seen.insert(value.clone()));
            if values.is_empty() {
                continue;
            }
            variants.push(Variant {
                name: scope.declare(&names::pascal(&subtype.name())),
                kind,
                boxed: false,
                values,
                at: at.clone(),
            });
        }
        // A value may also be of the base schema only.
        let own = Node {
            value: schema,
            at: format!("{}{BASE_ONLY}", node.at),
        };
        let mut parts = Vec::new();
        self.parts(node.clone(), &mut parts, 0)?;
        let kind = self.structure(&own, &parts, &format!("{parent}Base"))?;
        let mut values = discriminator_values(self.contract, schema, &node.at);
        values.retain(|value| seen.insert(value.clone()));
        if !values.is_empty() {
            variants.push(Variant {
                name: scope.declare(&names::pascal(&node.name())),
                kind,
                boxed: false,
                values,
                at: own.at,
            });
        }
        self.items[item].shape = Shape::Union(Union {
            exactly_one: true,
            discriminator: Some(property.to_owned()),
            variants,
        });
        Ok(Type {
            nullable: is_nullable(schema),
            ..Type::new(Kind::Item(item), schema)
        })
    }
}
