//! API keys: 256 random bits behind a prefix that secret scanners find.

use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Utc;
use quick_cache::sync::Cache;
use rand::TryRngCore;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};

use super::error::AuthError;
use crate::db::{ApiKey, ApiKeyRepository, Database};
use crate::domain::{Access, Caller, Scopes};

/// The prefix of every key.
const PREFIX: &str = "orders_";
/// Random bytes of a key.
const RANDOM_BYTES: usize = 32;
/// Characters of a key that are stored, so that a person can tell keys apart.
const HINT_LENGTH: usize = PREFIX.len() + 4;
/// Capacity of the cache of verified keys.
const CACHE_SIZE: usize = 10_000;

/// A new key. Its text is shown once, to the person who creates it.
pub struct FreshKey {
    /// The text that the client sends.
    pub text: String,
    /// The hash that is stored.
    pub hash: [u8; 32],
    /// The first characters, which are stored.
    pub hint: String,
}

impl FreshKey {
    /// Generates a key.
    pub fn make() -> anyhow::Result<Self> {
        let mut bytes = [0; RANDOM_BYTES];
        OsRng.try_fill_bytes(&mut bytes)?;
        let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes));
        Ok(Self {
            hash: hash(&text),
            hint: text[..HINT_LENGTH].into(),
            text,
        })
    }
}

/// Verifies API keys.
pub(super) struct ApiKeys {
    keys: ApiKeyRepository,
    trusted_for: Duration,
    cache: Cache<[u8; 32], Arc<Cached>>,
}

struct Cached {
    caller: Arc<Caller>,
    until: Instant,
}

impl ApiKeys {
    /// Verifies keys against this database; a verified key is cached for up to `trusted_for`.
    pub(super) fn new(database: Database, trusted_for: Duration) -> Self {
        Self {
            keys: ApiKeyRepository::new(database),
            trusted_for,
            cache: Cache::new(CACHE_SIZE),
        }
    }

    /// The caller of a key that was verified recently.
    pub(super) fn cached(&self, key: &str) -> Option<Arc<Caller>> {
        let known = self.cache.get(&hash(key))?;
        (Instant::now() < known.until).then(|| known.caller.clone())
    }

    /// The caller of a key.
    pub(super) async fn verify(&self, key: &str) -> Result<Arc<Caller>, AuthError> {
        let invalid = || AuthError::Invalid("the API key is unknown, expired or revoked".into());
        if !is_well_formed(key) {
            return Err(invalid());
        }
        let hash = hash(key);
        let found = self.keys.used(&hash).await?.ok_or_else(invalid)?;
        let cached = Cached {
            until: Instant::now() + self.trusted_for.min(remaining_lifetime(&found)),
            caller: Arc::new(caller(&found)),
        };
        let caller = cached.caller.clone();
        self.cache.insert(hash, Arc::new(cached));
        Ok(caller)
    }
}

/// Whether the text has the form of a key; other text is rejected without a query.
fn is_well_formed(key: &str) -> bool {
    let random = key.strip_prefix(PREFIX);
    let decoded = random.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    decoded.is_some_and(|bytes| bytes.len() == RANDOM_BYTES)
}

fn remaining_lifetime(key: &ApiKey) -> Duration {
    match key.expires_at {
        None => Duration::MAX,
        Some(end) => (end - Utc::now()).to_std().unwrap_or_default(),
    }
}

fn caller(key: &ApiKey) -> Caller {
    Caller {
        principal: format!("key:{}", key.id).into(),
        client: format!("key:{}", key.client()).into(),
        access: key.customer_id.map_or(Access::All, Access::Customer),
        scopes: Scopes::parse(&key.scopes),
    }
}

fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_keys_are_unique_and_well_formed() {
        let [one, two] = [FreshKey::make().unwrap(), FreshKey::make().unwrap()];
        assert_ne!(one.text, two.text);
        assert!(is_well_formed(&one.text), "{}", one.text);
        assert!(one.text.starts_with(&one.hint) && one.hint.len() < one.text.len() / 3);
        for other in ["", "orders_", &one.text[1..], &one.text[..40], "orders_%%"] {
            assert!(!is_well_formed(other), "{other}");
        }
    }
}
