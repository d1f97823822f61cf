//! Parameters: converts the texts of a request to a typed value.

use serde_json::Value;

use super::input::{Input, decode, decode_form};
use crate::fields::{self, Field, Tree};
use crate::strict::Strict;
use crate::{Json, Schema, Text};

/// The location of a parameter in a request.
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

    /// Decodes the text of a request. Text that is not UTF-8 becomes the replacement character, so
    /// that it is rejected as a value and not mistaken for an absent one.
    pub(super) fn decode(self, raw: &str) -> String {
        let text = match self {
            Self::Query => decode_form(raw),
            Self::Path | Self::Cookie => decode(raw),
            // Headers are not encoded.
            Self::Header => Some(raw.to_owned()),
        };
        text.unwrap_or_else(|| "\u{fffd}".into())
    }
}

/// How the texts of a parameter form its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    One,
    List,
    /// One text is a single value, several are a list.
    Either,
    Json,
}

/// One parameter of a request with its texts, not decoded yet. Reading it adds violations to the
/// [`Input`]; the result `None` means that the request is to be rejected.
pub struct Parameter<'i, 'r> {
    pub(super) input: &'i mut Input<'r>,
    pub(super) place: Place,
    pub(super) name: &'static str,
    pub(super) raw: Vec<String>,
    /// The members of an object, if it is sent as separate texts.
    members: Option<Vec<(Vec<String>, String)>>,
    /// Whether the parameter was sent, even as an empty list.
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

    /// `allowEmptyValue`: an empty text means no value.
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

    /// Validate by the schema too, because the type does not express everything.
    pub fn validated(mut self) -> Self {
        self.validated = true;
        self
    }

    /// A required value.
    pub fn required<T: Text>(self, check: impl Fn(&T) -> bool) -> Option<T> {
        if self.raw.is_empty() {
            self.missing()
        } else {
            self.optional(check).flatten()
        }
    }

    /// An optional value.
    pub fn optional<T: Text>(self, check: impl Fn(&T) -> bool) -> Option<Option<T>> {
        match self.raw.as_slice() {
            [] => Some(None),
            [raw] => match T::from_text(&self.place.decode(raw)).filter(|value| check(value)) {
                Some(value) => Some(Some(value)),
                None => self.reject(),
            },
            _ => {
                self.input.violation(self.name, "is given more than once");
                None
            }
        }
    }

    /// A value with a default.
    pub fn default<T: Text>(
        self,
        default: impl Fn() -> T,
        check: impl Fn(&T) -> bool,
    ) -> Option<T> {
        Some(self.optional(check)?.unwrap_or_else(default))
    }

    /// A required list.
    pub fn required_list<T: Text>(self, check: impl Fn(&Vec<T>) -> bool) -> Option<Vec<T>> {
        if self.present {
            self.some_list(check)
        } else {
            self.missing()
        }
    }

    /// An optional list.
    pub fn optional_list<T: Text>(self, check: impl Fn(&Vec<T>) -> bool) -> Option<Option<Vec<T>>> {
        if self.present {
            self.some_list(check).map(Some)
        } else {
            Some(None)
        }
    }

    /// A list with a default.
    pub fn default_list<T: Text>(
        self,
        default: impl Fn() -> Vec<T>,
        check: impl Fn(&Vec<T>) -> bool,
    ) -> Option<Vec<T>> {
        Some(self.optional_list(check)?.unwrap_or_else(default))
    }

    /// A required value of any other type.
    pub fn required_value<T: Json>(self, check: impl Fn(&T) -> bool) -> Option<T> {
        if self.present {
            self.some_value(check)
        } else {
            self.missing()
        }
    }

    /// An optional value of any other type.
    pub fn optional_value<T: Json>(self, check: impl Fn(&T) -> bool) -> Option<Option<T>> {
        if self.present {
            self.some_value(check).map(Some)
        } else {
            Some(None)
        }
    }

    /// A value of any other type with a default.
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
            None => self.reject(),
        }
    }

    fn some_value<T: Json>(self, check: impl Fn(&T) -> bool) -> Option<T> {
        let tree = match self.tree() {
            Ok(tree) => tree,
            Err(detail) => {
                self.input.violation(self.name, detail);
                return None;
            }
        };
        if self.validated && !self.input.contract().holds(&self.root(), &tree.to_json()) {
            return self.reject();
        }
        match T::read(Strict(tree)).ok().filter(|value| check(value)) {
            Some(value) => Some(value),
            None => self.reject(),
        }
    }

    /// The value by the types of the schema; the error says why there is none.
    fn tree(&self) -> Result<Tree, &'static str> {
        let schema = self.schema();
        if let Some(members) = &self.members {
            let fields = members
                .iter()
                .map(|(path, raw)| (path.clone(), Field::Text(self.place.decode(raw))));
            return Tree::object(schema, fields.collect());
        }
        let texts: Vec<String> = self.raw.iter().map(|raw| self.place.decode(raw)).collect();
        let not_json = "is not valid JSON";
        Ok(match (self.form, texts.as_slice()) {
            (Form::Json, [text]) => {
                Tree::Value(serde_json::from_str::<Value>(text).map_err(|_| not_json)?)
            }
            (Form::Json, _) => return Err(not_json),
            (Form::One | Form::Either, [text]) => fields::scalar(schema, text),
            _ => fields::list(schema, &texts),
        })
    }

    fn schema(&self) -> Schema {
        self.input.contract().schema(&self.root())
    }

    fn root(&self) -> String {
        self.input.root(self.place.as_str(), self.name)
    }

    fn missing<T>(self) -> Option<T> {
        self.input.violation(self.name, "is required");
        None
    }

    /// Collects every violation by the schema. Slow, so used only after a failure.
    fn reject<T>(mut self) -> Option<T> {
        if self.form == Form::One && self.raw.len() != 1 {
            self.form = Form::List;
        }
        if self.schema().allows("array") && self.form == Form::One {
            self.form = Form::List;
        }
        let found = match self.tree() {
            Ok(tree) => self.input.contract().explain(&self.root(), &tree.to_json()),
            Err(_) => Vec::new(),
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
