//! Schemas as Rust types, and the structs and enums (items) that the types refer to.
//!
//! A schema that Rust types cannot express in full is *inexact*: its type is looser, down to a
//! plain JSON value, and a request that contains it is validated with the schema itself first.
//!
//! [`keywords`] reads single keywords, [`discriminator`] finds what a discriminator selects,
//! [`types`] chooses the type and calls [`object`], [`union`] and [`enumeration`] for items,
//! [`recursion`] adds boxes once all items are known, and [`spelling`] writes types and values as
//! Rust.

mod discriminator;
mod enumeration;
pub(crate) mod keywords;
mod object;
mod recursion;
mod spelling;
mod types;
mod union;

use std::collections::{HashMap, HashSet};

use anyhow::{Result, bail};
use serde_json::Value;

use crate::contract::{self, Node, members};
use crate::names::{self, Name, Scope};
use crate::source::Code;

pub(crate) use discriminator::{BASE_ONLY, discriminator, discriminator_values, subtypes};
pub(crate) use spelling::{STRING, option};

pub(crate) const COMPONENTS: &str = "/components/schemas/";

/// The type of a schema.
#[derive(Debug, Clone)]
pub(crate) struct Type<'c> {
    pub(crate) kind: Kind<'c>,
    /// Whether `null` is allowed.
    pub(crate) nullable: bool,
    /// Whether the type and its checks cover the whole schema.
    pub(crate) exact: bool,
    /// The schema with its limits.
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
    /// A type of the implementation (`x-rust-type`) for a value of this kind.
    Own(Code, Box<Kind<'c>>),
}

impl Kind<'_> {
    /// Whether a value is written as a single text.
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
    /// Whether its own Rust type covers its schema; its parts have their own `exact`.
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
    /// Not known yet: the item is being built.
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

/// How a struct treats unknown members.
#[derive(Debug)]
pub(crate) enum Unknown<'c> {
    Ignored,
    Forbidden,
    Kept(Box<Type<'c>>, Name),
}

#[derive(Debug)]
pub(crate) struct Union<'c> {
    /// `oneOf`, else `anyOf`.
    pub(crate) exactly_one: bool,
    pub(crate) discriminator: Option<String>,
    pub(crate) variants: Vec<Variant<'c>>,
}

#[derive(Debug)]
pub(crate) struct Variant<'c> {
    pub(crate) name: Name,
    pub(crate) kind: Type<'c>,
    pub(crate) boxed: bool,
    /// Where the alternative is in the contract.
    pub(crate) at: String,
    /// The values of the discriminator that select it.
    pub(crate) values: Vec<String>,
}

impl<'c> Type<'c> {
    fn new(kind: Kind<'c>, schema: &'c Value) -> Self {
        Self {
            kind,
            nullable: false,
            exact: true,
            schema,
        }
    }

    /// Any JSON value.
    fn any() -> Self {
        Self::new(Kind::Any, &contract::NOTHING)
    }

    /// Any JSON value, validated by the schema.
    fn unknown() -> Self {
        Self {
            exact: false,
            ..Self::any()
        }
    }
}

impl<'c> Item<'c> {
    /// The types of its parts.
    fn parts(&self) -> Vec<&Type<'c>> {
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

/// Chooses types and collects items.
pub(crate) struct Schemas<'c> {
    pub(crate) contract: &'c Value,
    /// Whether `x-rust-type` counts: only the server that implements the contract has the types.
    own_types: bool,
    pub(crate) items: Vec<Item<'c>>,
    by_pointer: HashMap<String, usize>,
    names: Scope,
    component_names: HashMap<String, Name>,
    /// The pointer of a schema with a discriminator → those that extend it by `allOf`.
    subtypes: HashMap<String, Vec<String>>,
    /// The schemas whose types are being chosen.
    open: HashSet<String>,
    depth: usize,
}

impl<'c> Schemas<'c> {
    pub(crate) fn new(contract: &'c Value, own_types: bool) -> Self {
        let mut names = Scope::default();
        let mut component_names = HashMap::new();
        for (component, _) in members(&contract["components"]["schemas"]) {
            let name = names.declare(&names::pascal(component));
            component_names.insert(component.clone(), name);
        }
        Self {
            contract,
            own_types,
            items: Vec::new(),
            by_pointer: HashMap::new(),
            names,
            component_names,
            subtypes: subtypes(contract),
            open: HashSet::new(),
            depth: 0,
        }
    }

    /// Follows `$ref`s; a node with keywords beside its `$ref` (3.1) stays as it is.
    pub(crate) fn follow(&self, mut node: Node<'c>) -> Result<Node<'c>> {
        for _ in 0..64 {
            match node.value["$ref"].as_str() {
                Some(reference) if !keywords::has_siblings(self.contract, node.value) => {
                    node = contract::resolve(self.contract, reference)?;
                }
                _ => return Ok(node),
            }
        }
        bail!("the `$ref` at {} refers to itself", node.at)
    }

    /// Adds an item before its parts are read, which may refer to it.
    fn add_item(&mut self, node: &Node<'c>, hint: &str) -> usize {
        let component = node
            .at
            .strip_prefix(COMPONENTS)
            .and_then(|name| self.component_names.get(&contract::unescape(name)));
        let name = match component {
            Some(name) => name.clone(),
            None => self.names.declare(hint),
        };
        let item = self.items.len();
        self.items.push(Item {
            name,
            shape: Shape::Pending,
            exact: true,
            schema: node.value,
        });
        self.by_pointer.insert(node.at.clone(), item);
        item
    }

    /// Whether types and checks cover the schema and all its parts.
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
}
