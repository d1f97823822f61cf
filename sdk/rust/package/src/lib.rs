#![doc = include_str!("../README.md")]
mod amount;
// The generator's lines in it are not held to our lints.
#[allow(clippy::too_many_arguments, clippy::useless_format)]
pub mod apis;
mod client;
mod error;
#[allow(unused_imports, clippy::too_many_arguments, clippy::new_without_default)]
pub mod models;
mod pages;
mod transport;

pub use amount::Amount;
pub use client::{CreatedOrder, OrderVersion, OrdersClient, OrdersFilter};
pub use error::{ApiError, Error};
pub use pages::Pages;
pub use rust_decimal::Decimal;
pub use transport::{Answer, Options, Transport};
