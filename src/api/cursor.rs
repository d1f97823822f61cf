//! Page cursors: opaque to clients, versioned, and signed, so that only an unchanged cursor of this
//! service from the same caller is accepted.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::db::{PageOf, SECRET_BYTES};
use crate::domain::{Access, CustomerId, OrderId};

/// The format version, so that later versions can distinguish formats; it also says on which side of
/// the id the page is.
const BELOW: u8 = 2;
const ABOVE: u8 = 3;
/// The length of the id.
const ID_BYTES: usize = 8;
/// The length of the truncated signature; 128 bits cannot be guessed.
const TAG_BYTES: usize = 16;

/// Encodes and decodes cursors.
#[derive(Clone)]
pub struct Cursors {
    unsigned: Hmac<Sha256>,
}

impl Cursors {
    /// Uses the secret that all instances share.
    pub fn new(secret: [u8; SECRET_BYTES]) -> Self {
        // HMAC pads a key with zeros to this length.
        let mut key = [0; 2 * SECRET_BYTES];
        key[..SECRET_BYTES].copy_from_slice(&secret);
        Self {
            unsigned: Hmac::new((&key).into()),
        }
    }

    /// The cursor of the page at this place.
    pub fn encode(&self, place: PageOf, access: Access) -> String {
        let (format, id) = match place {
            PageOf::Below(id) => (BELOW, id),
            PageOf::Above(id) => (ABOVE, id),
        };
        let mut bytes = vec![format];
        bytes.extend(id.0.to_be_bytes());
        bytes.extend(self.signed(&bytes, access).finalize().into_bytes());
        bytes.truncate(1 + ID_BYTES + TAG_BYTES);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The place in a cursor; `None` if this service did not issue it for this caller.
    pub fn decode(&self, cursor: &str, access: Access) -> Option<PageOf> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (text, tag) = bytes.split_at_checked(1 + ID_BYTES)?;
        let (format, id) = text.split_first()?;
        if tag.len() != TAG_BYTES {
            return None;
        }
        self.signed(text, access).verify_truncated_left(tag).ok()?;
        let id = OrderId(i64::from_be_bytes(id.try_into().ok()?));
        match *format {
            BELOW => Some(PageOf::Below(id)),
            ABOVE => Some(PageOf::Above(id)),
            _ => None,
        }
    }

    fn signed(&self, text: &[u8], access: Access) -> Hmac<Sha256> {
        let mut signed = self.unsigned.clone();
        signed.update(text);
        match access {
            Access::All => signed.update(b"all"),
            Access::Customer(CustomerId(id)) => signed.update(&id.to_be_bytes()),
        }
        signed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Access = Access::All;

    fn cursors() -> Cursors {
        Cursors::new([7; SECRET_BYTES])
    }

    #[test]
    fn encoded_cursors_can_be_decoded() {
        for id in [1, 91, i64::MAX].map(OrderId) {
            for place in [PageOf::Below(id), PageOf::Above(id)] {
                let cursor = cursors().encode(place, ALL);
                assert_eq!(cursors().decode(&cursor, ALL), Some(place));
            }
        }
    }

    #[test]
    fn a_foreign_cursor_is_rejected() {
        let cursor = cursors().encode(PageOf::Below(OrderId(5)), ALL);
        let early_format = URL_SAFE_NO_PAD.encode([1, 0, 0, 0, 0, 0, 0, 0, 5]);
        for cursor in ["", "MQ", "abc", &cursor[1..], &cursor[..12], &early_format] {
            assert_eq!(cursors().decode(cursor, ALL), None, "{cursor}");
        }
        let other = Cursors::new([8; SECRET_BYTES]);
        assert_eq!(other.decode(&cursor, ALL), None);
        assert_eq!(
            cursors().decode(&cursor, Access::Customer(CustomerId(5))),
            None
        );
        let own = cursors().encode(PageOf::Below(OrderId(5)), Access::Customer(CustomerId(5)));
        assert_eq!(
            cursors().decode(&own, Access::Customer(CustomerId(6))),
            None
        );
    }

    #[test]
    fn a_change_of_any_byte_is_detected() {
        let bytes = URL_SAFE_NO_PAD
            .decode(cursors().encode(PageOf::Below(OrderId(5)), ALL))
            .unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let cursor = URL_SAFE_NO_PAD.encode(changed);
            assert_eq!(cursors().decode(&cursor, ALL), None, "byte {at}");
        }
    }
}
