//! Compares the addresses of the API.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::change::{Changes, Level};
use crate::document::{Contract, elements, members, strings};
use crate::keywords::{changed, show};
use crate::operations::Pair;

impl Pair<'_> {
    /// The same for a path or an operation, where servers replace those of the document.
    pub(crate) fn own_servers(&self, before: &Value, after: &Value, changes: &mut Changes) {
        let all = |contract: Contract<'_>, own: &Value| match &own["servers"] {
            Value::Null => json!({"servers": contract.0["servers"]}),
            servers => json!({ "servers": servers }),
        };
        if !before["servers"].is_null() || !after["servers"].is_null() {
            self.servers(&all(self.old, before), &all(self.new, after), changes);
        }
    }

    /// The `servers` of a document.
    pub(crate) fn servers(&self, before: &Value, after: &Value, changes: &mut Changes) {
        let step = if changes.subject.is_empty() {
            "/servers"
        } else {
            ": server"
        };
        let (olds, news) = (servers(before), servers(after));
        for (url, old) in &olds {
            let mut changes = changes.of(&format!("{step} {url}"), "server");
            let Some(new) = news.get(url) else {
                changes.add(Level::Breaking, "removed", "is gone");
                continue;
            };
            for (name, old) in members(&old["variables"]) {
                let new = &new["variables"][name];
                let mut changes = changes.at(&format!(" {{{name}}}"));
                if old["default"] != new["default"] {
                    let text = changed("default", &show(&old["default"]), &show(&new["default"]));
                    changes.add(Level::Risky, "variable-default-changed", text);
                }
                let values = strings(&new["enum"]);
                for value in strings(&old["enum"]) {
                    if !values.is_empty() && !values.contains(&value) {
                        let text = format!("the value {value} is gone");
                        changes.add(Level::Breaking, "variable-value-removed", text);
                    }
                }
            }
        }
        for url in news.keys().filter(|url| !olds.contains_key(*url)) {
            let mut changes = changes.of(&format!("{step} {url}"), "server");
            changes.add(Level::Compatible, "added", "is new");
        }
    }
}

/// Servers by URL; without any, the one that the specification assumes.
fn servers(of: &Value) -> BTreeMap<String, Value> {
    let mut servers: BTreeMap<String, Value> = elements(&of["servers"])
        .map(|server| {
            let url = server["url"].as_str().unwrap_or_default();
            let trimmed = url.trim_end_matches('/');
            let url = if trimmed.is_empty() { "/" } else { trimmed };
            (url.to_owned(), server.clone())
        })
        .collect();
    if servers.is_empty() {
        servers.insert("/".into(), json!({}));
    }
    servers
}
