//! Enums of strings and of integers, and types of the implementer's own.

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
/// a number, `Clone` and `Into` that number. `own_type!(OrderId as i64)` reads and writes parameters
/// as that number does, by `From` in both directions instead of `FromStr` and `Display`.
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
    ($name:ty as $plain:ty) => {
        $crate::json_by_serde!($name);

        impl $crate::Text for $name {
            const EXPECTED: &'static ::std::primitive::str = <$plain as $crate::Text>::EXPECTED;

            fn from_text(text: &::std::primitive::str) -> ::std::option::Option<Self> {
                <$plain as $crate::Text>::from_text(text).map(::std::convert::From::from)
            }

            fn to_text(&self) -> ::std::string::String {
                let plain: $plain = ::std::convert::Into::into(::std::clone::Clone::clone(self));
                $crate::Text::to_text(&plain)
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
