//! Signatures of Standard Webhooks 1.0.0: `v1` (HMAC-SHA256) and `v1a` (Ed25519).

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand::TryRngCore;
use rand::rngs::OsRng;
use standardwebhooks::Webhook;

use crate::domain::{SignatureKind, WebhookKey};

/// A random key for either kind of signature.
///
/// # Errors
/// If the system has no random numbers.
pub fn fresh_key() -> Result<WebhookKey, <OsRng as TryRngCore>::Error> {
    let mut bytes = [0; WebhookKey::BYTES];
    OsRng.try_fill_bytes(&mut bytes)?;
    Ok(WebhookKey(bytes))
}

/// A key of HMAC-SHA256 as its client gets it.
pub fn secret_text(key: &WebhookKey) -> String {
    format!("whsec_{}", STANDARD.encode(key.0))
}

/// The public key of Ed25519 as clients get it; `None` if the key is not one.
pub fn public_key(key: &WebhookKey) -> Option<String> {
    let pair = Ed25519KeyPair::from_seed_unchecked(&key.0).ok()?;
    Some(format!("whpk_{}", STANDARD.encode(pair.public_key())))
}

/// The value of `webhook-signature`: one signature with each key. `timestamp` is in seconds since 1970.
///
/// # Errors
/// If a key or the payload cannot be used, which neither service nor receiver causes.
pub fn sign(
    kind: SignatureKind,
    keys: &[WebhookKey],
    id: &str,
    timestamp: i64,
    payload: &str,
) -> Result<String, String> {
    let one = |key: &WebhookKey| match kind {
        SignatureKind::HmacSha256 => Webhook::from_bytes(key.0.to_vec())
            .and_then(|webhook| webhook.sign(id, timestamp, payload.as_bytes()))
            .map_err(|error| error.to_string()),
        SignatureKind::Ed25519 => {
            let pair = Ed25519KeyPair::from_seed_unchecked(&key.0);
            let pair = pair.map_err(|error| error.to_string())?;
            let signature = pair.sign(format!("{id}.{timestamp}.{payload}").as_bytes());
            Ok(format!("v1a,{}", STANDARD.encode(signature)))
        }
    };
    let all: Result<Vec<_>, String> = keys.iter().map(one).collect();
    Ok(all?.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> WebhookKey {
        let bytes = STANDARD.decode(text).unwrap();
        WebhookKey(bytes[..WebhookKey::BYTES].try_into().unwrap())
    }

    /// The vector of the reference implementation: `test_asymmetric_key_signing` of Svix's server.
    #[test]
    fn ed25519_matches_the_reference() {
        let key = key("6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbc=");
        let signature = sign(
            SignatureKind::Ed25519,
            std::slice::from_ref(&key),
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );
        let expected = "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";
        assert_eq!(signature.unwrap(), expected);
        let public = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";
        assert_eq!(public_key(&key).unwrap(), public);
    }

    /// The specification's example is verified by the crate `standardwebhooks`; this checks that a
    /// client can use the text of a key with it, and the form of several signatures.
    #[test]
    fn hmac_verifies_with_the_text_of_each_key() {
        let keys = [fresh_key().unwrap(), fresh_key().unwrap()];
        let value = sign(
            SignatureKind::HmacSha256,
            &keys,
            "evt_1",
            1_649_367_553,
            "{}",
        )
        .unwrap();
        let parts: Vec<&str> = value.split(' ').collect();
        assert_eq!(parts.len(), 2);
        for (key, part) in keys.iter().zip(parts) {
            let webhook = Webhook::new(&secret_text(key)).unwrap();
            assert_eq!(webhook.sign("evt_1", 1_649_367_553, b"{}").unwrap(), part);
        }
    }
}
