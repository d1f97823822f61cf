//! One change, and the collector that the comparison adds changes to.

use std::fmt;

use chrono::NaiveDate;
use serde::Serialize;

/// What a change means for a consumer of the old contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It stops working, or loses a guarantee.
    Breaking,
    /// It keeps working unless it is too strict, for example about a new enum value in a response.
    Risky,
    /// It is not affected.
    Compatible,
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Breaking => "breaking",
            Self::Risky => "risky",
            Self::Compatible => "compatible",
        })
    }
}

/// One difference between two contracts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The kind of change, in kebab-case: the part of the message, then what happened to it, for
    /// example `request-property-max-length-decreased`. Ids do not change.
    pub rule: String,
    /// What it means for consumers.
    pub level: Level,
    /// `METHOD path`, `webhook NAME: METHOD`, or a JSON pointer to what is outside of operations.
    pub subject: String,
    /// The place within the subject, for example `: response 200 /size`; may be empty.
    pub at: String,
    /// What is different.
    pub text: String,
    /// Whom it concerns, or what to do; only where the text does not say it.
    pub note: Option<&'static str>,
}

impl Change {
    /// The operation, then the path to the value within it.
    pub fn place(&self) -> String {
        format!("{}{}", self.subject, self.at)
    }
}

/// What the consumer does with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    /// It sends the value: allowing less breaks it.
    Writes,
    /// It receives the value: being sent more may break it.
    Reads,
}

impl Role {
    /// The level when fewer values are allowed than before.
    pub(crate) fn narrower(self) -> Level {
        match self {
            Self::Writes => Level::Breaking,
            Self::Reads => Level::Compatible,
        }
    }

    /// The level when more values of the same kind are allowed than before.
    pub(crate) fn wider(self) -> Level {
        match self {
            Self::Writes => Level::Compatible,
            Self::Reads => Level::Risky,
        }
    }

    /// The level when values of another kind are allowed than before.
    pub(crate) fn new_kind(self) -> Level {
        match self {
            Self::Writes => Level::Compatible,
            Self::Reads => Level::Breaking,
        }
    }

    /// The level when it cannot be computed whether more or fewer values are allowed.
    pub(crate) fn unknown(self) -> Level {
        self.narrower().min(self.wider())
    }

    pub(crate) fn reversed(self) -> Self {
        match self {
            Self::Writes => Self::Reads,
            Self::Reads => Self::Writes,
        }
    }
}

/// Collects changes at one place.
pub(crate) struct Changes<'c> {
    pub(crate) found: &'c mut Vec<Change>,
    pub(crate) role: Role,
    pub(crate) today: NaiveDate,
    pub(crate) subject: String,
    at: String,
    /// The part of the message, with which rules begin: `request-`, `webhook-response-`, …
    message: String,
    /// What within it, the next part of rules: `body`, `property`, …
    kind: &'static str,
}

impl<'c> Changes<'c> {
    /// For a subject; its rules begin with `kind`.
    pub(crate) fn new(
        found: &'c mut Vec<Change>,
        today: NaiveDate,
        subject: String,
        kind: &'static str,
    ) -> Self {
        Self {
            found,
            role: Role::Writes,
            today,
            subject,
            at: String::new(),
            message: String::new(),
            kind,
        }
    }

    pub(crate) fn add(&mut self, level: Level, what: &str, text: impl Into<String>) {
        self.add_noted(level, what, text, None);
    }

    pub(crate) fn add_noted(
        &mut self,
        level: Level,
        what: &str,
        text: impl Into<String>,
        note: Option<&'static str>,
    ) {
        self.found.push(Change {
            rule: format!("{}{}-{what}", self.message, self.kind),
            level,
            subject: self.subject.clone(),
            at: self.at.clone(),
            text: text.into(),
            note,
        });
    }

    /// The same collector at a nested place.
    pub(crate) fn at(&mut self, step: &str) -> Changes<'_> {
        self.of(step, self.kind)
    }

    /// The same collector at a nested place of another kind.
    pub(crate) fn of(&mut self, step: &str, kind: &'static str) -> Changes<'_> {
        Changes {
            at: format!("{}{step}", self.at),
            found: self.found,
            role: self.role,
            today: self.today,
            subject: self.subject.clone(),
            message: self.message.clone(),
            kind,
        }
    }

    /// The same collector in a part of the message, `request` or `response`.
    pub(crate) fn message(&mut self, part: &str, role: Role) -> Changes<'_> {
        let prefix = match self.kind {
            "operation" => String::new(),
            kind => format!("{kind}-"),
        };
        let message = format!("{prefix}{part}-");
        Changes {
            role,
            message,
            ..self.at("")
        }
    }
}
