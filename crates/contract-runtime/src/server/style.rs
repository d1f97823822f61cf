//! Styles of parameters (OpenAPI, parameter object, "Style Values").

use super::parameter::{Parameter, Place};

impl Parameter<'_, '_> {
    /// Splits at delimiters. An empty text is an empty list.
    pub fn split(mut self, delimiters: &[&str]) -> Self {
        let mut items = Vec::new();
        for raw in &self.raw {
            let mut rest = raw.as_str();
            while !rest.is_empty() {
                let next = delimiters
                    .iter()
                    .filter_map(|delimiter| Some((rest.find(delimiter)?, delimiter.len())))
                    .min();
                let (item, after) = match next {
                    Some((at, length)) => (&rest[..at], Some(&rest[at + length..])),
                    None => (rest, None),
                };
                items.push(
                    if self.place == Place::Header {
                        item.trim()
                    } else {
                        item
                    }
                    .to_owned(),
                );
                match after {
                    // A delimiter at the end means that the last item is empty.
                    Some("") => {
                        items.push(String::new());
                        break;
                    }
                    Some(after) => rest = after,
                    None => break,
                }
            }
        }
        self.raw = items;
        self
    }

    /// `label`: `.5`, or a list `.3.4.5` (RFC 6570, section 3.2.5) or `.3,4,5`.
    pub fn label(mut self, several: bool) -> Self {
        self.strip(".");
        if several && self.raw.iter().any(|raw| raw.contains(',')) {
            self.split(&[","])
        } else if several {
            self.split(&["."])
        } else {
            self
        }
    }

    /// `matrix`: `;color=blue`, or a list `;color=a,b`, with `explode` `;color=a;color=b`
    /// (RFC 6570, section 3.2.7).
    pub fn matrix(mut self, several: bool, explode: bool) -> Self {
        self.strip(";");
        let (place, name) = (self.place, self.name);
        let is_name = |key: &str| place.decode(key) == name;
        let value = |raw: &str| match raw.split_once('=') {
            Some((key, value)) if is_name(key) => value.to_owned(),
            None if is_name(raw) => String::new(),
            _ => raw.to_owned(),
        };
        if several && explode {
            self = self.split(&[";"]);
        }
        self.raw.iter_mut().for_each(|raw| *raw = value(raw));
        if several && !explode {
            self.split(&[","])
        } else {
            self
        }
    }

    fn strip(&mut self, prefix: &str) {
        for raw in &mut self.raw {
            // A text without the prefix is not a valid value.
            *raw = raw.strip_prefix(prefix).unwrap_or("\u{fffd}").to_owned();
        }
    }

    /// A cookie's list with `explode`: `a=1&a=2`, where the first name is that of the cookie.
    pub fn repeated(mut self) -> Self {
        let name = self.name;
        let items = self.raw.iter().flat_map(|raw| raw.split('&'));
        let value = |item: &str| match item.split_once('=') {
            Some((key, value)) if key == name => value.to_owned(),
            _ => item.to_owned(),
        };
        self.raw = items.map(value).collect();
        self
    }

    /// An object whose items alternate between names and values.
    pub fn pairs(self) -> Self {
        let members = self.raw.chunks(2).map(|pair| {
            let value = pair.get(1).cloned().unwrap_or_else(|| "\u{fffd}".into());
            (vec![self.place.decode(&pair[0])], value)
        });
        let members = members.collect();
        self.with_members(members)
    }

    /// An object whose items are `name=value`.
    pub fn assignments(self) -> Self {
        let split: Vec<String> = self
            .raw
            .iter()
            .flat_map(|raw| raw.split(if raw.contains(';') { ';' } else { ',' }))
            .map(str::to_owned)
            .collect();
        let members = split.iter().filter(|raw| !raw.is_empty()).map(|raw| {
            let (name, value) = raw.trim().split_once('=').unwrap_or((raw, "\u{fffd}"));
            (vec![self.place.decode(name)], value.to_owned())
        });
        let members = members.collect();
        self.with_members(members)
    }
}
