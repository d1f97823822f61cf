//! Webhook endpoints, in the contract's terms.

pub use crate::generated::models::{
    WebhookDeliveryStatus as DeliveryStatus, WebhookPayload, WebhookSignature as SignatureKind,
};

use std::fmt;

/// What payloads are signed with: the key of HMAC-SHA256, or the seed of an Ed25519 key.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookKey(pub [u8; WebhookKey::BYTES]);

impl WebhookKey {
    /// The length of both kinds.
    pub const BYTES: usize = 32;
}

/// Not shown.
impl fmt::Debug for WebhookKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("WebhookKey")
    }
}
