//! Which pages of other origins may call the API from a browser.

use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use url::Url;

/// Cross-origin requests (the Fetch standard's CORS protocol).
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Cors {
    /// The origins that may call, exactly as browsers send them; none means that no page may.
    #[serde(deserialize_with = "list")]
    pub allowed_origins: Vec<String>,
}

impl Cors {
    pub(super) fn faults(&self) -> impl Iterator<Item = String> {
        let unfit = |origin: &&String| !is_origin(origin);
        self.allowed_origins.iter().filter(unfit).map(|origin| {
            format!("http.cors.allowed_origins: `{origin}` is not an origin such as https://shop.example")
        })
    }
}

/// Scheme, host and, unless it is the scheme's own, port; neither a wildcard nor a path.
fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        ["http", "https"].contains(&url.scheme()) && url.origin().ascii_serialization() == text
    })
}

/// A list, or a text with commas: the environment knows no lists.
fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
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
