//! Rust names for the names of a contract.

use std::collections::HashSet;
use std::fmt;
use std::ops::Deref;

/// A valid Rust identifier. Only [`Scope::declare`] makes one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Name(String);

impl Name {
    /// This name with a prefix.
    pub(crate) fn with_prefix(&self, prefix: &'static str) -> Self {
        Self(format!("{prefix}{}", self.0.trim_start_matches("r#")))
    }

    /// This name with a suffix.
    pub(crate) fn with_suffix(&self, suffix: &'static str) -> Self {
        Self(format!("{}{suffix}", self.0.trim_start_matches("r#")))
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// `createOrder`, `create-order`, `X-Request-Id` → `create_order`, `create_order`, `x_request_id`.
pub(crate) fn snake(name: &str) -> String {
    escape(words(name).join("_"))
}

/// `createOrder`, `order_status` → `CreateOrder`, `OrderStatus`.
pub(crate) fn pascal(name: &str) -> String {
    let joined = words(name)
        .iter()
        .map(|word| {
            let mut letters = word.chars();
            letters
                .next()
                .map(|first| first.to_uppercase().chain(letters).collect::<String>())
                .unwrap_or_default()
        })
        .collect::<String>();
    match joined.chars().next() {
        None => "Empty".into(),
        Some('0'..='9') => format!("N{joined}"),
        Some(_) => escape(joined),
    }
}

/// The name of an enum's variant; a sign before a number is part of it.
pub(crate) fn variant(wire: &str) -> String {
    let sign = match wire.as_bytes() {
        [b'-', b'0'..=b'9', ..] => "Minus",
        [b'+', b'0'..=b'9', ..] => "Plus",
        _ => return pascal(wire),
    };
    format!("{sign}{}", words(wire).join("_"))
}

/// The name of a response's variant: the standard phrase of its status.
pub(crate) fn status(code: u16) -> &'static str {
    match code {
        200 => "Ok",
        201 => "Created",
        202 => "Accepted",
        203 => "NonAuthoritativeInformation",
        204 => "NoContent",
        205 => "ResetContent",
        206 => "PartialContent",
        301 => "MovedPermanently",
        302 => "Found",
        303 => "SeeOther",
        304 => "NotModified",
        307 => "TemporaryRedirect",
        308 => "PermanentRedirect",
        400 => "BadRequest",
        401 => "Unauthorized",
        402 => "PaymentRequired",
        403 => "Forbidden",
        404 => "NotFound",
        405 => "MethodNotAllowed",
        406 => "NotAcceptable",
        408 => "RequestTimeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "LengthRequired",
        412 => "PreconditionFailed",
        413 => "PayloadTooLarge",
        414 => "UriTooLong",
        415 => "UnsupportedMediaType",
        418 => "ImATeapot",
        422 => "UnprocessableContent",
        423 => "Locked",
        424 => "FailedDependency",
        425 => "TooEarly",
        426 => "UpgradeRequired",
        428 => "PreconditionRequired",
        429 => "TooManyRequests",
        431 => "RequestHeaderFieldsTooLarge",
        451 => "UnavailableForLegalReasons",
        500 => "InternalServerError",
        501 => "NotImplemented",
        502 => "BadGateway",
        503 => "ServiceUnavailable",
        504 => "GatewayTimeout",
        _ => "",
    }
}

/// The names in use in a Rust scope.
#[derive(Debug, Default)]
pub(crate) struct Scope(HashSet<String>);

impl Scope {
    /// A scope in which these names are in use.
    pub(crate) fn reserving(names: &[&str]) -> Self {
        Self(names.iter().map(|name| (*name).to_owned()).collect())
    }

    /// Adds a name, with a number appended if it is in use.
    pub(crate) fn declare(&mut self, name: &str) -> Name {
        self.declare_with(name, &[])
    }

    /// Adds a name and the same name with each of these suffixes.
    pub(crate) fn declare_with(&mut self, name: &str, suffixes: &[&'static str]) -> Name {
        let name = identifier(name);
        let plain = name.trim_start_matches("r#");
        let mut free = Name(name.clone());
        let mut number = 2;
        while self.0.contains(&*free)
            || suffixes
                .iter()
                .any(|suffix| self.0.contains(&*free.with_suffix(suffix)))
        {
            free = Name(format!("{plain}{number}"));
            number += 1;
        }
        self.0
            .extend(suffixes.iter().map(|suffix| free.with_suffix(suffix).0));
        self.0.insert(free.0.clone());
        free
    }
}

/// A valid identifier, unchanged if it is one already.
fn identifier(name: &str) -> String {
    let (raw, plain) = match name.strip_prefix("r#") {
        Some(plain) => ("r#", plain),
        None => ("", name),
    };
    let kept: String = plain
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
        .collect();
    let is_valid = if raw.is_empty() {
        escape(kept.clone()) == kept
    } else {
        KEYWORDS.contains(&plain)
    };
    if kept == plain && is_valid {
        name.to_owned()
    } else {
        escape(kept)
    }
}

/// Lower-case ASCII words; other letters become their code point.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut previous_lower = false;
    for letter in name.chars() {
        let plain = letter.is_ascii_alphanumeric();
        let boundary = !plain || (letter.is_uppercase() && previous_lower);
        if boundary && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            if plain {
                word.push(letter.to_ascii_lowercase());
            } else if letter.is_alphanumeric() {
                word.push_str(&format!("u{:x}", u32::from(letter)));
                words.push(String::new());
            }
        }
        previous_lower = letter.is_ascii_lowercase() || letter.is_ascii_digit();
    }
    words.retain(|word| !word.is_empty());
    if words.is_empty() {
        words = name.chars().map(spelled).collect();
    }
    words
}

/// A punctuation character as a word, for names without letters and digits.
fn spelled(sign: char) -> String {
    match sign {
        '+' => "plus".into(),
        '-' => "minus".into(),
        '*' => "star".into(),
        '=' => "equal".into(),
        '!' => "not".into(),
        '<' => "less".into(),
        '>' => "greater".into(),
        '.' => "dot".into(),
        '/' => "slash".into(),
        '$' => "dollar".into(),
        '@' => "at".into(),
        '#' => "hash".into(),
        '%' => "percent".into(),
        '_' => "underscore".into(),
        other => format!("u{:x}", u32::from(other)),
    }
}

const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
    "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

fn escape(name: String) -> String {
    match name.as_str() {
        "" => "empty".into(),
        "_" => "underscore".into(),
        "self" | "crate" | "super" => format!("{name}_"),
        "Self" => "SelfValue".into(),
        _ if KEYWORDS.contains(&name.as_str()) => format!("r#{name}"),
        _ if name.starts_with(|first: char| first.is_ascii_digit()) => format!("n{name}"),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_rust_style() {
        assert_eq!(snake("createOrder"), "create_order");
        assert_eq!(snake("X-Request-Id"), "x_request_id");
        assert_eq!(snake("ETag"), "etag");
        assert_eq!(snake("type"), "r#type");
        assert_eq!(pascal("order_status"), "OrderStatus");
        assert_eq!(pascal("in-progress"), "InProgress");
        assert_eq!(pascal("self"), "SelfValue");
        assert_eq!(snake("2fa"), "n2fa");
        assert_eq!(snake("$"), "dollar");
        assert_eq!(snake(""), "empty");
        assert_eq!(pascal(""), "Empty");
        assert_eq!(variant("+1"), "Plus1");
        assert_eq!(variant("-1.5"), "Minus1_5");
        assert_eq!(pascal("日本"), "U65e5U672c");
    }

    #[test]
    fn a_duplicate_name_gets_a_number() {
        let mut scope = Scope::reserving(&["Option"]);
        for (name, free) in [
            ("Option", "Option2"),
            ("Pet", "Pet"),
            ("Pet", "Pet2"),
            ("r#type", "r#type"),
            ("r#type", "type2"),
            ("no name", "noname"),
            ("r#no", "no"),
            ("loop", "r#loop"),
            ("1", "n1"),
            ("\n", "empty"),
        ] {
            assert_eq!(&*scope.declare(name), free);
        }
    }

    #[test]
    fn a_name_is_unique_with_its_suffixes() {
        let mut scope = Scope::default();
        assert_eq!(&*scope.declare("FooOkBody"), "FooOkBody");
        assert_eq!(&*scope.declare_with("FooOk", &["Body"]), "FooOk2");
        assert_eq!(&*scope.declare("FooOk2Body"), "FooOk2Body2");
    }
}
