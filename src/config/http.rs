//! The HTTP server.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use garde::Validate;
use ipnet::{IpNet, Ipv4Net};
use serde::{Deserialize, Serialize};
use url::Url;

use super::rules::{address, all_valid, complete_pair, hosts, positive, text_or_list};
use super::secret::given;

/// Settings of the HTTP server.
#[derive(Debug, Clone, Deserialize, Serialize, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Address and port to serve on.
    #[garde(custom(address))]
    pub listen: String,
    /// Largest request body, in bytes.
    #[garde(custom(positive))]
    pub body_limit_bytes: usize,
    /// How long a request may take.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub request_timeout: Duration,
    /// How long requests in flight may go on after a signal to stop.
    #[serde(with = "humantime_serde")]
    pub shutdown_timeout: Duration,
    /// Threads that serve requests; 0 means one for each core.
    pub workers: usize,
    /// Whether every response is validated against the contract.
    pub check_answers: bool,
    /// Networks, separated by commas, whose `X-Forwarded-For` is trusted.
    #[garde(custom(networks))]
    pub trusted_proxies: String,
    /// Host names that the server answers to without authentication, beside those of its machine.
    #[serde(deserialize_with = "text_or_list")]
    #[garde(custom(hosts))]
    pub allowed_hosts: Vec<String>,
    /// Most connections at a time, in all of the process.
    #[garde(custom(positive))]
    pub max_connections: usize,
    /// Most requests in flight at a time, in all of the process.
    #[garde(custom(positive))]
    pub max_requests_in_flight: usize,
    /// How long a connection may wait for its next request.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub keep_alive_timeout: Duration,
    /// How long a connection may stay without a request in flight.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub stall_timeout: Duration,
    /// Encryption.
    pub tls: HttpTls,
    /// Cross-origin requests.
    #[garde(dive)]
    pub cors: Cors,
}

/// A certificate with its key, both PEM files; both empty when there is none.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct HttpTls {
    /// The server's certificate, and those between it and the root.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Cross-origin requests (the Fetch standard's CORS protocol).
#[derive(Debug, Clone, Default, Deserialize, Serialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct Cors {
    /// The origins that may call, exactly as browsers send them; none means that no page may.
    #[garde(custom(origins))]
    #[serde(deserialize_with = "text_or_list")]
    pub allowed_origins: Vec<String>,
}

impl Http {
    /// Settings that contradict each other.
    pub(super) fn contradictions(&self) -> Vec<String> {
        let pair = complete_pair("http.tls", &self.tls.certificate, &self.tls.key);
        let idle = (self.keep_alive_timeout > self.stall_timeout).then(|| {
            "http.keep_alive_timeout is longer than http.stall_timeout, which would end it".into()
        });
        pair.into_iter().chain(idle).collect()
    }

    /// Whether the server speaks TLS.
    pub fn is_encrypted(&self) -> bool {
        given(&self.tls.certificate).is_some()
    }

    /// The networks whose `X-Forwarded-For` is trusted, or the entry that is not a network.
    pub fn trusted_networks(&self) -> Result<Vec<IpNet>, String> {
        parse_networks(&self.trusted_proxies)
    }
}

fn parse_networks(text: &str) -> Result<Vec<IpNet>, String> {
    let parts = text.split(',').map(str::trim);
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

fn networks(text: &str, _: &()) -> garde::Result {
    parse_networks(text)
        .map(drop)
        .map_err(|part| garde::Error::new(format!("`{part}` is not a network such as 10.0.0.0/8")))
}

/// An IPv4 network in its IPv6 form (`::ffff:10.0.0.0/104`) becomes IPv4, as addresses are compared.
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

fn origins(origins: &[String], _: &()) -> garde::Result {
    all_valid(
        origins,
        is_origin,
        "is not an origin such as https://shop.example",
    )
}

/// Scheme, host and, unless it is the scheme's own, port; neither a wildcard nor a path.
fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        ["http", "https"].contains(&url.scheme()) && url.origin().ascii_serialization() == text
    })
}
