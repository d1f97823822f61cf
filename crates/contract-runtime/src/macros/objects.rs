//! Structs with additional members, and unions.

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
                let mut found = $crate::alternatives::Alternatives::$mode(&$contract, value);
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
                let mut found = $crate::alternatives::BestMatch::new(&$contract, &value);
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
