//! Secrets, which appear neither in `orders config` nor in logs or errors.

use std::fmt;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use serde::de::{Error, Unexpected};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// Shown in place of a secret.
const REDACTED: &str = "redacted";

/// A string that is never shown and is wiped from memory; empty means not set.
#[derive(Clone, Debug, Default)]
pub struct Secret(SecretString);

impl Secret {
    /// A secret with this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// The text, which must not be logged.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether it is not set.
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }

    /// The content of a file, without trailing line breaks.
    pub fn read(setting: &str, file: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(file)
            .map_err(|error| format!("{setting}: cannot read {}: {error}", file.display()))?;
        match text.trim_end_matches(['\r', '\n']) {
            "" => Err(format!("{setting}: {} is empty", file.display())),
            text => Ok(Self::new(text)),
        }
    }

    fn shown(&self) -> &'static str {
        if self.is_empty() { "" } else { REDACTED }
    }
}

/// The secret from a setting or its `_file` variant; `None` when neither is set. The file is read
/// every time, so that a replaced file takes effect.
pub(super) fn secret_of(
    value: &Secret,
    file_setting: &str,
    file: &Path,
) -> Result<Option<Secret>, String> {
    match (given(file), value.is_empty()) {
        (Some(file), _) => Secret::read(file_setting, file).map(Some),
        (None, false) => Ok(Some(value.clone())),
        (None, true) => Ok(None),
    }
}

/// The path, unless it is empty, which means not set.
pub fn given(path: &Path) -> Option<&Path> {
    (!path.as_os_str().is_empty()).then_some(path)
}

/// An error if both a secret and its file are set.
pub(super) fn both_set(name: &str, value: &Secret, file: &Path) -> Option<String> {
    (!value.is_empty() && given(file).is_some())
        .then(|| format!("{name} and {name}_file are both set"))
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.shown())
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.shown())
    }
}

impl<'de> Deserialize<'de> for Secret {
    /// Accepts strings only. `try_parsing` of the environment turns numeric text into numbers, so a
    /// key such as `00017` or `1e5` would silently change.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Self::new(text)),
            _ => Err(Error::invalid_type(
                Unexpected::Other("something else"),
                &"a secret as a string; put a numeric secret into a file",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_shown() {
        let secret: Secret = serde_json::from_str("\"hush\"").unwrap();
        assert_eq!(secret.expose(), "hush");
        let shown = format!(
            "{secret} {secret:?} {}",
            serde_json::to_string(&secret).unwrap()
        );
        assert!(!shown.contains("hush"), "{shown}");
        assert_eq!(Secret::default().to_string(), "");
    }

    #[test]
    fn a_number_is_rejected_and_not_shown() {
        for number in ["12345", "1e5", "true"] {
            let table: toml::Table = format!("secret = {number}").parse().unwrap();
            let error = table["secret"].clone().try_into::<Secret>().unwrap_err();
            assert!(!error.to_string().contains(number), "{error}");
        }
    }
}
