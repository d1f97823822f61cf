//! PostgreSQL.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use garde::Validate;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::{Position, Url};

use super::rules::{complete_pair, positive};
use super::secret::{Secret, both_set, given, secret_of};

/// Settings of the database.
#[derive(Debug, Clone, Deserialize, Serialize, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// URL of PostgreSQL.
    pub url: SecretUrl,
    /// The maximum number of connections for requests.
    #[garde(custom(positive))]
    pub pool_size: usize,
    /// The maximum number of connections for background work.
    pub background_pool_size: usize,
    /// How long a request may wait for a connection.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub acquire_timeout: Duration,
    /// How long one statement may run.
    #[serde(with = "humantime_serde")]
    #[garde(custom(at_least_one_ms))]
    pub statement_timeout: Duration,
    /// How long one statement may wait for a lock.
    #[serde(with = "humantime_serde")]
    pub lock_timeout: Duration,
    /// The maximum number of requests that wait for the same statement.
    #[garde(custom(positive))]
    pub max_waiting: usize,
    /// The password, if the URL has none.
    pub password: Secret,
    /// A file with the password.
    pub password_file: PathBuf,
    /// Encryption.
    pub tls: DatabaseTls,
}

/// TLS of connections to PostgreSQL.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseTls {
    /// Trusted root certificates (PEM); empty for those of the system.
    pub ca_file: PathBuf,
    /// The client certificate.
    pub certificate: PathBuf,
    /// The private key of the client certificate.
    pub key: PathBuf,
}

/// The effective mode of connections to PostgreSQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SslMode {
    /// Never encrypted.
    Disable,
    /// Encrypted if the server supports it; certificates are not verified.
    Prefer,
    /// Always encrypted; certificates are not verified.
    Require,
    /// Encrypted; the server's certificate must be issued by a trusted authority.
    VerifyCa,
    /// As `VerifyCa`, and the certificate must match the host name.
    VerifyFull,
}

/// Parameters of libpq's URLs that are settings here.
const ELSEWHERE: [(&str, &str); 4] = [
    ("sslrootcert", "database.tls.ca_file"),
    ("sslcert", "database.tls.certificate"),
    ("sslkey", "database.tls.key"),
    ("passfile", "database.password_file"),
];

impl Database {
    /// The effective mode: `sslmode` of the URL, as in libpq. With `ca_file`, `require` verifies
    /// the server's certificate (`verify-ca`). Without `sslmode` the mode is `prefer`, or
    /// `verify-full` with `ca_file`.
    pub fn ssl_mode(&self) -> Result<SslMode, String> {
        let pairs = self.url.expose().query_pairs();
        let named = pairs.filter(|(name, _)| name == "sslmode").last();
        let named = named.map(|(_, mode)| mode.into_owned());
        let has_ca = given(&self.tls.ca_file).is_some();
        let weak = |mode: SslMode, name: &str| {
            if has_ca {
                return Err(format!(
                    "database.tls.ca_file is set, but sslmode={name} in database.url does not use it"
                ));
            }
            Ok(mode)
        };
        let mode = match (named.as_deref(), has_ca) {
            (None, false) => SslMode::Prefer,
            (None, true) | (Some("verify-full"), _) => SslMode::VerifyFull,
            (Some("disable"), _) => weak(SslMode::Disable, "disable")?,
            (Some("prefer"), _) => weak(SslMode::Prefer, "prefer")?,
            (Some("require"), false) => SslMode::Require,
            (Some("require" | "verify-ca"), true) => SslMode::VerifyCa,
            (Some("verify-ca"), false) => {
                return Err(
                    "sslmode=verify-ca in database.url requires database.tls.ca_file: \
                     anyone can get a certificate of an authority that the system trusts"
                        .into(),
                );
            }
            (Some(_), _) => {
                return Err("sslmode in database.url must be disable, prefer, require, \
                     verify-ca or verify-full"
                    .into());
            }
        };
        match mode {
            SslMode::Disable if given(&self.tls.certificate).is_some() => Err(
                "database.tls.certificate is set, but sslmode=disable in database.url does not \
                 use it"
                    .into(),
            ),
            mode => Ok(mode),
        }
    }

    /// The password that is set outside of the URL, if any.
    pub fn password(&self) -> Result<Option<Secret>, String> {
        secret_of(
            &self.password,
            "database.password_file",
            &self.password_file,
        )
    }

    /// Settings that contradict each other.
    pub(super) fn contradictions(&self) -> Vec<String> {
        let mut faults: Vec<String> =
            both_set("database.password", &self.password, &self.password_file)
                .into_iter()
                .chain(complete_pair(
                    "database.tls",
                    &self.tls.certificate,
                    &self.tls.key,
                ))
                .chain(self.ssl_mode().err())
                .collect();
        let url = self.url.expose();
        let in_url =
            url.password().is_some() || url.query_pairs().any(|(name, _)| name == "password");
        if in_url && (!self.password.is_empty() || given(&self.password_file).is_some()) {
            faults.push(
                "database.password and a password in database.url are both set; keep one".into(),
            );
        }
        let sessions = url
            .query_pairs()
            .find(|(name, _)| name == "target_session_attrs");
        if self.url.expose_each().len() > 1
            && sessions.is_none_or(|(_, value)| value != "read-write")
        {
            faults.push(
                "database.url names several hosts: add target_session_attrs=read-write, so that \
                 only the primary is used"
                    .into(),
            );
        }
        for (parameter, setting) in ELSEWHERE {
            if url.query_pairs().any(|(name, _)| name == parameter) {
                faults.push(format!(
                    "database.url: instead of {parameter}, set {setting}"
                ));
            }
        }
        faults
    }
}

/// A URL whose password is never shown. It may name several hosts, separated by commas, as in libpq.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretUrl(Vec<Url>);

impl SecretUrl {
    /// The URL of the first host, including the password.
    pub fn expose(&self) -> &Url {
        &self.0[0]
    }

    /// A URL for each host, including the password.
    pub fn expose_each(&self) -> &[Url] {
        &self.0
    }

    fn redacted(&self) -> String {
        let mut url = self.expose().clone();
        if url.password().is_some() && url.set_password(Some("redacted")).is_err() {
            return "redacted".into();
        }
        // libpq also takes the password as a parameter.
        if url.query_pairs().any(|(name, _)| name == "password") {
            let pairs: Vec<(String, String)> = url
                .query_pairs()
                .map(|(name, value)| match &*name {
                    "password" => (name.into_owned(), "redacted".into()),
                    _ => (name.into_owned(), value.into_owned()),
                })
                .collect();
            url.query_pairs_mut().clear().extend_pairs(pairs);
        }
        let hosts = self.0.iter();
        let hosts: Vec<&str> = hosts
            .map(|url| &url[Position::BeforeHost..Position::AfterPort])
            .collect();
        let (before, after) = (&url[..Position::BeforeHost], &url[Position::AfterPort..]);
        format!("{before}{}{after}", hosts.join(","))
    }
}

impl TryFrom<&str> for SecretUrl {
    type Error = String;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        // The text may contain a password, so errors never quote it.
        let (before, hosts, after) = around_hosts(text);
        let urls: Result<Vec<Url>, _> = hosts
            .split(',')
            .map(|host| Url::parse(&format!("{before}{host}{after}")))
            .collect();
        let urls = urls.map_err(|error| format!("not a URL: {error}"))?;
        let is_postgres = |url: &Url| ["postgres", "postgresql"].contains(&url.scheme());
        if !urls.iter().all(is_postgres) {
            return Err("a database URL must begin with postgres://".into());
        }
        let is_named = |url: &Url| url.host_str().is_some_and(|host| !host.is_empty());
        if urls.len() > 1 && !urls.iter().all(is_named) {
            return Err("a database URL has an empty host".into());
        }
        Ok(Self(urls))
    }
}

/// The parts of a URL before its hosts, its hosts with their ports, and the rest.
fn around_hosts(text: &str) -> (&str, &str, &str) {
    let start = text.find("://").map_or(0, |at| at + "://".len());
    let end = text[start..]
        .find(['/', '?', '#'])
        .map_or(text.len(), |at| start + at);
    let start = text[start..end]
        .rfind('@')
        .map_or(start, |at| start + at + 1);
    (&text[..start], &text[start..end], &text[end..])
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl fmt::Display for SecretUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.redacted())
    }
}

impl Serialize for SecretUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.redacted())
    }
}

impl<'de> Deserialize<'de> for SecretUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::try_from(text.as_str()).map_err(serde::de::Error::custom)
    }
}

/// PostgreSQL counts in milliseconds, and treats 0 as no limit.
fn at_least_one_ms(time: &Duration, _: &()) -> garde::Result {
    positive(&time.as_millis(), &())
}
