//! Validation rules of several sections, and parsing of lists.

use std::net::{Ipv6Addr, SocketAddr};
use std::path::Path;

use serde::{Deserialize, Deserializer};
use url::Url;

use super::secret::given;

pub(super) fn positive<T: Default + PartialEq>(value: &T, _: &()) -> garde::Result {
    if *value == T::default() {
        return Err(garde::Error::new("must be greater than 0"));
    }
    Ok(())
}

pub(super) fn not_empty(text: &str, _: &()) -> garde::Result {
    if text.trim().is_empty() {
        return Err(garde::Error::new("is empty"));
    }
    Ok(())
}

pub(super) fn address(text: &str, _: &()) -> garde::Result {
    match text.parse::<SocketAddr>() {
        Ok(_) => Ok(()),
        Err(_) => Err(garde::Error::new(format!("`{text}` is not ADDRESS:PORT"))),
    }
}

pub(super) fn web_page(text: &str, _: &()) -> garde::Result {
    let is_url = Url::parse(text)
        .is_ok_and(|url| url.has_host() && ["http", "https"].contains(&url.scheme()));
    if is_url {
        return Ok(());
    }
    Err(garde::Error::new(format!(
        "`{text}` is not http://HOST:PORT"
    )))
}

/// Reports every invalid entry in one message.
pub(super) fn all_valid(
    entries: &[String],
    is_valid: impl Fn(&str) -> bool,
    fault: &str,
) -> garde::Result {
    let invalid = entries.iter().filter(|entry| !is_valid(entry));
    let faults: Vec<String> = invalid.map(|entry| format!("`{entry}` {fault}")).collect();
    if faults.is_empty() {
        return Ok(());
    }
    Err(garde::Error::new(faults.join(", ")))
}

/// Host names and addresses, without a wildcard or a port.
pub(super) fn hosts(hosts: &[String], _: &()) -> garde::Result {
    all_valid(hosts, is_host, "is not a host such as orders.internal")
}

fn is_host(text: &str) -> bool {
    let inner = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    match inner {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            !text.is_empty() && text.bytes().all(fits)
        }
    }
}

/// An error if a certificate is set without its key, or a key without its certificate.
pub(super) fn complete_pair(section: &str, certificate: &Path, key: &Path) -> Option<String> {
    let (with, without) = match (given(certificate).is_some(), given(key).is_some()) {
        (true, false) => ("certificate", "key"),
        (false, true) => ("key", "certificate"),
        _ => return None,
    };
    Some(format!(
        "{section}.{with} is set without {section}.{without}"
    ))
}

/// A list, or a comma-separated text, because the environment has no lists.
pub(super) fn text_or_list<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(
        untagged,
        expecting = "expected a list of strings or a comma-separated string"
    )]
    enum TextOrList {
        Text(String),
        List(Vec<String>),
    }
    Ok(match TextOrList::deserialize(deserializer)? {
        TextOrList::List(list) => list,
        TextOrList::Text(text) => {
            let entries = text.split(',').map(str::trim);
            let entries = entries.filter(|entry| !entry.is_empty());
            entries.map(str::to_owned).collect()
        }
    })
}
