//! What nobody may see: neither in `orders config`, nor in a log line, nor in an error.

use std::fmt;
use std::path::Path;

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What is shown in the place of a secret.
const REDACTED: &str = "redacted";

/// A text that is never shown; empty means that there is none.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// With this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. Whoever calls this answers for where it goes.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What the file at this path holds, without the line end that editors put behind it.
    ///
    /// # Errors
    /// Names the setting and the file, when it cannot be read or holds nothing.
    pub fn read(setting: &str, file: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(file)
            .map_err(|error| format!("{setting}: cannot read {}: {error}", file.display()))?;
        match text.trim_end_matches(['\r', '\n']) {
            "" => Err(format!("{setting}: {} is empty", file.display())),
            text => Ok(Self::new(text)),
        }
    }

    fn shown(&self) -> &'static str {
        match self.is_empty() {
            true => "",
            false => REDACTED,
        }
    }
}

/// The secret in force of a setting and its `_file` variant; `None` when neither is set. The file is
/// read anew each time, so that one that is replaced is found.
///
/// # Errors
/// As [`Secret::read`].
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

/// A path that is set: settings say "none" with an empty text.
pub fn given(path: &Path) -> Option<&Path> {
    (!path.as_os_str().is_empty()).then_some(path)
}

/// A fault where both a secret and its file are set: nobody could say which one holds.
pub(super) fn twice(name: &str, value: &Secret, file: &Path) -> Option<String> {
    (!value.is_empty() && given(file).is_some())
        .then(|| format!("{name} and {name}_file are both set"))
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}", self.shown())
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
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Text)
    }
}

/// Takes texts only. The environment is read as numbers where it looks like one, and a key such as
/// `00017` or `1e5` would silently become another.
struct Text;

impl Text {
    fn refuse<T, E: Error>() -> Result<T, E> {
        Err(E::invalid_type(
            Unexpected::Other("what looks like a number"),
            &"a secret as a text; put one of digits only into a file",
        ))
    }
}

impl Visitor<'_> for Text {
    type Value = Secret;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a secret")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Secret, E> {
        Ok(Secret::new(text))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Secret, E> {
        Self::refuse()
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Secret, E> {
        Self::refuse()
    }

    fn visit_i128<E: Error>(self, _: i128) -> Result<Secret, E> {
        Self::refuse()
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Secret, E> {
        Self::refuse()
    }

    fn visit_u128<E: Error>(self, _: u128) -> Result<Secret, E> {
        Self::refuse()
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Secret, E> {
        Self::refuse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_shows_nowhere() {
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
    fn a_number_is_refused_and_not_shown() {
        for number in ["12345", "1e5", "true"] {
            let table: toml::Table = format!("secret = {number}").parse().unwrap();
            let error = table["secret"].clone().try_into::<Secret>().unwrap_err();
            assert!(!error.to_string().contains(number), "{error}");
        }
    }
}
