//! Pieces of Rust code, into which text of a contract gets only as a literal.
//!
//! A template prints values only between two tokens, never inside of a comment or a string. A value
//! is [`Code`]; [`ready`] turns any other string into a string literal. So a text of the contract
//! cannot become code by oversight.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::docs::one_line;
use crate::names::Name;

/// Marks [`Code`] in the facts for a template, to distinguish it from text. A contract cannot
/// contain this mark, because facts take strings from it, never objects.
const MARK: &str = "#code";

/// Combines pieces of Rust: `code!("{}::new({})", name, Code::literal(text))`. Every placeholder
/// must be a bare `{}`, so that only a [`Piece`] can be inserted.
macro_rules! code {
    ($text:literal $(, $piece:expr)* $(,)?) => {{
        const _: () = assert!($crate::source::has_bare_placeholders($text));
        $crate::source::Code::put_together(
            format_args!($text $(, $crate::source::Piece::piece(&$piece))*)
        )
    }};
}
pub(crate) use code;

/// A piece of Rust, of whole tokens. It consists of code from this crate, names, numbers and
/// literals: it cannot be made from a `String`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Code(String);

impl Code {
    /// Code that is written in this crate.
    pub(crate) fn of(code: &'static str) -> Self {
        Self(code.to_owned())
    }

    /// A path of a contract, such as `crate::domain::OrderId`; `None` if it is anything else.
    pub(crate) fn path(text: &str) -> Option<Self> {
        let segments = text.strip_prefix("::").unwrap_or(text).split("::");
        let is_name = |name: &str| {
            name.starts_with(|first: char| first.is_ascii_alphabetic())
                && name
                    .chars()
                    .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        };
        (segments.clone().count() > 1 && segments.into_iter().all(is_name))
            .then(|| Self(text.to_owned()))
    }

    /// A text as a string literal.
    pub(crate) fn literal(text: &str) -> Self {
        Self(format!("{text:?}"))
    }

    /// A text as a string literal, a raw one if that avoids escapes.
    pub(crate) fn raw_literal(text: &str) -> Self {
        let escaped =
            |letter: char| !matches!(letter, '"' | '\'' | '\\') && letter.escape_debug().len() > 1;
        if text.contains(escaped) || !text.contains(['"', '\\']) {
            return Self::literal(text);
        }
        let mut hashes = String::new();
        while text.contains(&format!("\"{hashes}")) {
            hashes.push('#');
        }
        Self(format!("r{hashes}\"{text}\"{hashes}"))
    }

    /// Texts as a reference to an array of string literals.
    pub(crate) fn literals<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Self {
        let literals = texts.into_iter().map(|text| Self::literal(text.as_ref()));
        code!("&[{}]", Self::join(literals, ", "))
    }

    /// A doc comment of these lines. Each becomes exactly one line, whatever it contains.
    pub(crate) fn docs<T: AsRef<str>>(lines: impl IntoIterator<Item = T>) -> Self {
        Self::comment("///", lines)
    }

    /// The same, each line indented, for code that rustfmt does not format.
    pub(crate) fn indented_docs<T: AsRef<str>>(
        depth: usize,
        lines: impl IntoIterator<Item = T>,
    ) -> Self {
        let indent = "    ".repeat(depth);
        let text = Self::docs(lines).0;
        Self(format!(
            "{indent}{}",
            text.replace('\n', &format!("\n{indent}"))
        ))
    }

    /// An inner doc comment of these lines.
    pub(crate) fn inner_docs<T: AsRef<str>>(lines: impl IntoIterator<Item = T>) -> Self {
        Self::comment("//!", lines)
    }

    fn comment<T: AsRef<str>>(sign: &str, lines: impl IntoIterator<Item = T>) -> Self {
        let lines = lines.into_iter().map(|line| {
            let line = format!("{sign} {}", one_line(line.as_ref()));
            line.trim_end().to_owned()
        });
        Self(lines.collect::<Vec<_>>().join("\n"))
    }

    /// The digits of a number with a point or an exponent.
    pub(crate) fn float(number: impl Float) -> Self {
        Self(format!("{number:?}"))
    }

    /// A whole number in groups of three digits.
    pub(crate) fn grouped(number: i64) -> Self {
        let digits = number.unsigned_abs().to_string();
        let mut text = String::new();
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                text.push('_');
            }
            text.push(digit);
        }
        Self(if number < 0 { format!("-{text}") } else { text })
    }

    /// Joins pieces with a separator.
    pub(crate) fn join(pieces: impl IntoIterator<Item = Self>, between: &'static str) -> Self {
        let pieces: Vec<String> = pieces.into_iter().map(|piece| piece.0).collect();
        Self(pieces.join(between))
    }

    pub(crate) fn starts_with(&self, sign: char) -> bool {
        self.0.starts_with(sign)
    }

    /// For [`code!`] only, which checks the pieces.
    pub(crate) fn put_together(pieces: fmt::Arguments) -> Self {
        Self(pieces.to_string())
    }
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Map::from_iter([(MARK.to_owned(), Value::from(self.0.as_str()))]).serialize(serializer)
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        code!("{}", self).serialize(serializer)
    }
}

/// A floating point number, whose `Debug` is a literal.
pub(crate) trait Float: fmt::Debug {}

impl Float for f32 {}
impl Float for f64 {}

/// A value that may be inserted into a piece of Rust unchanged.
pub(crate) trait Piece {
    fn piece(&self) -> &dyn fmt::Display;
}

macro_rules! pieces {
    ($($kind:ty)*) => {$(
        impl Piece for $kind {
            fn piece(&self) -> &dyn fmt::Display {
                self
            }
        }
    )*};
}

pieces!(Code Name &'static str bool usize u16 i64 u64 i128);

impl<P: Piece> Piece for &P {
    fn piece(&self) -> &dyn fmt::Display {
        (**self).piece()
    }
}

/// Whether every brace is doubled or part of a bare placeholder.
pub(crate) const fn has_bare_placeholders(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut index = 0;
    while index < bytes.len() {
        let next = if index + 1 < bytes.len() {
            bytes[index + 1]
        } else {
            0
        };
        match (bytes[index], next) {
            (b'{', b'{' | b'}') | (b'}', b'}') => index += 2,
            (b'{' | b'}', _) => return false,
            _ => index += 1,
        }
    }
    true
}

/// The text of [`Code`] in the facts for a template; empty for anything else.
pub(crate) fn code_of(fact: &Value) -> &str {
    fact[MARK].as_str().unwrap_or_default()
}

/// The facts as a template prints them: code as it is, every other string as a string literal.
pub(crate) fn ready(facts: Value) -> Value {
    match facts {
        Value::String(text) => Value::String(Code::literal(&text).0),
        Value::Array(items) => items.into_iter().map(ready).collect(),
        Value::Object(mut members) => match members.remove(MARK) {
            Some(code) => code,
            None => members
                .into_iter()
                .map(|(key, value)| (key, ready(value)))
                .collect(),
        },
        other => other,
    }
}

#[cfg(test)]
mod tests;
