//! Compares responses: statuses and headers.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::change::{Changes, Level, Role};
use crate::document::{Contract, members};
use crate::operations::{Pair, is_required};

impl Pair<'_> {
    pub(crate) fn responses(&self, before: &Value, after: &Value, changes: &mut Changes) {
        let role = changes.role;
        for (status, _) in members(before) {
            let old = self.old.get(before, status);
            let mut changes = changes.of(&format!(": response {status}"), "status");
            match covering(self.new, after, status) {
                Some(new) => self.response(old, new, &mut changes),
                None => {
                    let is_success = status.starts_with(['2', '3']);
                    let level = match role {
                        Role::Reads if !is_success => Level::Compatible,
                        _ => Level::Breaking,
                    };
                    changes.add(level, "removed", "is gone");
                }
            }
        }
        for (status, _) in members(after) {
            if !before[status].is_null() {
                continue;
            }
            let mut changes = changes.of(&format!(": response {status}"), "status");
            match covering(self.old, before, status) {
                Some(old) => {
                    let text = "has a description of its own now";
                    changes.add(Level::Compatible, "described", text);
                    self.response(old, self.new.get(after, status), &mut changes);
                }
                None => changes.add(role.wider(), "added", "is new"),
            }
        }
    }

    fn response(&self, before: &Value, after: &Value, changes: &mut Changes) {
        self.headers(before, after, changes);
        self.content(before, after, &mut changes.of("", "body"));
    }

    fn headers(&self, before: &Value, after: &Value, changes: &mut Changes) {
        let role = changes.role;
        let olds = headers(self.old, before);
        let news = headers(self.new, after);
        for (name, before) in &olds {
            let mut changes = changes.of(&format!(": header {name}"), "header");
            let Some(after) = news.get(name) else {
                changes.removed(Level::Breaking, before, "is gone");
                continue;
            };
            match (is_required(before), is_required(after)) {
                (false, true) => {
                    let text = "is always there now";
                    changes.add(role.narrower(), "became-required", text);
                }
                (true, false) => {
                    changes.add(role.new_kind(), "became-optional", "may be absent now");
                }
                _ => {}
            }
            changes.lifecycle(before, after);
            self.described(before, after, &mut changes);
        }
        for (name, header) in &news {
            if !olds.contains_key(name) {
                let mut changes = changes.of(&format!(": header {name}"), "header");
                let level = match role {
                    Role::Writes if is_required(header) => Level::Breaking,
                    _ => Level::Compatible,
                };
                changes.add(level, "added", "is new");
            }
        }
    }
}

/// The response to a status: the one with its number, else its range's, else `default`.
fn covering<'a>(contract: Contract<'a>, responses: &'a Value, status: &str) -> Option<&'a Value> {
    let range = status.get(..1).map(|first| format!("{first}XX"));
    let names = [status, range.as_deref().unwrap_or_default(), "default"];
    let found = names.into_iter().find(|name| !responses[name].is_null());
    found.map(|name| contract.get(responses, name))
}

/// The headers of a response, by name in lower case.
fn headers<'a>(contract: Contract<'a>, response: &'a Value) -> BTreeMap<String, &'a Value> {
    members(&response["headers"])
        .map(|(name, header)| (name.to_ascii_lowercase(), contract.resolve(header).0))
        .collect()
}
