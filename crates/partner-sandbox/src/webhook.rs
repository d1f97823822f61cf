//! Signatures of webhooks: [Standard Webhooks 1.0.0](https://github.com/standard-webhooks/standard-webhooks),
//! symmetric (`v1`).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The name of the header with the id of the message; the same in every attempt.
pub const ID: &str = "webhook-id";
/// The name of the header with the time of the attempt, in seconds since 1970.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// The name of the header with the signatures.
pub const SIGNATURE: &str = "webhook-signature";

/// How far the time of an attempt may be from now, in seconds.
const TOLERANCE: u64 = 300;
const PREFIX: &str = "whsec_";
const VERSION: &str = "v1,";

/// Why a signature cannot be made, or is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The secret is not `whsec_` and base64 of 24 to 64 bytes.
    #[error("the secret is not `whsec_` and base64 of 24 to 64 bytes")]
    Secret,
    /// The time is not a number, or more than 5 minutes from now.
    #[error("the time of the webhook is not within 5 minutes of now")]
    Timestamp,
    /// No signature is that of a secret.
    #[error("no signature of the webhook matches")]
    Signature,
}

/// The signature of a message: the value of `webhook-signature`.
///
/// # Errors
/// [`SignatureError::Secret`].
pub fn sign(secret: &str, id: &str, timestamp: i64, body: &[u8]) -> Result<String, SignatureError> {
    let mac = mac(secret, id, &timestamp.to_string(), body)?;
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    Ok(format!("{VERSION}{signature}"))
}

/// Accepts a message with the values of its three headers, if one of its signatures (separated by
/// spaces) is that of one of the secrets. `now` is in seconds since 1970. The comparison takes the
/// same time for any signature.
///
/// # Errors
/// Any [`SignatureError`].
pub fn verify(
    secrets: &[&str],
    id: &str,
    timestamp: &str,
    signatures: &str,
    body: &[u8],
    now: i64,
) -> Result<(), SignatureError> {
    let sent: i64 = timestamp.parse().map_err(|_| SignatureError::Timestamp)?;
    if sent.abs_diff(now) > TOLERANCE {
        return Err(SignatureError::Timestamp);
    }
    for secret in secrets {
        let mac = mac(secret, id, timestamp, body)?;
        let of_secret = |signature: &str| {
            let bytes = signature
                .strip_prefix(VERSION)
                .map(|text| STANDARD.decode(text));
            bytes.is_some_and(|bytes| {
                bytes.is_ok_and(|bytes| mac.clone().verify_slice(&bytes).is_ok())
            })
        };
        if signatures.split(' ').any(of_secret) {
            return Ok(());
        }
    }
    Err(SignatureError::Signature)
}

fn mac(
    secret: &str,
    id: &str,
    timestamp: &str,
    body: &[u8],
) -> Result<Hmac<Sha256>, SignatureError> {
    let key = secret
        .strip_prefix(PREFIX)
        .and_then(|text| STANDARD.decode(text).ok());
    let key = key
        .filter(|key| (24..=64).contains(&key.len()))
        .ok_or(SignatureError::Secret)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| SignatureError::Secret)?;
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    Ok(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test vector of the libraries of standard-webhooks.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const MESSAGE: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const SENT: i64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNED: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn check(
        secrets: &[&str],
        id: &str,
        sent: &str,
        signatures: &str,
        body: &[u8],
    ) -> Result<(), SignatureError> {
        verify(secrets, id, sent, signatures, body, SENT)
    }

    #[test]
    fn the_official_vector_is_signed_and_verified() {
        assert_eq!(sign(SECRET, MESSAGE, SENT, BODY).unwrap(), SIGNED);
        let sent = SENT.to_string();
        let other = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let several = format!(
            "v1a,xyz v1,%%% {} {SIGNED}",
            sign(other, MESSAGE, SENT, BODY).unwrap()
        );
        assert_eq!(check(&[SECRET], MESSAGE, &sent, SIGNED, BODY), Ok(()));
        assert_eq!(check(&[SECRET], MESSAGE, &sent, &several, BODY), Ok(()));
        assert_eq!(
            check(&[other, SECRET], MESSAGE, &sent, SIGNED, BODY),
            Ok(())
        );
    }

    #[test]
    fn what_was_not_signed_is_refused() {
        let sent = SENT.to_string();
        for (id, sent, signatures, body) in [
            ("msg_other", sent.as_str(), SIGNED, BODY),
            (MESSAGE, "1614265331", SIGNED, BODY),
            (MESSAGE, sent.as_str(), SIGNED, b"{}"),
            (MESSAGE, sent.as_str(), "", BODY),
            (MESSAGE, sent.as_str(), &SIGNED.replace("v1,", "v2,"), BODY),
            (MESSAGE, sent.as_str(), "v1,", BODY),
        ] {
            let refused = check(&[SECRET], id, sent, signatures, body);
            assert_eq!(
                refused,
                Err(SignatureError::Signature),
                "{id} {sent} {signatures}"
            );
        }
        for sent in [SENT - 301, SENT + 301] {
            let signed = sign(SECRET, MESSAGE, sent, BODY).unwrap();
            let refused = check(&[SECRET], MESSAGE, &sent.to_string(), &signed, BODY);
            assert_eq!(refused, Err(SignatureError::Timestamp));
        }
        let refused = check(&[SECRET], MESSAGE, "now", SIGNED, BODY);
        assert_eq!(refused, Err(SignatureError::Timestamp));
        for secret in [
            "",
            "whsec_",
            "whsec_AAAA",
            "whsec_?",
            &SECRET[6..],
            &format!("whsec_{}", "A".repeat(88)),
        ] {
            assert_eq!(
                sign(secret, MESSAGE, SENT, BODY),
                Err(SignatureError::Secret),
                "{secret}"
            );
        }
    }
}
