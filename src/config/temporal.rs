//! Temporal.

use std::path::PathBuf;

use garde::Validate;
use serde::{Deserialize, Serialize};
use url::Url;

use super::rules::{complete_pair, not_empty, web_page};
use super::secret::{Secret, both_set, given, secret_of};

/// Settings of the Temporal client.
#[derive(Debug, Clone, Deserialize, Serialize, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub struct Temporal {
    /// Host and port of Temporal's frontend.
    #[garde(custom(not_empty))]
    pub address: String,
    /// The namespace of the workflows.
    #[garde(custom(not_empty))]
    pub namespace: String,
    /// The task queue of this service and its workers.
    #[garde(custom(not_empty))]
    pub task_queue: String,
    /// The API key of Temporal Cloud.
    pub api_key: Secret,
    /// A file with the API key.
    pub api_key_file: PathBuf,
    /// Whether the namespace has the search attributes of orders with items.
    pub search_attributes: bool,
    /// Temporal's web UI; empty for none.
    #[garde(if(cond = !self.ui_url.is_empty(), custom(web_page)))]
    pub ui_url: String,
    /// Encryption.
    pub tls: TemporalTls,
}

/// TLS of connections to Temporal.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TemporalTls {
    /// Whether the connection is encrypted; an `https://` address or an API key also enables it.
    pub enabled: bool,
    /// Trusted root certificates (PEM); empty for those of the system.
    pub ca_file: PathBuf,
    /// The name that the server's certificate must contain; empty for the host of the address.
    pub server_name: String,
    /// The client certificate.
    pub certificate: PathBuf,
    /// The private key of the client certificate.
    pub key: PathBuf,
}

impl Temporal {
    /// The address as a URL; without a scheme it is `https` or `http`, depending on TLS.
    pub(crate) fn url(&self) -> Result<Url, String> {
        let scheme = if self.is_encrypted() { "https" } else { "http" };
        let text = if self.address.contains("://") {
            self.address.clone()
        } else {
            format!("{scheme}://{}", self.address)
        };
        match Url::parse(&text) {
            Ok(url) if url.has_host() => Ok(url),
            _ => Err(format!(
                "temporal.address: `{}` is not HOST:PORT",
                self.address
            )),
        }
    }

    /// Whether the connection is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.tls.enabled || self.address.starts_with("https://") || self.has_api_key()
    }

    /// The API key of Temporal Cloud, if set.
    pub fn api_key(&self) -> Result<Option<Secret>, String> {
        secret_of(&self.api_key, "temporal.api_key_file", &self.api_key_file)
    }

    fn has_api_key(&self) -> bool {
        !self.api_key.is_empty() || given(&self.api_key_file).is_some()
    }

    /// Settings that contradict each other.
    pub(super) fn contradictions(&self) -> Vec<String> {
        let mut faults: Vec<String> =
            both_set("temporal.api_key", &self.api_key, &self.api_key_file)
                .into_iter()
                .chain(complete_pair(
                    "temporal.tls",
                    &self.tls.certificate,
                    &self.tls.key,
                ))
                .chain(self.url().err())
                .collect();
        if self.is_encrypted() {
            // An API key must not be sent in plain text.
            if self.address.starts_with("http://") {
                faults.push("temporal.address is http://, but TLS is enabled".into());
            }
            return faults;
        }
        let tls = &self.tls;
        for (name, set) in [
            ("ca_file", given(&tls.ca_file).is_some()),
            ("server_name", !tls.server_name.is_empty()),
            ("certificate", given(&tls.certificate).is_some()),
        ] {
            if set {
                faults.push(format!("temporal.tls.{name} requires temporal.tls.enabled"));
            }
        }
        faults
    }
}
