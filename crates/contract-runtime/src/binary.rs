//! Raw bytes: files in forms.

use std::fmt;

use bytes::Bytes;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::Serializer;

use crate::Json;

/// A file in a form. In JSON it is a string.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Binary {
    /// The content.
    pub bytes: Bytes,
    /// The name that the client sent; do not trust it as a path.
    pub file_name: Option<String>,
    /// The media type that the client sent.
    pub content_type: Option<String>,
}

impl From<&[u8]> for Binary {
    fn from(bytes: &[u8]) -> Self {
        Self {
            bytes: Bytes::copy_from_slice(bytes),
            ..Self::default()
        }
    }
}

/// Bytes that are not decoded.
struct Raw(Bytes);

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Raw;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("bytes")
            }

            fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Raw, E> {
                Ok(Raw(bytes.into()))
            }
        }
        deserializer.deserialize_byte_buf(Reader)
    }
}

impl Json for Binary {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Binary;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("bytes")
            }

            fn visit_str<E>(self, text: &str) -> Result<Binary, E> {
                Ok(Binary::from(text.as_bytes()))
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Binary, E> {
                Ok(Binary::from(bytes))
            }

            // A file in a form: JSON is never read this way.
            fn visit_map<A: MapAccess<'de>>(self, mut parts: A) -> Result<Binary, A::Error> {
                let mut file = Binary::default();
                while let Some(name) = parts.next_key::<String>()? {
                    match name.as_str() {
                        "file_name" => file.file_name = parts.next_value()?,
                        "content_type" => file.content_type = parts.next_value()?,
                        _ => file.bytes = parts.next_value::<Raw>()?.0,
                    }
                }
                Ok(file)
            }
        }
        deserializer.deserialize_bytes(Reader)
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[cfg(feature = "client")]
        if let Some(mark) = files::take(self) {
            return serializer.serialize_str(&mark);
        }
        serializer.serialize_str(&String::from_utf8_lossy(&self.bytes))
    }
}

serde_by_json!(Binary);

/// The files in a value: serde has no way to write one as anything but a string.
#[cfg(feature = "client")]
pub(crate) mod files {
    use std::cell::RefCell;

    use serde_json::Value;

    use super::Binary;
    use crate::{Json, json};

    /// The files of a value, each with the text that stands for it there.
    #[derive(Default)]
    pub(crate) struct Files {
        /// Random, so that no text of the value is taken for a file.
        token: String,
        found: Vec<Binary>,
    }

    thread_local! {
        /// Only set while [`apart`] writes its value.
        static FILES: RefCell<Option<Files>> = const { RefCell::new(None) };
    }

    /// The value as JSON, and its files.
    pub(crate) fn apart(value: &impl Json) -> (Value, Files) {
        let token = format!("{:032x}/", fastrand::u128(..));
        let files = Files {
            token,
            found: Vec::new(),
        };
        FILES.set(Some(files));
        let value = json::to_value(value);
        (value, FILES.take().unwrap_or_default())
    }

    pub(super) fn take(file: &Binary) -> Option<String> {
        FILES.with_borrow_mut(|files| {
            let files = files.as_mut()?;
            files.found.push(file.clone());
            Some(format!("{}{}", files.token, files.found.len() - 1))
        })
    }

    impl Files {
        /// The file that this value stands for.
        pub(crate) fn of(&self, value: &Value) -> Option<&Binary> {
            let index = value.as_str()?.strip_prefix(&self.token)?;
            self.found.get(index.parse::<usize>().ok()?)
        }

        /// Whether there is a file in this value.
        pub(crate) fn any(&self, value: &Value) -> bool {
            match value {
                Value::Array(items) => items.iter().any(|item| self.any(item)),
                Value::Object(members) => members.values().any(|member| self.any(member)),
                other => self.of(other).is_some(),
            }
        }
    }
}
