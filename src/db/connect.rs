//! Establishes all connections to PostgreSQL, with TLS according to the settings.

use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use diesel::ConnectionError;
use diesel::dsl::sql;
use diesel::sql_types::Text;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rustls::ClientConfig;
use tokio::time::timeout_at;
use tokio_postgres::config::SslMode as DriverMode;
use tokio_postgres_rustls::MakeRustlsConnect;
use url::Url;

use super::connect_tls::{client, has_files};
use crate::config::{self, SslMode};
use crate::error::StoreError;

/// Seconds to wait for a TCP connection; requests are limited by the pool's own time-out.
const CONNECT_TIMEOUT_SECONDS: u32 = 5;

/// How long one of several hosts may take to become a connection: one that is frozen accepts TCP
/// connections, and says nothing.
const HOST_TIMEOUT: Duration = Duration::from_secs(3);
/// How long the others may still take when one has.
const OTHERS_TIMEOUT: Duration = Duration::from_millis(500);

/// Establishes connections. Cheap to clone.
#[derive(Clone)]
pub(super) struct Connector(Arc<Inner>);

struct Inner {
    settings: config::Database,
    /// The hosts, of which one is the primary.
    targets: Vec<tokio_postgres::Config>,
    history: Mutex<History>,
    /// From the files at start-up; used while the files are invalid.
    tls: ClientConfig,
}

/// Which primaries there were, if there are several hosts.
#[derive(Default)]
struct History {
    /// The newest timeline that was seen, as in the names of WAL files: eight hexadecimal digits.
    /// Promotion begins a new one.
    timeline: String,
    /// When the last promotion was noticed.
    failed_over: Option<Instant>,
}

impl History {
    fn note(&mut self, timeline: String) -> Result<(), ConnectionError> {
        if timeline < self.timeline {
            return Err(ConnectionError::BadConnection(format!(
                "the only host that accepts writes has the timeline {timeline}, but the primary had \
                 {}: it was replaced, and must not be used",
                self.timeline
            )));
        }
        if timeline > self.timeline {
            if !self.timeline.is_empty() {
                tracing::warn!(timeline, "another host is the primary of the database now");
                self.failed_over = Some(Instant::now());
            }
            self.timeline = timeline;
        }
        Ok(())
    }
}

impl Connector {
    /// `application` is shown in `pg_stat_activity`. Fails with [`StoreError::Misconfigured`] when
    /// the settings contradict each other or a file is invalid.
    pub(super) fn new(settings: &config::Database, application: &str) -> Result<Self, StoreError> {
        let mode = settings.ssl_mode().map_err(StoreError::Misconfigured)?;
        let driver_mode = match mode {
            SslMode::Disable => DriverMode::Disable,
            SslMode::Prefer => DriverMode::Prefer,
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => DriverMode::Require,
        };
        let mut targets = Vec::new();
        for host in settings.url.expose_each() {
            let parsed = url(host, settings, application).parse();
            // The driver's message does not quote values.
            let mut target: tokio_postgres::Config = parsed.map_err(|error| {
                StoreError::Misconfigured(format!("database.url: {}", chain(&error)))
            })?;
            target.ssl_mode(driver_mode);
            targets.push(target);
        }
        settings.password().map_err(StoreError::Misconfigured)?;
        let tls = client(settings, mode).map_err(StoreError::Misconfigured)?;
        Ok(Self(Arc::new(Inner {
            settings: settings.clone(),
            targets,
            history: Mutex::default(),
            tls,
        })))
    }

    /// A new connection to the primary, driven on the current runtime. The files of the password and
    /// certificates are read again, because they may have been replaced.
    ///
    /// Of several hosts, all are asked at once: a primary that was replaced may have come back, and
    /// accept writes that would be lost.
    pub(super) async fn connect(&self) -> Result<AsyncPgConnection, ConnectionError> {
        let targets = &self.0.targets;
        if let [only] = targets.as_slice() {
            return self.connect_to(only).await;
        }
        let attempts = targets.iter().map(|target| self.connect_to_primary(target));
        let mut attempts: FuturesUnordered<_> = attempts.collect();
        let mut until = Instant::now() + HOST_TIMEOUT;
        let mut newest: Option<(String, AsyncPgConnection)> = None;
        let mut failures = Vec::new();
        while let Ok(Some(attempt)) = timeout_at(until.into(), attempts.next()).await {
            match attempt {
                Ok((timeline, connection)) => {
                    until = until.min(Instant::now() + OTHERS_TIMEOUT);
                    if newest.as_ref().is_none_or(|(known, _)| timeline > *known) {
                        newest = Some((timeline, connection));
                    }
                }
                Err(error) => failures.push(error.to_string()),
            }
        }
        let Some((timeline, connection)) = newest else {
            let silent = targets.len() - failures.len();
            let failures = failures.join("; ");
            return Err(ConnectionError::BadConnection(format!(
                "no host is the primary: {failures}; {silent} without a response"
            )));
        };
        self.history().note(timeline)?;
        Ok(connection)
    }

    /// Whether a connection of this time may lead to an earlier primary.
    pub(super) fn is_outdated(&self, connected: Instant) -> bool {
        let failed_over = self.history().failed_over;
        failed_over.is_some_and(|failed_over| connected < failed_over)
    }

    fn history(&self) -> MutexGuard<'_, History> {
        let history = self.0.history.lock();
        history.unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection to a host if it accepts writes, and its timeline.
    async fn connect_to_primary(
        &self,
        target: &tokio_postgres::Config,
    ) -> Result<(String, AsyncPgConnection), ConnectionError> {
        let mut connection = self.connect_to(target).await?;
        let timeline = diesel::select(sql::<Text>(
            "left(pg_walfile_name(pg_current_wal_lsn()), 8)",
        ))
        .get_result(&mut connection)
        .await
        .map_err(ConnectionError::CouldntSetupConfiguration)?;
        Ok((timeline, connection))
    }

    async fn connect_to(
        &self,
        target: &tokio_postgres::Config,
    ) -> Result<AsyncPgConnection, ConnectionError> {
        let Inner { settings, tls, .. } = &*self.0;
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

fn url(host: &Url, settings: &config::Database, application: &str) -> String {
    let mut url = host.clone();
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
        let url = url(settings.url.expose(), &settings, "orders test");
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
