//! Verifies credentials, with a bounded cost for invalid ones and without harm to callers with
//! valid ones.
//!
//! A look-up costs a signature or a query. Only invalid credentials are charged, to their address.
//! A valid credential from an address that has used up its attempts is still accepted: such
//! look-ups pass through a narrow gate, and an invalid credential there gets 429.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use contract_runtime::server::Credential;
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::api_keys::ApiKeys;
use super::attempts::Attempts;
use super::error::AuthError;
use super::single_flight::SingleFlight;
use super::tokens::Tokens;
use crate::domain::Caller;

/// How long after a success a credential is verified regardless of other requests from its address.
const TRUST_AFTER_SUCCESS: Duration = Duration::from_secs(3600);
/// Capacity of the cache of credentials that were valid.
const CACHE_SIZE: usize = 20_000;
/// Concurrent look-ups per kind of credential and process, for addresses that have used up their
/// attempts.
const GATE_WIDTH: usize = 2;
/// Look-ups that may wait for the gate.
const GATE_QUEUE: usize = 64;
/// How long a look-up may wait for the gate.
const GATE_WAIT_LIMIT: Duration = Duration::from_secs(2);

type Verdict = Result<Arc<Caller>, AuthError>;

/// The result of a look-up, and the address it was charged to.
#[derive(Clone)]
struct LookedUp {
    verdict: Verdict,
    from: Option<IpAddr>,
}

/// Identifies a credential without storing it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Fingerprint([u8; 32]);

/// The accepted kinds of credentials. Cheap to clone.
#[derive(Clone)]
pub(super) struct Verifier {
    shared: Arc<Shared>,
}

struct Shared {
    tokens: Option<Tokens>,
    api_keys: Option<ApiKeys>,
    /// Until when each credential counts as recently valid.
    recently_valid: Cache<Fingerprint, Instant>,
    attempts: Attempts,
    token_gate: Gate,
    key_gate: Gate,
    look_ups: SingleFlight<Fingerprint, LookedUp>,
}

impl Verifier {
    pub(super) fn new(
        tokens: Option<Tokens>,
        api_keys: Option<ApiKeys>,
        attempts_per_minute: u32,
    ) -> Self {
        let shared = Shared {
            tokens,
            api_keys,
            recently_valid: Cache::new(CACHE_SIZE),
            attempts: Attempts::per_minute(attempts_per_minute),
            token_gate: Gate::new(),
            key_gate: Gate::new(),
            look_ups: SingleFlight::new(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// The caller of a credential that was verified recently.
    pub(super) fn cached(&self, credential: &Credential) -> Option<Arc<Caller>> {
        match credential {
            Credential::Bearer(token) => self.shared.tokens.as_ref()?.cached(token),
            Credential::ApiKey(key) => self.shared.api_keys.as_ref()?.cached(key),
            _ => None,
        }
    }

    /// The caller of a credential from this address.
    pub(super) async fn verify(&self, credential: &Credential, from: Option<IpAddr>) -> Verdict {
        let fingerprint = Fingerprint::of(credential);
        loop {
            let look_up = || {
                let (shared, credential) = (self.shared.clone(), credential.clone());
                async move {
                    let verdict = shared.look_up(&credential, fingerprint, from).await;
                    LookedUp { verdict, from }
                }
            };
            match self.shared.look_ups.join(fingerprint, look_up).await {
                // Another address that has no attempts left does not affect this one: retry.
                Some(other) if other.is_rate_limited() && other.from != from => {}
                Some(own) => return own.verdict,
                None => {
                    return Err(AuthError::Unavailable(
                        "the look-up panicked or was cancelled".into(),
                    ));
                }
            }
        }
    }

    /// Removes the addresses that have all their attempts again.
    pub(super) fn forget_idle(&self) {
        self.shared.attempts.forget_idle();
    }
}

impl LookedUp {
    fn is_rate_limited(&self) -> bool {
        matches!(self.verdict, Err(AuthError::TooMany(_)))
    }
}

impl Shared {
    async fn look_up(
        &self,
        credential: &Credential,
        fingerprint: Fingerprint,
        from: Option<IpAddr>,
    ) -> Verdict {
        let verdict = match from {
            Some(address) if !self.was_recently_valid(fingerprint) => {
                self.charged(credential, address).await
            }
            _ => self.verify(credential, true).await,
        };
        match &verdict {
            Ok(_) => {
                let until = Instant::now() + TRUST_AFTER_SUCCESS;
                self.recently_valid.insert(fingerprint, until);
            }
            Err(AuthError::Invalid(_)) => {
                self.recently_valid.remove(&fingerprint);
            }
            Err(_) => {}
        }
        verdict
    }

    fn was_recently_valid(&self, fingerprint: Fingerprint) -> bool {
        let until = self.recently_valid.get(&fingerprint);
        until.is_some_and(|until| Instant::now() < until)
    }

    /// Charges an attempt to the address when the credential is invalid.
    async fn charged(&self, credential: &Credential, address: IpAddr) -> Verdict {
        let Err(wait) = self.attempts.take(address) else {
            let verdict = self.verify(credential, true).await;
            if !matches!(verdict, Err(AuthError::Invalid(_))) {
                self.attempts.give_back(address);
            }
            return verdict;
        };
        // Separate gates: tokens do not wait for a slow database.
        let gate = match credential {
            Credential::Bearer(_) => &self.token_gate,
            _ => &self.key_gate,
        };
        let Some(_place) = gate.enter().await else {
            return Err(AuthError::TooMany(wait));
        };
        match self.verify(credential, false).await {
            Err(AuthError::Invalid(_)) => Err(AuthError::TooMany(wait)),
            verdict => verdict,
        }
    }

    /// `may_wait`: whether a token may wait for a key of the issuer that is not loaded yet.
    async fn verify(&self, credential: &Credential, may_wait: bool) -> Verdict {
        match (credential, &self.tokens, &self.api_keys) {
            (Credential::Bearer(token), Some(tokens), _) => tokens.verify(token, may_wait).await,
            (Credential::ApiKey(key), _, Some(keys)) => keys.verify(key).await,
            _ => Err(AuthError::Invalid(
                "this server does not accept this kind of credentials".into(),
            )),
        }
    }
}

impl Fingerprint {
    /// A token and an API key never have the same fingerprint.
    fn of(credential: &Credential) -> Self {
        let (kind, text) = match credential {
            Credential::Bearer(token) => ("token ", token.as_str()),
            Credential::ApiKey(key) => ("key ", key.as_str()),
            _ => ("", ""),
        };
        Self(
            Sha256::new()
                .chain_update(kind)
                .chain_update(text)
                .finalize()
                .into(),
        )
    }
}

/// Admits a few at a time, and queues a few more.
struct Gate {
    places: Semaphore,
    queue: Semaphore,
}

impl Gate {
    fn new() -> Self {
        Self {
            places: Semaphore::new(GATE_WIDTH),
            queue: Semaphore::new(GATE_QUEUE),
        }
    }

    /// A permit; `None` when the queue is full or the wait times out.
    async fn enter(&self) -> Option<SemaphorePermit<'_>> {
        let _waits = self.queue.try_acquire().ok()?;
        let place = timeout(GATE_WAIT_LIMIT, self.places.acquire()).await;
        place.ok()?.ok()
    }
}
