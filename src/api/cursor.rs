//! Page cursors: opaque to clients, versioned for us, and signed, so that they are taken only as they
//! were given, and from whom they were given to.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::db::SECRET_BYTES;
use crate::domain::Access;

/// Says how the rest is to be read, so that a later form can tell an earlier one.
const FORM: u8 = 2;
/// Bytes of the id.
const ID_BYTES: usize = 8;
/// Bytes of the signature that are kept: enough that none is ever guessed.
const TAG_BYTES: usize = 16;

/// Makes and reads cursors.
#[derive(Clone)]
pub struct Cursors {
    unsigned: Hmac<Sha256>,
}

impl Cursors {
    /// With the secret that all instances share.
    pub fn new(secret: [u8; SECRET_BYTES]) -> Self {
        // HMAC itself fills a key up with zeros.
        let mut key = [0; 2 * SECRET_BYTES];
        key[..SECRET_BYTES].copy_from_slice(&secret);
        Self {
            unsigned: Hmac::new((&key).into()),
        }
    }

    /// The cursor of the page that begins below this id.
    pub fn encode(&self, before: i64, access: Access) -> String {
        let mut bytes = vec![FORM];
        bytes.extend(before.to_be_bytes());
        bytes.extend(self.signed(&bytes, access).finalize().into_bytes());
        bytes.truncate(1 + ID_BYTES + TAG_BYTES);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The id that a cursor stands for; `None` for one that we never gave out, or to somebody else.
    pub fn decode(&self, cursor: &str, access: Access) -> Option<i64> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (text, tag) = bytes.split_at_checked(1 + ID_BYTES)?;
        let (&FORM, id) = text.split_first()? else {
            return None;
        };
        if tag.len() != TAG_BYTES {
            return None;
        }
        self.signed(text, access).verify_truncated_left(tag).ok()?;
        id.try_into().ok().map(i64::from_be_bytes)
    }

    fn signed(&self, text: &[u8], access: Access) -> Hmac<Sha256> {
        let mut signed = self.unsigned.clone();
        signed.update(text);
        match access {
            Access::All => signed.update(b"all"),
            Access::Customer(id) => signed.update(&id.to_be_bytes()),
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
    fn leads_back() {
        for id in [1, 91, i64::MAX] {
            let cursor = cursors().encode(id, ALL);
            assert_eq!(cursors().decode(&cursor, ALL), Some(id));
        }
    }

    #[test]
    fn foreign_ones_are_refused() {
        let cursor = cursors().encode(5, ALL);
        let early_form = URL_SAFE_NO_PAD.encode([1, 0, 0, 0, 0, 0, 0, 0, 5]);
        for cursor in ["", "MQ", "abc", &cursor[1..], &cursor[..12], &early_form] {
            assert_eq!(cursors().decode(cursor, ALL), None, "{cursor}");
        }
        let other = Cursors::new([8; SECRET_BYTES]);
        assert_eq!(other.decode(&cursor, ALL), None);
        assert_eq!(cursors().decode(&cursor, Access::Customer(5)), None);
        let own = cursors().encode(5, Access::Customer(5));
        assert_eq!(cursors().decode(&own, Access::Customer(6)), None);
    }

    #[test]
    fn no_changed_byte_goes_unnoticed() {
        let bytes = URL_SAFE_NO_PAD.decode(cursors().encode(5, ALL)).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let cursor = URL_SAFE_NO_PAD.encode(changed);
            assert_eq!(cursors().decode(&cursor, ALL), None, "byte {at}");
        }
    }
}
