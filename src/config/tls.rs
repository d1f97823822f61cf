//! Who is trusted on the way to others, and who we are to them.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::secret::{given, secret_of, twice};
use super::{Database, Http, Secret, Temporal};

/// A certificate with its key, both PEM files; both empty when there is none.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct HttpTls {
    /// The server's certificate, and those between it and the root.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// How PostgreSQL is known, and how it knows us.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseTls {
    /// The authorities that are trusted (PEM); empty means those of the system.
    pub ca_file: PathBuf,
    /// The client's certificate.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// How Temporal is known, and how it knows us.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TemporalTls {
    /// Whether the connection is encrypted; an `https://` address and an API key say so too.
    pub enabled: bool,
    /// The authorities that are trusted (PEM); empty means those of the system.
    pub ca_file: PathBuf,
    /// The name that the server's certificate has to bear; empty means that of the address.
    pub server_name: String,
    /// The client's certificate.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// How a connection to PostgreSQL is secured, after all settings about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SslMode {
    /// Never encrypted.
    Disable,
    /// Encrypted where the server offers it; nobody's identity is checked.
    Prefer,
    /// Encrypted or not at all; nobody's identity is checked.
    Require,
    /// Encrypted, and the server's certificate comes from a trusted authority.
    VerifyCa,
    /// As that, and it bears the name of the host.
    VerifyFull,
}

/// What libpq's URLs say with parameters and we with settings.
const ELSEWHERE: [(&str, &str); 4] = [
    ("sslrootcert", "database.tls.ca_file"),
    ("sslcert", "database.tls.certificate"),
    ("sslkey", "database.tls.key"),
    ("passfile", "database.password_file"),
];

impl Http {
    pub(super) fn faults(&self) -> Vec<String> {
        let halves = halves("http.tls", &self.tls.certificate, &self.tls.key);
        let idle = (self.keep_alive_timeout > self.stall_timeout).then(|| {
            "http.keep_alive_timeout is longer than http.stall_timeout, which would end it".into()
        });
        halves
            .into_iter()
            .chain(idle)
            .chain(self.cors.faults())
            .collect()
    }

    /// Whether the server speaks TLS.
    pub fn is_encrypted(&self) -> bool {
        given(&self.tls.certificate).is_some()
    }
}

impl Database {
    /// The mode in force. `sslmode` of the URL says it, as in libpq: with authorities of its own,
    /// `require` checks the server against them (`verify-ca`). Where the URL says nothing it is
    /// `prefer`, and `verify-full` with authorities of its own.
    ///
    /// # Errors
    /// When the settings contradict each other, or ask for what there is not.
    pub fn ssl_mode(&self) -> Result<SslMode, String> {
        let pairs = self.url.expose().query_pairs();
        let named = pairs.filter(|(name, _)| name == "sslmode").last();
        let named = named.map(|(_, mode)| mode.into_owned());
        let has_ca = given(&self.tls.ca_file).is_some();
        let weak = |mode: SslMode, name: &str| match has_ca {
            false => Ok(mode),
            true => Err(format!(
                "database.tls.ca_file is set, and sslmode={name} in database.url would not use it"
            )),
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
                    "sslmode=verify-ca in database.url needs database.tls.ca_file: \
                     anybody has a certificate of an authority that the system trusts"
                        .into(),
                );
            }
            (Some(_), _) => {
                return Err(
                    "sslmode in database.url has to be disable, prefer, require, \
                     verify-ca or verify-full"
                        .into(),
                );
            }
        };
        match mode {
            SslMode::Disable if given(&self.tls.certificate).is_some() => Err(
                "database.tls.certificate is set, and sslmode=disable in database.url would not \
                 use it"
                    .into(),
            ),
            mode => Ok(mode),
        }
    }

    /// The password beside the URL, if there is one.
    ///
    /// # Errors
    /// When its file cannot be read.
    pub fn password(&self) -> Result<Option<Secret>, String> {
        secret_of(
            &self.password,
            "database.password_file",
            &self.password_file,
        )
    }

    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults: Vec<String> =
            twice("database.password", &self.password, &self.password_file)
                .into_iter()
                .chain(halves("database.tls", &self.tls.certificate, &self.tls.key))
                .chain(self.ssl_mode().err())
                .collect();
        let url = self.url.expose();
        let in_url =
            url.password().is_some() || url.query_pairs().any(|(name, _)| name == "password");
        if in_url && (!self.password.is_empty() || given(&self.password_file).is_some()) {
            faults.push("database.password is set, and database.url has one as well".into());
        }
        for (parameter, setting) in ELSEWHERE {
            if url.query_pairs().any(|(name, _)| name == parameter) {
                faults.push(format!("database.url: {parameter} is {setting} here"));
            }
        }
        faults
    }
}

impl Temporal {
    /// Whether the connection is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.tls.enabled || self.address.starts_with("https://") || self.has_api_key()
    }

    /// What Temporal Cloud knows us by, if there is one.
    ///
    /// # Errors
    /// When its file cannot be read.
    pub fn api_key(&self) -> Result<Option<Secret>, String> {
        secret_of(&self.api_key, "temporal.api_key_file", &self.api_key_file)
    }

    fn has_api_key(&self) -> bool {
        !self.api_key.is_empty() || given(&self.api_key_file).is_some()
    }

    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults: Vec<String> = twice("temporal.api_key", &self.api_key, &self.api_key_file)
            .into_iter()
            .chain(halves("temporal.tls", &self.tls.certificate, &self.tls.key))
            .collect();
        if self.is_encrypted() {
            // A key that were sent in the clear would be everybody's.
            if self.address.starts_with("http://") {
                faults.push("temporal.address is http://, and TLS is asked for".into());
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
                faults.push(format!("temporal.tls.{name} needs temporal.tls.enabled"));
            }
        }
        faults
    }
}

/// A fault where there is a certificate without its key, or a key without its certificate.
fn halves(section: &str, certificate: &Path, key: &Path) -> Option<String> {
    let (with, without) = match (given(certificate).is_some(), given(key).is_some()) {
        (true, false) => ("certificate", "key"),
        (false, true) => ("key", "certificate"),
        _ => return None,
    };
    Some(format!(
        "{section}.{with} is set without {section}.{without}"
    ))
}
