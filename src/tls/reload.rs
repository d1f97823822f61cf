//! A certificate of a server or a client that is reloaded when its files change.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use arc_swap::ArcSwap;
use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

/// The minimum time between two checks of the files.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);

/// Provides the newest valid certificate.
#[derive(Debug)]
pub struct ReloadingCertificate {
    files: Files,
    current: ArcSwap<CertifiedKey>,
    last_check: Mutex<LastCheck>,
}

#[derive(Debug)]
struct Files {
    /// The settings table that names the files.
    section: &'static str,
    certificate: PathBuf,
    key: PathBuf,
}

#[derive(Debug)]
struct LastCheck {
    at: Instant,
    stamps: [Option<Stamp>; 2],
}

/// Identifies the content of a file. Symbolic links are followed, because Kubernetes replaces them.
#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    modified: SystemTime,
    length: u64,
    inode: u64,
}

impl ReloadingCertificate {
    /// Reads these files; `section` is the settings table that names them.
    pub fn read(section: &'static str, certificate: &Path, key: &Path) -> Result<Self, String> {
        let files = Files {
            section,
            certificate: certificate.to_owned(),
            key: key.to_owned(),
        };
        // Stamps are taken first, so that a change in between leads to another read instead of
        // being missed.
        let stamps = files.stamps();
        Ok(Self {
            current: ArcSwap::from_pointee(files.load()?),
            files,
            last_check: Mutex::new(LastCheck {
                at: Instant::now(),
                stamps,
            }),
        })
    }

    /// One handshake checks the files while others use the current certificate.
    fn reload_if_changed(&self) {
        let Ok(mut last) = self.last_check.try_lock() else {
            return;
        };
        if last.at.elapsed() < CHECK_INTERVAL {
            return;
        }
        last.at = Instant::now();
        let stamps = self.files.stamps();
        if stamps == last.stamps {
            return;
        }
        last.stamps = stamps;
        let section = self.files.section;
        match self.files.load() {
            Ok(certificate) => {
                self.current.store(Arc::new(certificate));
                tracing::info!("reloaded the certificate of {section}");
            }
            // Certificate and key are rarely replaced at the same moment, so a mismatch is usually
            // temporary.
            Err(error) => tracing::error!(
                error,
                "cannot reload the certificate of {section}; the previous one stays in use"
            ),
        }
    }
}

impl ResolvesServerCert for ReloadingCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.reload_if_changed();
        Some(self.current.load_full())
    }
}

impl ResolvesClientCert for ReloadingCertificate {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.reload_if_changed();
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
