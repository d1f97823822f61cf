//! Loads the issuer's keys and keeps them up to date.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use arc_swap::ArcSwapOption;
use reqwest::redirect::Policy;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, timeout};

use super::key_set::KeySet;
use crate::{config, tls};

/// The longest response that is read, in bytes.
const MAX_RESPONSE_BYTES: usize = 1024 * 1024;
/// The time limit of a request to the issuer.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
/// The shortest time between two reads, however many tokens name unknown keys.
const MIN_INTERVAL: Duration = Duration::from_secs(5);
/// How long a request waits for a key that may be new.
const WAIT_LIMIT: Duration = Duration::from_secs(2);

/// The issuer's current keys. The background task ends when the last clone is dropped.
#[derive(Clone)]
pub(super) struct KeySource {
    shared: Arc<Shared>,
    /// Counts completed reads, successful or not.
    reads: watch::Receiver<u64>,
}

struct Shared {
    current: ArcSwapOption<KeySet>,
    wanted: Notify,
}

impl KeySource {
    /// Keys from a file are loaded before this returns; keys from a URL are loaded in the
    /// background, and no token is accepted until then.
    pub(super) async fn start(settings: &config::Jwt) -> Result<Self> {
        let origin = Origin::of(settings)?;
        let shared = Arc::new(Shared {
            current: ArcSwapOption::empty(),
            wanted: Notify::new(),
        });
        let mut round = 0;
        if let Origin::File(path) = &origin {
            let setting = || {
                format!(
                    "cannot load the issuer's keys from {} (auth.jwt.jwks_file)",
                    path.display()
                )
            };
            read(&origin, &shared, round).await.with_context(setting)?;
            round += 1;
        }
        let (completed, reads) = watch::channel(round);
        let refresh = settings.refresh;
        tokio::spawn(keep_current(
            origin,
            Arc::downgrade(&shared),
            completed,
            refresh,
            round,
        ));
        Ok(Self { shared, reads })
    }

    /// The keys; `None` until they are first loaded.
    pub(super) fn current(&self) -> Option<Arc<KeySet>> {
        self.shared.current.load_full()
    }

    /// The generation of the current keys.
    pub(super) fn generation(&self) -> Option<u64> {
        self.shared
            .current
            .load()
            .as_ref()
            .map(|keys| keys.generation)
    }

    /// The keys after another read, or the current ones if the read does not complete in time.
    pub(super) async fn refreshed(&self) -> Option<Arc<KeySet>> {
        let mut reads = self.reads.clone();
        reads.mark_unchanged();
        self.shared.wanted.notify_one();
        // A time-out is treated like unchanged keys.
        let _ = timeout(WAIT_LIMIT, reads.changed()).await;
        self.current()
    }

    /// The current keys; requests another read.
    pub(super) fn current_and_refresh(&self) -> Option<Arc<KeySet>> {
        self.shared.wanted.notify_one();
        self.current()
    }
}

enum Origin {
    File(PathBuf),
    Url(reqwest::Client, String),
}

impl Origin {
    fn of(settings: &config::Jwt) -> Result<Self> {
        if !settings.jwks_file.is_empty() {
            return Ok(Self::File(settings.jwks_file.clone().into()));
        }
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(client_tls()?)
            // Keys come from the configured URL only.
            .redirect(Policy::none())
            .timeout(FETCH_TIMEOUT)
            .build()?;
        Ok(Self::Url(client, settings.jwks_url.clone()))
    }

    async fn text(&self) -> Result<Vec<u8>> {
        let (client, url) = match self {
            Self::File(path) => return Ok(tokio::fs::read(path).await?),
            Self::Url(client, url) => (client, url),
        };
        let mut response = client.get(url).send().await?;
        if !response.status().is_success() {
            bail!("the issuer responded with {}", response.status());
        }
        let mut text = Vec::new();
        while let Some(part) = response.chunk().await? {
            text.extend_from_slice(&part);
            if text.len() > MAX_RESPONSE_BYTES {
                bail!("the issuer's response is longer than {MAX_RESPONSE_BYTES} bytes");
            }
        }
        Ok(text)
    }
}

/// Trusts the system's root certificates.
fn client_tls() -> Result<rustls::ClientConfig> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    Ok(rustls::ClientConfig::builder_with_provider(tls::provider())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

async fn read(origin: &Origin, shared: &Shared, generation: u64) -> Result<()> {
    let text = origin.text().await?;
    if let Some(current) = &*shared.current.load()
        && current.is_from(&text)
    {
        return Ok(());
    }
    let keys = KeySet::parse(text, generation).map_err(anyhow::Error::msg)?;
    shared.current.store(Some(Arc::new(keys)));
    tracing::info!("loaded new keys of the issuer");
    Ok(())
}

/// Reloads the keys periodically and on request. When a read fails, the current keys stay in use.
async fn keep_current(
    origin: Origin,
    shared: std::sync::Weak<Shared>,
    completed: watch::Sender<u64>,
    refresh: Duration,
    mut round: u64,
) {
    let mut fresh = round > 0;
    loop {
        let Some(shared) = shared.upgrade() else {
            return;
        };
        if !std::mem::take(&mut fresh) {
            round += 1;
            let failed = read(&origin, &shared, round).await.err();
            if let Some(error) = &failed {
                tracing::warn!(
                    error = format!("{error:#}"),
                    "the issuer's keys cannot be read; the previous keys stay in use"
                );
            }
            completed.send_replace(round);
        }
        let missing = shared.current.load().is_none();
        let began = Instant::now();
        let pause = if missing {
            MIN_INTERVAL.min(refresh)
        } else {
            refresh
        };
        tokio::select! {
            () = sleep(pause) => {}
            () = shared.wanted.notified() => sleep(MIN_INTERVAL.saturating_sub(began.elapsed())).await,
        }
    }
}
