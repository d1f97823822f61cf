//! Macros that define or complete generated types.
//!
//! They expand next to the types of a contract, which may have any name. So all else is written with
//! its path, and generic parameters have names that no schema gets.

/// Defines an enum of strings: `Variant = "text on the wire"`.
#[macro_export]
macro_rules! string_enum {
    ($(#[$attribute:meta])* pub enum $name:ident { $($(#[$doc:meta])* $variant:ident = $wire:literal,)* }) => {
        $(#[$attribute])*
        #[derive(
            ::std::fmt::Debug, ::std::clone::Clone, ::std::marker::Copy, ::std::cmp::PartialEq,
            ::std::cmp::Eq, ::std::hash::Hash, ::std::cmp::PartialOrd, ::std::cmp::Ord,
        )]
        pub enum $name {
            $($(#[$doc])* $variant,)*
        }

        impl $name {
            /// Every value, in the order of the contract.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The value as it is written on the wire.
            pub const fn as_str(self) -> &'static ::std::primitive::str {
                match self {
                    $(Self::$variant => $wire,)*
                }
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::UnknownValue;

            fn from_str(text: &::std::primitive::str) -> ::std::result::Result<Self, $crate::UnknownValue> {
                ::std::result::Result::Ok(match text {
                    $($wire => Self::$variant,)*
                    _ => return ::std::result::Result::Err($crate::UnknownValue),
                })
            }
        }

        $crate::enum_by_text!($name);
    };
}

/// Defines an enum of strings that also holds values which the contract does not list.
#[macro_export]
macro_rules! open_string_enum {
    ($(#[$attribute:meta])* pub enum $name:ident, $unknown:ident { $($(#[$doc:meta])* $variant:ident = $wire:literal,)* }) => {
        $(#[$attribute])*
        #[derive(
            ::std::fmt::Debug, ::std::clone::Clone, ::std::cmp::PartialEq, ::std::cmp::Eq,
            ::std::hash::Hash, ::std::cmp::PartialOrd, ::std::cmp::Ord,
        )]
        pub enum $name {
            $($(#[$doc])* $variant,)*
            /// A value that this version of the contract does not list.
            $unknown(::std::string::String),
        }

        impl $name {
            /// Every value that the contract lists, in its order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The value as it is written on the wire.
            pub fn as_str(&self) -> &::std::primitive::str {
                match self {
                    $(Self::$variant => $wire,)*
                    Self::$unknown(text) => text,
                }
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::std::convert::Infallible;

            fn from_str(text: &::std::primitive::str) -> ::std::result::Result<Self, ::std::convert::Infallible> {
                ::std::result::Result::Ok(match text {
                    $($wire => Self::$variant,)*
                    _ => Self::$unknown(text.into()),
                })
            }
        }

        $crate::enum_by_text!($name);
    };
}

/// Lets a type of yours stand for a string, a number or a boolean of the contract (`x-rust-type`).
///
/// It must implement serde's traits, `FromStr` and `Display`; and, if the schema has limits and is
/// a number, `Clone` and `Into` that number.
#[macro_export]
macro_rules! own_type {
    ($name:ty) => {
        $crate::json_by_serde!($name);

        impl $crate::Text for $name {
            const EXPECTED: &'static ::std::primitive::str = "a value of the contract";

            fn from_text(text: &::std::primitive::str) -> ::std::option::Option<Self> {
                text.parse().ok()
            }

            fn to_text(&self) -> ::std::string::String {
                ::std::string::ToString::to_string(self)
            }
        }
    };
}

/// What follows from `as_str` and `FromStr`.
#[doc(hidden)]
#[macro_export]
macro_rules! enum_by_text {
    ($name:ident) => {
        impl ::std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                formatter.pad(self.as_str())
            }
        }

        impl $crate::Text for $name {
            const EXPECTED: &'static ::std::primitive::str = "one of the values of the contract";

            fn from_text(text: &::std::primitive::str) -> ::std::option::Option<Self> {
                text.parse().ok()
            }

            fn to_text(&self) -> ::std::string::String {
                ::std::string::String::from(self.as_str())
            }
        }

        impl $crate::Json for $name {
            fn read<'de, __D: $crate::serde::Deserializer<'de>>(
                deserializer: __D,
            ) -> ::std::result::Result<Self, __D::Error> {
                $crate::json::read_text(deserializer)
            }

            fn write<__S: $crate::serde::Serializer>(
                &self,
                serializer: __S,
            ) -> ::std::result::Result<__S::Ok, __S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        $crate::serde_by_json!($name);
    };
}

/// Defines an enum of integers: `Variant = number`.
#[macro_export]
macro_rules! integer_enum {
    ($(#[$attribute:meta])* pub enum $name:ident { $($(#[$doc:meta])* $variant:ident = $wire:expr,)* }) => {
        $(#[$attribute])*
        #[derive(
            ::std::fmt::Debug, ::std::clone::Clone, ::std::marker::Copy, ::std::cmp::PartialEq,
            ::std::cmp::Eq, ::std::hash::Hash, ::std::cmp::PartialOrd, ::std::cmp::Ord,
        )]
        pub enum $name {
            $($(#[$doc])* $variant,)*
        }

        impl $name {
            /// Every value, in the order of the contract.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The value as it is written on the wire.
            pub const fn as_i64(self) -> ::std::primitive::i64 {
                match self {
                    $(Self::$variant => $wire,)*
                }
            }
        }

        impl ::std::convert::TryFrom<::std::primitive::i64> for $name {
            type Error = $crate::UnknownValue;

            fn try_from(number: ::std::primitive::i64) -> ::std::result::Result<Self, $crate::UnknownValue> {
                $(if number == $wire {
                    return ::std::result::Result::Ok(Self::$variant);
                })*
                ::std::result::Result::Err($crate::UnknownValue)
            }
        }

        $crate::enum_by_integer!($name);
    };
}

/// Defines an enum of integers that also holds values which the contract does not list.
#[macro_export]
macro_rules! open_integer_enum {
    ($(#[$attribute:meta])* pub enum $name:ident, $unknown:ident { $($(#[$doc:meta])* $variant:ident = $wire:expr,)* }) => {
        $(#[$attribute])*
        #[derive(
            ::std::fmt::Debug, ::std::clone::Clone, ::std::marker::Copy, ::std::cmp::PartialEq,
            ::std::cmp::Eq, ::std::hash::Hash, ::std::cmp::PartialOrd, ::std::cmp::Ord,
        )]
        pub enum $name {
            $($(#[$doc])* $variant,)*
            /// A value that this version of the contract does not list.
            $unknown(::std::primitive::i64),
        }

        impl $name {
            /// Every value that the contract lists, in its order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The value as it is written on the wire.
            pub const fn as_i64(self) -> ::std::primitive::i64 {
                match self {
                    $(Self::$variant => $wire,)*
                    Self::$unknown(number) => number,
                }
            }
        }

        impl ::std::convert::From<::std::primitive::i64> for $name {
            fn from(number: ::std::primitive::i64) -> Self {
                $(if number == $wire {
                    return Self::$variant;
                })*
                Self::$unknown(number)
            }
        }

        $crate::enum_by_integer!($name);
    };
}

/// What follows from `as_i64` and `TryFrom<i64>`.
#[doc(hidden)]
#[macro_export]
macro_rules! enum_by_integer {
    ($name:ident) => {
        impl ::std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(&self.as_i64(), formatter)
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::UnknownValue;

            fn from_str(
                text: &::std::primitive::str,
            ) -> ::std::result::Result<Self, $crate::UnknownValue> {
                $crate::Text::from_text(text).ok_or($crate::UnknownValue)
            }
        }

        impl $crate::Text for $name {
            const EXPECTED: &'static ::std::primitive::str = "one of the values of the contract";

            fn from_text(text: &::std::primitive::str) -> ::std::option::Option<Self> {
                let number = <::std::primitive::i64 as $crate::Text>::from_text(text)?;
                ::std::convert::TryFrom::try_from(number).ok()
            }

            fn to_text(&self) -> ::std::string::String {
                $crate::Text::to_text(&self.as_i64())
            }
        }

        impl $crate::Json for $name {
            fn read<'de, __D: $crate::serde::Deserializer<'de>>(
                deserializer: __D,
            ) -> ::std::result::Result<Self, __D::Error> {
                let number = <::std::primitive::i64 as $crate::Json>::read(deserializer)?;
                ::std::convert::TryFrom::try_from(number).map_err($crate::serde::de::Error::custom)
            }

            fn write<__S: $crate::serde::Serializer>(
                &self,
                serializer: __S,
            ) -> ::std::result::Result<__S::Ok, __S::Error> {
                serializer.serialize_i64(self.as_i64())
            }
        }

        $crate::serde_by_json!($name);
    };
}

/// Reads and writes a struct that keeps the members which the contract does not name, in `kept`:
/// `"wire" => field mode`, where the mode is `required`, `optional` or `default(value)`.
#[macro_export]
macro_rules! open_object {
    ($name:ident, $kept:ident { $($wire:literal => $field:ident $mode:ident $(($default:expr))?,)* }) => {
        impl $crate::Json for $name {
            fn read<'de, __D: $crate::serde::Deserializer<'de>>(deserializer: __D) -> ::std::result::Result<Self, __D::Error> {
                struct __Reader;
                impl<'de> $crate::serde::de::Visitor<'de> for __Reader {
                    type Value = $name;

                    fn expecting(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                        formatter.write_str("an object")
                    }

                    fn visit_map<__A: $crate::serde::de::MapAccess<'de>>(
                        self,
                        mut members: __A,
                    ) -> ::std::result::Result<$name, __A::Error> {
                        $(let mut $field = ::std::option::Option::None;)*
                        let mut $kept = ::std::collections::BTreeMap::new();
                        while let ::std::option::Option::Some($crate::json::Key(key)) = members.next_key()? {
                            match key.as_ref() {
                                $($wire => $crate::json::put(&mut $field, $wire, &mut members)?,)*
                                _ => {
                                    let $crate::json::Read(value) = members.next_value()?;
                                    $kept.insert(key.into_owned(), value);
                                }
                            }
                        }
                        ::std::result::Result::Ok($name {
                            $($field: $crate::open_object!(@take $mode $field $wire $(($default))?),)*
                            $kept,
                        })
                    }
                }
                deserializer.deserialize_map(__Reader)
            }

            fn write<__S: $crate::serde::Serializer>(&self, serializer: __S) -> ::std::result::Result<__S::Ok, __S::Error> {
                let mut members = serializer.serialize_map(::std::option::Option::None)?;
                $($crate::open_object!(@write $mode members $wire self.$field);)*
                for (name, value) in &self.$kept {
                    $crate::json::member(&mut members, name, value)?;
                }
                $crate::serde::ser::SerializeMap::end(members)
            }
        }

        $crate::serde_by_json!($name);
    };
    (@take required $field:ident $wire:literal) => {
        $field.ok_or_else(|| $crate::serde::de::Error::missing_field($wire))?
    };
    (@take optional $field:ident $wire:literal) => {
        $field
    };
    (@take default $field:ident $wire:literal ($default:expr)) => {
        $field.unwrap_or_else(|| $default)
    };
    (@write optional $members:ident $wire:literal $self:ident.$field:ident) => {
        if let ::std::option::Option::Some(value) = &$self.$field {
            $crate::json::member(&mut $members, $wire, value)?;
        }
    };
    (@write $mode:ident $members:ident $wire:literal $self:ident.$field:ident) => {
        $crate::json::member(&mut $members, $wire, &$self.$field)?
    };
}

/// Reads and writes alternatives, `Variant(Type)`, selected as the contract says: by the value of a
/// property, or the `one` or `any` that matches.
#[macro_export]
macro_rules! union {
    ($name:ident by $property:literal { $($variant:ident($kind:ty) $values:pat,)* }) => {
        impl $name {
            fn of(value: &$crate::serde_json::Value) -> ::std::result::Result<Self, $crate::serde_json::Error> {
                match value[$property].as_str().unwrap_or_default() {
                    $($values => $crate::json::from_value::<$kind>(value).map(Self::$variant),)*
                    other => ::std::result::Result::Err($crate::serde::de::Error::unknown_variant(other, &[])),
                }
            }
        }

        $crate::union!(@write $name { $($variant)* });
    };
    ($name:ident $mode:ident of $contract:path { $($variant:ident($kind:ty) $schema:expr, $check:expr;)* }) => {
        impl $name {
            fn of(value: &$crate::serde_json::Value) -> ::std::result::Result<Self, $crate::serde_json::Error> {
                let mut found = $crate::json::Alternatives::$mode(&$contract, value);
                $(found.consider::<$kind>($schema, $check, Self::$variant);)*
                found.finish()
            }
        }

        $crate::union!(@write $name { $($variant)* });
    };
    (@write $name:ident { $($variant:ident)* }) => {
        impl $crate::Json for $name {
            fn read<'de, __D: $crate::serde::Deserializer<'de>>(deserializer: __D) -> ::std::result::Result<Self, __D::Error> {
                let value = <$crate::serde_json::Value as $crate::Json>::read(deserializer)?;
                Self::of(&value).map_err($crate::serde::de::Error::custom)
            }

            fn write<__S: $crate::serde::Serializer>(&self, serializer: __S) -> ::std::result::Result<__S::Ok, __S::Error> {
                match self {
                    $(Self::$variant(value) => $crate::Json::write(value, serializer),)*
                }
            }
        }

        $crate::serde_by_json!($name);
    };
}

/// The same for a client: what the contract does not list is kept in `Unknown`.
#[macro_export]
macro_rules! open_union {
    ($name:ident, $unknown:ident by $property:literal { $($variant:ident($kind:ty) $values:pat,)* }) => {
        impl $name {
            fn of(value: $crate::serde_json::Value) -> ::std::result::Result<Self, $crate::serde_json::Error> {
                match value[$property].as_str().unwrap_or_default() {
                    $($values => $crate::json::from_value::<$kind>(&value).map(Self::$variant),)*
                    _ => ::std::result::Result::Ok(Self::$unknown(value)),
                }
            }
        }

        $crate::open_union!(@write $name $unknown { $($variant)* });
    };
    ($name:ident, $unknown:ident of $contract:path { $($variant:ident($kind:ty) $schema:expr;)* }) => {
        impl $name {
            fn of(value: $crate::serde_json::Value) -> ::std::result::Result<Self, $crate::serde_json::Error> {
                let mut found = $crate::json::BestMatch::new(&$contract, &value);
                $(found.consider::<$kind>($schema, Self::$variant);)*
                ::std::result::Result::Ok(match found.finish() {
                    ::std::option::Option::Some(found) => found,
                    ::std::option::Option::None => Self::$unknown(value),
                })
            }
        }

        $crate::open_union!(@write $name $unknown { $($variant)* });
    };
    (@write $name:ident $unknown:ident { $($variant:ident)* }) => {
        impl $crate::Json for $name {
            fn read<'de, __D: $crate::serde::Deserializer<'de>>(deserializer: __D) -> ::std::result::Result<Self, __D::Error> {
                let value = <$crate::serde_json::Value as $crate::Json>::read(deserializer)?;
                Self::of(value).map_err($crate::serde::de::Error::custom)
            }

            fn write<__S: $crate::serde::Serializer>(&self, serializer: __S) -> ::std::result::Result<__S::Ok, __S::Error> {
                match self {
                    $(Self::$variant(value) => $crate::Json::write(value, serializer),)*
                    Self::$unknown(value) => $crate::Json::write(value, serializer),
                }
            }
        }

        $crate::serde_by_json!($name);
    };
}

/// Implements serde's traits by [`Json`](crate::Json).
#[doc(hidden)]
#[macro_export]
macro_rules! serde_by_json {
    ($name:ident) => {
        impl $crate::serde::Serialize for $name {
            fn serialize<__S: $crate::serde::Serializer>(
                &self,
                serializer: __S,
            ) -> ::std::result::Result<__S::Ok, __S::Error> {
                $crate::Json::write(self, serializer)
            }
        }

        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<__D: $crate::serde::Deserializer<'de>>(
                deserializer: __D,
            ) -> ::std::result::Result<Self, __D::Error> {
                $crate::Json::read(deserializer)
            }
        }
    };
}
