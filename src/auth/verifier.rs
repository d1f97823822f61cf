//! Verifies credentials, at a cost that is bounded for whoever sends bad ones, and without harm to
//! those whose credentials are good.
//!
//! A look-up costs a signature or a question to the database. Only bad credentials are charged, to their
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
use super::flights::Flights;
use super::grant::{Grant, Refusal};
use super::refusals::Refusals;
use super::tokens::Tokens;
use crate::generated::security::Credential;

/// For how long after it was good a credential is verified whatever else comes from its address.
const GOOD_LATELY: Duration = Duration::from_secs(3600);
/// Credentials that are remembered as good.
const REMEMBERED: usize = 20_000;
/// Look-ups of one kind at a time, in this process, for addresses that have used up their refusals.
const GATE_WIDTH: usize = 2;
/// Look-ups that may wait for that.
const GATE_QUEUE: usize = 64;
/// How long they may wait.
const GATE_PATIENCE: Duration = Duration::from_secs(2);

type Verdict = Result<Arc<Grant>, Refusal>;

/// What came of a look-up, and the address that it was made for.
#[derive(Clone)]
struct LookedUp {
    verdict: Verdict,
    from: Option<IpAddr>,
}

/// Tells credentials apart, without keeping them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Fingerprint([u8; 32]);

/// How one may say who one is. Cheap to clone.
#[derive(Clone)]
pub(super) struct Verifier {
    shared: Arc<Shared>,
}

struct Shared {
    tokens: Option<Tokens>,
    api_keys: Option<ApiKeys>,
    /// Until when each is remembered as good.
    good_lately: Cache<Fingerprint, Instant>,
    refusals: Refusals,
    token_gate: Gate,
    key_gate: Gate,
    flights: Flights<Fingerprint, LookedUp>,
}

impl Verifier {
    pub(super) fn new(
        tokens: Option<Tokens>,
        api_keys: Option<ApiKeys>,
        refusals_per_minute: u32,
    ) -> Self {
        let shared = Shared {
            tokens,
            api_keys,
            good_lately: Cache::new(REMEMBERED),
            refusals: Refusals::per_minute(refusals_per_minute),
            token_gate: Gate::new(),
            key_gate: Gate::new(),
            flights: Flights::new(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// What a credential is worth that was verified a moment ago.
    pub(super) fn known(&self, credential: &Credential) -> Option<Arc<Grant>> {
        match credential {
            Credential::Bearer(token) => self.shared.tokens.as_ref()?.known(token),
            Credential::ApiKey(key) => self.shared.api_keys.as_ref()?.known(key),
            _ => None,
        }
    }

    /// What a credential is worth that comes from this address.
    ///
    /// # Errors
    /// When it is worth nothing, or nobody can tell.
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
            match self.shared.flights.join(fingerprint, look_up).await {
                // That another address has no refusals left says nothing of this one.
                Some(other) if other.is_about_its_address() && other.from != from => {}
                Some(own) => return own.verdict,
                None => return Err(Refusal::Unavailable("the look-up broke off".into())),
            }
        }
    }

    /// Forgets the addresses that have all their refusals again.
    pub(super) fn forget_idle(&self) {
        self.shared.refusals.forget_idle();
    }
}

impl LookedUp {
    fn is_about_its_address(&self) -> bool {
        matches!(self.verdict, Err(Refusal::TooMany(_)))
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
            Some(address) if !self.was_good_lately(fingerprint) => {
                self.charged(credential, address).await
            }
            _ => self.ask(credential, true).await,
        };
        match &verdict {
            Ok(_) => {
                let until = Instant::now() + GOOD_LATELY;
                self.good_lately.insert(fingerprint, until);
            }
            Err(Refusal::Invalid(_)) => {
                self.good_lately.remove(&fingerprint);
            }
            Err(_) => {}
        }
        verdict
    }

    fn was_good_lately(&self, fingerprint: Fingerprint) -> bool {
        let until = self.good_lately.get(&fingerprint);
        until.is_some_and(|until| Instant::now() < until)
    }

    /// A bad credential costs its address one of its refusals.
    async fn charged(&self, credential: &Credential, address: IpAddr) -> Verdict {
        let Err(wait) = self.refusals.take(address) else {
            let verdict = self.ask(credential, true).await;
            if !matches!(verdict, Err(Refusal::Invalid(_))) {
                self.refusals.give_back(address);
            }
            return verdict;
        };
        // Tokens do not wait for a database that is slow.
        let gate = match credential {
            Credential::Bearer(_) => &self.token_gate,
            _ => &self.key_gate,
        };
        let Some(_place) = gate.enter().await else {
            return Err(Refusal::TooMany(wait));
        };
        match self.ask(credential, false).await {
            Err(Refusal::Invalid(_)) => Err(Refusal::TooMany(wait)),
            verdict => verdict,
        }
    }

    /// Whether a token may wait for a key of the issuer's that is not there yet.
    async fn ask(&self, credential: &Credential, may_wait: bool) -> Verdict {
        match (credential, &self.tokens, &self.api_keys) {
            (Credential::Bearer(token), Some(tokens), _) => tokens.verify(token, may_wait).await,
            (Credential::ApiKey(key), _, Some(keys)) => keys.verify(key).await,
            _ => Err(Refusal::Invalid(
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
        let place = timeout(GATE_PATIENCE, self.places.acquire()).await;
        place.ok()?.ok()
    }
}
