//! Server-sent events.

use std::time::Duration;

use bytes::Bytes;

use crate::{Json, json};

/// One server-sent event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Event {
    /// The data; may have several lines.
    pub data: String,
    /// The event type; clients use `message` if there is none.
    pub event: Option<String>,
    /// The id from which a client resumes after a lost connection.
    pub id: Option<String>,
    /// How long a client waits before it reconnects.
    pub retry: Option<Duration>,
}

impl Event {
    /// An event with this data.
    pub fn new(data: impl Into<String>) -> Self {
        Self {
            data: data.into(),
            ..Self::default()
        }
    }

    /// An event with this data as JSON.
    pub fn json(data: &impl Json) -> Self {
        Self::new(json::to_value(data).to_string())
    }

    /// In the format of the HTML standard (section 9.2).
    pub fn to_bytes(&self) -> Bytes {
        // A line break in a single-line field would start another field.
        let line = |text: &str| text.replace(['\r', '\n'], " ");
        let mut text = String::new();
        if let Some(event) = &self.event {
            text.push_str(&format!("event: {}\n", line(event)));
        }
        if let Some(id) = &self.id {
            text.push_str(&format!("id: {}\n", line(id)));
        }
        if let Some(retry) = self.retry {
            text.push_str(&format!("retry: {}\n", retry.as_millis()));
        }
        for data in self.data.replace("\r\n", "\n").split(['\r', '\n']) {
            text.push_str(&format!("data: {data}\n"));
        }
        text.push('\n');
        text.into()
    }
}
