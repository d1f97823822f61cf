//! Verifies credentials, at a bounded cost for bad ones, and without harm to callers with good ones.
//!
//! A look-up costs a signature or a query. Only bad credentials are charged, to their
//! address. One that has used up its refusals is still let through when its credential is good: such
//! look-ups go through a narrow gate, and what turns out to be bad there is told to wait.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::api_keys::ApiKeys;
use super::attempts::Attempts;
use super::error::{AuthError, Grant};
use super::single_flight::SingleFlight;
use super::tokens::Tokens;
use crate::generated::security::Credential;

/// For how long after it was good a credential is verified whatever else comes from its address.
const TRUST_AFTER_SUCCESS: Duration = Duration::from_secs(3600);
/// Credentials that are remembered as good.
const CACHE_SIZE: usize = 20_000;
/// Look-ups of one kind at a time, in this process, for addresses that have used up their attempts.
const GATE_WIDTH: usize = 2;
/// Look-ups that may wait for that.
const GATE_QUEUE: usize = 64;
/// How long they may wait.
const GATE_WAIT_LIMIT: Duration = Duration::from_secs(2);

type Verdict = Result<Arc<Grant>, AuthError>;

/// What came of a look-up, and the address that it was made for.
#[derive(Clone)]
struct LookedUp {
    verdict: Verdict,
    from: Option<IpAddr>,
}

/// Tells credentials apart, without keeping them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Fingerprint([u8; 32]);

/// The kinds of credentials that are accepted. Cheap to clone.
#[derive(Clone)]
pub(super) struct Verifier {
    shared: Arc<Shared>,
}

struct Shared {
    tokens: Option<Tokens>,
    api_keys: Option<ApiKeys>,
    /// Until when each is remembered as good.
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

    /// The grant of a credential that was verified a moment ago.
    pub(super) fn cached(&self, credential: &Credential) -> Option<Arc<Grant>> {
        match credential {
            Credential::Bearer(token) => self.shared.tokens.as_ref()?.cached(token),
            Credential::ApiKey(key) => self.shared.api_keys.as_ref()?.cached(key),
            _ => None,
        }
    }

    /// The grant of a credential that comes from this address.
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
                // That another address has no refusals left says nothing of this one.
                Some(other) if other.is_rate_limited() && other.from != from => {}
                Some(own) => return own.verdict,
                None => return Err(AuthError::Unavailable("the look-up broke off".into())),
            }
        }
    }

    /// Forgets the addresses that have all their refusals again.
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

    /// A bad credential costs its address one of its attempts.
    async fn charged(&self, credential: &Credential, address: IpAddr) -> Verdict {
        let Err(wait) = self.attempts.take(address) else {
            let verdict = self.verify(credential, true).await;
            if !matches!(verdict, Err(AuthError::Invalid(_))) {
                self.attempts.give_back(address);
            }
            return verdict;
        };
        // Tokens do not wait for a database that is slow.
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

    /// Whether a token may wait for a key of the issuer's that is not there yet.
    async fn verify(&self, credential: &Credential, may_wait: bool) -> Verdict {
        match (credential, &self.tokens, &self.api_keys) {
            (Credential::Bearer(token), Some(tokens), _) => tokens.verify(token, may_wait).await,
            (Credential::ApiKey(key), _, Some(keys)) => keys.verify(key).await,
            _ => Err(AuthError::Invalid(
                "this server does not take such credentials".into(),
            )),
        }
    }
}

impl Fingerprint {
    /// Never the same for a token and an API key.
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

/// Lets a few in at a time, and a few more wait.
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

    /// A place; `None` when too many wait already, or it takes too long.
    async fn enter(&self) -> Option<SemaphorePermit<'_>> {
        let _waits = self.queue.try_acquire().ok()?;
        let place = timeout(GATE_WAIT_LIMIT, self.places.acquire()).await;
        place.ok()?.ok()
    }
}
