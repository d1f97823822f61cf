//! Deprecation (`deprecated`) and the date from which a deprecated part may be removed (`x-sunset`).

use chrono::{DateTime, NaiveDate};
use serde_json::Value;

use crate::change::{Changes, Level};

impl Changes<'_> {
    /// What was said about the end of something that still exists.
    pub(crate) fn lifecycle(&mut self, before: &Value, after: &Value) {
        let deprecated = |value: &Value| value["deprecated"] == true;
        let (old, new) = (sunset(before), sunset(after));
        match (deprecated(before), deprecated(after)) {
            (false, true) => {
                let until = match new {
                    Some(Ok(date)) => format!(", and may be removed from {date} on"),
                    _ => String::new(),
                };
                let text = format!("is deprecated now{until}");
                self.add(Level::Compatible, "deprecated", text);
            }
            (true, false) => self.add(Level::Compatible, "reactivated", "is no longer deprecated"),
            _ => {}
        }
        match (old, new) {
            (old, Some(Err(text))) if old != Some(Err(text)) => self.add(
                Level::Risky,
                "sunset-invalid",
                format!(
                    "x-sunset is \"{text}\", which is not a date: YYYY-MM-DD or RFC 3339 is needed"
                ),
            ),
            (Some(Ok(old)), Some(Ok(new))) if new < old => self.add(
                Level::Breaking,
                "sunset-earlier",
                format!("may be removed from {new} on, and no longer only from {old} on"),
            ),
            (Some(Ok(old)), Some(Ok(new))) if new > old => self.add(
                Level::Compatible,
                "sunset-later",
                format!("may be removed from {new} on, no longer from {old} on"),
            ),
            (Some(_), None) if deprecated(after) => self.add(
                Level::Compatible,
                "sunset-removed",
                "has no sunset date any more",
            ),
            (None, Some(Ok(date))) if deprecated(before) && deprecated(after) => self.add(
                Level::Compatible,
                "sunset-added",
                format!("may be removed from {date} on"),
            ),
            _ => {}
        }
    }

    /// Something no longer exists: `level` says what that means, unless its end was announced and
    /// has come.
    pub(crate) fn removed(&mut self, level: Level, before: &Value, text: &str) {
        let announced = sunset(before).filter(|_| before["deprecated"] == true);
        match announced {
            Some(Ok(date)) if date <= self.today => {
                let text = format!("{text}, as announced for {date}");
                self.add(Level::Compatible, "removed-after-sunset", text);
            }
            Some(Ok(date)) => {
                let text = format!("{text}, before its sunset date {date}");
                self.add(level, "removed-before-sunset", text);
            }
            _ => self.add(level, "removed", text),
        }
    }
}

/// The date of `x-sunset`, or its text if that is not a date.
fn sunset(value: &Value) -> Option<Result<NaiveDate, &str>> {
    let text = match &value["x-sunset"] {
        Value::Null => return None,
        other => other.as_str().unwrap_or_default(),
    };
    let date = text.parse::<NaiveDate>().ok().or_else(|| {
        let moment = DateTime::parse_from_rfc3339(text).ok()?;
        Some(moment.to_utc().date_naive())
    });
    Some(date.ok_or(text))
}
