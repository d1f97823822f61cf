//! Converts named texts of a query, a form or a styled parameter to the value of a schema.

use std::collections::HashMap;

use bytes::Bytes;
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value, json};

use crate::{Binary, Schema};

/// The deepest nesting that serde_json reads, and so the deepest of fields.
pub const DEPTH_LIMIT: usize = 127;

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
    ///
    /// # Errors
    /// If a path is deeper than [`DEPTH_LIMIT`]: what reads the object recurses at every level.
    pub fn object(schema: Schema, fields: Fields) -> Result<Self, &'static str> {
        if fields.iter().any(|(path, _)| path.len() > DEPTH_LIMIT) {
            return Err("is nested too deeply");
        }
        Ok(Self::members(schema, fields))
    }

    fn members(schema: Schema, fields: Fields) -> Self {
        let members = grouped(fields, |_| true).into_iter().map(|(name, group)| {
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
            // Each `a[]` is an item of its own.
            let items = grouped(group, |key| !key.is_empty());
            let item = schema.item();
            return Self::List(
                items
                    .into_iter()
                    .map(|(_, group)| Self::member(item, group))
                    .collect(),
            );
        }
        Self::members(schema, group)
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

/// Groups fields by the first name of their paths, in the order of these names; `shared` says
/// whether several fields with a name are a group. Fields without a name are left out.
fn grouped(fields: Fields, shared: impl Fn(&str) -> bool) -> Vec<(String, Fields)> {
    let mut groups: Vec<(String, Fields)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (mut path, field) in fields {
        if path.is_empty() {
            continue;
        }
        let name = path.remove(0);
        match places.get(&name) {
            Some(&place) if shared(&name) => {
                groups[place].1.push((path, field));
            }
            _ => {
                places.insert(name.clone(), groups.len());
                groups.push((name, vec![(path, field)]));
            }
        }
    }
    groups
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

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::Contract;

    static CONTRACT: Contract = Contract::new(
        "{}",
        r#"{"roots": {"lists": {"additionalProperties": {"type": "array"}}}}"#,
        &[],
    );

    fn object(names: impl Iterator<Item = String>) -> Result<Value, &'static str> {
        let fields = names.map(|name| (path(&name), Field::Text("x".into())));
        let tree = Tree::object(CONTRACT.schema("lists"), fields.collect())?;
        Ok(tree.to_json())
    }

    #[test]
    fn fields_are_as_deep_as_json_at_most() {
        let nested = |brackets: usize| object([format!("f{}", "[a]".repeat(brackets))].into_iter());
        let value = nested(DEPTH_LIMIT - 1).unwrap().to_string();
        assert!(serde_json::from_str::<Value>(&value).is_ok());
        for brackets in [DEPTH_LIMIT, 100_000] {
            assert_eq!(nested(brackets), Err("is nested too deeply"));
        }
    }

    #[test]
    fn names_keep_their_groups_and_order() {
        let names = ["b[y]", "a[2]", "b[x]", "a[1]", "a[2]", "c[]", "c[]"];
        let value = object(names.map(str::to_owned).into_iter()).unwrap();
        let expected = json!({
            "b": {"y": "x", "x": "x"}, "a": [["x", "x"], "x"], "c": ["x", "x"],
        });
        assert_eq!(value, expected);
    }

    #[test]
    fn many_names_do_not_take_long() {
        for (before, after) in [("f", ""), ("f[", "]")] {
            let start = Instant::now();
            let names = (0..50_000).map(|number| format!("{before}{number}{after}"));
            object(names).unwrap();
            assert!(start.elapsed() < Duration::from_secs(5));
        }
    }
}
