//! A certificate, the server's or a client's, read again when its files change.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use arc_swap::ArcSwap;
use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

/// How often the files are looked at, at most.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Hands out the newest certificate that is whole.
#[derive(Debug)]
pub struct Renewed {
    files: Files,
    current: ArcSwap<CertifiedKey>,
    seen: Mutex<Seen>,
}

#[derive(Debug)]
struct Files {
    /// The table of settings that names them.
    section: &'static str,
    certificate: PathBuf,
    key: PathBuf,
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
    /// From these files; `section` is the table of settings that names them.
    ///
    /// # Errors
    /// Names the setting whose file is not as it has to be.
    pub fn read(section: &'static str, certificate: &Path, key: &Path) -> Result<Self, String> {
        let files = Files {
            section,
            certificate: certificate.to_owned(),
            key: key.to_owned(),
        };
        // The stamps first: what changes in between is read once more, and not missed.
        let stamps = files.stamps();
        Ok(Self {
            current: ArcSwap::from_pointee(files.load()?),
            files,
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
        let stamps = self.files.stamps();
        if stamps == seen.stamps {
            return;
        }
        seen.stamps = stamps;
        let section = self.files.section;
        match self.files.load() {
            Ok(renewed) => {
                self.current.store(Arc::new(renewed));
                tracing::info!("the certificate of {section} was renewed");
            }
            // Certificate and key are rarely replaced at one time: the other one is on its way.
            Err(error) => tracing::error!(error, "the old certificate of {section} stays in use"),
        }
    }
}

impl ResolvesServerCert for Renewed {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.look();
        Some(self.current.load_full())
    }
}

impl ResolvesClientCert for Renewed {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.look();
        Some(self.current.load_full())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

impl Files {
    fn load(&self) -> Result<CertifiedKey, String> {
        super::certified_key(self.section, &self.certificate, &self.key)
    }

    fn stamps(&self) -> [Option<Stamp>; 2] {
        [stamp(&self.certificate), stamp(&self.key)]
    }
}

fn stamp(file: &Path) -> Option<Stamp> {
    let metadata = std::fs::metadata(file).ok()?;
    Some(Stamp {
        modified: metadata.modified().ok()?,
        length: metadata.len(),
        inode: metadata.ino(),
    })
}
