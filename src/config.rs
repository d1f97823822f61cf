//! Settings: `config/default.toml` ← a file ← the environment.

mod auth;
mod cors;
mod hosts;
mod list;
mod log_filter;
mod secret;
mod tls;

pub use auth::{Auth, AuthMode, Jwt, RateLimit};
pub use cors::Cors;
pub use log_filter::parse_log_filter;
pub use secret::{Secret, given};
pub use tls::{DatabaseTls, HttpTls, SslMode, TemporalTls};

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use config::{Config, ConfigError, Environment, File, FileFormat};
use ipnet::{IpNet, Ipv4Net};
use serde::{Deserialize, Serialize, Serializer};
use url::Url;

const DEFAULTS: &str = include_str!("../config/default.toml");
const PREFIX: &str = "ORDERS";

/// Every setting. `config/default.toml` says what each one means.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The HTTP server.
    pub http: Http,
    /// Who may ask.
    pub auth: Auth,
    /// How often one caller may ask.
    pub rate_limit: RateLimit,
    /// PostgreSQL.
    pub database: Database,
    /// Temporal.
    pub temporal: Temporal,
    /// The order workflow.
    pub workflow: Workflow,
    /// What tells Temporal about orders.
    pub dispatcher: Dispatcher,
    /// What mends orders that disagree with their workflows.
    pub reconciler: Reconciler,
    /// What clients name their requests with.
    pub idempotency: Idempotency,
    /// Logging.
    pub log: Log,
    /// The server for operators.
    pub monitoring: Monitoring,
    /// Traces.
    pub traces: Traces,
    /// `orders dev`.
    pub dev: Dev,
}

/// Settings of the HTTP server.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Address and port to serve on.
    pub listen: String,
    /// Largest request body, in bytes.
    pub body_limit_bytes: usize,
    /// How long a request may take.
    #[serde(with = "humantime_serde")]
    pub request_timeout: Duration,
    /// How long requests in flight may go on after a signal to stop.
    #[serde(with = "humantime_serde")]
    pub shutdown_timeout: Duration,
    /// Threads that serve requests; 0 means one for each core.
    pub workers: usize,
    /// Whether every answer is compared with the contract.
    pub check_answers: bool,
    /// Networks, separated by commas, whose `X-Forwarded-For` is believed.
    pub trusted_proxies: String,
    /// Names that the server is reached by where everybody is let in, beside those of its machine.
    #[serde(deserialize_with = "list::list")]
    pub allowed_hosts: Vec<String>,
    /// Most connections at a time, in all of the process.
    pub max_connections: usize,
    /// Most requests that are worked on at a time, in all of the process.
    pub max_requests_in_flight: usize,
    /// How long a connection may wait for its next request.
    #[serde(with = "humantime_serde")]
    pub keep_alive_timeout: Duration,
    /// How long a connection may stay without a request that is worked on.
    #[serde(with = "humantime_serde")]
    pub stall_timeout: Duration,
    /// Encryption.
    pub tls: HttpTls,
    /// Pages of other origins.
    pub cors: Cors,
}

impl Http {
    /// The networks whose `X-Forwarded-For` is believed.
    ///
    /// # Errors
    /// The one that is no network.
    pub fn trusted_networks(&self) -> Result<Vec<IpNet>, String> {
        let parts = self.trusted_proxies.split(',').map(str::trim);
        parts
            .filter(|part| !part.is_empty())
            .map(|part| {
                let network = part.parse::<IpNet>().ok();
                let address = || part.parse::<IpAddr>().ok().map(IpNet::from);
                let network = network.or_else(address).map(canonical);
                network.ok_or_else(|| part.to_owned())
            })
            .collect()
    }
}

/// A network of IPv4 that is written as one of IPv6 (`::ffff:10.0.0.0/104`), as addresses are compared.
fn canonical(network: IpNet) -> IpNet {
    let IpNet::V6(mapped) = network else {
        return network;
    };
    let length = mapped.prefix_len().checked_sub(96);
    let (Some(address), Some(length)) = (mapped.addr().to_ipv4_mapped(), length) else {
        return network;
    };
    Ipv4Net::new(address, length).map_or(network, IpNet::V4)
}

/// Settings of the database.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// Where PostgreSQL is.
    pub url: SecretUrl,
    /// Most connections held at a time for requests.
    pub pool_size: usize,
    /// Most connections held at a time for background work.
    pub background_pool_size: usize,
    /// How long a request may wait for a connection.
    #[serde(with = "humantime_serde")]
    pub acquire_timeout: Duration,
    /// How long one statement may run.
    #[serde(with = "humantime_serde")]
    pub statement_timeout: Duration,
    /// How long one statement may wait for a lock.
    #[serde(with = "humantime_serde")]
    pub lock_timeout: Duration,
    /// Most requests that wait for the same statement.
    pub max_waiting: usize,
    /// The password, where the URL has none.
    pub password: Secret,
    /// A file with the password.
    pub password_file: PathBuf,
    /// Encryption.
    pub tls: DatabaseTls,
}

/// Settings of the Temporal client.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Temporal {
    /// Host and port of Temporal's frontend.
    pub address: String,
    /// The namespace that the workflows live in.
    pub namespace: String,
    /// The task queue between this service and its workers.
    pub task_queue: String,
    /// What Temporal Cloud knows us by.
    pub api_key: Secret,
    /// A file with it.
    pub api_key_file: PathBuf,
    /// Encryption.
    pub tls: TemporalTls,
}

/// Settings of the order workflow.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Workflow {
    /// How long an order is processed before it completes.
    #[serde(with = "humantime_serde")]
    pub processing_delay: Duration,
}

/// Settings of the dispatcher.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Dispatcher {
    /// Whether this process tells Temporal about orders.
    pub enabled: bool,
    /// Intents that are being told to Temporal at a time.
    pub concurrency: usize,
    /// How often to look for intents when no notification came.
    #[serde(with = "humantime_serde")]
    pub poll_interval: Duration,
    /// After how long a claimed intent may be claimed again.
    #[serde(with = "humantime_serde")]
    pub lease: Duration,
    /// The longest wait between two attempts.
    #[serde(with = "humantime_serde")]
    pub max_backoff: Duration,
}

/// Settings of the reconciler.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Reconciler {
    /// How long after a round the next one begins.
    #[serde(with = "humantime_serde")]
    pub interval: Duration,
    /// For how long an order must not have changed before it is compared.
    #[serde(with = "humantime_serde")]
    pub grace: Duration,
    /// How often an order whose workflow failed gets a new one before it is cancelled.
    pub max_restarts: u32,
}

/// Settings of idempotency keys.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Idempotency {
    /// Whether `POST /orders` without a key is refused.
    pub required: bool,
    /// For how long a key is remembered.
    #[serde(with = "humantime_serde")]
    pub lifetime: Duration,
    /// How often keys whose time is over are forgotten.
    #[serde(with = "humantime_serde")]
    pub sweep_interval: Duration,
}

/// Settings of the log.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// What to log, in the syntax of tracing's `EnvFilter`.
    pub filter: String,
    /// How it looks.
    pub format: LogFormat,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text in a terminal, JSON elsewhere.
    Auto,
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Settings of the server for operators.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Monitoring {
    /// Address and port to serve on; empty for no such server, and no metrics.
    pub listen: String,
    /// Names that it is reached by, beside those of its machine.
    #[serde(deserialize_with = "list::list")]
    pub allowed_hosts: Vec<String>,
    /// How often the database and Temporal are asked for what the metrics say of them.
    #[serde(with = "humantime_serde")]
    pub refresh: Duration,
}

/// Settings of traces.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Traces {
    /// The OTLP endpoint (gRPC) of a collector; empty for none, and no traces.
    pub endpoint: String,
    /// The part of the requests that is traced, 0 to 1, where their sender does not say.
    pub sample_ratio: f64,
    /// Most spans that wait to be sent.
    pub max_waiting: usize,
}

impl Traces {
    /// What is wrong with them.
    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let is_url = Url::parse(&self.endpoint)
            .is_ok_and(|url| url.has_host() && ["http", "https"].contains(&url.scheme()));
        if !self.endpoint.is_empty() && !is_url {
            faults.push(format!(
                "traces.endpoint: `{}` is not http://HOST:PORT",
                self.endpoint
            ));
        }
        if !(0.0..=1.0).contains(&self.sample_ratio) {
            faults.push("traces.sample_ratio has to be from 0 to 1".into());
        }
        faults
    }
}

/// Settings of `orders dev`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Dev {
    /// Where it keeps its data.
    pub data_dir: PathBuf,
    /// Port of PostgreSQL; 0 takes any free one.
    pub postgres_port: u16,
    /// Port of Temporal's frontend; 0 takes any free one.
    pub temporal_port: u16,
    /// Port of Temporal's web page; 0 takes any free one.
    pub temporal_ui_port: u16,
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// They could not be read, or a value is of the wrong kind.
    #[error("settings: {}", without_lines_of_the_file(.0))]
    Unreadable(#[from] ConfigError),
    /// A value makes no sense.
    #[error("settings: {0}")]
    Invalid(String),
}

/// A TOML error quotes the line that it is about, which may hold a secret.
fn without_lines_of_the_file(error: &ConfigError) -> String {
    let text = error.to_string();
    let kept = text.lines().filter(|line| !line.contains(" |"));
    kept.collect::<Vec<_>>().join("\n")
}

impl Settings {
    /// Reads the settings: the defaults, then `file`, then the environment of this process.
    ///
    /// # Errors
    /// When the file cannot be read, a name is unknown, or a value is wrong.
    pub fn load(file: Option<&Path>) -> Result<Self, SettingsError> {
        let environment = Environment::with_prefix(PREFIX)
            .prefix_separator("__")
            .separator("__")
            .try_parsing(true);
        Self::from_sources(file, environment)
    }

    fn from_sources(file: Option<&Path>, environment: Environment) -> Result<Self, SettingsError> {
        let mut sources = Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
        if let Some(file) = file {
            sources = sources.add_source(File::from(file).format(FileFormat::Toml));
        }
        let settings: Self = sources.add_source(environment).build()?.try_deserialize()?;
        settings.validate()
    }

    /// All faults in one message.
    fn validate(self) -> Result<Self, SettingsError> {
        let mut faults = Vec::new();
        let mut positive = |name: &str, zero: bool| {
            if zero {
                faults.push(format!("{name} has to be greater than 0"));
            }
        };
        positive("http.body_limit_bytes", self.http.body_limit_bytes == 0);
        positive("http.request_timeout", self.http.request_timeout.is_zero());
        positive("http.max_connections", self.http.max_connections == 0);
        positive(
            "http.max_requests_in_flight",
            self.http.max_requests_in_flight == 0,
        );
        positive(
            "http.keep_alive_timeout",
            self.http.keep_alive_timeout.is_zero(),
        );
        positive("http.stall_timeout", self.http.stall_timeout.is_zero());
        positive("database.pool_size", self.database.pool_size == 0);
        positive(
            "database.acquire_timeout",
            self.database.acquire_timeout.is_zero(),
        );
        positive(
            "database.statement_timeout",
            self.database.statement_timeout.as_millis() == 0,
        );
        positive("database.max_waiting", self.database.max_waiting == 0);
        positive("dispatcher.concurrency", self.dispatcher.concurrency == 0);
        positive(
            "dispatcher.poll_interval",
            self.dispatcher.poll_interval.is_zero(),
        );
        positive("dispatcher.lease", self.dispatcher.lease.is_zero());
        positive(
            "dispatcher.max_backoff",
            self.dispatcher.max_backoff.is_zero(),
        );
        positive("reconciler.interval", self.reconciler.interval.is_zero());
        positive("idempotency.lifetime", self.idempotency.lifetime.is_zero());
        positive(
            "idempotency.sweep_interval",
            self.idempotency.sweep_interval.is_zero(),
        );
        positive("monitoring.refresh", self.monitoring.refresh.is_zero());
        positive("traces.max_waiting", self.traces.max_waiting == 0);
        faults.extend(self.traces.faults());
        let monitoring = &self.monitoring.listen;
        if !monitoring.is_empty() && monitoring.parse::<std::net::SocketAddr>().is_err() {
            faults.push(format!(
                "monitoring.listen: `{monitoring}` is not ADDRESS:PORT"
            ));
        }
        faults.extend(self.http.faults());
        for (setting, named) in [
            ("http.allowed_hosts", &self.http.allowed_hosts),
            ("monitoring.allowed_hosts", &self.monitoring.allowed_hosts),
        ] {
            faults.extend(hosts::faults(setting, named));
        }
        faults.extend(self.database.faults());
        faults.extend(self.temporal.faults());
        if self.http.listen.parse::<std::net::SocketAddr>().is_err() {
            faults.push(format!(
                "http.listen: `{}` is not ADDRESS:PORT",
                self.http.listen
            ));
        }
        for (name, value) in [
            ("temporal.address", &self.temporal.address),
            ("temporal.namespace", &self.temporal.namespace),
            ("temporal.task_queue", &self.temporal.task_queue),
        ] {
            if value.trim().is_empty() {
                faults.push(format!("{name} is empty"));
            }
        }
        if let Err(part) = self.http.trusted_networks() {
            faults.push(format!(
                "http.trusted_proxies: `{part}` is no network such as 10.0.0.0/8"
            ));
        }
        faults.extend(self.auth.faults());
        faults.extend(self.rate_limit.faults());
        if let Err(fault) = self.temporal.url() {
            faults.push(fault);
        }
        if let Err(fault) = parse_log_filter(&self.log.filter) {
            faults.push(format!("log.filter: {fault}"));
        }
        if faults.is_empty() {
            Ok(self)
        } else {
            Err(SettingsError::Invalid(faults.join("; ")))
        }
    }
}

impl Temporal {
    /// The address as a URL; where it names no scheme, `https` or `http` as TLS is on or off.
    pub(crate) fn url(&self) -> Result<Url, String> {
        let text = match (self.address.contains("://"), self.is_encrypted()) {
            (true, _) => self.address.clone(),
            (false, true) => format!("https://{}", self.address),
            (false, false) => format!("http://{}", self.address),
        };
        match Url::parse(&text) {
            Ok(url) if url.has_host() => Ok(url),
            _ => Err(format!(
                "temporal.address: `{}` is not HOST:PORT",
                self.address
            )),
        }
    }
}

/// A URL whose password is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretUrl(Url);

impl SecretUrl {
    /// The URL, password included.
    pub fn expose(&self) -> &Url {
        &self.0
    }

    fn redacted(&self) -> String {
        let mut url = self.0.clone();
        if url.password().is_some() && url.set_password(Some("redacted")).is_err() {
            return "redacted".into();
        }
        // libpq also takes the password as a parameter.
        if url.query_pairs().any(|(name, _)| name == "password") {
            let pairs: Vec<(String, String)> = url
                .query_pairs()
                .map(|(name, value)| {
                    let hidden = name == "password";
                    (
                        name.to_string(),
                        if hidden {
                            "redacted".into()
                        } else {
                            value.to_string()
                        },
                    )
                })
                .collect();
            url.query_pairs_mut().clear().extend_pairs(pairs);
        }
        url.into()
    }
}

impl TryFrom<&str> for SecretUrl {
    type Error = String;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        // The text may hold a password: an error never quotes it.
        match Url::parse(text) {
            Ok(url) if ["postgres", "postgresql"].contains(&url.scheme()) => Ok(Self(url)),
            Ok(_) => Err("a database URL begins with postgres://".into()),
            Err(error) => Err(format!("not a URL: {error}")),
        }
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.redacted())
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
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::try_from(text.as_str()).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()));
        let environment = Environment::with_prefix(PREFIX)
            .prefix_separator("__")
            .separator("__")
            .try_parsing(true)
            .source(Some(variables.collect()));
        Settings::from_sources(None, environment)
    }

    #[test]
    fn the_defaults_are_complete() {
        let settings = with(&[]).unwrap();
        assert_eq!(settings.http.listen, "127.0.0.1:8080");
        assert_eq!(settings.workflow.processing_delay, Duration::from_secs(5));
    }

    #[test]
    fn the_environment_goes_over_the_defaults() {
        let settings = with(&[
            ("ORDERS__HTTP__LISTEN", "127.0.0.1:0"),
            ("ORDERS__DATABASE__POOL_SIZE", "3"),
            ("ORDERS__WORKFLOW__PROCESSING_DELAY", "100ms"),
        ])
        .unwrap();
        assert_eq!(settings.http.listen, "127.0.0.1:0");
        assert_eq!(settings.database.pool_size, 3);
        assert_eq!(
            settings.workflow.processing_delay,
            Duration::from_millis(100)
        );
    }

    #[test]
    fn proxies_are_networks_and_addresses_of_both_kinds() {
        let proxies = "10.0.0.0/8, ::ffff:10.1.0.0/112,::ffff:192.0.2.1 , 2001:db8::/32,::1";
        let settings = with(&[("ORDERS__HTTP__TRUSTED_PROXIES", proxies)]).unwrap();
        let networks = settings.http.trusted_networks().unwrap();
        let read: Vec<String> = networks.iter().map(ToString::to_string).collect();
        let wanted = [
            "10.0.0.0/8",
            "10.1.0.0/16",
            "192.0.2.1/32",
            "2001:db8::/32",
            "::1/128",
        ];
        assert_eq!(read, wanted);
    }

    #[test]
    fn an_unknown_name_is_named() {
        let error = with(&[("ORDERS__HTTP__LISTN", "x")])
            .unwrap_err()
            .to_string();
        assert!(error.contains("listn"), "{error}");
    }

    #[test]
    fn all_faults_come_at_once() {
        let error = with(&[
            ("ORDERS__HTTP__LISTEN", "here"),
            ("ORDERS__DATABASE__POOL_SIZE", "0"),
            ("ORDERS__MONITORING__LISTEN", "there"),
            ("ORDERS__MONITORING__REFRESH", "0s"),
            ("ORDERS__TRACES__ENDPOINT", "collector"),
            ("ORDERS__TRACES__SAMPLE_RATIO", "1.5"),
            ("ORDERS__HTTP__ALLOWED_HOSTS", "orders.internal, *.example"),
            ("ORDERS__MONITORING__ALLOWED_HOSTS", "[::1],worker:9090"),
        ])
        .unwrap_err()
        .to_string();
        for name in [
            "http.listen",
            "database.pool_size",
            "monitoring.listen",
            "monitoring.refresh",
            "traces.endpoint",
            "traces.sample_ratio",
            "http.allowed_hosts: `*.example`",
            "monitoring.allowed_hosts: `worker:9090`",
        ] {
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn monitoring_and_traces_can_be_off() {
        let settings = with(&[
            ("ORDERS__MONITORING__LISTEN", ""),
            ("ORDERS__TRACES__ENDPOINT", ""),
            ("ORDERS__TRACES__SAMPLE_RATIO", "1"),
        ])
        .unwrap();
        assert_eq!(settings.monitoring.listen, "");
        assert_eq!(settings.traces.sample_ratio, 1.0);
    }

    #[test]
    fn settings_about_security_never_contradict_each_other() {
        let faulty = |variables: &[(&str, &str)], parts: &[&str]| {
            let error = with(variables).unwrap_err().to_string();
            for part in parts {
                assert!(error.contains(part), "{error}");
            }
            assert!(!error.contains("hush"), "{error}");
        };
        faulty(
            &[
                ("ORDERS__HTTP__TLS__CERTIFICATE", "a.pem"),
                ("ORDERS__TEMPORAL__TLS__KEY", "b.pem"),
                (
                    "ORDERS__HTTP__CORS__ALLOWED_ORIGINS",
                    "https://a.example, *",
                ),
                ("ORDERS__DATABASE__PASSWORD", "hush"),
                ("ORDERS__HTTP__KEEP_ALIVE_TIMEOUT", "31s"),
            ],
            &[
                "http.stall_timeout",
                "http.tls.key",
                "temporal.tls.certificate",
                "`*`",
                "database.password",
            ],
        );
        let url = "ORDERS__DATABASE__URL";
        let ca = ("ORDERS__DATABASE__TLS__CA_FILE", "ca.pem");
        faulty(&[(url, "postgres://h/d?sslmode=allow")], &["sslmode"]);
        faulty(&[(url, "postgres://h/d?sslmode=verify-ca")], &["ca_file"]);
        faulty(
            &[(url, "postgres://h/d?sslrootcert=x")],
            &["database.tls.ca_file"],
        );
        for weak in ["disable", "prefer"] {
            faulty(
                &[(url, &format!("postgres://h/d?sslmode={weak}")), ca],
                &[weak, "ca_file"],
            );
        }
        faulty(
            &[
                ("ORDERS__TEMPORAL__ADDRESS", "http://h:1"),
                ("ORDERS__TEMPORAL__API_KEY", "hush"),
            ],
            &["temporal.address"],
        );
        faulty(
            &[
                ("ORDERS__TEMPORAL__API_KEY", "hush"),
                ("ORDERS__TEMPORAL__API_KEY_FILE", "key"),
            ],
            &["temporal.api_key_file"],
        );
        faulty(
            &[("ORDERS__TEMPORAL__TLS__CA_FILE", "x")],
            &["temporal.tls.enabled"],
        );
        // Digits would be read as a number, and become another text.
        faulty(&[("ORDERS__TEMPORAL__API_KEY", "0017")], &["api_key"]);
    }

    #[test]
    fn the_mode_is_never_weaker_than_what_is_asked_for() {
        let mode = |query: &str, ca: &str| {
            with(&[
                ("ORDERS__DATABASE__URL", &format!("postgres://h/d{query}")),
                ("ORDERS__DATABASE__TLS__CA_FILE", ca),
            ])
            .unwrap()
            .database
            .ssl_mode()
            .unwrap()
        };
        assert_eq!(mode("", ""), SslMode::Prefer);
        assert_eq!(mode("", "ca.pem"), SslMode::VerifyFull);
        assert_eq!(mode("?sslmode=disable", ""), SslMode::Disable);
        assert_eq!(mode("?sslmode=prefer", ""), SslMode::Prefer);
        assert_eq!(mode("?sslmode=require", ""), SslMode::Require);
        assert_eq!(mode("?sslmode=require", "ca.pem"), SslMode::VerifyCa);
        assert_eq!(mode("?sslmode=verify-ca", "ca.pem"), SslMode::VerifyCa);
        assert_eq!(mode("?sslmode=verify-full", ""), SslMode::VerifyFull);
    }

    #[test]
    fn no_secret_shows_in_settings() {
        let settings = with(&[
            ("ORDERS__TEMPORAL__API_KEY", "hush-hush"),
            ("ORDERS__DATABASE__URL", "postgres://me@h/d"),
            ("ORDERS__DATABASE__PASSWORD", "hush-hush"),
        ])
        .unwrap();
        let shown = format!("{settings:?} {}", toml::to_string(&settings).unwrap());
        assert!(
            !shown.contains("hush") && shown.contains("redacted"),
            "{shown}"
        );
    }

    #[test]
    fn an_error_quotes_no_line_of_the_file() {
        let file = std::env::temp_dir().join(format!("orders-{}.toml", std::process::id()));
        for (text, place) in [
            ("[temporal]\napi_key = hush\n", "line 2"),
            ("[temporal]\napi_key = \"hush\n", "line 2"),
            ("[temporal]\napi_keys = \"hush\"\n", "api_keys"),
            ("[temporal]\napi_key = [\"hush\"]\n", "api_key"),
        ] {
            std::fs::write(&file, text).unwrap();
            let error = Settings::load(Some(&file)).unwrap_err().to_string();
            assert!(!error.contains("hush") && error.contains(place), "{error}");
        }
        std::fs::remove_file(&file).unwrap();
    }

    #[test]
    fn a_password_is_never_shown() {
        let url = SecretUrl::try_from("postgres://me:hush@db/orders?password=hush").unwrap();
        assert!(!format!("{url} {url:?}").contains("hush"));
        assert!(!serde_json::to_string(&url).unwrap().contains("hush"));
        let error = SecretUrl::try_from("mysql://me:hush@db").unwrap_err();
        assert!(!error.contains("hush"));
    }
}
