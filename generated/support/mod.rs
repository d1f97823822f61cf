//! Code that does not depend on the contract.

#![allow(dead_code, unused_macros, unused_imports)] // not every contract needs all of it

mod binary;
pub mod contract;
pub mod decimal;
mod fields;
pub mod input;
pub mod json;
mod parameter;
mod pattern;
mod rejection;
mod reply;
pub mod response;
mod router;
mod schema;
mod text;

pub use binary::Binary;
pub use input::Input;
pub use json::{Json, all_unique, is_multiple};
pub use pattern::Pattern;
pub use rejection::{Rejection, Violation};
pub use reply::{Event, EventStream, File, Reply};
pub use router::{Operations, Router, Shared};
pub use text::{Base64, DecimalText, Text, fixed};
