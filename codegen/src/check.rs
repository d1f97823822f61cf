//! The checks that a value of a type must pass, as Rust expressions.

use serde_json::{Number, Value};

use crate::schema::{Item, Kind, Schemas, Shape, Type, Unknown};

/// Where generated code finds the value that it checks.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    /// A variable that holds a reference to it.
    Reference(&'a str),
    /// A place that holds it.
    Owned(&'a str),
}

impl Place<'_> {
    /// As a receiver of methods, where Rust takes either.
    fn name(&self) -> &str {
        match self {
            Self::Reference(name) | Self::Owned(name) => name,
        }
    }

    fn reference(self) -> String {
        match self {
            Self::Reference(name) => name.into(),
            Self::Owned(name) => format!("&{name}"),
        }
    }

    /// Of a type that is `Copy`.
    fn copied(self) -> String {
        match self {
            Self::Reference(name) => format!("*{name}"),
            Self::Owned(name) => name.into(),
        }
    }
}

/// Writes checks; knows which items have any.
pub(crate) struct Checks {
    checked: Vec<bool>,
    warnings: Vec<String>,
}

impl Checks {
    pub(crate) fn new(schemas: &Schemas) -> Self {
        let mut checks = Self {
            checked: vec![false; schemas.items.len()],
            warnings: Vec::new(),
        };
        // An item that contains a checked one is checked; until nothing is found any more.
        loop {
            let found: Vec<bool> = schemas
                .items
                .iter()
                .map(|item| !checks.of_item(item).is_empty())
                .collect();
            if found == checks.checked {
                checks.warnings.sort();
                checks.warnings.dedup();
                return checks;
            }
            checks.checked = found;
        }
    }

    /// What an engineer should know of checks that are not made.
    pub(crate) fn into_warnings(self) -> Vec<String> {
        self.warnings
    }

    /// A closure that checks a parameter or a body.
    pub(crate) fn closure(&mut self, kind: &Type) -> String {
        match self.of(kind, Place::Reference("value")) {
            Some(check) => format!("|value| {check}"),
            None => "|_| true".into(),
        }
    }

    /// A boolean expression over a value, or `None` when its type says it all.
    pub(crate) fn of(&mut self, kind: &Type, value: Place) -> Option<String> {
        if !kind.nullable {
            return self.of_present(kind, value);
        }
        let check = self.of_present(kind, Place::Reference("value"))?;
        Some(format!(
            "{}.as_ref().is_none_or(|value| {check})",
            value.name()
        ))
    }

    /// The checks of an item's parts, to be joined by `&&`.
    pub(crate) fn of_item(&mut self, item: &Item) -> Vec<String> {
        match &item.shape {
            Shape::Struct { fields, unknown } => {
                let mut checks = Vec::new();
                for field in fields {
                    let place = format!("self.{}", field.name);
                    let check = if field.required || field.default.is_some() {
                        self.of(&field.kind, Place::Owned(&place))
                    } else {
                        self.of(&field.kind, Place::Reference("value"))
                            .map(|check| format!("{place}.as_ref().is_none_or(|value| {check})"))
                    };
                    checks.extend(check);
                }
                if let Unknown::Kept(kind, name) = unknown
                    && let Some(check) = self.of(kind, Place::Reference("item"))
                {
                    checks.push(format!("self.{name}.values().all(|item| {check})"));
                }
                checks
            }
            // Without a discriminator the limits decide between alternatives, when they are read.
            Shape::Union(union) if union.discriminator.is_some() => {
                let mut arms = Vec::new();
                for variant in &union.variants {
                    if let Some(check) = self.of(&variant.kind, Place::Reference("value")) {
                        arms.push(format!("Self::{}(value) => {check},", variant.name));
                    }
                }
                if arms.is_empty() {
                    return Vec::new();
                }
                if arms.len() < union.variants.len() {
                    arms.push("_ => true,".into());
                }
                vec![format!("match self {{ {} }}", arms.concat())]
            }
            _ => Vec::new(),
        }
    }

    fn of_present(&mut self, kind: &Type, value: Place) -> Option<String> {
        let name = value.name();
        let schema = kind.schema;
        let mut checks = Vec::new();
        match &kind.kind {
            Kind::Item(item) => {
                return self.checked[*item].then(|| format!("{name}.is_valid()"));
            }
            Kind::I32 | Kind::I64 | Kind::U64 => checks.extend(integer(schema, &kind.kind, value)),
            Kind::F32 | Kind::F64 | Kind::Decimal => {
                checks.extend(number(schema, &kind.kind, value))
            }
            Kind::String => {
                let length = format!("{name}.chars().count()");
                checks.extend(count(
                    name,
                    &length,
                    &schema["minLength"],
                    &schema["maxLength"],
                ));
                if let Some(pattern) = schema["pattern"].as_str() {
                    match rust_pattern(pattern) {
                        Some(pattern) => checks.push(format!(
                            "{{ static PATTERN: Pattern = Pattern::new({}); PATTERN.matches({}) }}",
                            raw_string(&pattern),
                            value.reference()
                        )),
                        None => self.warnings.push(format!(
                            "the pattern {} is not checked: it is no regular expression of ECMA-262",
                            raw_string(pattern)
                        )),
                    }
                }
            }
            Kind::List(item) => {
                let length = format!("{name}.len()");
                checks.extend(count(
                    name,
                    &length,
                    &schema["minItems"],
                    &schema["maxItems"],
                ));
                if schema["uniqueItems"] == true {
                    checks.push(format!("all_unique({})", value.reference()));
                }
                if let Some(check) = self.of(item, Place::Reference("item")) {
                    checks.push(format!("{name}.iter().all(|item| {check})"));
                }
            }
            Kind::Map(item) => {
                let length = format!("{name}.len()");
                let (minimum, maximum) = (&schema["minProperties"], &schema["maxProperties"]);
                checks.extend(count(name, &length, minimum, maximum));
                if let Some(check) = self.of(item, Place::Reference("item")) {
                    checks.push(format!("{name}.values().all(|item| {check})"));
                }
            }
            _ => {}
        }
        (!checks.is_empty()).then(|| checks.join(" && "))
    }
}

/// A pattern of ECMA-262 in the syntax of Rust's `fancy-regex`; `None` when it is none.
pub(crate) fn rust_pattern(pattern: &str) -> Option<String> {
    let pattern = plain_pattern(pattern)?;
    let translated = jsonschema_regex::to_rust_regex(&pattern).ok()?;
    Some(translated.into_owned())
}

/// The pattern without what browsers take and nobody else (ECMA-262, annex B): a brace that counts
/// nothing, an escape of what means nothing. `None` when it is no pattern at all.
pub(crate) fn plain_pattern(pattern: &str) -> Option<String> {
    let works = |pattern: &str| {
        jsonschema_regex::to_rust_regex(pattern)
            .is_ok_and(|translated| fancy_regex::Regex::new(&translated).is_ok())
    };
    if works(pattern) {
        return Some(pattern.to_owned());
    }
    let letters: Vec<char> = pattern.chars().collect();
    let mut plain = String::new();
    let mut index = 0;
    while let Some(letter) = letters.get(index).copied() {
        let rest: String = letters[index..].iter().collect();
        let next = letters.get(index + 1).copied();
        match (letter, next) {
            ('\\', Some(escaped)) => {
                let means_nothing = matches!(
                    escaped,
                    '_' | ' '
                        | '\''
                        | '"'
                        | '@'
                        | '<'
                        | '>'
                        | ','
                        | ':'
                        | ';'
                        | '='
                        | '%'
                        | '!'
                        | '`'
                        | '~'
                );
                if !means_nothing {
                    plain.push('\\');
                }
                plain.push(escaped);
                index += 1;
            }
            ('{', _) => match counts(&rest) {
                Some(length) => {
                    plain.push_str(&rest[..length]);
                    index += length - 1;
                }
                None => plain.push_str("\\{"),
            },
            ('}', _) => plain.push_str("\\}"),
            _ => plain.push(letter),
        }
        index += 1;
    }
    works(&plain).then_some(plain)
}

/// How long a quantifier in braces is.
fn counts(rest: &str) -> Option<usize> {
    let end = rest.find('}')?;
    let inner = &rest[1..end];
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let fits = match inner.split_once(',') {
        Some((from, to)) => number(from) && (to.is_empty() || number(to)),
        None => number(inner),
    };
    fits.then_some(end + 1)
}

/// The lowest and the highest value, each with whether it is itself excluded.
struct Range<'s> {
    minimum: Option<(&'s Number, bool)>,
    maximum: Option<(&'s Number, bool)>,
}

/// The limits of a number; `exclusive…` is a flag in OpenAPI 3.0 and a limit in 3.1.
fn limits(schema: &Value) -> Range<'_> {
    let side = |plain: &str, exclusive: &str, tighter: fn(f64, f64) -> bool| {
        let inclusive = schema[plain]
            .as_number()
            .map(|limit| (limit, schema[exclusive] == true));
        let own = schema[exclusive].as_number().map(|limit| (limit, true));
        match (inclusive, own) {
            (Some(one), Some(other)) => {
                let value = |limit: &Number| limit.as_f64().unwrap_or_default();
                Some(if tighter(value(one.0), value(other.0)) {
                    one
                } else {
                    other
                })
            }
            (one, other) => one.or(other),
        }
    };
    Range {
        minimum: side("minimum", "exclusiveMinimum", |one, other| one > other),
        maximum: side("maximum", "exclusiveMaximum", |one, other| one < other),
    }
}

fn integer(schema: &Value, kind: &Kind, value: Place) -> Vec<String> {
    let (lowest, highest) = match kind {
        Kind::I32 => (i128::from(i32::MIN), i128::from(i32::MAX)),
        Kind::U64 => (0, i128::from(u64::MAX)),
        _ => (i128::from(i64::MIN), i128::from(i64::MAX)),
    };
    let range = limits(schema);
    let minimum = range.minimum.map(|(limit, exclusive)| match whole(limit) {
        Ok(limit) => limit + i128::from(exclusive),
        Err(limit) => limit.ceil() as i128,
    });
    let maximum = range.maximum.map(|(limit, exclusive)| match whole(limit) {
        Ok(limit) => limit - i128::from(exclusive),
        Err(limit) => limit.floor() as i128,
    });
    if minimum.is_some_and(|limit| limit > highest) || maximum.is_some_and(|limit| limit < lowest) {
        return vec!["false".into()];
    }
    let minimum = minimum.filter(|limit| *limit > lowest);
    let maximum = maximum.filter(|limit| *limit < highest);
    let mut checks: Vec<String> = between(minimum, maximum, value).into_iter().collect();
    if let Some(step) = schema["multipleOf"].as_number() {
        match whole(step) {
            Ok(1) => {}
            Ok(step) if step > 0 && step <= highest => {
                checks.push(format!("{} % {step} == 0", value.copied()));
            }
            Ok(_) => checks.push(format!("{} == 0", value.copied())),
            Err(step) => checks.push(format!("is_multiple({} as f64, {step:?})", value.copied())),
        }
    }
    checks
}

fn whole(number: &Number) -> Result<i128, f64> {
    if let Some(value) = number.as_i128() {
        return Ok(value);
    }
    let value = number.as_f64().unwrap_or_default();
    match value.fract() == 0.0 && value.abs() < 1e30 {
        true => Ok(value as i128),
        false => Err(value),
    }
}

fn number(schema: &Value, kind: &Kind, value: Place) -> Vec<String> {
    let literal = |number: &Number| match kind {
        Kind::Decimal => decimal(&number.to_string()),
        Kind::F32 => Some(format!("{number}_f32")),
        _ => Some(format!("{number}_f64")),
    };
    let range = limits(schema);
    let side = |limit: Option<(&Number, bool)>| {
        limit.and_then(|(limit, exclusive)| Some((literal(limit)?, exclusive)))
    };
    let copied = value.copied();
    let mut checks = Vec::new();
    match (side(range.minimum), side(range.maximum)) {
        (Some((low, false)), Some((high, false))) => {
            checks.extend(between(Some(low), Some(high), value));
        }
        (low, high) => {
            if let Some((low, exclusive)) = low {
                checks.push(format!(
                    "{copied} {} {low}",
                    if exclusive { ">" } else { ">=" }
                ));
            }
            if let Some((high, exclusive)) = high {
                checks.push(format!(
                    "{copied} {} {high}",
                    if exclusive { "<" } else { "<=" }
                ));
            }
        }
    }
    if let Some(step) = schema["multipleOf"].as_number() {
        match (kind, literal(step)) {
            (Kind::Decimal, Some(step)) => {
                checks.push(format!("{copied} % {step} == Decimal::ZERO"));
            }
            (Kind::F32, _) => checks.push(format!("is_multiple(f64::from({copied}), {step}_f64)")),
            _ => checks.push(format!("is_multiple({copied}, {step}_f64)")),
        }
    }
    checks
}

fn between<T: std::fmt::Display + PartialOrd>(
    minimum: Option<T>,
    maximum: Option<T>,
    value: Place,
) -> Option<String> {
    let copied = value.copied();
    match (minimum, maximum) {
        (Some(minimum), Some(maximum)) => {
            let reference = value.reference();
            Some(format!("({minimum}..={maximum}).contains({reference})"))
        }
        (Some(minimum), None) => Some(format!("{copied} >= {minimum}")),
        (None, Some(maximum)) => Some(format!("{copied} <= {maximum}")),
        (None, None) => None,
    }
}

fn count(whole: &str, count: &str, minimum: &Value, maximum: &Value) -> Option<String> {
    let limit = |value: &Value| match value.as_number().map(self::whole) {
        Some(Ok(limit)) => u64::try_from(limit).ok(),
        _ => None,
    };
    let minimum = limit(minimum).filter(|limit| *limit > 0);
    match (minimum, limit(maximum)) {
        (Some(1), None) => Some(format!("!{whole}.is_empty()")),
        (None, Some(0)) => Some(format!("{whole}.is_empty()")),
        (minimum, maximum) => between(minimum, maximum, Place::Owned(count)),
    }
}

/// The digits of a number as a `Decimal`; `None` when it cannot hold them.
pub(crate) fn decimal(number: &str) -> Option<String> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits: i64 = format!("{whole}{fraction}").parse().ok()?;
    Some(match (digits, fraction.len()) {
        (0, _) => "Decimal::ZERO".into(),
        (digits, scale) => format!("Decimal::new({}, {scale})", grouped(digits)),
    })
}

fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('_');
        }
        text.push(digit);
    }
    if number < 0 { format!("-{text}") } else { text }
}

/// A raw string literal with as many `#` as the text needs, and no more.
pub(crate) fn raw_string(text: &str) -> String {
    // A raw string takes neither a bare carriage return nor what turns the direction of text.
    if text
        .chars()
        .any(|letter| letter.is_control() || is_bidirectional(letter))
    {
        return format!("{text:?}");
    }
    if !text.contains(['"', '\\']) {
        return format!("\"{text}\"");
    }
    let mut hashes = String::new();
    while text.contains(&format!("\"{hashes}")) {
        hashes.push('#');
    }
    format!("r{hashes}\"{text}\"{hashes}")
}

/// Signs that the compiler refuses in a source text.
pub(crate) fn is_bidirectional(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
