//! The id of a request, which links a response to its log lines.

use std::sync::Arc;

use actix_web::http::header::{HeaderMap, HeaderName};
use uuid::Uuid;

pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest request id that is accepted from a client, in bytes.
const MAX_LENGTH: usize = 128;

/// The client's id if it is safe for a header and a log; otherwise a new one.
pub(super) fn request_id(headers: &HeaderMap) -> Arc<str> {
    let given = headers
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok());
    let fit = |id: &&str| {
        (1..=MAX_LENGTH).contains(&id.len())
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
    };
    given.filter(fit).map_or_else(new_id, Arc::from)
}

fn new_id() -> Arc<str> {
    let mut text = Uuid::encode_buffer();
    Arc::from(&*Uuid::now_v7().hyphenated().encode_lower(&mut text))
}
