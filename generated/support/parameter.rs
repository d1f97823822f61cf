//! Parameters: from the texts of a request to a typed value.

use serde_json::Value;

use super::fields::{self, Field, Tree};
use super::input::{Input, decode, decode_form};
use super::json::Read;
use super::{Json, Text, schema};

/// Where a parameter stands in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Path,
    Query,
    Header,
    Cookie,
}

impl Place {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Cookie => "cookie",
        }
    }

    /// The text behind what stands in the request. Text that is no UTF-8 is kept as the character
    /// that stands for it, so that it is refused as a value and never taken for an absent one.
    fn decode(self, raw: &str) -> String {
        let text = match self {
            Self::Query => decode_form(raw),
            Self::Path | Self::Cookie => decode(raw),
            // A header is written as it is.
            Self::Header => Some(raw.to_owned()),
        };
        text.unwrap_or_else(|| "\u{fffd}".into())
    }
}

/// What the texts of a parameter make together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    One,
    List,
    /// One text is a value, several are a list.
    Either,
    Json,
}

/// One parameter of a request, with what was sent for it, not decoded yet. Whatever is wrong with it
/// is noted in the [`Input`]; `None` then says that the request is to be rejected.
pub struct Parameter<'i, 'r> {
    pub(super) input: &'i mut Input<'r>,
    pub(super) place: Place,
    pub(super) name: &'static str,
    pub(super) raw: Vec<String>,
    /// The members of an object, which has no text of its own.
    members: Option<Vec<(Vec<String>, String)>>,
    /// Whether anything was sent, be it nothing but an empty list.
    present: bool,
    form: Form,
    validated: bool,
}

impl<'i, 'r> Parameter<'i, 'r> {
    pub(super) fn new(
        input: &'i mut Input<'r>,
        place: Place,
        name: &'static str,
        raw: Vec<String>,
    ) -> Self {
        let present = !raw.is_empty();
        Self {
            input,
            place,
            name,
            raw,
            members: None,
            present,
            form: Form::One,
            validated: false,
        }
    }

    pub(super) fn with_members(mut self, members: Vec<(Vec<String>, String)>) -> Self {
        self.present |= !members.is_empty();
        self.members = (!members.is_empty()).then_some(members);
        self
    }

    /// The items between delimiters. Nothing at all is a list without items.
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
                    // What ends in a delimiter ends in an empty item.
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

    /// `label`: `.5`, and of several `.3.4.5` (RFC 6570, section 3.2.5), or `.3,4,5`.
    pub fn label(mut self, several: bool) -> Self {
        self.strip(".");
        match several && self.raw.iter().any(|raw| raw.contains(',')) {
            true => self.split(&[","]),
            false if several => self.split(&["."]),
            false => self,
        }
    }

    /// `matrix`: `;color=blue`, and of several `;color=a,b`, or with `explode` `;color=a;color=b`
    /// (RFC 6570, section 3.2.7).
    pub fn matrix(mut self, several: bool, explode: bool) -> Self {
        self.strip(";");
        let name = self.name;
        let value = |raw: &str| match raw.split_once('=') {
            Some((key, value)) if key == name => value.to_owned(),
            None if raw == name => String::new(),
            _ => raw.to_owned(),
        };
        match (several, explode) {
            (true, true) => {
                let mut split = self.split(&[";"]);
                split.raw.iter_mut().for_each(|raw| *raw = value(raw));
                split
            }
            (_, _) => {
                self.raw.iter_mut().for_each(|raw| *raw = value(raw));
                if several { self.split(&[","]) } else { self }
            }
        }
    }

    fn strip(&mut self, prefix: &str) {
        for raw in &mut self.raw {
            // Without its prefix it is no such value, whatever else it is.
            *raw = raw.strip_prefix(prefix).unwrap_or("\u{fffd}").to_owned();
        }
    }

    /// A cookie's list with `explode`: `a=1&a=2`, where the first name is the cookie's.
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

    /// The items are names and values by turns: an object.
    pub fn pairs(self) -> Self {
        let members = self.raw.chunks(2).map(|pair| {
            let value = pair.get(1).cloned().unwrap_or_else(|| "\u{fffd}".into());
            (vec![self.place.decode(&pair[0])], value)
        });
        let members = members.collect();
        self.with_members(members)
    }

    /// The items are `name=value`: an object.
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

    /// `allowEmptyValue`: nothing behind the name stands for no value.
    pub fn or_empty(mut self) -> Self {
        self.raw.retain(|raw| !raw.is_empty());
        self.present = !self.raw.is_empty();
        self
    }

    /// The texts are items of a list.
    pub fn list(mut self) -> Self {
        self.form = Form::List;
        self
    }

    /// Several texts are items of a list.
    pub fn maybe_list(mut self) -> Self {
        self.form = Form::Either;
        self
    }

    /// The text is JSON.
    pub fn json(mut self) -> Self {
        self.form = Form::Json;
        self
    }

    /// Its type does not say all that its schema says.
    pub fn validated(mut self) -> Self {
        self.validated = true;
        self
    }

    /// A value that has to be there.
    pub fn required<T: Text>(self, check: impl Fn(&T) -> bool) -> Option<T> {
        match self.raw.is_empty() {
            true => self.missing(),
            false => self.optional(check).flatten(),
        }
    }

    /// A value that may be absent.
    pub fn optional<T: Text>(self, check: impl Fn(&T) -> bool) -> Option<Option<T>> {
        match self.raw.as_slice() {
            [] => Some(None),
            [raw] => match T::from_text(&self.place.decode(raw)).filter(|value| check(value)) {
                Some(value) => Some(Some(value)),
                None => self.refuse(),
            },
            _ => {
                self.input.violation(self.name, "is given more than once");
                None
            }
        }
    }

    /// A value that the contract gives a default.
    pub fn default<T: Text>(
        self,
        default: impl Fn() -> T,
        check: impl Fn(&T) -> bool,
    ) -> Option<T> {
        Some(self.optional(check)?.unwrap_or_else(default))
    }

    /// A list that has to be there.
    pub fn required_list<T: Text>(self, check: impl Fn(&Vec<T>) -> bool) -> Option<Vec<T>> {
        match self.present {
            true => self.some_list(check),
            false => self.missing(),
        }
    }

    /// A list that may be absent.
    pub fn optional_list<T: Text>(self, check: impl Fn(&Vec<T>) -> bool) -> Option<Option<Vec<T>>> {
        match self.present {
            true => self.some_list(check).map(Some),
            false => Some(None),
        }
    }

    /// A list that the contract gives a default.
    pub fn default_list<T: Text>(
        self,
        default: impl Fn() -> Vec<T>,
        check: impl Fn(&Vec<T>) -> bool,
    ) -> Option<Vec<T>> {
        Some(self.optional_list(check)?.unwrap_or_else(default))
    }

    /// A value of any other type that has to be there.
    pub fn required_value<T: Json>(self, check: impl Fn(&T) -> bool) -> Option<T> {
        match self.present {
            true => self.some_value(check),
            false => self.missing(),
        }
    }

    /// A value of any other type that may be absent.
    pub fn optional_value<T: Json>(self, check: impl Fn(&T) -> bool) -> Option<Option<T>> {
        match self.present {
            true => self.some_value(check).map(Some),
            false => Some(None),
        }
    }

    /// A value of any other type that the contract gives a default.
    pub fn default_value<T: Json>(
        self,
        default: impl Fn() -> T,
        check: impl Fn(&T) -> bool,
    ) -> Option<T> {
        Some(self.optional_value(check)?.unwrap_or_else(default))
    }

    fn some_list<T: Text>(self, check: impl Fn(&Vec<T>) -> bool) -> Option<Vec<T>> {
        let texts = self
            .raw
            .iter()
            .map(|raw| T::from_text(&self.place.decode(raw)));
        match texts
            .collect::<Option<Vec<T>>>()
            .filter(|values| check(values))
        {
            Some(values) => Some(values),
            None => self.refuse(),
        }
    }

    fn some_value<T: Json>(self, check: impl Fn(&T) -> bool) -> Option<T> {
        let Some(tree) = self.tree() else {
            self.input.violation(self.name, "is no JSON");
            return None;
        };
        if self.validated && !schema::holds(&self.root(), &tree.to_json()) {
            return self.refuse();
        }
        match serde::Deserialize::deserialize(tree)
            .ok()
            .filter(|Read(value)| check(value))
        {
            Some(Read(value)) => Some(value),
            None => self.refuse(),
        }
    }

    /// What was sent, as the schema's types take it; `None` when it should be JSON and is not.
    fn tree(&self) -> Option<Tree> {
        let root = self.root();
        let schema = schema::named(&root);
        if let Some(members) = &self.members {
            let fields = members
                .iter()
                .map(|(path, raw)| (path.clone(), Field::Text(self.place.decode(raw))));
            return Some(Tree::object(schema, fields.collect()));
        }
        let texts: Vec<String> = self.raw.iter().map(|raw| self.place.decode(raw)).collect();
        Some(match (self.form, texts.as_slice()) {
            (Form::Json, [text]) => Tree::Value(serde_json::from_str::<Value>(text).ok()?),
            (Form::Json, _) => return None,
            (Form::One | Form::Either, [text]) => fields::scalar(schema, text),
            _ => fields::list(schema, &texts),
        })
    }

    fn root(&self) -> String {
        self.input.root(self.place.as_str(), self.name)
    }

    fn missing<T>(self) -> Option<T> {
        self.input.violation(self.name, "is required");
        None
    }

    /// The slow way, taken only when the fast one failed: every violation by the schema.
    fn refuse<T>(mut self) -> Option<T> {
        if self.form == Form::One && self.raw.len() != 1 {
            self.form = Form::List;
        }
        if schema::allows(schema::named(&self.root()), "array") && self.form == Form::One {
            self.form = Form::List;
        }
        let found = match self.tree() {
            Some(tree) => schema::explain(&self.root(), &tree.to_json()),
            None => Vec::new(),
        };
        if found.is_empty() {
            self.input.violation(self.name, "is not a valid value");
        }
        for violation in found {
            let pointer = format!("{}{}", self.name, violation.pointer);
            self.input.violation(pointer, violation.detail);
        }
        None
    }
}
