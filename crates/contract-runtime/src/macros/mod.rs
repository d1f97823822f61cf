//! Macros that define or complete generated types.
//!
//! They expand next to the types of a contract, which may have any name. So all else is written with
//! its path, and generic parameters have names that no schema gets.

#[macro_use]
mod enums;
#[macro_use]
mod objects;

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
