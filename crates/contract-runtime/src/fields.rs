//! Converts named texts of a query, a form or a styled parameter to the value of a schema.

use bytes::Bytes;
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value, json};

use crate::{Binary, Schema};

/// Fields, each with its path: `a[b][c]=1` is `["a", "b", "c"]`.
pub type Fields = Vec<(Vec<String>, Field)>;

/// The value of a field.
#[derive(Debug, Clone)]
pub enum Field {
    /// A text, to be read as the schema says.
    Text(String),
    /// A JSON value, from a JSON part of a form.
    #[cfg_attr(not(feature = "multipart"), expect(dead_code))]
    Json(Value),
    /// A file in a form.
    #[cfg_attr(not(feature = "multipart"), expect(dead_code))]
    File(Binary),
}

/// A JSON value that may contain files.
#[derive(Debug, Clone)]
pub enum Tree {
    /// A value without files.
    Value(Value),
    /// A file.
    File(Binary),
    /// The bytes of a file.
    Bytes(Bytes),
    /// A list with files in it.
    List(Vec<Tree>),
    /// An object with files in it.
    Object(Vec<(String, Tree)>),
}

impl Tree {
    /// Builds an object from fields, each with a path: `a[b][c]=1` is `["a", "b", "c"]`. A repeated
    /// name is a list.
    pub fn object(schema: Schema, fields: Fields) -> Self {
        let mut groups: Vec<(String, Fields)> = Vec::new();
        for (mut path, field) in fields {
            if path.is_empty() {
                continue;
            }
            let name = path.remove(0);
            match groups.iter_mut().find(|(known, _)| *known == name) {
                Some((_, group)) => group.push((path, field)),
                None => groups.push((name, vec![(path, field)])),
            }
        }
        let members = groups.into_iter().map(|(name, group)| {
            let tree = Self::member(schema.property(&name), group);
            (name, tree)
        });
        Self::Object(members.collect())
    }

    fn member(schema: Schema, mut group: Fields) -> Self {
        if group.iter().all(|(path, _)| path.is_empty()) {
            let list = schema.allows("array");
            if !list
                && group.len() == 1
                && let Some((_, field)) = group.pop()
            {
                return Self::leaf(schema, field);
            }
            if let [(_, Field::Json(Value::Array(_)))] = group.as_slice()
                && let Some((_, field)) = group.pop()
            {
                return Self::leaf(schema, field);
            }
            let item = if list { schema.item() } else { schema };
            return Self::List(
                group
                    .into_iter()
                    .map(|(_, field)| Self::leaf(item, field))
                    .collect(),
            );
        }
        // `a[]=1` and `a[0]=1` are a list if the schema expects one.
        let numbered = |path: &[String]| {
            path.first()
                .is_some_and(|key| key.is_empty() || key.parse::<usize>().is_ok())
        };
        if schema.allows("array") && group.iter().all(|(path, _)| numbered(path)) {
            let mut items: Vec<(String, Fields)> = Vec::new();
            for (mut path, field) in group {
                let key = path.remove(0);
                match items
                    .iter_mut()
                    .find(|(known, _)| !key.is_empty() && *known == key)
                {
                    Some((_, item)) => item.push((path, field)),
                    None => items.push((key, vec![(path, field)])),
                }
            }
            let item = schema.item();
            return Self::List(
                items
                    .into_iter()
                    .map(|(_, group)| Self::member(item, group))
                    .collect(),
            );
        }
        Self::object(schema, group)
    }

    fn leaf(schema: Schema, field: Field) -> Self {
        match field {
            Field::Text(text) => Self::Value(schema.meant(&text)),
            Field::Json(value) => Self::Value(value),
            Field::File(file) => Self::File(file),
        }
    }

    /// As JSON for validation by a schema; a file becomes a string.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Value(value) => value.clone(),
            Self::File(file) => json!(String::from_utf8_lossy(&file.bytes)),
            Self::Bytes(bytes) => json!(String::from_utf8_lossy(bytes)),
            Self::List(items) => items.iter().map(Self::to_json).collect(),
            Self::Object(members) => {
                let members = members
                    .iter()
                    .map(|(name, tree)| (name.clone(), tree.to_json()));
                Value::Object(members.collect::<Map<_, _>>())
            }
        }
    }
}

impl<'de> IntoDeserializer<'de, serde_json::Error> for Tree {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// Delegates to serde_json where it has special handling.
macro_rules! as_json {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            match self {
                Self::Value(value) => value.$method(visitor),
                other => other.deserialize_any(visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Tree {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self {
            Self::Value(value) => value.deserialize_any(visitor),
            // Only `Binary` requests bytes and accepts a map.
            Self::File(file) => {
                let parts = [
                    ("bytes", Self::Bytes(file.bytes)),
                    ("file_name", Self::Value(json!(file.file_name))),
                    ("content_type", Self::Value(json!(file.content_type))),
                ];
                visitor.visit_map(MapDeserializer::new(parts.into_iter()))
            }
            Self::Bytes(bytes) => visitor.visit_byte_buf(bytes.into()),
            Self::List(items) => visitor.visit_seq(SeqDeserializer::new(items.into_iter())),
            Self::Object(members) => visitor.visit_map(MapDeserializer::new(members.into_iter())),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self {
            Self::Value(value) => value.deserialize_option(visitor),
            other => visitor.visit_some(other),
        }
    }

    /// serde_json passes its arbitrary-precision numbers as a struct.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        match self {
            Self::Value(value) => value.deserialize_struct(name, fields, visitor),
            other => other.deserialize_any(visitor),
        }
    }

    as_json! {
        deserialize_bytes deserialize_i32 deserialize_i64 deserialize_u64 deserialize_f32 deserialize_f64
    }

    forward_to_deserialize_any! {
        bool i8 i16 i128 u8 u16 u32 u128 char str string byte_buf
        newtype_struct
        unit unit_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// A value from a single text, for a schema that is not an object.
pub fn scalar(schema: Schema, text: &str) -> Tree {
    Tree::Value(schema.meant(text))
}

/// A list of texts.
pub fn list(schema: Schema, texts: &[String]) -> Tree {
    let item = schema.item();
    Tree::Value(texts.iter().map(|text| item.meant(text)).collect())
}

/// Splits `a[b][c]` into its names.
pub fn path(name: &str) -> Vec<String> {
    let Some((first, rest)) = name.split_once('[').filter(|_| name.ends_with(']')) else {
        return vec![name.to_owned()];
    };
    let inner = rest.trim_end_matches(']');
    let mut path = vec![first.to_owned()];
    path.extend(inner.split("][").map(str::to_owned));
    path
}
