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
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    /// Texts that are likely to break out of a literal or a comment.
    const HOSTILE: &[&str] = &[
        "\n",
        "\r",
        "\r\n",
        "\u{b}",
        "\u{c}",
        "\u{85}",
        "\u{2028}",
        "\u{2029}",
        "\0",
        "\"",
        "'",
        "\\",
        "`",
        "*/",
        "/*",
        "//",
        "///",
        "//!",
        "{{",
        "}}",
        "{{{",
        "{",
        "}",
        "#",
        "\"#",
        "\"##",
        "r#\"",
        "\\u{",
        "\\\n",
        "#![",
        "#[doc",
        "\u{202e}",
        "\u{2066}",
        "\u{feff}",
        "\u{200b}",
        "\u{e000}",
        "$(",
        "```",
        "é",
        "pub fn f() {}",
        "; loop {}",
    ];

    /// Any text, mixed with some of these.
    fn hostile() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            prop::sample::select(HOSTILE).prop_map(str::to_owned),
            any::<String>(),
        ];
        prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
    }

    fn literal(code: &Code) -> String {
        syn::parse_str::<syn::LitStr>(&code.0).unwrap().value()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_text_becomes_a_literal_with_the_same_value(text in hostile()) {
            prop_assert_eq!(literal(&Code::literal(&text)), text.clone());
            prop_assert_eq!(literal(&Code::raw_literal(&text)), text.clone());
            let printed = ready(json!({ "a": [text] }));
            let printed = printed["a"][0].as_str().unwrap();
            prop_assert_eq!(syn::parse_str::<syn::LitStr>(printed).unwrap().value(), text.clone());
            let list = Code::literals([&text, &text]).0;
            let list: syn::ExprReference = syn::parse_str(&list).unwrap();
            let syn::Expr::Array(list) = *list.expr else { panic!("no array") };
            prop_assert_eq!(list.elems.len(), 2);
            for item in list.elems {
                let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(item), .. }) = item else {
                    panic!("no string")
                };
                prop_assert_eq!(item.value(), text.clone());
            }
        }

        #[test]
        fn a_comment_has_one_line_for_each_of_its_lines(text in hostile()) {
            for lines in [vec![text.clone()], crate::docs::lines(&text)] {
                let file = format!("{}\nfn f() {{}}", Code::docs(&lines));
                let file: syn::File = syn::parse_str(&file).unwrap();
                prop_assert_eq!(file.items.len(), 1);
                let syn::Item::Fn(item) = &file.items[0] else { panic!("no function") };
                prop_assert_eq!(item.attrs.len(), lines.len());
                prop_assert!(item.attrs.iter().all(|attribute| attribute.path().is_ident("doc")));
            }
            let inner = Code::inner_docs([&text]).0;
            let inner: syn::File = syn::parse_str(&inner).unwrap();
            prop_assert_eq!((inner.items.len(), inner.attrs.len()), (0, 1));
        }

        #[test]
        fn a_name_is_an_identifier(text in hostile()) {
            use crate::names::{Scope, pascal, snake, variant};
            for name in [text.clone(), snake(&text), pascal(&text), variant(&text)] {
                let name = Scope::default().declare(&name);
                prop_assert!(syn::parse_str::<syn::Ident>(&name).is_ok(), "{}", name);
            }
        }
    }

    #[test]
    fn only_bare_placeholders_are_accepted() {
        assert!(has_bare_placeholders("{}::new({{ {} }})"));
        for text in ["{name}", "{:?}", "{0}", "{", "}", "{{{name}}}"] {
            assert!(!has_bare_placeholders(text), "{text}");
        }
    }

    #[test]
    fn raw_literals_are_used_only_to_avoid_escapes() {
        for (text, code) in [
            ("a", "\"a\""),
            (r"^\w+$", r#"r"^\w+$""#),
            ("\"#", "r##\"\"#\"##"),
            ("\\\n", "\"\\\\\\n\""),
            ("\\\u{200b}", "\"\\\\\\u{200b}\""),
        ] {
            assert_eq!(Code::raw_literal(text).0, code);
        }
    }

    /// A template prints between tokens, so a value cannot merge with the code around it. Nothing
    /// follows a comment on its line.
    #[test]
    fn templates_never_print_inside_of_a_comment_or_a_string() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
        let mut open = vec![folder];
        let mut seen = 0;
        while let Some(path) = open.pop() {
            if path.is_dir() {
                open.extend(
                    std::fs::read_dir(path)
                        .unwrap()
                        .map(|entry| entry.unwrap().path()),
                );
                continue;
            }
            for (number, line) in std::fs::read_to_string(&path).unwrap().lines().enumerate() {
                let place = format!("{}:{}: {line}", path.display(), number + 1);
                let mut rest = line;
                while let Some((before, after)) = rest.split_once("{{") {
                    let before = &line[..line.len() - rest.len() + before.len()];
                    let (tag, after) = after.split_once("}}").expect(&place);
                    rest = after;
                    if tag.starts_with(['#', '/', '^', '!']) {
                        continue;
                    }
                    seen += 1;
                    assert!(tag.starts_with('{'), "escaped for HTML: {place}");
                    assert!(!before.contains("//"), "in a comment: {place}");
                    assert_eq!(before.matches('"').count() % 2, 0, "in a string: {place}");
                    let comment = tag.to_lowercase().ends_with("docs");
                    assert!(!comment || after == "}", "behind a comment: {place}");
                }
            }
        }
        assert!(seen > 100, "{seen}");
    }
}
