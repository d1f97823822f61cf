//! Settings: `config/default.toml`, overridden by a file, overridden by the environment.

mod auth;
mod background;
mod database;
mod http;
mod log_filter;
mod observability;
mod partners;
mod rules;
mod secret;
mod temporal;
#[cfg(test)]
mod tests;
mod webhooks;

pub use auth::{Auth, AuthMode, Jwt, RateLimit};
pub use background::{Dispatcher, Feed, Idempotency, Reconciler, Workflow};
pub use database::{Database, DatabaseTls, SecretUrl, SslMode};
pub use http::{Cors, Http, HttpTls};
pub use log_filter::parse_log_filter;
pub use observability::{Log, LogFormat, Monitoring, Traces};
pub use partners::{CompleteOn, LONGEST_CALL, Partner, Partners, Shipping};
pub use secret::{Secret, given};
pub use temporal::{Temporal, TemporalTls};
pub use webhooks::{AllowedTarget, Webhooks};

use std::path::{Path, PathBuf};

use config::{Config, ConfigError, Environment, File, FileFormat};
use garde::Validate;
use serde::{Deserialize, Serialize};

const DEFAULTS: &str = include_str!("../../config/default.toml");
const PREFIX: &str = "ORDERS";

/// All settings. `config/default.toml` describes each one.
#[derive(Debug, Clone, Deserialize, Serialize, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The HTTP server.
    #[garde(dive)]
    pub http: Http,
    /// Authentication.
    #[garde(dive)]
    pub auth: Auth,
    /// The rate limit of a caller.
    #[garde(dive)]
    pub rate_limit: RateLimit,
    /// PostgreSQL.
    #[garde(dive)]
    pub database: Database,
    /// Temporal.
    #[garde(dive)]
    pub temporal: Temporal,
    /// The order workflow.
    pub workflow: Workflow,
    /// The partners of orders with items.
    #[garde(dive)]
    pub partners: Partners,
    /// Sends intents to Temporal.
    #[garde(dive)]
    pub dispatcher: Dispatcher,
    /// Compares orders with their workflows and repairs them.
    #[garde(dive)]
    pub reconciler: Reconciler,
    /// The feed of events.
    #[garde(dive)]
    pub feed: Feed,
    /// Webhook endpoints.
    #[garde(dive)]
    pub webhooks: Webhooks,
    /// The web page for support and operators.
    pub console: Console,
    /// Idempotency keys.
    #[garde(dive)]
    pub idempotency: Idempotency,
    /// Logging.
    #[garde(dive)]
    pub log: Log,
    /// The monitoring server.
    #[garde(dive)]
    pub monitoring: Monitoring,
    /// Traces.
    #[garde(dive)]
    pub traces: Traces,
    /// `orders dev`.
    pub dev: Dev,
}

/// Settings of the console.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Console {
    /// Whether it is served.
    pub enabled: bool,
    /// Whether it offers to create sample orders, which the sandboxes of the partners treat in different
    /// ways.
    pub sample_orders: bool,
}

/// Settings of `orders dev`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Dev {
    /// The directory of its data.
    pub data_dir: PathBuf,
    /// Whether it starts the sandboxes of the partners, unless `partners` has others.
    pub sandbox: bool,
    /// Their port; 0 for any free port.
    pub partners_port: u16,
    /// Port of PostgreSQL; 0 for any free port.
    pub postgres_port: u16,
    /// Port of Temporal's frontend; 0 for any free port.
    pub temporal_port: u16,
    /// Port of Temporal's web UI; 0 for any free port.
    pub temporal_ui_port: u16,
}

/// Errors in the settings.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The settings cannot be read, or a value has the wrong type.
    #[error("settings: {}", without_lines_of_the_file(.0))]
    Unreadable(#[from] ConfigError),
    /// A value is invalid.
    #[error("settings: {0}")]
    Invalid(String),
}

/// A TOML error quotes the faulty line, which may contain a secret.
fn without_lines_of_the_file(error: &ConfigError) -> String {
    let text = error.to_string();
    let kept = text.lines().filter(|line| !line.contains(" |"));
    kept.collect::<Vec<_>>().join("\n")
}

impl Settings {
    /// Loads the settings: the defaults, then `file`, then the environment of this process.
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

    /// Reports all faults in one message, each with the name of its setting.
    fn validate(self) -> Result<Self, SettingsError> {
        let report = Validate::validate(&self).err();
        let values = report.iter().flat_map(garde::Report::iter);
        let mut faults: Vec<String> = values
            .map(|(setting, fault)| format!("{setting}: {fault}"))
            .collect();
        faults.extend(self.http.contradictions());
        faults.extend(self.auth.jwt.contradictions());
        faults.extend(self.database.contradictions());
        faults.extend(self.temporal.contradictions());
        faults.extend(self.partners.contradictions());
        if self.feed.heartbeat >= self.http.stall_timeout {
            faults.push("feed.heartbeat must be shorter than http.stall_timeout".into());
        }
        if faults.is_empty() {
            Ok(self)
        } else {
            Err(SettingsError::Invalid(faults.join("; ")))
        }
    }
}
