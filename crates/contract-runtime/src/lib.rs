//! What code generated from an OpenAPI contract uses at run time: exact JSON, validation by the
//! contract's schemas, parameters in every style, responses, routes and credentials.
//!
//! Nothing here depends on a particular contract; generated code passes its [`Contract`].

#[macro_use]
mod macros;

#[doc(hidden)] // for the macros
pub mod alternatives;
mod binary;
#[cfg(feature = "client")]
pub mod client;
mod contract;
pub mod decimal;
mod event;
#[cfg(feature = "server")]
mod fields;
pub mod json;
mod pattern;
mod schema;
mod security;
#[cfg(feature = "server")]
pub mod server;
mod strict;
mod text;

pub use binary::Binary;
pub use contract::{Contract, Operation, Violation};
pub use event::Event;
pub use json::{Json, all_unique, is_multiple};
pub use pattern::Pattern;
pub use schema::Schema;
pub use security::{Carrier, Credential, Need, SecurityScheme};
pub use text::{Base64, DecimalText, Text, UnknownValue, fixed, own_number, own_text};

// Generated code names the types of these crates, so it needs them in these versions.
#[cfg(feature = "server")]
pub use actix_web;
pub use {bytes, chrono, rust_decimal, serde, serde_json, uuid};
