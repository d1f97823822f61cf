//! Writes a report: as text for a terminal, as JSON for programs, as a changelog for consumers.

use std::fmt::Write;
use std::str::FromStr;

use anyhow::{Error, Result, bail};
use serde_json::json;

use crate::{Change, Level, Report};

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One line for each change, then a summary.
    Text,
    /// One object, for programs.
    Json,
    /// A section of a changelog, for consumers of the API.
    Markdown,
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            "markdown" => Ok(Self::Markdown),
            _ => bail!("unknown format {name:?}: use text, json or markdown"),
        }
    }
}

impl Report {
    /// The report in a format, with a line break at its end.
    pub fn render(&self, format: Format) -> String {
        match format {
            Format::Text => self.text(),
            Format::Json => format!("{:#}\n", self.json()),
            Format::Markdown => self.markdown(),
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for change in &self.changes {
            let line = format!(
                "{:<11} {}: {}",
                change.level,
                change.place(),
                change.sentence()
            );
            text += &one_line(&line);
            text.push('\n');
        }
        let summary = format!(
            "{} → {}: {} breaking, {} risky, {} compatible",
            self.old_version,
            self.new_version,
            self.count(Level::Breaking),
            self.count(Level::Risky),
            self.count(Level::Compatible)
        );
        text + &one_line(&summary) + "\n"
    }

    fn json(&self) -> serde_json::Value {
        let changes = self.changes.iter().map(|change| {
            json!({
                "rule": change.rule,
                "level": change.level,
                "subject": change.subject,
                "place": change.place(),
                "text": change.text,
                "note": change.note,
            })
        });
        json!({
            "old_version": self.old_version,
            "new_version": self.new_version,
            "breaking": self.count(Level::Breaking),
            "risky": self.count(Level::Risky),
            "compatible": self.count(Level::Compatible),
            "version_fault": self.version_fault(),
            "changes": changes.collect::<Vec<_>>(),
        })
    }

    fn markdown(&self) -> String {
        let new = escaped(&self.new_version);
        let old = escaped(&self.old_version);
        let mut text = format!("## {new} (changes since {old})\n");
        if self.changes.is_empty() {
            text += "\nNothing changed for consumers.\n";
        }
        for (title, belongs) in SECTIONS {
            let changes = self.changes.iter().filter(|change| belongs(change));
            // A change of a component concerns many operations: it is one entry.
            let mut entries: Vec<(String, Vec<String>)> = Vec::new();
            for change in changes {
                let (at, sentence) = (escaped(&change.at), escaped(&change.sentence()));
                let entry = format!("{at}: {sentence}.");
                let subject = code(&change.subject);
                match entries.iter_mut().find(|(other, _)| *other == entry) {
                    Some((_, subjects)) => subjects.push(subject),
                    None => entries.push((entry, vec![subject])),
                }
            }
            if !entries.is_empty() {
                text += &format!("\n### {title}\n\n");
            }
            for (entry, mut subjects) in entries {
                subjects.dedup();
                let _ = writeln!(text, "- {}{entry}", subjects.join(", "));
            }
        }
        text
    }
}

impl Change {
    fn sentence(&self) -> String {
        match self.note {
            Some(note) => format!("{}; {note}", self.text),
            None => self.text.clone(),
        }
    }

    fn is_about_the_end(&self) -> bool {
        let rule = &self.rule;
        rule.ends_with("-deprecated") || rule.ends_with("-reactivated") || rule.contains("-sunset")
    }

    fn is_addition(&self) -> bool {
        self.rule.ends_with("-added") || self.rule.ends_with("-added-required")
    }
}

type Section = (&'static str, fn(&Change) -> bool);

const SECTIONS: [Section; 5] = [
    ("Breaking", |change| change.level == Level::Breaking),
    ("To check", |change| change.level == Level::Risky),
    ("Deprecated", |change| {
        change.level == Level::Compatible && change.is_about_the_end()
    }),
    ("Added", |change| {
        change.level == Level::Compatible && !change.is_about_the_end() && change.is_addition()
    }),
    ("Changed", |change| {
        change.level == Level::Compatible && !change.is_about_the_end() && !change.is_addition()
    }),
];

/// Always one line, even if names in the contract contain line breaks.
fn one_line(text: &str) -> String {
    let ends_it = |letter: char| letter.is_control() || "\u{2028}\u{2029}".contains(letter);
    text.replace(ends_it, " ")
}

/// Text from the contract, without a meaning in Markdown.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in one_line(text).chars() {
        if "\\`*_[]<>|&".contains(letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

/// A code span; backticks within it would end it. Nothing for an empty text.
fn code(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let longest = text.split(|letter| letter != '`').map(str::len).max();
    match longest {
        None | Some(0) => format!("`{}`", one_line(text)),
        Some(length) => {
            let fence = "`".repeat(length + 1);
            format!("{fence} {} {fence}", one_line(text))
        }
    }
}
