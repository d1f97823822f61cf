//! Compares operations: parameters, bodies, responses, security.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::constraints::Direction;
use crate::contract::{Contract, members, strings};
use crate::schema::SchemaDiff;
use crate::{Change, Changes, Level};

/// The operations that a path can have, in the order of the specification.
const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// An operation and its path item.
struct Operation<'a> {
    name: String,
    item: &'a Value,
    body: &'a Value,
}

pub(crate) fn compare(old: &Contract, new: &Contract) -> Vec<Change> {
    let mut found = Vec::new();
    let olds = operations(old);
    let news = operations(new);
    for (key, before) in &olds {
        let mut changes = Changes {
            found: &mut found,
            place: before.name.clone(),
        };
        match news.get(key) {
            Some(after) => Pair { old, new }.operation(before, after, &mut changes),
            None => changes.add(Level::Breaking, "the operation is gone"),
        }
    }
    for (key, after) in &news {
        if !olds.contains_key(key) {
            found.push(Change {
                level: Level::Compatible,
                place: after.name.clone(),
                text: "a new operation".into(),
            });
        }
    }
    found
}

/// Operations by path and method, regardless of the names of path parameters.
fn operations(contract: &Contract) -> BTreeMap<(String, &'static str), Operation<'_>> {
    let mut operations = BTreeMap::new();
    for (path, item) in members(&contract.root()["paths"]) {
        let item = contract.resolve(item).0;
        let address: Vec<&str> = path
            .split('/')
            .map(|part| if part.starts_with('{') { "{}" } else { part })
            .collect();
        for method in METHODS {
            if item[method].is_object() {
                let operation = Operation {
                    name: format!("{} {path}", method.to_uppercase()),
                    item,
                    body: &item[method],
                };
                operations.insert((address.join("/"), method), operation);
            }
        }
    }
    operations
}

struct Pair<'c> {
    old: &'c Contract,
    new: &'c Contract,
}

impl Pair<'_> {
    fn operation(&self, before: &Operation, after: &Operation, changes: &mut Changes) {
        let text = |operation: &Operation, key: &str| {
            operation.body[key].as_str().unwrap_or_default().to_owned()
        };
        let (old_id, new_id) = (text(before, "operationId"), text(after, "operationId"));
        if old_id != new_id {
            // SDKs name their method after it.
            let text = format!("operationId changed from {old_id} to {new_id}");
            changes.add(Level::Breaking, text);
        }
        let tag = |operation: &Operation| {
            strings(&operation.body["tags"])
                .first()
                .map(|tag| (*tag).to_owned())
        };
        if tag(before) != tag(after) {
            changes.add(Level::Risky, "the first tag changed: SDKs move the method");
        }
        changes.add_deprecation(before.body, after.body);
        self.parameters(before, after, changes);
        self.request_body(
            &before.body["requestBody"],
            &after.body["requestBody"],
            changes,
        );
        self.responses(&before.body["responses"], &after.body["responses"], changes);
        self.security(before, after, changes);
    }

    fn parameters(&self, before: &Operation, after: &Operation, changes: &mut Changes) {
        let olds = parameters(self.old, before);
        let news = parameters(self.new, after);
        for (key, before) in &olds {
            let mut changes = changes.at(&parameter_place(before));
            let Some(after) = news.get(key) else {
                changes.add(Level::Breaking, "is gone: the server ignores it");
                continue;
            };
            required_in_request(before, after, &mut changes);
            for setting in ["style", "explode", "allowReserved"] {
                if before[setting] != after[setting] {
                    changes.add(Level::Breaking, format!("{setting} changed"));
                }
            }
            changes.add_deprecation(before, after);
            self.schema(
                Direction::Request,
                &before["schema"],
                &after["schema"],
                &mut changes,
            );
            self.content(Direction::Request, before, after, &mut changes);
        }
        for (key, after) in &news {
            if !olds.contains_key(key) {
                let mut changes = changes.at(&parameter_place(after));
                new_in_request(after, &mut changes);
            }
        }
    }

    fn request_body(&self, before: &Value, after: &Value, changes: &mut Changes) {
        let before = self.old.resolve(before).0;
        let after = self.new.resolve(after).0;
        let mut changes = changes.at(": request body");
        match (before.is_object(), after.is_object()) {
            (false, false) => return,
            (false, true) => return new_in_request(after, &mut changes),
            (true, false) => return changes.add(Level::Breaking, "is gone"),
            (true, true) => {}
        }
        required_in_request(before, after, &mut changes);
        self.content(Direction::Request, before, after, &mut changes);
    }

    fn responses(&self, before: &Value, after: &Value, changes: &mut Changes) {
        for (status, old) in members(before) {
            let old = self.old.resolve(old).0;
            let mut changes = changes.at(&format!(": response {status}"));
            if after[status].is_null() {
                let is_success = status.starts_with(['2', '3']);
                let level = if is_success {
                    Level::Breaking
                } else {
                    Level::Compatible
                };
                changes.add(level, "is gone");
                continue;
            }
            let new = self.new.get(after, status);
            self.headers(old, new, &mut changes);
            self.content(Direction::Response, old, new, &mut changes);
        }
        for (status, _) in members(after) {
            if before[status].is_null() {
                changes
                    .at(&format!(": response {status}"))
                    .add(Level::Risky, "is new");
            }
        }
    }

    fn headers(&self, before: &Value, after: &Value, changes: &mut Changes) {
        let olds = headers(self.old, before);
        let news = headers(self.new, after);
        for (name, before) in &olds {
            let mut changes = changes.at(&format!(": header {name}"));
            let Some(after) = news.get(name) else {
                changes.add(Level::Breaking, "is gone");
                continue;
            };
            changes.add_flag(
                is_required(before),
                is_required(after),
                (Level::Compatible, "is always there now"),
                (Level::Breaking, "may be absent now"),
            );
            self.schema(
                Direction::Response,
                &before["schema"],
                &after["schema"],
                &mut changes,
            );
        }
        for name in news.keys().filter(|name| !olds.contains_key(*name)) {
            changes
                .at(&format!(": header {name}"))
                .add(Level::Compatible, "is new");
        }
    }

    fn content(&self, direction: Direction, before: &Value, after: &Value, changes: &mut Changes) {
        for (media_type, old) in members(&before["content"]) {
            let new = &after["content"][media_type];
            if new.is_null() {
                changes.add(Level::Breaking, format!("no longer as {media_type}"));
                continue;
            }
            self.schema(direction, &old["schema"], &new["schema"], changes);
        }
        for (media_type, _) in members(&after["content"]) {
            if before["content"][media_type].is_null() {
                changes.add(Level::Compatible, format!("also as {media_type}"));
            }
        }
    }

    fn schema(&self, direction: Direction, before: &Value, after: &Value, changes: &mut Changes) {
        SchemaDiff::new(self.old, self.new, direction).compare(before, after, changes);
    }

    /// Credentials that were sufficient must stay sufficient.
    fn security(&self, before: &Operation, after: &Operation, changes: &mut Changes) {
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
            changes.add(
                Level::Breaking,
                "credentials that were sufficient no longer are",
            );
        } else if olds != news {
            changes.add(Level::Compatible, "more credentials are sufficient now");
        }
    }
}

/// The headers of a response, by name in lower case.
fn headers<'a>(contract: &'a Contract, response: &'a Value) -> BTreeMap<String, &'a Value> {
    members(&response["headers"])
        .map(|(name, header)| (name.to_ascii_lowercase(), contract.resolve(header).0))
        .collect()
}

type Alternative = BTreeMap<String, Vec<String>>;

/// The alternatives of `security`; if there is none, one without requirements.
fn alternatives(contract: &Contract, operation: &Operation) -> Vec<Alternative> {
    let own = &operation.body["security"];
    let all = if own.is_array() {
        own
    } else {
        &contract.root()["security"]
    };
    let alternatives: Vec<Alternative> = all
        .as_array()
        .into_iter()
        .flatten()
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

/// Parameters by place and name; path parameters by position, since a request does not contain
/// their names.
fn parameters<'a>(
    contract: &'a Contract,
    operation: &Operation<'a>,
) -> BTreeMap<(String, String), &'a Value> {
    let path = operation.name.split_once(' ').map_or("", |(_, path)| path);
    let position = |name: &str| {
        let marker = format!("{{{name}}}");
        path.split('/').position(|part| part.contains(&marker))
    };
    let mut parameters = BTreeMap::new();
    // Parameters of the operation replace those of the path.
    for list in [&operation.item["parameters"], &operation.body["parameters"]] {
        for parameter in list.as_array().into_iter().flatten() {
            let parameter = contract.resolve(parameter).0;
            let place = parameter["in"].as_str().unwrap_or_default();
            let name = parameter["name"].as_str().unwrap_or_default();
            let name = match place {
                "header" => name.to_ascii_lowercase(),
                "path" => match position(name) {
                    Some(position) => format!("#{position}"),
                    None => name.to_owned(),
                },
                _ => name.to_owned(),
            };
            parameters.insert((place.to_owned(), name), parameter);
        }
    }
    parameters
}

fn parameter_place(parameter: &Value) -> String {
    let text = |key: &str| parameter[key].as_str().unwrap_or_default();
    format!(": {} parameter {}", text("in"), text("name"))
}

fn is_required(value: &Value) -> bool {
    value["required"] == true
}

fn required_in_request(before: &Value, after: &Value, changes: &mut Changes) {
    changes.add_flag(
        is_required(before),
        is_required(after),
        (Level::Breaking, "is required now"),
        (Level::Compatible, "is optional now"),
    );
}

fn new_in_request(value: &Value, changes: &mut Changes) {
    if is_required(value) {
        changes.add(Level::Breaking, "is new and required");
    } else {
        changes.add(Level::Compatible, "is new");
    }
}
