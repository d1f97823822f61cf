//! Converts between JSON and values exactly as the contract says.
//!
//! Generated structs use serde's derives where those can express the contract, with [`read`],
//! [`some`] and [`write`] for members that serde would read differently. [`from_str`] rejects what
//! the derives would accept beyond the contract.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::marker::PhantomData;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;
use uuid::Uuid;

use crate::decimal;
use crate::strict::Strict;
use crate::text::{Base64, DecimalText, Text};

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

/// Reads a value from JSON text.
pub fn from_str<T: Json>(text: &str) -> Result<T, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = T::read(Strict(&mut deserializer))?;
    deserializer.end()?;
    Ok(value)
}

/// Reads a value from a JSON value.
pub fn from_value<T: Json>(value: &Value) -> Result<T, serde_json::Error> {
    T::read(Strict(value))
}

/// Writes a value as JSON text.
pub fn to_vec<T: Json>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&Write(value))
}

/// For `deserialize_with`: a member that must be present, even if it may be `null`.
pub fn read<'de, T: Json, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::read(deserializer)
}

/// For `deserialize_with`: a member that may be absent; `null` is not the same as absent.
pub fn some<'de, T: Json, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::read(deserializer).map(Some)
}

/// For `serialize_with`: a member whose type serde would write differently.
pub fn write<T: Json, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    value.write(serializer)
}

/// Converts any [`Json`] to a JSON value.
pub fn to_value<T: Json>(value: &T) -> Value {
    serde_json::to_value(Write(value)).unwrap_or_default()
}

/// Implements [`Json`] by serde's traits.
#[macro_export]
macro_rules! json_by_serde {
    ($($kind:ty),*) => {$(
        impl $crate::Json for $kind {
            fn read<'de, __D: $crate::serde::Deserializer<'de>>(
                deserializer: __D,
            ) -> ::std::result::Result<Self, __D::Error> {
                $crate::serde::Deserialize::deserialize(deserializer)
            }

            fn write<__S: $crate::serde::Serializer>(
                &self,
                serializer: __S,
            ) -> ::std::result::Result<__S::Ok, __S::Error> {
                $crate::serde::Serialize::serialize(self, serializer)
            }
        }
    )*};
}

json_by_serde!(bool, i32, i64, u64, f32, f64, String, Value);

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

/// Writes a member.
pub fn member<T: Json, M: SerializeMap>(
    members: &mut M,
    name: &str,
    value: &T,
) -> Result<(), M::Error> {
    members.serialize_entry(name, &Write(value))
}

serde_by_json!(Base64);
serde_by_json!(DecimalText);

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
