//! Compares security: what operations need, and what the schemes are.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::change::{Change, Changes, Level};
use crate::document::{Contract, elements, members, strings};
use crate::keywords::{changed, kebab, show};
use crate::operations::{Operation, Pair};

type Alternative = BTreeMap<String, Vec<String>>;

/// What a scheme consists of, and what another value means.
const SETTINGS: [(&str, Level); 6] = [
    ("type", Level::Breaking),
    ("in", Level::Breaking),
    ("name", Level::Breaking),
    ("scheme", Level::Breaking),
    // A hint, by the specification.
    ("bearerFormat", Level::Compatible),
    ("openIdConnectUrl", Level::Risky),
];
const URLS: [&str; 3] = ["authorizationUrl", "tokenUrl", "refreshUrl"];
const MOVED: &str = "consumers that are configured with the old address have to change it";

impl Pair<'_> {
    /// Credentials that were sufficient must stay sufficient.
    pub(crate) fn security(&self, before: &Operation, after: &Operation, changes: &mut Changes) {
        let olds = alternatives(self.old, before);
        let news = alternatives(self.new, after);
        let still_enough = |old: &Alternative| {
            news.iter().any(|new| {
                new.iter().all(|(scheme, scopes)| {
                    old.get(scheme)
                        .is_some_and(|had| scopes.iter().all(|scope| had.contains(scope)))
                })
            })
        };
        if !olds.iter().all(still_enough) {
            let text = "credentials that were sufficient no longer are";
            changes.add(Level::Breaking, "security-narrowed", text);
        } else if olds != news {
            let text = "more credentials are sufficient now";
            changes.add(Level::Compatible, "security-widened", text);
        }
    }

    /// A scheme that is gone matters to the operations that needed it, and is listed there.
    pub(crate) fn schemes(&self, found: &mut Vec<Change>) {
        let schemes = |contract: Contract<'_>| -> BTreeMap<String, Value> {
            members(&contract.0["components"]["securitySchemes"])
                .map(|(name, scheme)| (name.to_owned(), contract.resolve(scheme).0.clone()))
                .collect()
        };
        let (olds, news) = (schemes(self.old), schemes(self.new));
        let place = |name: &str| format!("/components/securitySchemes/{name}");
        for (name, before) in &olds {
            let mut changes = self.changes(found, &place(name), "security-scheme");
            match news.get(name) {
                Some(after) => scheme(before, after, &mut changes),
                None => changes.add(Level::Compatible, "removed", "is gone"),
            }
        }
        for name in news.keys().filter(|name| !olds.contains_key(*name)) {
            let mut changes = self.changes(found, &place(name), "security-scheme");
            changes.add(Level::Compatible, "added", "is new");
        }
    }
}

fn scheme(before: &Value, after: &Value, changes: &mut Changes) {
    // Names of headers and of HTTP authentication schemes have no case.
    let comparable = |scheme: &Value, setting: &str| match (setting, scheme["in"].as_str()) {
        ("scheme", _) | ("name", Some("header")) => show(&scheme[setting]).to_ascii_lowercase(),
        _ => show(&scheme[setting]),
    };
    for (setting, level) in SETTINGS {
        if comparable(before, setting) != comparable(after, setting) {
            let text = changed(setting, &show(&before[setting]), &show(&after[setting]));
            let note = (setting == "openIdConnectUrl").then_some(MOVED);
            changes.add_noted(level, &format!("{}-changed", kebab(setting)), text, note);
        }
    }
    for (name, old) in members(&before["flows"]) {
        let mut changes = changes.at(&format!(": flow {name}"));
        let new = &after["flows"][name];
        if new.is_null() {
            changes.add(Level::Breaking, "flow-removed", "is gone");
            continue;
        }
        for url in URLS {
            if old[url] != new[url] {
                let text = changed(url, &show(&old[url]), &show(&new[url]));
                let what = format!("{}-changed", kebab(url));
                changes.add_noted(Level::Risky, &what, text, Some(MOVED));
            }
        }
        for (scope, _) in members(&old["scopes"]) {
            if new["scopes"][scope].is_null() {
                let text = format!("the scope {scope} is gone");
                changes.add(Level::Risky, "scope-removed", text);
            }
        }
        for (scope, _) in members(&new["scopes"]) {
            if old["scopes"][scope].is_null() {
                let text = format!("the scope {scope} is new");
                changes.add(Level::Compatible, "scope-added", text);
            }
        }
    }
    for (name, _) in members(&after["flows"]) {
        if before["flows"][name].is_null() {
            let mut changes = changes.at(&format!(": flow {name}"));
            changes.add(Level::Compatible, "flow-added", "is new");
        }
    }
}

/// The alternatives of `security`; if there is none, one without requirements.
fn alternatives(contract: Contract, operation: &Operation) -> Vec<Alternative> {
    let own = &operation.body["security"];
    let all = if own.is_array() {
        own
    } else {
        &contract.0["security"]
    };
    let alternatives: Vec<Alternative> = elements(all)
        .map(|alternative| {
            members(alternative)
                .map(|(scheme, scopes)| {
                    let scopes = strings(scopes).into_iter().map(str::to_owned).collect();
                    (scheme.to_owned(), scopes)
                })
                .collect()
        })
        .collect();
    if alternatives.is_empty() {
        vec![Alternative::new()]
    } else {
        alternatives
    }
}
