//! The objects of an OpenAPI document, and which of their members hold further objects.
//!
//! Everything else is data: examples, defaults, extensions. A `$ref` in data is not a reference.

use crate::contract::METHODS;

/// An object of the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Document,
    PathItem,
    Operation,
    Parameter,
    Header,
    RequestBody,
    Response,
    MediaType,
    Encoding,
    Example,
    Link,
    Callback,
    SecurityScheme,
    Schema,
    /// An object without further objects, such as `info`.
    Plain,
}

/// How a member holds objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    One(Kind),
    List(Kind),
    /// By a name, such as the one of a property.
    Map(Kind),
    /// As [`Shape::Map`], but names that begin with `x-` are extensions.
    Patterned(Kind),
    Data,
}

/// The sections of `components` whose objects can be referred to, and the kind of each.
pub(super) const SECTIONS: [(&str, Kind); 9] = [
    ("schemas", Kind::Schema),
    ("responses", Kind::Response),
    ("parameters", Kind::Parameter),
    ("examples", Kind::Example),
    ("requestBodies", Kind::RequestBody),
    ("headers", Kind::Header),
    ("securitySchemes", Kind::SecurityScheme),
    ("links", Kind::Link),
    ("callbacks", Kind::Callback),
];

impl Kind {
    /// The section of `components` for objects of this kind.
    pub(super) fn section(self) -> Option<&'static str> {
        let found = SECTIONS.iter().find(|(_, kind)| *kind == self);
        found.map(|(section, _)| *section)
    }

    /// How a member of an object of this kind holds objects.
    pub(super) fn member(self, key: &str) -> Shape {
        use Shape::{Data, List, Map, One, Patterned};
        match (self, key) {
            (Self::Document, "paths" | "webhooks") => Patterned(Self::PathItem),
            (Self::Document, "info" | "externalDocs") => One(Self::Plain),
            (Self::Document, "servers" | "tags") => List(Self::Plain),
            (Self::PathItem, "parameters") => List(Self::Parameter),
            (Self::PathItem, method) if METHODS.contains(&method) => One(Self::Operation),
            (Self::Operation, "parameters") => List(Self::Parameter),
            (Self::Operation, "requestBody") => One(Self::RequestBody),
            (Self::Operation, "responses") => Patterned(Self::Response),
            (Self::Operation, "callbacks") => Map(Self::Callback),
            (Self::Parameter | Self::Header | Self::MediaType, "schema") => One(Self::Schema),
            (Self::Parameter | Self::Header | Self::MediaType, "examples") => Map(Self::Example),
            (Self::MediaType, "encoding") => Map(Self::Encoding),
            (Self::Parameter | Self::Header | Self::RequestBody | Self::Response, "content") => {
                Map(Self::MediaType)
            }
            (Self::Response | Self::Encoding, "headers") => Map(Self::Header),
            (Self::Response, "links") => Map(Self::Link),
            (Self::Callback, key) if !key.starts_with("x-") => One(Self::PathItem),
            (Self::Schema, key) => schema_member(key),
            _ => Data,
        }
    }
}

fn schema_member(key: &str) -> Shape {
    match key {
        "properties" | "patternProperties" | "dependentSchemas" | "dependencies" | "$defs"
        | "definitions" => Shape::Map(Kind::Schema),
        "allOf" | "anyOf" | "oneOf" | "prefixItems" => Shape::List(Kind::Schema),
        "items"
        | "additionalItems"
        | "additionalProperties"
        | "not"
        | "if"
        | "then"
        | "else"
        | "contains"
        | "propertyNames"
        | "unevaluatedItems"
        | "unevaluatedProperties"
        | "contentSchema" => Shape::One(Kind::Schema),
        _ => Shape::Data,
    }
}
