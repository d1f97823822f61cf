//! Page cursors: opaque to clients, versioned for us.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Says how the rest is to be read, so that a later form can tell an earlier one.
const FORM: u8 = 1;

/// The cursor of the page that begins below this id.
pub fn encode(before: i64) -> String {
    let mut bytes = vec![FORM];
    bytes.extend(before.to_be_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The id that a cursor stands for; `None` for one that we never gave out.
pub fn decode(cursor: &str) -> Option<i64> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (&FORM, id) = bytes.split_first()? else {
        return None;
    };
    let id = i64::from_be_bytes(id.try_into().ok()?);
    (id >= 1).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leads_back() {
        for id in [1, 91, i64::MAX] {
            assert_eq!(decode(&encode(id)), Some(id));
        }
    }

    #[test]
    fn foreign_ones_are_refused() {
        for cursor in [
            "",
            "MQ",
            "abc",
            &encode(0),
            &encode(-1),
            &encode(5)[1..],
            "AQAAAAAAAAABAA",
        ] {
            assert_eq!(decode(cursor), None, "{cursor}");
        }
    }
}
