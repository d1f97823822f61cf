//! The server's certificate.

use std::sync::Arc;

use rustls::ServerConfig;

use crate::config::HttpTls;
use crate::tls::{self, Renewed};

/// TLS 1.2 and 1.3 with this certificate, or with the one that replaces it.
///
/// # Errors
/// Names the setting whose file is not as it has to be.
pub(super) fn server_config(files: &HttpTls) -> Result<ServerConfig, String> {
    let certificate = Renewed::read("http.tls", &files.certificate, &files.key)?;
    let builder = ServerConfig::builder_with_provider(tls::provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(builder
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(certificate)))
}
