//! Certificates and keys from PEM files, for rustls. Every error names its setting and its file.
//!
//! The crypto provider is always explicit: otherwise rustls would choose one by the enabled crate
//! features.

mod reload;

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, ServerConfig};

pub use reload::ReloadingCertificate;

/// The crypto provider.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// Makes it the default of this process, for libraries that take no provider. May be called
/// repeatedly.
pub fn install_provider() {
    // An error means that a default is already installed.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

/// The certificates of a PEM file, in file order; at least one.
pub fn certificates(setting: &str, file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let text = read(setting, file)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(fault(
            setting,
            file,
            "the file contains no certificate (PEM)",
        )),
        Err(error) => Err(fault(setting, file, error)),
    }
}

/// A certificate with its matching key. `section` is the settings table that contains `certificate`
/// and `key`.
pub fn certified_key(
    section: &str,
    certificate: &Path,
    key: &Path,
) -> Result<CertifiedKey, String> {
    let chain = certificates(&format!("{section}.certificate"), certificate)?;
    let setting = format!("{section}.key");
    let private = PrivateKeyDer::from_pem_slice(&read(&setting, key)?).map_err(|error| {
        // Do not log the parser's error: it may quote the file, which may contain a key.
        match error {
            rustls::pki_types::pem::Error::NoItemsFound => {
                fault(&setting, key, "the file contains no private key (PEM)")
            }
            _ => fault(&setting, key, "the file is not a valid PEM file"),
        }
    })?;
    CertifiedKey::from_der(chain, private, &provider()).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => fault(
            &setting,
            key,
            format!(
                "the file is not the key of {} ({section}.certificate)",
                certificate.display()
            ),
        ),
        error => fault(&setting, key, error),
    })
}

/// TLS 1.2 and 1.3 for a server with this certificate, which is reloaded when its files change.
pub fn server_config(
    section: &'static str,
    certificate: &Path,
    key: &Path,
) -> Result<ServerConfig, String> {
    let certificate = ReloadingCertificate::read(section, certificate, key)?;
    let builder = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(builder
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(certificate)))
}

/// The trusted root certificates of a file, or of the system if there is none.
pub fn roots(setting: &str, file: Option<&Path>) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    let Some(file) = file else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            return Err(format!(
                "{setting}: the system has no trusted certificate authority; set a file"
            ));
        }
        return Ok(roots);
    };
    for certificate in certificates(setting, file)? {
        roots
            .add(certificate)
            .map_err(|error| fault(setting, file, error))?;
    }
    Ok(roots)
}

/// The content of a file.
pub fn read(setting: &str, file: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(file).map_err(|error| fault(setting, file, error))
}

fn fault(setting: &str, file: &Path, cause: impl std::fmt::Display) -> String {
    format!("{setting}: {}: {cause}", file.display())
}
