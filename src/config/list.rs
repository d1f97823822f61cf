//! Settings that are lists.

use std::fmt;

use serde::Deserializer;
use serde::de::{SeqAccess, Visitor};

/// A list, or a text with commas: the environment knows no lists.
pub(super) fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    deserializer.deserialize_any(List)
}

struct List;

impl<'de> Visitor<'de> for List {
    type Value = Vec<String>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of texts, or one text with commas")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        let entries = text.split(',').map(str::trim);
        let entries = entries.filter(|entry| !entry.is_empty());
        Ok(entries.map(str::to_owned).collect())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(entry) = entries.next_element()? {
            list.push(entry);
        }
        Ok(list)
    }
}
