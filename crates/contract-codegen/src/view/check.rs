//! The checks of a value as Rust expressions.

use super::limit::{Place, count, integer, number};
use crate::pattern::rust_pattern;
use crate::schema::{Item, Kind, Schemas, Shape, Type, Unknown};
use crate::source::{Code, code};

/// Writes checks, and tracks which items have any.
pub(crate) struct Checks {
    /// Whether unions have a variant for what the contract does not list.
    open: bool,
    checked: Vec<bool>,
    warnings: Vec<String>,
}

impl Checks {
    pub(crate) fn new(schemas: &Schemas, open: bool) -> Self {
        let mut checks = Self {
            open,
            checked: vec![false; schemas.items.len()],
            warnings: Vec::new(),
        };
        // An item that contains a checked one is checked too. Repeat until nothing changes.
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

    /// Warnings about checks that cannot be made.
    pub(crate) fn into_warnings(self) -> Vec<String> {
        self.warnings
    }

    /// A closure that checks a parameter or a body.
    pub(crate) fn closure(&mut self, kind: &Type) -> Code {
        match self.of(kind, Place::Reference(&Code::of("value"))) {
            Some(check) => code!("|value| {}", check),
            None => Code::of("|_| true"),
        }
    }

    /// A boolean expression over a value, or `None` if there is nothing to check.
    pub(crate) fn of(&mut self, kind: &Type, value: Place) -> Option<Code> {
        if !kind.nullable {
            return self.of_present(kind, value);
        }
        let check = self.of_present(kind, Place::Reference(&Code::of("value")))?;
        Some(code!(
            "{}.as_ref().is_none_or(|value| {})",
            value.name(),
            check
        ))
    }

    /// The checks of an item's parts, to be joined by `&&`.
    pub(crate) fn of_item(&mut self, item: &Item) -> Vec<Code> {
        match &item.shape {
            Shape::Struct { fields, unknown } => {
                let mut checks = Vec::new();
                for field in fields {
                    let place = code!("self.{}", field.name);
                    let check = if field.required || field.default.is_some() {
                        self.of(&field.kind, Place::Owned(&place))
                    } else {
                        self.of(&field.kind, Place::Reference(&Code::of("value")))
                            .map(|check| code!("{}.as_ref().is_none_or(|value| {})", place, check))
                    };
                    checks.extend(check);
                }
                if let Unknown::Kept(kind, name) = unknown
                    && let Some(check) = self.of(kind, Place::Reference(&Code::of("item")))
                {
                    checks.push(code!("self.{}.values().all(|item| {})", name, check));
                }
                checks
            }
            // Without a discriminator, the limits are checked while an alternative is selected.
            Shape::Union(union) if union.discriminator.is_some() => {
                let mut arms = Vec::new();
                for variant in &union.variants {
                    if let Some(check) =
                        self.of(&variant.kind, Place::Reference(&Code::of("value")))
                    {
                        arms.push(code!("Self::{}(value) => {},", variant.name, check));
                    }
                }
                if arms.is_empty() {
                    return Vec::new();
                }
                if self.open || arms.len() < union.variants.len() {
                    arms.push(Code::of("_ => true,"));
                }
                vec![code!("match self {{ {} }}", Code::join(arms, " "))]
            }
            _ => Vec::new(),
        }
    }

    fn of_present(&mut self, kind: &Type, value: Place) -> Option<Code> {
        let name = value.name();
        let schema = kind.schema;
        let mut checks = Vec::new();
        match &kind.kind {
            // The limits are those of what it is written as.
            Kind::Own(_, inner) => {
                let plain = Type {
                    kind: (**inner).clone(),
                    ..kind.clone()
                };
                let check = self.of_present(&plain, Place::Reference(&Code::of("value")))?;
                let place = value.reference();
                return Some(match **inner {
                    Kind::String => code!("runtime::own_text({}, |value| {})", place, check),
                    _ => {
                        let number = number_kind(inner);
                        code!(
                            "runtime::own_number({}, |value: &{}| {})",
                            place,
                            number,
                            check
                        )
                    }
                });
            }
            Kind::Item(item) => {
                return self.checked[*item].then(|| code!("{}.is_valid()", name));
            }
            Kind::I32 | Kind::I64 | Kind::U64 => checks.extend(integer(schema, &kind.kind, value)),
            Kind::F32 | Kind::F64 | Kind::Decimal => {
                checks.extend(number(schema, &kind.kind, value))
            }
            Kind::String => {
                let length = code!("{}.chars().count()", name);
                checks.extend(count(
                    name,
                    &length,
                    &schema["minLength"],
                    &schema["maxLength"],
                ));
                if let Some(pattern) = schema["pattern"].as_str() {
                    match rust_pattern(pattern) {
                        Some(pattern) => checks.push(code!(
                            "{{ static PATTERN: runtime::Pattern = runtime::Pattern::new({}); \
                             PATTERN.matches({}) }}",
                            Code::raw_literal(&pattern),
                            value.reference()
                        )),
                        None => self.warnings.push(format!(
                            "the pattern {} is not checked: it is not a regular expression of ECMA-262",
                            Code::raw_literal(pattern)
                        )),
                    }
                }
            }
            Kind::List(item) => {
                let length = code!("{}.len()", name);
                checks.extend(count(
                    name,
                    &length,
                    &schema["minItems"],
                    &schema["maxItems"],
                ));
                if schema["uniqueItems"] == true {
                    checks.push(code!("runtime::all_unique({})", value.reference()));
                }
                if let Some(check) = self.of(item, Place::Reference(&Code::of("item"))) {
                    checks.push(code!("{}.iter().all(|item| {})", name, check));
                }
            }
            Kind::Map(item) => {
                let length = code!("{}.len()", name);
                let (minimum, maximum) = (&schema["minProperties"], &schema["maxProperties"]);
                checks.extend(count(name, &length, minimum, maximum));
                if let Some(check) = self.of(item, Place::Reference(&Code::of("item"))) {
                    checks.push(code!("{}.values().all(|item| {})", name, check));
                }
            }
            _ => {}
        }
        (!checks.is_empty()).then(|| Code::join(checks, " && "))
    }
}

/// The Rust type of a number.
fn number_kind(kind: &Kind) -> &'static str {
    match kind {
        Kind::I32 => "i32",
        Kind::U64 => "u64",
        Kind::F32 => "f32",
        Kind::F64 => "f64",
        Kind::Decimal => "runtime::rust_decimal::Decimal",
        _ => "i64",
    }
}
