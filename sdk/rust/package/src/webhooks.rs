use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::prelude::{Engine as _, BASE64_STANDARD};
use ring::hmac;
use ring::signature::{UnparsedPublicKey, ED25519};

use crate::models::WebhookPayload;

/// The least number of bytes of a secret, as the standard says.
const SHORTEST: usize = 24;

/// Why a request is not, or not provably, a recent webhook of the service.
#[derive(Debug)]
#[non_exhaustive]
pub enum WebhookError {
    /// A header is missing or malformed.
    InvalidHeader,
    /// No signature is by one of the secrets.
    InvalidSignature,
    TimestampTooOld,
    TimestampTooNew,
    /// The body does not match the contract.
    InvalidPayload(serde_json::Error),
    /// A secret is neither `whsec_…` nor `whpk_…`, or there is none: your mistake, not the sender's.
    InvalidSecret,
}

/// Verifies webhooks, which are signed as Standard Webhooks 1.0.0 describes.
#[derive(Clone, Debug)]
pub struct WebhookVerifier {
    keys: Vec<Key>,
    tolerance: Duration,
}

/// `Debug` does not reveal secrets.
#[derive(Clone, Debug)]
enum Key {
    Secret(hmac::Key),
    Public(UnparsedPublicKey<Vec<u8>>),
}

impl WebhookVerifier {
    /// Accepts what one of the secrets has signed: `whsec_…`, or the public key `whpk_…`; both the old
    /// and the new one while you replace one.
    ///
    /// # Errors
    /// `InvalidSecret`.
    pub fn new<S: AsRef<str>>(secrets: impl IntoIterator<Item = S>) -> Result<Self, WebhookError> {
        let keys = secrets.into_iter().map(|secret| key(secret.as_ref()));
        let keys = keys.collect::<Option<Vec<_>>>();
        let keys = keys.filter(|keys| !keys.is_empty());
        Ok(Self {
            keys: keys.ok_or(WebhookError::InvalidSecret)?,
            tolerance: Duration::from_secs(300),
        })
    }

    /// How much a time stamp may differ from the clock. Default: 5 minutes.
    #[must_use]
    pub fn tolerance(self, tolerance: Duration) -> Self {
        Self { tolerance, ..self }
    }

    /// Returns what was sent. `body` is that of the request, unchanged; `headers` may be a
    /// `&HeaderMap`, or other names and values.
    ///
    /// # Errors
    /// See [`WebhookError`].
    pub fn verify<N: AsRef<str>, V: AsRef<[u8]>>(
        &self,
        body: &[u8],
        headers: impl IntoIterator<Item = (N, V)>,
    ) -> Result<WebhookPayload, WebhookError> {
        self.verify_at(SystemTime::now(), body, headers)
    }

    /// Like [`Self::verify`], at another time.
    ///
    /// # Errors
    /// See [`WebhookError`].
    pub fn verify_at<N: AsRef<str>, V: AsRef<[u8]>>(
        &self,
        now: SystemTime,
        body: &[u8],
        headers: impl IntoIterator<Item = (N, V)>,
    ) -> Result<WebhookPayload, WebhookError> {
        let mut values: [Vec<u8>; 3] = Default::default();
        for (name, value) in headers {
            let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
            let known = names
                .iter()
                .position(|known| known.eq_ignore_ascii_case(name.as_ref()));
            if let Some(known) = known {
                values[known] = value.as_ref().to_vec();
            }
        }
        let [id, timestamp, signatures] = values;
        let seconds = std::str::from_utf8(&timestamp).ok();
        // 40 bits are enough for 30,000 years, and cannot overflow a time.
        let seconds = seconds.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let seconds = seconds.and_then(|text| text.parse::<u64>().ok());
        let seconds = seconds.filter(|seconds| *seconds < 1 << 40);
        let (Some(seconds), false, false) = (seconds, id.is_empty(), signatures.is_empty()) else {
            return Err(WebhookError::InvalidHeader);
        };
        let signed = [&id, ".".as_bytes(), &timestamp, b".", body].concat();
        if !self.is_signed(&signed, &signatures) {
            return Err(WebhookError::InvalidSignature);
        }
        let sent = UNIX_EPOCH + Duration::from_secs(seconds);
        if now.duration_since(sent).unwrap_or_default() > self.tolerance {
            return Err(WebhookError::TimestampTooOld);
        }
        if sent.duration_since(now).unwrap_or_default() > self.tolerance {
            return Err(WebhookError::TimestampTooNew);
        }
        serde_json::from_slice(body).map_err(WebhookError::InvalidPayload)
    }

    fn is_signed(&self, signed: &[u8], signatures: &[u8]) -> bool {
        signatures.split(|byte| *byte == b' ').any(|each| {
            let mut parts = each.splitn(2, |byte| *byte == b',');
            let (Some(version), Some(encoded)) = (parts.next(), parts.next()) else {
                return false;
            };
            let Ok(signature) = BASE64_STANDARD.decode(encoded) else {
                return false;
            };
            self.keys.iter().any(|key| match (key, version) {
                // In constant time.
                (Key::Secret(key), b"v1") => hmac::verify(key, signed, &signature).is_ok(),
                (Key::Public(key), b"v1a") => key.verify(signed, &signature).is_ok(),
                _ => false,
            })
        })
    }
}

fn key(secret: &str) -> Option<Key> {
    let (kind, encoded) = secret.split_once('_')?;
    let bytes = BASE64_STANDARD.decode(encoded).ok()?;
    match kind {
        "whsec" if bytes.len() >= SHORTEST => {
            Some(Key::Secret(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
        }
        "whpk" if bytes.len() == 32 => Some(Key::Public(UnparsedPublicKey::new(&ED25519, bytes))),
        _ => None,
    }
}

impl fmt::Display for WebhookError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::InvalidHeader => "a webhook header is missing or malformed",
            Self::InvalidSignature => "no signature is by one of the secrets",
            Self::TimestampTooOld => "the time stamp is too old",
            Self::TimestampTooNew => "the time stamp is in the future",
            Self::InvalidPayload(_) => "the body does not match the contract",
            Self::InvalidSecret => "a secret is neither whsec_… nor whpk_…",
        })
    }
}

impl std::error::Error for WebhookError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::InvalidPayload(source) => Some(source),
            _ => None,
        }
    }
}
