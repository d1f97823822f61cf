//! The files of a contract: each is read once, and references between them are resolved.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context, Result, bail};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::contract::escape;

/// The index of the file that the others are referred to from.
pub(super) const ROOT: usize = 0;

/// The most references on the way of a JSON pointer.
const MOST_HOPS: usize = 64;

/// The characters that a fragment of a URI cannot contain (RFC 3986, section 3.5), and `%`.
const FRAGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// A JSON pointer as a fragment of a URI.
pub(super) fn fragment(pointer: &str) -> String {
    format!("#{}", utf8_percent_encode(pointer, FRAGMENT))
}

/// A value in one of the files.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) file: usize,
    /// Its JSON pointer.
    pub(super) at: String,
}

impl Place {
    /// A member of the object, or an item of the list.
    pub(super) fn child(&self, key: &str) -> Self {
        Self {
            file: self.file,
            at: format!("{}/{}", self.at, escape(key)),
        }
    }
}

#[derive(Default)]
pub(super) struct Files {
    list: Vec<(PathBuf, Rc<Value>)>,
    /// Canonical path → index, so that a file with two names is read once.
    known: HashMap<PathBuf, usize>,
}

impl Files {
    /// The index of a file, which is read the first time.
    pub(super) fn load(&mut self, path: &Path) -> Result<usize> {
        let place = || format!("cannot read {}", path.display());
        let canonical = fs::canonicalize(path).with_context(place)?;
        if let Some(known) = self.known.get(&canonical) {
            return Ok(*known);
        }
        // A device or a pipe could be endless.
        if !canonical.is_file() {
            bail!("{} is not a file", path.display());
        }
        let text = fs::read_to_string(path).with_context(place)?;
        let value = parse(path, &text)?;
        self.known.insert(canonical, self.list.len());
        self.list.push((path.to_owned(), Rc::new(value)));
        Ok(self.list.len() - 1)
    }

    pub(super) fn value(&self, file: usize) -> Rc<Value> {
        Rc::clone(&self.list[file].1)
    }

    pub(super) fn path(&self, file: usize) -> &Path {
        &self.list[file].0
    }

    pub(super) fn into_paths(self) -> Vec<PathBuf> {
        self.list.into_iter().map(|(path, _)| path).collect()
    }

    /// Where a reference leads after all references on the way; `ends` tells whether a value is
    /// more than a reference to another one.
    pub(super) fn chase(
        &mut self,
        from: &Place,
        reference: &str,
        ends: impl Fn(&Value) -> bool,
    ) -> Result<Place> {
        let mut seen = HashSet::from([from.clone()]);
        let mut place = self.resolve(from.file, reference, 0)?;
        loop {
            let document = self.value(place.file);
            let value = document.pointer(&place.at).unwrap_or(&Value::Null);
            match value["$ref"].as_str() {
                Some(next) if !ends(value) => {
                    if !seen.insert(place.clone()) {
                        bail!("it never ends: the references lead back to itself");
                    }
                    place = self.resolve(place.file, next, 0).with_context(|| {
                        format!("{}: `$ref: {next}` at #{}", self.name(&place), place.at)
                    })?;
                }
                _ => return Ok(place),
            }
        }
    }

    /// The file of a place, for messages.
    pub(super) fn name(&self, place: &Place) -> String {
        self.path(place.file).display().to_string()
    }

    /// What a reference in a file refers to, with `hops` references on the way to it.
    fn resolve(&mut self, from: usize, reference: &str, hops: usize) -> Result<Place> {
        if hops > MOST_HOPS {
            bail!("it never ends: the references lead back to itself");
        }
        let (path, pointer) = reference.split_once('#').unwrap_or((reference, ""));
        let file = if path.is_empty() {
            from
        } else {
            let path = self.beside(from, path)?;
            self.load(&path)?
        };
        let mut at = percent_decode_str(pointer).decode_utf8_lossy();
        // Often written for the whole file.
        if at == "/" && self.value(file).pointer("/").is_none() {
            at = "".into();
        }
        if !at.is_empty() && !at.starts_with('/') {
            bail!(
                "anchors are not supported: use a JSON pointer, such as `#/components/schemas/X`"
            );
        }
        // A pointer may lead through references, for example to a section of `components`.
        let mut place = Place {
            file,
            at: String::new(),
        };
        for key in at.split('/').skip(1) {
            let next = Place {
                file: place.file,
                at: format!("{}/{key}", place.at),
            };
            let document = self.value(place.file);
            if document.pointer(&next.at).is_some() {
                place = next;
                continue;
            }
            let passed = document.pointer(&place.at).unwrap_or(&Value::Null);
            let Some(reference) = passed["$ref"].as_str() else {
                bail!("{} has nothing at #{at}", self.path(file).display());
            };
            let through = self.resolve(place.file, reference, hops + 1)?;
            let on = format!("{}/{key}", through.at);
            place = self.resolve(through.file, &fragment(&on), hops + 1)?;
        }
        Ok(place)
    }

    /// The path of a relative reference.
    fn beside(&self, from: usize, reference: &str) -> Result<PathBuf> {
        let scheme = reference.split_once(':').map(|(scheme, _)| scheme);
        let scheme = scheme.filter(|scheme| {
            scheme.starts_with(|first: char| first.is_ascii_alphabetic())
                && scheme
                    .chars()
                    .all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter))
        });
        if reference.starts_with("//") || matches!(scheme, Some("http" | "https")) {
            bail!(
                "references over the network are not followed: save the file beside the contract"
            );
        }
        if scheme.is_some() || reference.starts_with(['/', '\\']) {
            bail!("only relative paths are followed: refer to the file from the one that names it");
        }
        let decoded = percent_decode_str(reference).decode_utf8_lossy();
        let folder = self.path(from).parent().unwrap_or(Path::new(""));
        Ok(normal(&folder.join(&*decoded)))
    }
}

/// The path without `.` and without a folder followed by `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(normal.components().next_back(), Some(Component::Normal(_))) =>
            {
                normal.pop();
            }
            part => normal.push(part),
        }
    }
    normal
}

fn parse(path: &Path, text: &str) -> Result<Value> {
    let text = text.trim_start_matches('\u{feff}');
    // YAML contains JSON, but its parser is slower and rejects tabs.
    if text.trim_start().starts_with('{') {
        match serde_json::from_str(text) {
            Ok(value) => return Ok(value),
            Err(error) if path.extension().is_some_and(|end| end == "json") => {
                return Err(error).with_context(|| format!("{} is not valid JSON", path.display()));
            }
            Err(_) => {}
        }
    }
    let invalid = || format!("{} is not valid YAML", path.display());
    let mut document: yaml_serde::Value = yaml_serde::from_str(text).with_context(invalid)?;
    document.apply_merge().with_context(invalid)?;
    Ok(to_json(document))
}

/// YAML allows keys that are not strings, such as `200:`; converts them to strings.
fn to_json(value: yaml_serde::Value) -> Value {
    match value {
        yaml_serde::Value::Null => Value::Null,
        yaml_serde::Value::Bool(value) => Value::Bool(value),
        yaml_serde::Value::Number(number) => json!(number),
        yaml_serde::Value::String(text) => Value::String(text),
        yaml_serde::Value::Sequence(items) => items.into_iter().map(to_json).collect(),
        yaml_serde::Value::Mapping(members) => {
            let mut object = Map::new();
            for (key, value) in members {
                let key = match to_json(key) {
                    Value::String(text) => text,
                    other => other.to_string(),
                };
                object.insert(key, to_json(value));
            }
            Value::Object(object)
        }
        yaml_serde::Value::Tagged(tagged) => to_json(tagged.value),
    }
}
