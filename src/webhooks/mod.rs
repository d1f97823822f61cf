//! Webhooks: sends the events of the feed to the URLs of clients, as Standard Webhooks 1.0.0 says.
//!
//! The database knows which endpoint has yet to receive what, so any number of processes may deliver,
//! and each may end at any time.

mod addresses;
mod deliverer;
mod results;
mod schedule;
mod sender;
mod signature;

pub use addresses::{Addresses, is_public};
pub use deliverer::{Deliverer, payload};
pub use sender::{Answer, Lookup, Message, Sender, Unsent};
pub use signature::{fresh_key, public_key, secret_text, sign};
