//! Establishes all connections to PostgreSQL, with TLS according to the settings.

use std::error::Error;
use std::sync::Arc;

use diesel::ConnectionError;
use diesel::dsl::sql;
use diesel::sql_types::Text;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres::config::SslMode as DriverMode;
use tokio_postgres_rustls::MakeRustlsConnect;
use url::Url;

use crate::config::{self, SslMode, given};
use crate::error::StoreError;
use crate::tls;

/// Seconds to wait for a TCP connection; requests are limited by the pool's own time-out.
const CONNECT_TIMEOUT_SECONDS: u32 = 5;

/// The ALPN name of PostgreSQL's protocol (as in libpq).
const ALPN: &[u8] = b"postgresql";

/// Establishes connections. Cheap to clone.
#[derive(Clone)]
pub(super) struct Connector(Arc<Inner>);

struct Inner {
    settings: config::Database,
    target: tokio_postgres::Config,
    /// From the files at start-up; used while the files are invalid.
    tls: ClientConfig,
}

impl Connector {
    /// `application` is shown in `pg_stat_activity`. Fails with [`StoreError::Misconfigured`] when
    /// the settings contradict each other or a file is invalid.
    pub(super) fn new(settings: &config::Database, application: &str) -> Result<Self, StoreError> {
        let mode = settings.ssl_mode().map_err(StoreError::Misconfigured)?;
        let url = url(settings, application);
        let mut target: tokio_postgres::Config = url
            .parse()
            // The driver's message does not quote values.
            .map_err(|error| {
                StoreError::Misconfigured(format!("database.url: {}", chain(&error)))
            })?;
        target.ssl_mode(match mode {
            SslMode::Disable => DriverMode::Disable,
            SslMode::Prefer => DriverMode::Prefer,
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => DriverMode::Require,
        });
        settings.password().map_err(StoreError::Misconfigured)?;
        let tls = client(settings, mode).map_err(StoreError::Misconfigured)?;
        Ok(Self(Arc::new(Inner {
            settings: settings.clone(),
            target,
            tls,
        })))
    }

    /// A new connection, driven on the current runtime. The files of the password and certificates
    /// are read again, because they may have been replaced.
    pub(super) async fn connect(&self) -> Result<AsyncPgConnection, ConnectionError> {
        let Inner {
            settings,
            target,
            tls,
        } = &*self.0;
        let mut target = target.clone();
        if let Some(password) = settings
            .password()
            .map_err(ConnectionError::BadConnection)?
        {
            target.password(password.expose());
        }
        let mode = settings
            .ssl_mode()
            .map_err(ConnectionError::BadConnection)?;
        let tls = if has_files(settings) {
            client(settings, mode).unwrap_or_else(|error| {
                tracing::warn!(
                    error,
                    "cannot reload the certificates for PostgreSQL; the previous ones stay in use"
                );
                tls.clone()
            })
        } else {
            tls.clone()
        };
        let (client, connection) = target
            .connect(MakeRustlsConnect::new(tls))
            .await
            .map_err(|error| ConnectionError::BadConnection(chain(&error)))?;
        let mut connection =
            AsyncPgConnection::try_from_client_and_connection(client, connection).await?;
        require_english(&mut connection).await?;
        Ok(connection)
    }
}

/// Errors are classified by PostgreSQL's messages (`crate::error`), because Diesel does not expose
/// the SQLSTATE.
async fn require_english(connection: &mut AsyncPgConnection) -> Result<(), ConnectionError> {
    let language: String = diesel::select(sql::<Text>("current_setting('lc_messages')"))
        .get_result(connection)
        .await
        .map_err(ConnectionError::CouldntSetupConfiguration)?;
    if is_english(&language) {
        return Ok(());
    }
    Err(ConnectionError::BadConnection(format!(
        "PostgreSQL's messages must be in English, but lc_messages is '{language}'; change it as a \
         superuser for this database: ALTER DATABASE … SET lc_messages = 'C'"
    )))
}

/// Whether messages are in English in this locale. An empty locale means that of the server's
/// environment.
fn is_english(locale: &str) -> bool {
    let language = locale
        .split(['_', '.', '@', '-'])
        .next()
        .unwrap_or_default();
    ["", "c", "posix", "en", "english"].contains(&language.to_ascii_lowercase().as_str())
}

fn has_files(settings: &config::Database) -> bool {
    let tls = &settings.tls;
    given(&tls.ca_file).is_some() || given(&tls.certificate).is_some()
}

/// The error with its causes, which the driver's own text omits.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}

/// The TLS client of this mode, with trusted roots and the client certificate.
fn client(settings: &config::Database, mode: SslMode) -> Result<ClientConfig, String> {
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

fn url(settings: &config::Database, application: &str) -> String {
    let mut url: Url = settings.url.expose().clone();
    // `sslmode` is handled in `ssl_mode`; the driver knows fewer modes.
    let (options, pairs): (Vec<_>, Vec<_>) = url
        .query_pairs()
        .into_owned()
        .filter(|(name, _)| name != "sslmode")
        .partition(|(name, _)| name == "options");
    url.query_pairs_mut()
        .clear()
        .extend_pairs(pairs)
        .append_pair("application_name", application)
        .append_pair("connect_timeout", &CONNECT_TIMEOUT_SECONDS.to_string())
        // TCP keepalives detect an unreachable peer.
        .append_pair("keepalives_idle", "15")
        .append_pair("keepalives_interval", "5")
        .append_pair("keepalives_retries", "3");
    let (statement, lock) = (settings.statement_timeout, settings.lock_timeout);
    let options: String = options
        .into_iter()
        .map(|(_, option)| option + " ")
        .chain([format!(
            "-c statement_timeout={} -c lock_timeout={}",
            statement.as_millis(),
            lock.as_millis()
        )])
        .collect();
    // Encoded manually: the driver reads `+` in a URL as a plus sign, not as a space.
    let query = format!(
        "{}&options={}",
        url.query().unwrap_or_default().replace('+', "%20"),
        utf8_percent_encode(&options, NON_ALPHANUMERIC)
    );
    url.set_query(Some(&query));
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{SecretUrl, Settings};

    #[test]
    fn english_locales_are_recognised() {
        for english in [
            "C",
            "C.UTF-8",
            "POSIX",
            "en_US.UTF-8",
            "en_GB",
            "English_United States.1252",
            "",
        ] {
            assert!(is_english(english), "{english}");
        }
        for other in ["de_DE.UTF-8", "fr_FR", "es", "Chinese_China.936", "eo"] {
            assert!(!is_english(other), "{other}");
        }
    }

    #[test]
    fn options_in_the_url_are_kept() {
        let mut settings = Settings::load(None).unwrap().database;
        let text = "postgres://u:p@h/d?sslmode=verify-full&options=-c%20a%3Db";
        settings.url = SecretUrl::try_from(text).unwrap();
        let url = url(&settings, "orders test");
        assert!(
            url.starts_with("postgres://u:p@h/d?application_name=orders%20test&"),
            "{url}"
        );
        assert!(
            url.ends_with("&options=%2Dc%20a%3Db%20%2Dc%20statement%5Ftimeout%3D3000%20%2Dc%20lock%5Ftimeout%3D1000"),
            "{url}"
        );
    }
}
