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

use super::error::{AuthError, Grant};
use super::scope::Scopes;
use crate::db::{ApiKey, ApiKeyRepository, Database};
use crate::domain::{Access, Caller};

/// How every key begins.
const PREFIX: &str = "orders_";
/// Random bytes of a key.
const RANDOM_BYTES: usize = 32;
/// Characters of a key that are kept, to tell one from another.
const HINT_LENGTH: usize = PREFIX.len() + 4;
/// Keys that are remembered.
const CACHE_SIZE: usize = 10_000;

/// A new key. It is shown to its maker once.
pub struct FreshKey {
    /// What the client sends.
    pub text: String,
    /// What is stored of it.
    pub hash: [u8; 32],
    /// How it begins.
    pub hint: String,
}

impl FreshKey {
    /// Makes one.
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
    grant: Arc<Grant>,
    until: Instant,
}

impl ApiKeys {
    /// The keys of this database; one that was found is trusted for a while.
    pub(super) fn new(database: Database, trusted_for: Duration) -> Self {
        Self {
            keys: ApiKeyRepository::new(database),
            trusted_for,
            cache: Cache::new(CACHE_SIZE),
        }
    }

    /// The grant of a key that was found a moment ago.
    pub(super) fn cached(&self, key: &str) -> Option<Arc<Grant>> {
        let known = self.cache.get(&hash(key))?;
        (Instant::now() < known.until).then(|| known.grant.clone())
    }

    /// The grant of a key.
    pub(super) async fn verify(&self, key: &str) -> Result<Arc<Grant>, AuthError> {
        let invalid = || AuthError::Invalid("there is no such key, or not any more".into());
        if !looks_like_a_key(key) {
            return Err(invalid());
        }
        let hash = hash(key);
        let found = self.keys.used(&hash).await?.ok_or_else(invalid)?;
        let cached = Cached {
            until: Instant::now() + self.trusted_for.min(life_left(&found)),
            grant: Arc::new(grant(&found)),
        };
        let grant = cached.grant.clone();
        self.cache.insert(hash, Arc::new(cached));
        Ok(grant)
    }
}

/// What was never made here costs no query.
fn looks_like_a_key(key: &str) -> bool {
    let random = key.strip_prefix(PREFIX);
    let decoded = random.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    decoded.is_some_and(|bytes| bytes.len() == RANDOM_BYTES)
}

fn life_left(key: &ApiKey) -> Duration {
    match key.expires_at {
        None => Duration::MAX,
        Some(end) => (end - Utc::now()).to_std().unwrap_or_default(),
    }
}

fn grant(key: &ApiKey) -> Grant {
    Grant {
        caller: Caller {
            principal: format!("key:{}", key.id).into(),
            client: format!("key:{}", key.client()).into(),
            access: key.customer_id.map_or(Access::All, Access::Customer),
        },
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
    fn every_key_is_new_and_looks_like_one() {
        let [one, two] = [FreshKey::make().unwrap(), FreshKey::make().unwrap()];
        assert_ne!(one.text, two.text);
        assert!(looks_like_a_key(&one.text), "{}", one.text);
        assert!(one.text.starts_with(&one.hint) && one.hint.len() < one.text.len() / 3);
        for other in ["", "orders_", &one.text[1..], &one.text[..40], "orders_%%"] {
            assert!(!looks_like_a_key(other), "{other}");
        }
    }
}
