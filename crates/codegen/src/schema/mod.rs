//! What a schema is in Rust: a type, and the items (structs, enums) that types are made of.
//!
//! A schema that Rust cannot say in full is *inexact*: its type is looser, down to a plain JSON
//! value, and a request with it is validated with the schema itself before it is read.

use std::collections::{HashMap, HashSet};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::contract::{self, Node, items, members};
use crate::names::{self, Name, Taken};
use crate::source::{Code, code};
use crate::view::check;

pub(crate) const COMPONENTS: &str = "/components/schemas/";

const STRING: &str = "::std::string::String";

/// A type whose value may be absent.
pub(crate) fn option(kind: &Code) -> Code {
    code!("::std::option::Option<{}>", kind)
}

/// How deep schemas may be nested in one another without a name between them.
const DEPTH_LIMIT: usize = 100;

/// The type of a schema.
#[derive(Debug, Clone)]
pub(crate) struct Type<'c> {
    pub(crate) kind: Kind<'c>,
    /// Whether `null` is a value, too.
    pub(crate) nullable: bool,
    /// Whether the type and its checks say all that the schema says.
    pub(crate) exact: bool,
    /// Where the limits stand.
    pub(crate) schema: &'c Value,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind<'c> {
    Any,
    Bool,
    I32,
    I64,
    U64,
    F32,
    F64,
    Decimal,
    DecimalText,
    String,
    Base64,
    Binary,
    Date,
    DateTime,
    Uuid,
    List(Box<Type<'c>>),
    Map(Box<Type<'c>>),
    Item(usize),
}

impl Kind<'_> {
    /// Whether a value of it is written as one piece of text.
    pub(crate) fn is_scalar(&self, schemas: &Schemas) -> bool {
        match self {
            Self::Any | Self::List(_) | Self::Map(_) | Self::Binary => false,
            Self::Item(item) => schemas.items[*item].is_enum(),
            _ => true,
        }
    }
}

/// A struct or an enum of the module `models`.
#[derive(Debug)]
pub(crate) struct Item<'c> {
    pub(crate) name: Name,
    pub(crate) shape: Shape<'c>,
    /// Leaving aside what its parts say.
    pub(crate) exact: bool,
    pub(crate) schema: &'c Value,
}

impl Item<'_> {
    pub(crate) fn is_enum(&self) -> bool {
        matches!(self.shape, Shape::Strings(_) | Shape::Integers(_))
    }
}

#[derive(Debug)]
pub(crate) enum Shape<'c> {
    /// Not known yet: it is being worked out.
    Pending,
    Struct {
        fields: Vec<Field<'c>>,
        unknown: Unknown<'c>,
    },
    /// Wire value and variant.
    Strings(Vec<(String, Name)>),
    Integers(Vec<(i64, Name)>),
    Union(Union<'c>),
}

#[derive(Debug)]
pub(crate) struct Field<'c> {
    pub(crate) wire: String,
    pub(crate) name: Name,
    pub(crate) required: bool,
    pub(crate) default: Option<Code>,
    pub(crate) kind: Type<'c>,
    pub(crate) schema: &'c Value,
    pub(crate) boxed: bool,
}

/// What becomes of members that a struct does not name.
#[derive(Debug)]
pub(crate) enum Unknown<'c> {
    Ignored,
    Forbidden,
    Kept(Box<Type<'c>>, Name),
}

#[derive(Debug)]
pub(crate) struct Union<'c> {
    pub(crate) one: bool,
    pub(crate) discriminator: Option<String>,
    pub(crate) variants: Vec<Variant<'c>>,
}

#[derive(Debug)]
pub(crate) struct Variant<'c> {
    pub(crate) name: Name,
    pub(crate) kind: Type<'c>,
    pub(crate) boxed: bool,
    /// Where the alternative stands.
    pub(crate) at: String,
    /// The values of the discriminator that mean it.
    pub(crate) values: Vec<String>,
}

/// Works out types and collects items.
pub(crate) struct Schemas<'c> {
    pub(crate) contract: &'c Value,
    pub(crate) items: Vec<Item<'c>>,
    by_place: HashMap<String, usize>,
    names: Taken,
    component_names: HashMap<String, Name>,
    /// A schema that others extend by `allOf` and that has a discriminator → those others.
    children: HashMap<String, Vec<String>>,
    /// The places that are being worked out.
    open: HashSet<String>,
    depth: usize,
}

impl<'c> Schemas<'c> {
    pub(crate) fn new(contract: &'c Value) -> Self {
        let mut names = Taken::default();
        let mut component_names = HashMap::new();
        for (component, _) in members(&contract["components"]["schemas"]) {
            let name = names.free(&names::pascal(component));
            component_names.insert(component.clone(), name);
        }
        Self {
            contract,
            items: Vec::new(),
            by_place: HashMap::new(),
            names,
            component_names,
            children: children(contract),
            open: HashSet::new(),
            depth: 0,
        }
    }

    /// The node behind all `$ref`s; one with more to say beside its `$ref` (3.1) stays.
    pub(crate) fn follow(&self, mut node: Node<'c>) -> Result<Node<'c>> {
        for _ in 0..64 {
            match node.value["$ref"].as_str() {
                Some(reference) if !has_siblings(self.contract, node.value) => {
                    node = contract::target(self.contract, reference)?;
                }
                _ => return Ok(node),
            }
        }
        bail!("a `$ref` at {} leads to itself", node.at)
    }

    /// The type of a schema; `hint` names it when it becomes an item and has no name.
    pub(crate) fn type_of(&mut self, node: Node<'c>, hint: &str) -> Result<Type<'c>> {
        if self.depth > DEPTH_LIMIT {
            bail!("the schemas at {} are nested too deep", node.at);
        }
        self.depth += 1;
        let result = self.type_here(node, hint);
        self.depth -= 1;
        result
    }

    fn type_here(&mut self, node: Node<'c>, hint: &str) -> Result<Type<'c>> {
        let node = self.follow(node)?;
        if let Some(known) = self.by_place.get(&node.at) {
            return Ok(Type {
                kind: Kind::Item(*known),
                nullable: is_nullable(node.value),
                exact: true,
                schema: node.value,
            });
        }
        if let Some(children) = self.children.get(&node.at).cloned() {
            return self.family(&node, &children, hint);
        }
        // A list or map of itself has no name in Rust at which the circle could be cut.
        if !self.open.insert(node.at.clone()) {
            return Ok(Type {
                exact: false,
                ..anything()
            });
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
            [] => Ok(Type {
                kind: Kind::Any,
                // Anything goes, `null` included.
                nullable: false,
                exact: node.value != false,
                schema: node.value,
            }),
            [part] if part.at == node.at => self.plain(part.clone(), hint),
            // What extends a schema with a discriminator is itself, not any of that family.
            [part] if !self.children.contains_key(&part.at) => {
                let mut kind = self.type_of(part.clone(), hint)?;
                kind.nullable |= node.value["nullable"] == true;
                Ok(kind)
            }
            _ => self.merged(&node, &parts, hint),
        }
    }

    /// The schemas that have to hold together: those of `allOf`, and what stands beside it.
    fn parts(&self, node: Node<'c>, into: &mut Vec<Node<'c>>, depth: usize) -> Result<()> {
        if depth > 32 {
            bail!("the `allOf` at {} leads to itself", node.at);
        }
        let node = self.follow(node)?;
        if let Some(reference) = node.value["$ref"].as_str() {
            self.parts(contract::target(self.contract, reference)?, into, depth + 1)?;
        }
        for part in node.child("allOf").items() {
            self.parts(part, into, depth + 1)?;
        }
        if members(node.value).any(|(key, _)| is_assertion(key) && key != "allOf") {
            into.push(node);
        }
        Ok(())
    }

    /// Several schemas at once: objects become one struct.
    fn merged(&mut self, node: &Node<'c>, parts: &[Node<'c>], hint: &str) -> Result<Type<'c>> {
        let nullable =
            node.value["nullable"] == true || parts.iter().all(|part| is_nullable(part.value));
        let union = parts
            .iter()
            .any(|part| self.alternatives(part).is_ok_and(|found| found.shaped));
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
            exact: false,
            schema: &contract::NOTHING,
        })
    }

    /// A schema without `allOf` and `$ref`.
    fn plain(&mut self, node: Node<'c>, hint: &str) -> Result<Type<'c>> {
        let schema = node.value;
        let mut nullable = is_nullable(schema);
        if schema["oneOf"].is_array() || schema["anyOf"].is_array() {
            let alternatives = self.alternatives(&node)?;
            if alternatives.shaped {
                return self.union(&node, alternatives, hint);
            }
        }
        if let Some(shape) = enumeration(schema) {
            // In 3.1 an enum holds `null` only when it lists it.
            nullable &= schema["nullable"] == true || items(&schema["enum"]).contains(&Value::Null);
            let exact = !has_any(schema, ALWAYS_INEXACT)
                && !has_any(schema, &["pattern", "minLength", "maxLength"])
                && !has_any(schema, &["minimum", "maximum", "multipleOf"])
                && !has_any(schema, &["exclusiveMinimum", "exclusiveMaximum"]);
            let item = self.begin(&node, hint);
            self.items[item].shape = shape;
            self.items[item].exact = exact;
            return Ok(Type {
                kind: Kind::Item(item),
                nullable,
                exact: true,
                schema,
            });
        }
        let mut exact = !has_any(schema, ALWAYS_INEXACT) && !has_any(schema, &["enum", "const"]);
        let kind = match type_name(schema) {
            Some("object") => return self.object(&node, hint),
            Some("array") => {
                exact &= !has_any(
                    schema,
                    &[
                        "contains",
                        "prefixItems",
                        "unevaluatedItems",
                        "additionalItems",
                    ],
                );
                let item = self.type_of(node.child("items"), &format!("{hint}Item"))?;
                Kind::List(Box::new(item))
            }
            Some("string") => {
                let kind = string_kind(schema);
                let limited = has_any(schema, &["pattern", "minLength", "maxLength"]);
                // The limits of a file are about its bytes, which no schema sees.
                exact &= !limited || matches!(kind, Kind::String | Kind::Binary);
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
            kind,
            nullable,
            exact,
            schema,
        })
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
            _ => anything(),
        };
        Ok(Type {
            kind: Kind::Map(Box::new(value)),
            nullable: is_nullable(schema),
            exact,
            schema,
        })
    }

    /// One struct of one or several schemas of objects.
    fn structure(&mut self, node: &Node<'c>, parts: &[Node<'c>], hint: &str) -> Result<Type<'c>> {
        let item = self.begin(node, hint);
        let result = Type {
            kind: Kind::Item(item),
            nullable: false,
            exact: true,
            schema: node.value,
        };
        let parent = self.items[item].name.clone();
        let single = parts.len() == 1;
        let mut exact = !parts.iter().any(|part| {
            has_any(part.value, ALWAYS_INEXACT)
                || has_any(part.value, OBJECT_INEXACT)
                || has_any(
                    part.value,
                    &["minProperties", "maxProperties", "oneOf", "anyOf"],
                )
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
                // Both hold. The later one tends to say more; the schemas themselves see to the rest.
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
        let mut taken = Taken::default();
        let mut fields = Vec::new();
        for (wire, property) in properties {
            let hint = format!("{parent}{}", names::pascal(wire));
            let schema = property.value;
            let resolved = self.follow(property.clone())?.value;
            let kind = self
                .type_of(property, &hint)
                .with_context(|| format!("in property `{wire}`"))?;
            // A property that only the server sets is not demanded of a client.
            let required = required.contains(wire.as_str()) && resolved["readOnly"] != true;
            let default = match (&resolved["default"], required) {
                (default, false) => self.literal(&kind, default, "")?,
                _ => None,
            };
            fields.push(Field {
                wire: wire.clone(),
                name: taken.free(&names::snake(wire)),
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
                // It forbids what other parts name: only the schemas themselves know.
                Value::Bool(false) => exact = false,
                Value::Null => {}
                rest => {
                    exact &= single || rest == true;
                    let name = taken.free("additional_properties");
                    let node = part.child("additionalProperties");
                    let kind = match rest {
                        Value::Object(_) => self.type_of(node, &format!("{parent}Item"))?,
                        _ => anything(),
                    };
                    unknown = Unknown::Kept(Box::new(kind), name);
                }
            }
        }
        self.items[item].exact = exact;
        self.items[item].shape = Shape::Struct { fields, unknown };
        Ok(result)
    }

    /// The alternatives of `oneOf` or `anyOf`, `null` left out.
    fn alternatives(&self, node: &Node<'c>) -> Result<Alternatives<'c>> {
        let one = node.value["oneOf"].is_array();
        let list = node.child(if one { "oneOf" } else { "anyOf" });
        let mut found = Alternatives {
            one,
            null: false,
            shaped: false,
            nodes: Vec::new(),
        };
        for alternative in list.items() {
            let alternative = self.follow(alternative)?;
            if is_null(alternative.value) {
                found.null = true;
                continue;
            }
            // `oneOf: [{required: [a]}, {required: [b]}]` says nothing of a shape.
            found.shaped |= [
                "$ref",
                "type",
                "properties",
                "items",
                "enum",
                "const",
                "allOf",
                "oneOf",
                "anyOf",
            ]
            .iter()
            .any(|key| !alternative.value[key].is_null())
                && !(is_object(node.value) && alternative.value["properties"].is_null());
            found.nodes.push(alternative);
        }
        Ok(found)
    }

    fn union(
        &mut self,
        node: &Node<'c>,
        alternatives: Alternatives<'c>,
        hint: &str,
    ) -> Result<Type<'c>> {
        let schema = node.value;
        let nullable = is_nullable(schema) || alternatives.null;
        // What stands beside the alternatives holds as well.
        let alone = !members(schema).any(|(key, value)| {
            is_assertion(key)
                && !["oneOf", "anyOf"].contains(&key.as_str())
                && !(key == "type" && value == "object")
        }) && (schema["oneOf"].is_null() || schema["anyOf"].is_null());
        if !alone {
            return Ok(Type {
                exact: false,
                ..anything()
            });
        }
        if let [one] = alternatives.nodes.as_slice() {
            let mut kind = self.type_of(one.clone(), hint)?;
            kind.nullable |= nullable && !matches!(kind.kind, Kind::Any);
            return Ok(kind);
        }
        let discriminator = discriminator(self.contract, schema, &alternatives.nodes);
        let item = self.begin(node, hint);
        let parent = self.items[item].name.clone();
        let mut taken = Taken::default();
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
                name: taken.free(&name),
                kind,
                boxed: false,
                at,
                values,
            });
        }
        self.items[item].shape = Shape::Union(Union {
            one: alternatives.one,
            discriminator: discriminator.map(|found| found.property),
            variants,
        });
        Ok(Type {
            kind: Kind::Item(item),
            nullable,
            exact: true,
            schema,
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
            Kind::Item(item) if self.items[*item].is_enum() => "Enum".into(),
            Kind::Item(_) => format!("Variant{}", index + 1),
        }
    }

    /// A schema with a discriminator and those that extend it: one variant for each.
    fn family(&mut self, node: &Node<'c>, children: &[String], hint: &str) -> Result<Type<'c>> {
        let schema = node.value;
        let property = schema["discriminator"]["propertyName"]
            .as_str()
            .unwrap_or_default();
        let item = self.begin(node, hint);
        let parent = self.items[item].name.clone();
        let mut taken = Taken::default();
        let mut seen = HashSet::new();
        let mut variants = Vec::new();
        for at in children {
            let child = contract::place(self.contract, at)?;
            let kind = self.type_of(child.clone(), &names::pascal(&child.name()))?;
            let mut values = discriminator_values(self.contract, schema, at);
            values.retain(|value| seen.insert(value.clone()));
            if values.is_empty() {
                continue;
            }
            variants.push(Variant {
                name: taken.free(&names::pascal(&child.name())),
                kind,
                boxed: false,
                values,
                at: at.clone(),
            });
        }
        // The schema by itself is a value as well.
        let own = Node {
            value: schema,
            at: format!("{}{ALONE}", node.at),
        };
        let mut parts = Vec::new();
        self.parts(node.clone(), &mut parts, 0)?;
        let kind = self.structure(&own, &parts, &format!("{parent}Base"))?;
        let mut values = discriminator_values(self.contract, schema, &node.at);
        values.retain(|value| seen.insert(value.clone()));
        if !values.is_empty() {
            variants.push(Variant {
                name: taken.free(&names::pascal(&node.name())),
                kind,
                boxed: false,
                values,
                at: own.at,
            });
        }
        self.items[item].shape = Shape::Union(Union {
            one: true,
            discriminator: Some(property.to_owned()),
            variants,
        });
        Ok(Type {
            kind: Kind::Item(item),
            nullable: is_nullable(schema),
            exact: true,
            schema,
        })
    }

    /// Gives an item its name before its parts are looked at, which may lead back to it.
    fn begin(&mut self, node: &Node<'c>, hint: &str) -> usize {
        let component = node.at.strip_prefix(COMPONENTS);
        let name =
            match component.and_then(|name| self.component_names.get(&contract::unescape(name))) {
                Some(name) => name.clone(),
                None => self.names.free(hint),
            };
        let item = self.items.len();
        self.items.push(Item {
            name,
            shape: Shape::Pending,
            exact: true,
            schema: node.value,
        });
        self.by_place.insert(node.at.clone(), item);
        item
    }

    /// Puts a `Box` wherever a type would contain itself.
    pub(crate) fn box_recursion(&mut self) {
        let edges: Vec<Vec<usize>> = self
            .items
            .iter()
            .map(|item| {
                let kinds: Vec<&Kind> = match &item.shape {
                    Shape::Struct { fields, .. } => {
                        fields.iter().map(|field| &field.kind.kind).collect()
                    }
                    Shape::Union(union) => union
                        .variants
                        .iter()
                        .map(|variant| &variant.kind.kind)
                        .collect(),
                    _ => Vec::new(),
                };
                kinds
                    .into_iter()
                    .filter_map(|kind| match kind {
                        Kind::Item(target) => Some(*target),
                        _ => None,
                    })
                    .collect()
            })
            .collect();
        let component = strongly_connected(&edges);
        let circular = |from: usize, kind: &Kind| match kind {
            Kind::Item(to) => component[from] == component[*to],
            _ => false,
        };
        for (index, item) in self.items.iter_mut().enumerate() {
            match &mut item.shape {
                Shape::Struct { fields, .. } => {
                    for field in fields {
                        field.boxed = circular(index, &field.kind.kind);
                    }
                }
                Shape::Union(union) => {
                    for variant in &mut union.variants {
                        variant.boxed = circular(index, &variant.kind.kind);
                    }
                }
                _ => {}
            }
        }
    }

    /// Whether type and checks say all that the schema says, its parts included.
    pub(crate) fn is_exact(&self, kind: &Type) -> bool {
        let mut seen = HashSet::new();
        let mut open = vec![kind];
        while let Some(kind) = open.pop() {
            if !kind.exact {
                return false;
            }
            match &kind.kind {
                Kind::List(inner) | Kind::Map(inner) => open.push(inner),
                Kind::Item(item) if seen.insert(*item) => {
                    let item = &self.items[*item];
                    if !item.exact {
                        return false;
                    }
                    open.extend(item.parts());
                }
                _ => {}
            }
        }
        true
    }

    /// The Rust spelling of a type, with what stands before the name of an item. What is not an
    /// item has a path that leads to it wherever it stands, whatever the items are called.
    pub(crate) fn spell(&self, kind: &Type, models: &'static str) -> Code {
        let name = match &kind.kind {
            Kind::Any => Code::of("::serde_json::Value"),
            Kind::Bool => Code::of("bool"),
            Kind::I32 => Code::of("i32"),
            Kind::I64 => Code::of("i64"),
            Kind::U64 => Code::of("u64"),
            Kind::F32 => Code::of("f32"),
            Kind::F64 => Code::of("f64"),
            Kind::Decimal => Code::of("::rust_decimal::Decimal"),
            Kind::DecimalText => Code::of("support::DecimalText"),
            Kind::String => Code::of(STRING),
            Kind::Base64 => Code::of("support::Base64"),
            Kind::Binary => Code::of("support::Binary"),
            Kind::Date => Code::of("::chrono::NaiveDate"),
            Kind::DateTime => Code::of("::chrono::DateTime<::chrono::Utc>"),
            Kind::Uuid => Code::of("::uuid::Uuid"),
            Kind::List(item) => code!("::std::vec::Vec<{}>", self.spell(item, models)),
            Kind::Map(value) => code!(
                "::std::collections::BTreeMap<{}, {}>",
                STRING,
                self.spell(value, models)
            ),
            Kind::Item(item) => code!("{}{}", models, self.items[*item].name),
        };
        match kind.nullable {
            true => option(&name),
            false => name,
        }
    }

    /// A value of the contract as Rust; `None` when it does not fit its own schema.
    pub(crate) fn literal(
        &self,
        kind: &Type<'c>,
        value: &Value,
        models: &'static str,
    ) -> Result<Option<Code>> {
        let literal = match (&kind.kind, value) {
            (_, Value::Null) => return Ok(None),
            (Kind::Bool, Value::Bool(value)) => code!("{}", value),
            (Kind::I32, Value::Number(number)) => match number.as_i64() {
                Some(value) if i32::try_from(value).is_ok() => code!("{}", value),
                _ => return Ok(None),
            },
            (Kind::I64, Value::Number(number)) => match number.as_i64() {
                Some(value) => code!("{}", value),
                _ => return Ok(None),
            },
            (Kind::U64, Value::Number(number)) => match number.as_u64() {
                Some(value) => code!("{}", value),
                _ => return Ok(None),
            },
            (Kind::F32, Value::Number(number)) if check::fits_f32(number) => {
                check::float(number, "_f32")
            }
            (Kind::F64, Value::Number(number)) => check::float(number, "_f64"),
            (Kind::Decimal, Value::Number(number)) => match check::decimal(&number.to_string()) {
                Some(literal) => literal,
                None => return Ok(None),
            },
            (Kind::String, Value::String(text)) => {
                code!("{}::from({})", STRING, Code::literal(text))
            }
            (kind, Value::String(text)) if is_plausible(kind, text) => {
                code!("support::fixed({})", Code::literal(text))
            }
            (Kind::List(_), Value::Array(list)) if list.is_empty() => {
                Code::of("::std::vec::Vec::new()")
            }
            (Kind::List(item), Value::Array(list)) => {
                let mut literals = Vec::new();
                for value in list {
                    match self.literal(item, value, models)? {
                        Some(literal) => literals.push(literal),
                        None => return Ok(None),
                    }
                }
                code!("::std::vec![{}]", Code::join(literals, ", "))
            }
            (Kind::Map(_), Value::Object(map)) if map.is_empty() => {
                Code::of("::std::collections::BTreeMap::new()")
            }
            (Kind::Any, value) => code!(
                "::serde_json::from_str({}).unwrap_or_default()",
                Code::raw_literal(&value.to_string())
            ),
            (Kind::Item(item), value) => {
                let item = &self.items[*item];
                let variant = match (&item.shape, value) {
                    (Shape::Strings(variants), Value::String(text)) => variants
                        .iter()
                        .find(|(wire, _)| wire == text)
                        .map(|(_, name)| name),
                    (Shape::Integers(variants), Value::Number(number)) => variants
                        .iter()
                        .find(|(wire, _)| Some(*wire) == number.as_i64())
                        .map(|(_, name)| name),
                    _ => None,
                };
                match variant {
                    Some(variant) => code!("{}{}::{}", models, item.name, variant),
                    None => return Ok(None),
                }
            }
            _ => return Ok(None),
        };
        Ok(Some(match kind.nullable {
            true => code!("::std::option::Option::Some({})", literal),
            false => literal,
        }))
    }
}

impl<'c> Item<'c> {
    /// The types that it is made of.
    pub(crate) fn parts(&self) -> Vec<&Type<'c>> {
        match &self.shape {
            Shape::Struct { fields, unknown } => {
                let kept = match unknown {
                    Unknown::Kept(kind, _) => Some(&**kind),
                    _ => None,
                };
                fields.iter().map(|field| &field.kind).chain(kept).collect()
            }
            Shape::Union(union) => union.variants.iter().map(|variant| &variant.kind).collect(),
            _ => Vec::new(),
        }
    }
}

/// Stands behind the place of a schema with a discriminator when that schema alone is meant. In a
/// JSON pointer a `~` always has a digit behind it, so no name in a contract ends in this.
pub(crate) const ALONE: &str = "~alone";

struct Alternatives<'c> {
    one: bool,
    null: bool,
    shaped: bool,
    nodes: Vec<Node<'c>>,
}

/// Which alternative a property tells.
pub(crate) struct Discriminator {
    pub(crate) property: String,
    /// For each alternative the values that mean it.
    pub(crate) values: Vec<Vec<String>>,
}

/// The discriminator of a union; `None` when it does not tell every alternative.
pub(crate) fn discriminator(
    contract: &Value,
    schema: &Value,
    alternatives: &[Node],
) -> Option<Discriminator> {
    let property = schema["discriminator"]["propertyName"].as_str()?;
    let mut values = Vec::new();
    for alternative in alternatives {
        alternative.at.strip_prefix(COMPONENTS)?;
        values.push(discriminator_values(contract, schema, &alternative.at));
    }
    let mut seen = HashSet::new();
    let distinct = values
        .iter()
        .flatten()
        .all(|value| seen.insert(value.clone()));
    let property = property.to_owned();
    distinct.then_some(Discriminator { property, values })
}

/// The values that mean the schema at a place: those of the mapping, else its name.
pub(crate) fn discriminator_values(contract: &Value, schema: &Value, at: &str) -> Vec<String> {
    let name = contract::unescape(at.strip_prefix(COMPONENTS).unwrap_or_default());
    let mapped: Vec<String> = members(&schema["discriminator"]["mapping"])
        .filter(|(_, target)| {
            target.as_str().is_some_and(|target| {
                target == name.as_str()
                    || contract::target(contract, target)
                        .and_then(|node| contract::follow(contract, node))
                        .is_ok_and(|node| node.at == at)
            })
        })
        .map(|(value, _)| value.clone())
        .collect();
    match mapped.is_empty() {
        true => vec![name],
        false => mapped,
    }
}

/// Schemas with a discriminator and no alternatives of their own, and those that extend them.
pub(crate) fn children(contract: &Value) -> HashMap<String, Vec<String>> {
    let mut found: HashMap<String, Vec<String>> = HashMap::new();
    let components = &contract["components"]["schemas"];
    let is_base = |schema: &Value| {
        schema["discriminator"]["propertyName"].is_string()
            && schema["oneOf"].is_null()
            && schema["anyOf"].is_null()
    };
    for (name, schema) in members(components) {
        // Up the line of ancestors, so that grandchildren count as well.
        let mut open: Vec<&Value> = items(&schema["allOf"]).iter().collect();
        let mut seen = HashSet::new();
        while let Some(part) = open.pop() {
            let Some(reference) = part["$ref"].as_str() else {
                open.extend(items(&part["allOf"]));
                continue;
            };
            let Ok(base) = contract::target(contract, reference) else {
                continue;
            };
            let at = format!("{COMPONENTS}{}", name.replace('~', "~0").replace('/', "~1"));
            if !seen.insert(base.at.clone()) || base.at == at {
                continue;
            }
            if is_base(base.value) {
                found.entry(base.at.clone()).or_default().push(at);
            }
            open.extend(items(&base.value["allOf"]));
        }
    }
    // When the property lists its values and none of them means a child, nothing can be told.
    found.retain(|at, children| {
        let Ok(base) = contract::place(contract, at) else {
            return false;
        };
        let property = base.value["discriminator"]["propertyName"]
            .as_str()
            .unwrap_or_default();
        let listed = &base.value["properties"][property];
        let listed = contract::target(contract, listed["$ref"].as_str().unwrap_or("#")).map_or(
            listed,
            |node| {
                if listed["$ref"].is_string() {
                    node.value
                } else {
                    listed
                }
            },
        );
        let values: Vec<String> = children
            .iter()
            .flat_map(|child| discriminator_values(contract, base.value, child))
            .collect();
        !listed["enum"].is_array()
            || items(&listed["enum"])
                .iter()
                .filter_map(Value::as_str)
                .any(|value| values.iter().any(|known| known == value))
    });
    found
}

/// Says something that a value can break.
pub(crate) fn is_assertion(key: &str) -> bool {
    [
        "type",
        "enum",
        "const",
        "multipleOf",
        "maximum",
        "exclusiveMaximum",
        "minimum",
        "exclusiveMinimum",
        "maxLength",
        "minLength",
        "pattern",
        "maxItems",
        "minItems",
        "uniqueItems",
        "contains",
        "minContains",
        "maxContains",
        "prefixItems",
        "items",
        "additionalItems",
        "unevaluatedItems",
        "maxProperties",
        "minProperties",
        "required",
        "properties",
        "patternProperties",
        "additionalProperties",
        "propertyNames",
        "unevaluatedProperties",
        "dependentRequired",
        "dependentSchemas",
        "dependencies",
        "allOf",
        "anyOf",
        "oneOf",
        "not",
        "if",
        "then",
        "else",
    ]
    .contains(&key)
}

const ALWAYS_INEXACT: &[&str] = &["not", "if", "oneOf", "anyOf"];
const OBJECT_INEXACT: &[&str] = &[
    "patternProperties",
    "propertyNames",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "unevaluatedProperties",
];

fn has_any(schema: &Value, keys: &[&str]) -> bool {
    keys.iter().any(|key| !schema[key].is_null())
}

/// OpenAPI 3.0 ignores what stands beside a `$ref`; in 3.1 it holds as well.
pub(crate) fn has_siblings(contract: &Value, schema: &Value) -> bool {
    !contract["openapi"]
        .as_str()
        .unwrap_or_default()
        .starts_with("3.0")
        && members(schema).any(|(key, _)| is_assertion(key))
}

/// The one type of a schema; `None` when there is none or several.
pub(crate) fn type_name(schema: &Value) -> Option<&str> {
    match &schema["type"] {
        Value::String(name) => Some(name),
        Value::Array(names) => {
            let mut names = names
                .iter()
                .filter_map(Value::as_str)
                .filter(|name| *name != "null");
            names.next().filter(|_| names.next().is_none())
        }
        _ if schema["properties"].is_object() || !schema["additionalProperties"].is_null() => {
            Some("object")
        }
        _ if !schema["items"].is_null() => Some("array"),
        _ => None,
    }
}

fn is_object(schema: &Value) -> bool {
    type_name(schema) == Some("object")
}

fn is_null(schema: &Value) -> bool {
    schema["type"] == "null"
        || (schema["enum"].is_array() && items(&schema["enum"]).iter().all(Value::is_null))
        || (schema.get("const") == Some(&Value::Null))
}

/// Whether `null` is a value, too.
pub(crate) fn is_nullable(schema: &Value) -> bool {
    schema["nullable"] == true || items(&schema["type"]).iter().any(|name| name == "null")
}

fn anything<'c>() -> Type<'c> {
    Type {
        kind: Kind::Any,
        nullable: false,
        exact: true,
        schema: &contract::NOTHING,
    }
}

fn string_kind<'c>(schema: &Value) -> Kind<'c> {
    if schema["contentEncoding"] == "base64" {
        return Kind::Base64;
    }
    match schema["format"].as_str() {
        Some("date-time") => Kind::DateTime,
        Some("date") => Kind::Date,
        Some("uuid") => Kind::Uuid,
        Some("byte") => Kind::Base64,
        Some("binary") => Kind::Binary,
        Some("decimal") => Kind::DecimalText,
        _ if schema["contentMediaType"] == "application/octet-stream" => Kind::Binary,
        _ => Kind::String,
    }
}

fn number_kind<'c>(schema: &Value) -> Kind<'c> {
    match (type_name(schema), schema["format"].as_str()) {
        (Some("integer"), _) => integer_kind(schema),
        (_, Some("decimal")) => Kind::Decimal,
        (_, Some("float")) => Kind::F32,
        _ => Kind::F64,
    }
}

/// The Rust type of a number.
pub(crate) fn number_name(schema: &Value) -> &'static str {
    match number_kind(schema) {
        Kind::I32 => "i32",
        Kind::I64 => "i64",
        Kind::U64 => "u64",
        Kind::Decimal => "Decimal",
        Kind::F32 => "f32",
        _ => "f64",
    }
}

fn integer_kind<'c>(schema: &Value) -> Kind<'c> {
    let beyond = schema["maximum"]
        .as_u64()
        .is_some_and(|limit| i64::try_from(limit).is_err());
    match schema["format"].as_str() {
        Some("int32") => Kind::I32,
        Some("uint64") => Kind::U64,
        _ if beyond && schema["minimum"].as_u64().is_some() => Kind::U64,
        _ => Kind::I64,
    }
}

/// Whether a default of the contract is what its format says, as far as a look tells.
fn is_plausible(kind: &Kind, text: &str) -> bool {
    let like = |pattern: &str| {
        fancy_regex::Regex::new(pattern).is_ok_and(|regex| regex.is_match(text).unwrap_or(false))
    };
    match kind {
        Kind::Date => like(r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])$"),
        Kind::DateTime => like(
            r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-][01]\d:[0-5]\d)$",
        ),
        Kind::Uuid => like(r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"),
        Kind::DecimalText => like(r"^-?\d{1,20}(\.\d{1,8})?$"),
        _ => false,
    }
}

/// An `enum` of strings or of integers; others are left to the schema itself.
fn enumeration<'c>(schema: &Value) -> Option<Shape<'c>> {
    let constant;
    let values = match (schema["enum"].as_array(), schema.get("const")) {
        (Some(values), None) => values,
        (None, Some(value)) => {
            constant = vec![value.clone()];
            &constant
        }
        _ => return None,
    };
    let values: Vec<&Value> = values.iter().filter(|value| !value.is_null()).collect();
    let kind = type_name(schema);
    if values.is_empty() {
        return None;
    }
    let titles = &schema["x-enum-varnames"];
    let named = |index: usize, wire: &str| {
        let title = titles[index]
            .as_str()
            .filter(|_| items(titles).len() == values.len());
        names::variant(title.unwrap_or(wire))
    };
    // The constant beside them is called so.
    let mut taken = Taken::with(&["ALL"]);
    let mut seen = HashSet::new();
    if matches!(kind, None | Some("string")) && values.iter().all(|value| value.is_string()) {
        let variants = values.iter().enumerate().filter_map(|(index, value)| {
            let wire = value
                .as_str()
                .filter(|wire| seen.insert((*wire).to_owned()))?;
            Some((wire.to_owned(), taken.free(&named(index, wire))))
        });
        return Some(Shape::Strings(variants.collect()));
    }
    if kind == Some("integer") && values.iter().all(|value| value.is_i64()) {
        let variants = values.iter().enumerate().filter_map(|(index, value)| {
            let wire = value
                .as_i64()
                .filter(|wire| seen.insert(wire.to_string()))?;
            Some((wire, taken.free(&named(index, &wire.to_string()))))
        });
        return Some(Shape::Integers(variants.collect()));
    }
    None
}

/// For each node the number of its strongly connected component (Tarjan).
fn strongly_connected(edges: &[Vec<usize>]) -> Vec<usize> {
    struct Search<'e> {
        edges: &'e [Vec<usize>],
        order: Vec<Option<usize>>,
        low: Vec<usize>,
        stack: Vec<usize>,
        component: Vec<Option<usize>>,
        next: usize,
    }
    impl Search<'_> {
        fn visit(&mut self, node: usize) {
            self.order[node] = Some(self.next);
            self.low[node] = self.next;
            self.next += 1;
            self.stack.push(node);
            let edges = self.edges;
            for &target in &edges[node] {
                match (self.order[target], self.component[target]) {
                    (None, _) => {
                        self.visit(target);
                        self.low[node] = self.low[node].min(self.low[target]);
                    }
                    (Some(order), None) => self.low[node] = self.low[node].min(order),
                    _ => {}
                }
            }
            if self.order[node] == Some(self.low[node]) {
                while let Some(member) = self.stack.pop() {
                    self.component[member] = Some(node);
                    if member == node {
                        break;
                    }
                }
            }
        }
    }
    let count = edges.len();
    let mut search = Search {
        edges,
        order: vec![None; count],
        low: vec![0; count],
        stack: Vec::new(),
        component: vec![None; count],
        next: 0,
    };
    for node in 0..count {
        if search.order[node].is_none() {
            search.visit(node);
        }
    }
    search
        .component
        .into_iter()
        .enumerate()
        .map(|(node, component)| component.unwrap_or(node))
        .collect()
}
