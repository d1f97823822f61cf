//! Serves a contract on actix-web.

mod accept;
mod body;
mod input;
#[cfg(feature = "multipart")]
mod multipart;
mod parameter;
mod rejection;
mod reply;
pub mod response;
mod router;
mod security;
mod style;

pub use accept::Accept;
pub use input::Input;
pub use parameter::Parameter;
pub use rejection::Rejection;
pub use reply::{EventStream, File, Header, Reply, Respond, respond};
pub use router::{Operations, Router, Shared};
pub use security::{Authenticate, Presented, authorize, authorize_optionally};

pub use crate::security::{Carrier, Credential, Need, SecurityScheme};
