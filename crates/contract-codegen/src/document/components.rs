//! The components that targets in other files become: their names, and discriminators by them.

use std::collections::BTreeSet;

use anyhow::Result;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::bundle::{Bundler, is_local};
use super::files::{Place, ROOT, fragment};
use super::kind::Kind;
use crate::contract::{escape, items, members, unescape};

impl Bundler {
    /// A reference to a place, which becomes a component if it is in another file.
    pub(super) fn component(&mut self, section: &'static str, kind: Kind, place: Place) -> String {
        if place.file == ROOT {
            return fragment(&place.at);
        }
        let to = |name: &str| fragment(&format!("/components/{section}/{}", escape(name)));
        let key = (section, place);
        if let Some(name) = self.names.get(&key) {
            return to(name);
        }
        let natural = self.natural(&key.1);
        let mut name = natural.clone();
        let mut number = 1;
        while !self.taken.insert((section, name.clone())) {
            number += 1;
            name = format!("{natural}_{number}");
        }
        let to = to(&name);
        if name != natural {
            self.renamed.insert(to.clone(), natural);
        }
        self.open
            .push_back(((section, kind, name.clone()), key.1.clone()));
        self.names.insert(key, name);
        to
    }

    /// The name that the author gave: the last part of the pointer, else the name of the file.
    fn natural(&self, place: &Place) -> String {
        let stem = self.files.path(place.file).file_stem();
        let stem = stem.unwrap_or_default().to_string_lossy();
        let name = match place.at.rsplit('/').next().map(unescape) {
            Some(last) if last.starts_with(char::is_alphabetic) => last,
            Some(last) if !last.is_empty() => format!("{stem}_{last}"),
            _ => stem.into_owned(),
        };
        name.chars()
            .map(|letter| match letter {
                '.' | '_' | '-' => letter,
                letter if letter.is_alphanumeric() => letter,
                _ => '_',
            })
            .collect()
    }

    /// A discriminator with the references in its mapping replaced.
    pub(super) fn discriminator(&mut self, discriminator: &Value, schema: &Place) -> Result<Value> {
        let mut made = discriminator.clone();
        for (value, target) in members(&discriminator["mapping"]) {
            let Some(target) = target.as_str() else {
                continue;
            };
            let here = schema.child("discriminator").child("mapping").child(value);
            if let Some(reference) = self.mapped(target, schema)
                && !is_local(&here, &reference)
            {
                let place = self.chase(&here, &reference, Some("schemas"))?;
                made["mapping"][value] = json!(self.component("schemas", Kind::Schema, place));
            }
        }
        Ok(made)
    }

    /// A value of a mapping as a reference; `None` if it is the name of a component of the root.
    fn mapped(&self, target: &str, schema: &Place) -> Option<String> {
        let file = self.files.value(schema.file);
        let is_name = !file["components"]["schemas"][target].is_null();
        if !is_name && target.contains(['/', '#']) {
            return Some(target.to_owned());
        }
        if file["components"]["schemas"][target].is_null() {
            let is_file = [".yaml", ".yml", ".json"]
                .iter()
                .any(|end| target.ends_with(end));
            return (is_file && !self.taken.contains(&("schemas", target.to_owned())))
                .then(|| target.to_owned());
        }
        Some(fragment(&format!("/components/schemas/{}", escape(target))))
            .filter(|_| schema.file != ROOT)
    }

    /// An alternative without a mapping is selected by its name, so one with a suffix needs one.
    pub(super) fn keep_values(&self, schema: &mut Map<String, Value>) {
        let mut mapped = Vec::new();
        for list in ["oneOf", "anyOf"] {
            for alternative in schema.get(list).map_or(&[][..], items) {
                let to = alternative["$ref"].as_str().unwrap_or_default();
                if let Some(natural) = self.renamed.get(to) {
                    mapped.push((natural.clone(), to.to_owned()));
                }
            }
        }
        if let Some(discriminator) = schema.get_mut("discriminator") {
            for (natural, to) in mapped {
                map(discriminator, natural, &to);
            }
        }
    }

    /// The same for a schema that extends one with a discriminator, and is no alternative of it.
    pub(super) fn keep_subtypes(&self, schemas: &mut Value) {
        for (to, natural) in &self.renamed {
            let namesake = fragment(&format!("/components/schemas/{}", escape(natural)));
            let namesakes = ancestors(schemas, &namesake);
            for base in ancestors(schemas, to) {
                // Two with the same name cannot both be selected by it.
                if let Some(base) = component_name(&base).filter(|_| !namesakes.contains(&base))
                    && schemas[&base]["discriminator"].is_object()
                {
                    map(&mut schemas[base]["discriminator"], natural.clone(), to);
                }
            }
        }
    }
}

/// Adds a value to a mapping, unless the target has one already.
fn map(discriminator: &mut Value, value: String, to: &str) {
    let Value::Object(discriminator) = discriminator else {
        return;
    };
    let mapping = discriminator.entry("mapping").or_insert_with(|| json!({}));
    if let Value::Object(mapping) = mapping
        && !mapping.values().any(|known| known == to)
    {
        mapping.entry(value).or_insert(json!(to));
    }
}

/// The schemas that a schema extends by `allOf`, as references.
fn ancestors(schemas: &Value, schema: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![schema.to_owned()];
    while let Some(next) = open.pop() {
        let Some(name) = component_name(&next) else {
            continue;
        };
        for base in items(&schemas[name]["allOf"]) {
            if let Some(base) = base["$ref"].as_str()
                && found.insert(base.to_owned())
            {
                open.push(base.to_owned());
            }
        }
    }
    found
}

/// The name of the schema that a reference leads to.
fn component_name(reference: &str) -> Option<String> {
    let name = reference.strip_prefix("#/components/schemas/")?;
    Some(unescape(&percent_decode_str(name).decode_utf8_lossy()))
}
