#![doc = include_str!("../README.md")]
mod amount;
// Generated code is exempt from our lints.
#[allow(clippy::all)]
pub mod apis;
mod client;
mod error;
mod feed;
#[allow(unused_imports, clippy::all)]
pub mod models;
mod pages;
mod transport;
mod webhooks;

pub use amount::Amount;
pub use client::{
    CreatedOrder, DecidedOrder, OrderCancellation, OrderVersion, OrdersClient, OrdersFilter,
};
pub use error::{ApiError, Error};
pub use feed::{EventFeed, FollowOptions};
pub use pages::Pages;
pub use rust_decimal::Decimal;
pub use transport::{Answer, Credentials, Options, Transport};
pub use webhooks::{WebhookError, WebhookVerifier};
