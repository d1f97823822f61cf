//! Selects an alternative of `oneOf` or `anyOf`.

use serde::de::Error;
use serde_json::Value;

use crate::Contract;
use crate::json::{Json, from_value, to_value};

/// Selects the alternative that matches a value.
pub struct Alternatives<'v, U> {
    contract: &'static Contract,
    value: &'v Value,
    /// Whether only one may match.
    one: bool,
    found: Option<U>,
    /// Whether the match represents the value in full.
    whole: bool,
    ambiguous: bool,
}

impl<'v, U> Alternatives<'v, U> {
    /// `oneOf`: exactly one must match.
    pub fn one(contract: &'static Contract, value: &'v Value) -> Self {
        Self {
            contract,
            value,
            one: true,
            found: None,
            whole: false,
            ambiguous: false,
        }
    }

    /// `anyOf`: the first that represents the value in full, else the first match.
    pub fn any(contract: &'static Contract, value: &'v Value) -> Self {
        Self {
            one: false,
            ..Self::one(contract, value)
        }
    }

    /// Tries an alternative; `schema` is what to validate with if the type does not express
    /// everything.
    pub fn consider<T: Json>(
        &mut self,
        schema: Option<&'static str>,
        check: impl Fn(&T) -> bool,
        variant: fn(T) -> U,
    ) {
        if self.whole && !self.one
            || schema.is_some_and(|name| !self.contract.holds(name, self.value))
        {
            return;
        }
        let Some(read) = from_value::<T>(self.value).ok().filter(|read| check(read)) else {
            return;
        };
        if self.one {
            self.ambiguous |= self.found.is_some();
            self.found = Some(variant(read));
            return;
        }
        self.whole = to_value(&read) == *self.value;
        if self.whole || self.found.is_none() {
            self.found = Some(variant(read));
        }
    }

    /// The match.
    pub fn finish(self) -> Result<U, serde_json::Error> {
        match self.found {
            Some(found) if !self.ambiguous => Ok(found),
            Some(_) => Err(serde_json::Error::custom(
                "more than one alternative matches",
            )),
            None => Err(serde_json::Error::custom("no alternative matches")),
        }
    }
}

/// Selects the alternative that a client reads: one that its schema accepts and that represents the
/// value in full, if there is one.
pub struct BestMatch<'v, U> {
    contract: &'static Contract,
    value: &'v Value,
    best: Option<((bool, bool), U)>,
}

impl<'v, U> BestMatch<'v, U> {
    /// No alternative yet.
    pub fn new(contract: &'static Contract, value: &'v Value) -> Self {
        Self {
            contract,
            value,
            best: None,
        }
    }

    /// Tries an alternative with its schema.
    pub fn consider<T: Json>(&mut self, schema: &str, variant: fn(T) -> U) {
        let Ok(read) = from_value::<T>(self.value) else {
            return;
        };
        let rank = (
            self.contract.holds(schema, self.value),
            to_value(&read) == *self.value,
        );
        if self.best.as_ref().is_none_or(|(best, _)| rank > *best) {
            self.best = Some((rank, variant(read)));
        }
    }

    /// The best alternative; `None` if no type can represent the value.
    pub fn finish(self) -> Option<U> {
        self.best.map(|(_, found)| found)
    }
}
