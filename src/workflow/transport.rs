//! How Temporal is reached: encrypted or not, and who we are to it.

use std::sync::Arc;

use rustls::client::ResolvesClientCert;
use temporalio_client::TlsOptions;

use crate::config::{self, given};
use crate::tls::{self, ReloadingCertificate};

/// TLS as the settings say; `None` where the connection is not encrypted. Checks what the client would
/// only say at its first connection, or not at all.
///
/// # Errors
/// Names the setting whose file is not as it has to be.
pub(super) fn tls_options(settings: &config::Temporal) -> Result<Option<TlsOptions>, String> {
    if !settings.is_encrypted() {
        return Ok(None);
    }
    let given_tls = &settings.tls;
    let ca_file = given(&given_tls.ca_file);
    tls::roots("temporal.tls.ca_file", ca_file)?;
    let authorities = ca_file.map(|file| tls::read("temporal.tls.ca_file", file));
    let identity = match (given(&given_tls.certificate), given(&given_tls.key)) {
        (Some(certificate), Some(key)) => {
            let renewed = ReloadingCertificate::read("temporal.tls", certificate, key)?;
            Some(Arc::new(renewed) as Arc<dyn ResolvesClientCert>)
        }
        _ => None,
    };
    let server_name = (!given_tls.server_name.is_empty()).then(|| given_tls.server_name.clone());
    let options = TlsOptions::builder()
        .maybe_server_root_ca_cert(authorities.transpose()?)
        .maybe_domain(server_name)
        .maybe_client_cert_resolver(identity)
        .build();
    Ok(Some(options))
}
