//! Converts between JSON and values exactly as the contract says. serde's derives would also read a
//! struct from a list, treat `null` as an absent member, and could not select alternatives as the
//! contract does.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::marker::PhantomData;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;
use uuid::Uuid;

use super::decimal;
use super::text::{Base64, DecimalText, Text};

/// A type of the contract.
pub trait Json: Sized {
    /// Reads a value.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;

    /// Writes a value.
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
}

/// Lets serde read a [`Json`].
pub struct Read<T>(pub T);

impl<'de, T: Json> de::Deserialize<'de> for Read<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer).map(Self)
    }
}

/// Lets serde write a [`Json`].
pub struct Write<'v, T>(pub &'v T);

impl<T: Json> Serialize for Write<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer)
    }
}

/// Converts any [`Json`] to a JSON value.
pub fn to_value<T: Json>(value: &T) -> Value {
    serde_json::to_value(Write(value)).unwrap_or_default()
}

macro_rules! by_serde {
    ($($kind:ty),*) => {$(
        impl Json for $kind {
            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                de::Deserialize::deserialize(deserializer)
            }

            fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.serialize(serializer)
            }
        }
    )*};
}

by_serde!(bool, i32, i64, u64, f32, f64, String, Value);

macro_rules! by_text {
    ($($kind:ty),*) => {$(
        impl Json for $kind {
            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                read_text(deserializer)
            }

            fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.to_text())
            }
        }
    )*};
}

by_text!(DateTime<Utc>, NaiveDate, Uuid, Base64, DecimalText);

impl Json for Decimal {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        decimal::deserialize(deserializer)
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        decimal::serialize(self, serializer)
    }
}

/// Reads a value that is a string in JSON.
pub fn read_text<'de, D: Deserializer<'de>, T: Text>(deserializer: D) -> Result<T, D::Error> {
    struct Reader<T>(PhantomData<T>);
    impl<T: Text> Visitor<'_> for Reader<T> {
        type Value = T;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str(T::EXPECTED)
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            T::from_text(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
        }
    }
    deserializer.deserialize_str(Reader(PhantomData))
}

/// `null` is `None`.
impl<T: Json> Json for Option<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(<Option<Read<T>> as de::Deserialize>::deserialize(deserializer)?.map(|read| read.0))
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_ref().map(Write).serialize(serializer)
    }
}

impl<T: Json> Json for Box<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer).map(Self::new)
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).write(serializer)
    }
}

impl<T: Json> Json for Vec<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<T>(PhantomData<T>);
        impl<'de, T: Json> Visitor<'de> for Reader<T> {
            type Value = Vec<T>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
                let mut list = Vec::new();
                while let Some(Read(item)) = items.next_element()? {
                    list.push(item);
                }
                Ok(list)
            }
        }
        deserializer.deserialize_seq(Reader(PhantomData))
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Write))
    }
}

impl<T: Json> Json for BTreeMap<String, T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<T>(PhantomData<T>);
        impl<'de, T: Json> Visitor<'de> for Reader<T> {
            type Value = BTreeMap<String, T>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
                let mut map = BTreeMap::new();
                while let Some((key, Read(value))) = members.next_entry()? {
                    map.insert(key, value);
                }
                Ok(map)
            }
        }
        deserializer.deserialize_map(Reader(PhantomData))
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(key, value)| (key, Write(value))))
    }
}

/// The name of a member, borrowed if the input allows it.
pub struct Key<'de>(pub std::borrow::Cow<'de, str>);

impl<'de> de::Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Key<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("the name of a member")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(text.into()))
            }

            fn visit_str<E>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(text.to_owned().into()))
            }

            fn visit_string<E>(self, text: String) -> Result<Key<'de>, E> {
                Ok(Key(text.into()))
            }
        }
        deserializer.deserialize_str(Reader)
    }
}

/// Reads a member into its place, which must be empty.
pub fn put<'de, T: Json, A: MapAccess<'de>>(
    place: &mut Option<T>,
    name: &'static str,
    members: &mut A,
) -> Result<(), A::Error> {
    if place.is_some() {
        return Err(de::Error::duplicate_field(name));
    }
    let Read(value) = members.next_value()?;
    *place = Some(value);
    Ok(())
}

/// Rejects an unknown member.
pub fn forbid<E: de::Error>(name: &str) -> Result<(), E> {
    Err(E::unknown_field(name, &[]))
}

/// Writes a member.
pub fn member<T: Json, M: SerializeMap>(
    members: &mut M,
    name: &str,
    value: &T,
) -> Result<(), M::Error> {
    members.serialize_entry(name, &Write(value))
}

// These macros expand next to the types of the contract, which may have any name. So all else is
// written with its path, and generic parameters have names that no schema gets.

/// A struct with its members: `"wire" => field mode`, where the mode is `required`, `optional` or
/// `default(value)`. Unknown members are ignored, forbidden or kept.
macro_rules! object {
    ($name:ident, $unknown:ident { $($kept:ident)? } $($wire:literal => $field:ident $mode:ident $(($default:expr))?,)*) => {
        impl super::support::Json for $name {
            fn read<'de, __D: ::serde::Deserializer<'de>>(deserializer: __D) -> ::std::result::Result<Self, __D::Error> {
                struct __Reader;
                impl<'de> ::serde::de::Visitor<'de> for __Reader {
                    type Value = $name;

                    fn expecting(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                        formatter.write_str("an object")
                    }

                    fn visit_map<__A: ::serde::de::MapAccess<'de>>(
                        self,
                        mut members: __A,
                    ) -> ::std::result::Result<$name, __A::Error> {
                        $(let mut $field = ::std::option::Option::None;)*
                        $(let mut $kept = ::std::collections::BTreeMap::new();)?
                        while let Some(super::support::json::Key(key)) = members.next_key()? {
                            match key.as_ref() {
                                $($wire => super::support::json::put(&mut $field, $wire, &mut members)?,)*
                                _ => super::support::json::object!(@unknown $unknown ($($kept)?) key members),
                            }
                        }
                        ::std::result::Result::Ok($name {
                            $($field: super::support::json::object!(@take $mode $field $wire $(($default))?),)*
                            $($kept,)?
                        })
                    }
                }
                deserializer.deserialize_map(__Reader)
            }

            fn write<__S: ::serde::Serializer>(&self, serializer: __S) -> ::std::result::Result<__S::Ok, __S::Error> {
                #[allow(unused_mut)]
                let mut members = serializer.serialize_map(::std::option::Option::None)?;
                $(super::support::json::object!(@write $mode members $wire self.$field);)*
                $(for (name, value) in &self.$kept {
                    super::support::json::member(&mut members, name, value)?;
                })?
                ::serde::ser::SerializeMap::end(members)
            }
        }

        super::support::json::serde_by_json!($name);
    };
    (@unknown ignore () $key:ident $members:ident) => {
        {
            let _: ::serde::de::IgnoredAny = $members.next_value()?;
        }
    };
    (@unknown forbid () $key:ident $members:ident) => {
        super::support::json::forbid(&$key)?
    };
    (@unknown keep ($kept:ident) $key:ident $members:ident) => {
        {
            let super::support::json::Read(value) = $members.next_value()?;
            $kept.insert($key.into_owned(), value);
        }
    };
    (@take required $field:ident $wire:literal) => {
        $field.ok_or_else(|| ::serde::de::Error::missing_field($wire))?
    };
    (@take optional $field:ident $wire:literal) => {
        $field
    };
    (@take default $field:ident $wire:literal ($default:expr)) => {
        $field.unwrap_or_else(|| $default)
    };
    (@write optional $members:ident $wire:literal $self:ident.$field:ident) => {
        if let ::std::option::Option::Some(value) = &$self.$field {
            super::support::json::member(&mut $members, $wire, value)?;
        }
    };
    (@write $mode:ident $members:ident $wire:literal $self:ident.$field:ident) => {
        super::support::json::member(&mut $members, $wire, &$self.$field)?
    };
}

/// Alternatives: `Variant(Type)`, selected as the contract says.
macro_rules! union {
    ($name:ident by $property:literal { $($variant:ident($kind:ty) $values:pat,)* }) => {
        super::support::json::union!(@write $name { $($variant)* });

        impl $name {
            fn of(value: &::serde_json::Value) -> ::std::result::Result<Self, ::serde_json::Error> {
                match value[$property].as_str().unwrap_or_default() {
                    $($values => <$kind as super::support::Json>::read(value).map(Self::$variant),)*
                    other => ::std::result::Result::Err(::serde::de::Error::unknown_variant(other, &[])),
                }
            }
        }
    };
    ($name:ident $mode:ident { $($variant:ident($kind:ty) $schema:expr, $check:expr;)* }) => {
        super::support::json::union!(@write $name { $($variant)* });

        impl $name {
            fn of(value: &::serde_json::Value) -> ::std::result::Result<Self, ::serde_json::Error> {
                let mut found = super::support::json::Alternatives::$mode(value);
                $(found.consider::<$kind>($schema, $check, Self::$variant);)*
                found.finish()
            }
        }
    };
    (@write $name:ident { $($variant:ident)* }) => {
        impl super::support::Json for $name {
            fn read<'de, __D: ::serde::Deserializer<'de>>(deserializer: __D) -> ::std::result::Result<Self, __D::Error> {
                let value = <::serde_json::Value as ::serde::Deserialize>::deserialize(deserializer)?;
                Self::of(&value).map_err(::serde::de::Error::custom)
            }

            fn write<__S: ::serde::Serializer>(&self, serializer: __S) -> ::std::result::Result<__S::Ok, __S::Error> {
                match self {
                    $(Self::$variant(value) => super::support::Json::write(value, serializer),)*
                }
            }
        }

        super::support::json::serde_by_json!($name);
    };
}

/// Selects the alternative that matches a value.
pub struct Alternatives<'v, U> {
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
    pub fn one(value: &'v Value) -> Self {
        Self {
            value,
            one: true,
            found: None,
            whole: false,
            ambiguous: false,
        }
    }

    /// `anyOf`: the first that represents the value in full, else the first match.
    pub fn any(value: &'v Value) -> Self {
        Self {
            one: false,
            ..Self::one(value)
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
            || schema.is_some_and(|name| !super::schema::holds(name, self.value))
        {
            return;
        }
        let Some(read) = T::read(self.value).ok().filter(|read| check(read)) else {
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
            Some(_) => Err(de::Error::custom("more than one alternative matches")),
            None => Err(de::Error::custom("no alternative matches")),
        }
    }
}

/// An enum of strings: the implementations that follow from `as_str` and `of`.
macro_rules! text_enum {
    ($name:ident) => {
        impl ::std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl super::support::Text for $name {
            const EXPECTED: &'static str = "one of the values of the contract";

            fn from_text(text: &str) -> ::std::option::Option<Self> {
                Self::of(text)
            }

            fn to_text(&self) -> ::std::string::String {
                ::std::string::String::from(self.as_str())
            }
        }

        impl super::support::Json for $name {
            fn read<'de, __D: ::serde::Deserializer<'de>>(
                deserializer: __D,
            ) -> ::std::result::Result<Self, __D::Error> {
                super::support::json::read_text(deserializer)
            }

            fn write<__S: ::serde::Serializer>(
                &self,
                serializer: __S,
            ) -> ::std::result::Result<__S::Ok, __S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        super::support::json::serde_by_json!($name);
    };
}

/// An enum of integers: the implementations that follow from `as_i64` and `of`.
macro_rules! number_enum {
    ($name:ident) => {
        impl ::std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(&self.as_i64(), formatter)
            }
        }

        impl super::support::Text for $name {
            const EXPECTED: &'static str = "one of the values of the contract";

            fn from_text(text: &str) -> ::std::option::Option<Self> {
                Self::of(<i64 as super::support::Text>::from_text(text)?)
            }

            fn to_text(&self) -> ::std::string::String {
                <i64 as super::support::Text>::to_text(&self.as_i64())
            }
        }

        impl super::support::Json for $name {
            fn read<'de, __D: ::serde::Deserializer<'de>>(
                deserializer: __D,
            ) -> ::std::result::Result<Self, __D::Error> {
                let number = <i64 as ::serde::Deserialize>::deserialize(deserializer)?;
                Self::of(number).ok_or_else(|| {
                    ::serde::de::Error::custom("is not one of the values of the contract")
                })
            }

            fn write<__S: ::serde::Serializer>(
                &self,
                serializer: __S,
            ) -> ::std::result::Result<__S::Ok, __S::Error> {
                serializer.serialize_i64(self.as_i64())
            }
        }

        super::support::json::serde_by_json!($name);
    };
}

/// Implements serde's traits by [`Json`].
macro_rules! serde_by_json {
    ($name:ident) => {
        impl ::serde::Serialize for $name {
            fn serialize<__S: ::serde::Serializer>(
                &self,
                serializer: __S,
            ) -> ::std::result::Result<__S::Ok, __S::Error> {
                super::support::Json::write(self, serializer)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<__D: ::serde::Deserializer<'de>>(
                deserializer: __D,
            ) -> ::std::result::Result<Self, __D::Error> {
                super::support::Json::read(deserializer)
            }
        }
    };
}

pub(crate) use {number_enum, object, serde_by_json, text_enum, union};

/// Up to this many items are compared pairwise, more by their JSON text.
const FEW: usize = 16;

/// Whether all items differ.
pub fn all_unique<T: Json + PartialEq>(items: &[T]) -> bool {
    if items.len() <= FEW {
        return items
            .iter()
            .enumerate()
            .all(|(index, item)| !items[..index].contains(item));
    }
    let mut seen = HashSet::with_capacity(items.len());
    items
        .iter()
        .all(|item| seen.insert(to_value(item).to_string()))
}

/// Whether a number is a multiple in decimal arithmetic: 0.3 is a multiple of 0.1.
pub fn is_multiple(value: f64, step: f64) -> bool {
    let decimal = |number: f64| decimal::parse(&number.to_string());
    match (decimal(value), decimal(step)) {
        (Some(value), Some(step)) if !step.is_zero() => (value % step).is_zero(),
        _ => value % step == 0.0,
    }
}
