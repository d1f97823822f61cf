#![doc = include_str!("../README.md")]
mod amount;
// Generated code is exempt from our lints.
#[allow(clippy::all)]
pub mod apis;
mod client;
mod error;
#[allow(unused_imports, clippy::all)]
pub mod models;
mod pages;
mod transport;

pub use amount::Amount;
pub use client::{
    CreatedOrder, DecidedOrder, OrderCancellation, OrderVersion, OrdersClient, OrdersFilter,
};
pub use error::{ApiError, Error};
pub use pages::Pages;
pub use rust_decimal::Decimal;
pub use transport::{Answer, Credentials, Options, Transport};
