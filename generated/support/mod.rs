//! What every contract needs, whatever it describes.

#![allow(dead_code)]

pub mod contract;
pub mod decimal;
mod input;
mod parameter;
mod pattern;
mod rejection;
mod reply;
mod router;

pub use input::Input;
pub use parameter::FromParameter;
pub use pattern::Pattern;
pub use rejection::{Rejection, Violation};
pub use reply::Reply;
pub use router::Router;

use serde::{Deserialize, Deserializer};

/// Deserializes an optional field: absent is `None`, but `null` is an error.
pub fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Whether no item stands twice in the list.
pub fn all_unique<T: PartialEq>(items: &[T]) -> bool {
    items
        .iter()
        .enumerate()
        .all(|(index, item)| !items[..index].contains(item))
}
