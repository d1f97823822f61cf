//! The server's certificate, read again when its files change.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::config::HttpTls;
use crate::tls;

/// The table of settings that names the files.
const SECTION: &str = "http.tls";

/// How often the files are looked at, at most.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// TLS 1.2 and 1.3 with this certificate.
///
/// # Errors
/// Names the setting whose file is not as it has to be.
pub(super) fn server_config(files: &HttpTls) -> Result<ServerConfig, String> {
    let builder = ServerConfig::builder_with_provider(tls::provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(builder
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Renewed::read(files)?)))
}

/// Hands out the newest certificate that is whole.
#[derive(Debug)]
struct Renewed {
    files: HttpTls,
    current: ArcSwap<CertifiedKey>,
    seen: Mutex<Seen>,
}

#[derive(Debug)]
struct Seen {
    at: Instant,
    stamps: [Option<Stamp>; 2],
}

/// What tells one content of a file from the next. A link that is turned (as Kubernetes does) is
/// followed.
#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    modified: SystemTime,
    length: u64,
    inode: u64,
}

impl Renewed {
    fn read(files: &HttpTls) -> Result<Self, String> {
        // The stamps first: what changes in between is read once more, and not missed.
        let stamps = stamps(files);
        Ok(Self {
            current: ArcSwap::from_pointee(load(files)?),
            files: files.clone(),
            seen: Mutex::new(Seen {
                at: Instant::now(),
                stamps,
            }),
        })
    }

    /// One handshake looks, while the others go on with what there is.
    fn look(&self) {
        let Ok(mut seen) = self.seen.try_lock() else {
            return;
        };
        if seen.at.elapsed() < LOOK_EVERY {
            return;
        }
        seen.at = Instant::now();
        let stamps = stamps(&self.files);
        if stamps == seen.stamps {
            return;
        }
        seen.stamps = stamps;
        match load(&self.files) {
            Ok(renewed) => {
                self.current.store(Arc::new(renewed));
                tracing::info!("the server's certificate was renewed");
            }
            // Certificate and key are rarely replaced at one time: the other one is on its way.
            Err(error) => tracing::error!(error, "the server keeps its old certificate"),
        }
    }
}

impl ResolvesServerCert for Renewed {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.look();
        Some(self.current.load_full())
    }
}

fn load(files: &HttpTls) -> Result<CertifiedKey, String> {
    tls::certified_key(SECTION, &files.certificate, &files.key)
}

fn stamps(files: &HttpTls) -> [Option<Stamp>; 2] {
    [stamp(&files.certificate), stamp(&files.key)]
}

fn stamp(file: &Path) -> Option<Stamp> {
    let metadata = std::fs::metadata(file).ok()?;
    Some(Stamp {
        modified: metadata.modified().ok()?,
        length: metadata.len(),
        inode: metadata.ino(),
    })
}
