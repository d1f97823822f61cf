//! TLS of the connections to PostgreSQL.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use crate::config::{self, SslMode, given};
use crate::tls;

/// The ALPN name of PostgreSQL's protocol (as in libpq).
const ALPN: &[u8] = b"postgresql";

/// Whether a part of it stands in files, which may be replaced while the server runs.
pub(super) fn has_files(settings: &config::Database) -> bool {
    let tls = &settings.tls;
    given(&tls.ca_file).is_some() || given(&tls.certificate).is_some()
}

/// The TLS client of this mode, with trusted roots and the client certificate.
pub(super) fn client(settings: &config::Database, mode: SslMode) -> Result<ClientConfig, String> {
    let provider = tls::provider();
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let roots = || tls::roots("database.tls.ca_file", given(&settings.tls.ca_file));
    let builder = match mode {
        SslMode::VerifyFull => builder.with_root_certificates(roots()?),
        mode => {
            let roots = match mode {
                SslMode::VerifyCa => Some(roots()?),
                _ => None,
            };
            builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Lenient { roots, provider }))
        }
    };
    let mut client = match (given(&settings.tls.certificate), given(&settings.tls.key)) {
        (Some(certificate), Some(key)) => {
            let own = tls::certified_key("database.tls", certificate, key)?;
            builder.with_client_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(own)))
        }
        _ => builder.with_no_client_auth(),
    };
    client.alpn_protocols = vec![ALPN.to_vec()];
    Ok(client)
}

/// Verifies less than rustls, like libpq's weaker modes: the authority without the host name
/// (`verify-ca`), or only that the server has the private key of its certificate (`require`,
/// `prefer`).
#[derive(Debug)]
struct Lenient {
    roots: Option<RootCertStore>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Some(roots) = &self.roots {
            verify_server_cert_signed_by_trust_anchor(
                &ParsedCertificate::try_from(end_entity)?,
                roots,
                intermediates,
                now,
                self.provider.signature_verification_algorithms.all,
            )?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
