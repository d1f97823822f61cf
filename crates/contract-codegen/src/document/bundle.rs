//! Moves what references to other files lead to into the document of the root file.
//!
//! What `components` has a section for becomes a component, so that recursion stays possible. Path
//! items and everything else are put in the place of the reference.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

use super::beyond::beyond;
use super::files::{Files, Place, ROOT};
use super::kind::{Kind, SECTIONS, Shape};
use super::minor;
use crate::contract::members;

/// The most values in a bundled contract.
const LARGEST: usize = 10_000_000;

/// The most references that are replaced by their targets: small files can multiply one another.
const MOST_INLINED: usize = 20_000;

/// How deep values may be nested; a parser accepts 128 in one file.
const DEEPEST: usize = 256;

/// The section for an object of this kind, and the name of its component.
pub(super) type Component = (&'static str, Kind, String);

pub(super) struct Bundler {
    pub(super) files: Files,
    version: String,
    /// Section and place → the name of the component.
    pub(super) names: HashMap<(&'static str, Place), String>,
    pub(super) taken: HashSet<(&'static str, String)>,
    /// A reference to a component with a suffix in its name → its name without.
    pub(super) renamed: BTreeMap<String, String>,
    /// The components that are still to be moved.
    pub(super) open: VecDeque<(Component, Place)>,
    /// The targets that are being put in the place of a reference, outermost first.
    inlined: Vec<Place>,
    inlinings: usize,
    size: usize,
    depth: usize,
}

impl Bundler {
    pub(super) fn new(files: Files) -> Self {
        let root = files.value(ROOT);
        let version = minor(root["openapi"].as_str().unwrap_or_default());
        Self {
            version: version.to_owned(),
            files,
            names: HashMap::new(),
            taken: HashSet::new(),
            renamed: BTreeMap::new(),
            open: VecDeque::new(),
            inlined: Vec::new(),
            inlinings: 0,
            size: 0,
            depth: 0,
        }
    }

    pub(super) fn into_paths(self) -> Vec<PathBuf> {
        self.files.into_paths()
    }

    /// The document of the root file, with everything that it refers to.
    pub(super) fn document(&mut self) -> Result<Value> {
        self.declare()?;
        let here = Place {
            file: ROOT,
            at: String::new(),
        };
        let root = self.at(&here);
        let Value::Object(root) = &root else {
            return Ok(root);
        };
        let mut document = self.object(Kind::Document, root, &here, None)?;
        let mut components = self.components()?;
        while let Some(((section, kind, name), place)) = self.open.pop_front() {
            let moved = self.value(&self.at(&place), Shape::One(kind), &place)?;
            let section = components.entry(section).or_insert_with(|| json!({}));
            section[name] = moved;
        }
        if let Some(schemas) = components.get_mut("schemas") {
            self.keep_subtypes(schemas);
        }
        if document.contains_key("components") || !components.is_empty() {
            document.insert("components".into(), Value::Object(components));
        }
        Ok(Value::Object(document))
    }

    /// A copy of the value at a place, `null` if there is none.
    fn at(&self, place: &Place) -> Value {
        let document = self.files.value(place.file);
        document.pointer(&place.at).cloned().unwrap_or_default()
    }

    /// Gives the components of the root file their names.
    fn declare(&mut self) -> Result<()> {
        let mut aliases = Vec::new();
        for (section, _) in SECTIONS {
            for (name, place) in self.entries(section)? {
                self.taken.insert((section, name.clone()));
                if let Some(target) = self.alias(section, &place)? {
                    aliases.push((section, name, target));
                } else if place.file != ROOT {
                    self.names.insert((section, place), name);
                }
            }
        }
        for (section, name, target) in aliases {
            if target.file != ROOT {
                self.names.entry((section, target)).or_insert(name);
            }
        }
        Ok(())
    }

    /// The components of a section of the root file. The section itself may be in another file.
    fn entries(&mut self, section: &str) -> Result<Vec<(String, Place)>> {
        let mut place = Place {
            file: ROOT,
            at: String::new(),
        };
        for part in ["components", section] {
            place = place.child(part);
            if let Some(reference) = self.at(&place)["$ref"].as_str() {
                place = self.chase(&place, reference, None)?;
            }
        }
        let named = self.at(&place);
        let named = members(&named).map(|(name, _)| (name.clone(), place.child(name)));
        Ok(named.collect())
    }

    /// What a component that is only a reference to another file stands for.
    fn alias(&mut self, section: &'static str, place: &Place) -> Result<Option<Place>> {
        let value = self.at(place);
        match value["$ref"].as_str() {
            Some(reference)
                if !(is_local(place, reference)
                    || self.siblings_count(Some(section)) && has_siblings(&value)) =>
            {
                self.chase(place, reference, Some(section)).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn components(&mut self) -> Result<Map<String, Value>> {
        let mut place = Place {
            file: ROOT,
            at: "/components".into(),
        };
        if let Some(reference) = self.at(&place)["$ref"].as_str() {
            place = self.chase(&place, reference, None)?;
        }
        let mut made = Map::new();
        for (key, value) in members(&self.at(&place)) {
            let known = SECTIONS.iter().find(|(section, _)| section == key);
            let part = match known {
                Some((section, kind)) => Value::Object(self.section(section, *kind)?),
                None if key == "pathItems" => {
                    self.value(value, Shape::Map(Kind::PathItem), &place.child(key))?
                }
                None => self.value(value, Shape::Data, &place)?,
            };
            made.insert(key.clone(), part);
        }
        Ok(made)
    }

    fn section(&mut self, section: &'static str, kind: Kind) -> Result<Map<String, Value>> {
        let mut made = Map::new();
        for (name, mut place) in self.entries(section)? {
            // The first component that is only a reference to a place gets what is there.
            if let Some(target) = self.alias(section, &place)?
                && self.names.get(&(section, target.clone())) == Some(&name)
            {
                place = target;
            }
            let value = self.value(&self.at(&place), Shape::One(kind), &place)?;
            made.insert(name, value);
        }
        Ok(made)
    }

    fn value(&mut self, value: &Value, shape: Shape, here: &Place) -> Result<Value> {
        self.size += 1;
        self.depth += 1;
        if self.size > LARGEST || self.depth > DEEPEST {
            let what = if self.depth > DEEPEST {
                "nested too deeply"
            } else {
                "too large"
            };
            bail!(
                "{}: the contract is {what} at #{}",
                self.files.name(here),
                here.at
            );
        }
        let made = self.shaped(value, shape, here);
        self.depth -= 1;
        made
    }

    fn shaped(&mut self, value: &Value, shape: Shape, here: &Place) -> Result<Value> {
        match (shape, value) {
            (
                Shape::One(_) | Shape::List(_) | Shape::Map(_) | Shape::Patterned(_),
                Value::Object(object),
            ) if object.get("$ref").is_some_and(Value::is_string) => {
                self.reference(object, shape, here)
            }
            (Shape::One(kind), Value::Object(object)) => {
                self.object(kind, object, here, None).map(Value::Object)
            }
            (_, Value::Object(object)) => {
                let mut made = Map::new();
                for (key, value) in object {
                    let shape = match shape {
                        Shape::Map(kind) => Shape::One(kind),
                        Shape::Patterned(kind) if !key.starts_with("x-") => Shape::One(kind),
                        _ => Shape::Data,
                    };
                    made.insert(key.clone(), self.value(value, shape, &here.child(key))?);
                }
                Ok(Value::Object(made))
            }
            (_, Value::Array(list)) => {
                let shape = match shape {
                    Shape::List(kind) => Shape::One(kind),
                    // `items` of earlier drafts of JSON Schema.
                    Shape::One(Kind::Schema) => shape,
                    _ => Shape::Data,
                };
                let mut made = Vec::new();
                for (index, item) in list.iter().enumerate() {
                    made.push(self.value(item, shape, &here.child(&index.to_string()))?);
                }
                Ok(Value::Array(made))
            }
            _ => Ok(value.clone()),
        }
    }

    /// An object with its `$ref` replaced.
    fn object(
        &mut self,
        kind: Kind,
        object: &Map<String, Value>,
        here: &Place,
        reference: Option<String>,
    ) -> Result<Map<String, Value>> {
        self.check(kind, object, here)?;
        let mut made = Map::new();
        for (key, value) in object {
            let value = match (kind, key.as_str()) {
                (_, "$ref") if reference.is_some() => json!(reference),
                (Kind::Document, "components") => Value::Null, // replaced at the end
                (Kind::Schema, "discriminator") => self.discriminator(value, here)?,
                // What is referred to becomes a component of its own.
                (Kind::Schema, "$defs" | "definitions") if here.file != ROOT => continue,
                _ => self.value(value, kind.member(key), &here.child(key))?,
            };
            made.insert(key.clone(), value);
        }
        self.keep_values(&mut made);
        Ok(made)
    }

    fn check(&self, kind: Kind, object: &Map<String, Value>, here: &Place) -> Result<()> {
        let name = self.files.name(here);
        if self.version == "3.2"
            && let Some(part) = beyond(kind, object)
        {
            bail!(
                "{name}: {part} at #{} is not supported: of OpenAPI 3.2 only what 3.1 has",
                here.at
            );
        }
        if kind == Kind::Schema && object.contains_key("$dynamicRef") {
            bail!(
                "{name}: `$dynamicRef` at #{} is not supported: use `$ref`",
                here.at
            );
        }
        Ok(())
    }

    fn reference(
        &mut self,
        object: &Map<String, Value>,
        shape: Shape,
        here: &Place,
    ) -> Result<Value> {
        let reference = object["$ref"].as_str().unwrap_or_default();
        let kind = match shape {
            Shape::One(kind) => kind,
            _ => Kind::Plain,
        };
        let section = kind.section();
        let follows = section.is_some() || (kind == Kind::PathItem && object.len() == 1);
        if follows && is_local(here, reference) {
            let kept = Some(reference.to_owned());
            return self.object(kind, object, here, kept).map(Value::Object);
        }
        self.check(kind, object, here)?;
        let place = self.chase(here, reference, section)?;
        let value = self.at(&place);
        let (name, at) = (self.files.name(here), &here.at);
        if !(value.is_object() || value.is_array() || value.is_boolean() && kind == Kind::Schema) {
            bail!("{name}: `$ref: {reference}` at #{at}: its target is not an object");
        }
        if let Some(section) = section {
            let to = self.component(section, kind, place);
            return self.object(kind, object, here, Some(to)).map(Value::Object);
        }
        if self.inlined.contains(&place) {
            bail!("{name}: `$ref: {reference}` at #{at}: it never ends: the target contains it");
        }
        self.inlinings += 1;
        if self.inlinings > MOST_INLINED {
            bail!(
                "{name}: the contract is too large: more than {MOST_INLINED} references without a component, such as `$ref: {reference}` at #{at}"
            );
        }
        self.inlined.push(place.clone());
        let mut made = self.value(&value, shape, &place)?;
        self.inlined.pop();
        if object.len() > 1
            && let Value::Object(made) = &mut made
        {
            let mut own = object.clone();
            own.shift_remove("$ref");
            if let Value::Object(own) = self.value(&Value::Object(own), shape, here)? {
                made.extend(own);
            }
        }
        Ok(made)
    }

    /// Whether the members beside a reference have a meaning: OpenAPI 3.0 ignores them, and later
    /// versions so except in schemas.
    fn siblings_count(&self, section: Option<&str>) -> bool {
        section.is_none_or(|section| section == "schemas" && self.version != "3.0")
    }

    /// Where a reference leads, after those that are nothing but a reference themselves.
    pub(super) fn chase(
        &mut self,
        here: &Place,
        reference: &str,
        section: Option<&str>,
    ) -> Result<Place> {
        let count = self.siblings_count(section);
        let ends = |value: &Value| count && has_siblings(value);
        let name = self.files.name(here);
        self.files
            .chase(here, reference, ends)
            .with_context(|| format!("{name}: `$ref: {reference}` at #{}", here.at))
    }
}

/// Whether a value has more than a reference.
fn has_siblings(value: &Value) -> bool {
    value.as_object().is_some_and(|object| object.len() > 1)
}

/// Whether a reference stays in the root file, and so as it is.
pub(super) fn is_local(here: &Place, reference: &str) -> bool {
    here.file == ROOT && reference.starts_with('#')
}
