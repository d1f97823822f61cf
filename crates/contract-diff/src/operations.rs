//! Compares paths and operations: what one can ask, how, and what comes back.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::contract::{Contract, members, strings};
use crate::schema::{Direction, SchemaDiff};
use crate::{Change, Changes, Level};

/// The operations that a path can have, in the order of the specification.
const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// An operation, with what its path has for all of them.
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

/// By method and path; the names of path parameters are not part of an address.
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
            // The name of a method in every SDK.
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
        if after.body["deprecated"] == true && before.body["deprecated"] != true {
            changes.add(Level::Compatible, "is deprecated now");
        }
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
                changes.add(Level::Breaking, "is gone: what a client sends is ignored");
                continue;
            };
            match (is_required(before), is_required(after)) {
                (false, true) => changes.add(Level::Breaking, "is required now"),
                (true, false) => changes.add(Level::Compatible, "is optional now"),
                _ => {}
            }
            for setting in ["style", "explode", "allowReserved"] {
                if before[setting] != after[setting] {
                    changes.add(Level::Breaking, format!("{setting} changed"));
                }
            }
            if after["deprecated"] == true && before["deprecated"] != true {
                changes.add(Level::Compatible, "is deprecated now");
            }
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
                match is_required(after) {
                    true => changes.add(Level::Breaking, "is new and required"),
                    false => changes.add(Level::Compatible, "is new"),
                }
            }
        }
    }

    fn request_body(&self, before: &Value, after: &Value, changes: &mut Changes) {
        let before = self.old.resolve(before).0;
        let after = self.new.resolve(after).0;
        let mut changes = changes.at(": request body");
        match (before.is_object(), after.is_object()) {
            (false, false) => return,
            (false, true) if is_required(after) => {
                return changes.add(Level::Breaking, "is new and required");
            }
            (false, true) => return changes.add(Level::Compatible, "is new"),
            (true, false) => return changes.add(Level::Breaking, "is gone"),
            (true, true) => {}
        }
        match (is_required(before), is_required(after)) {
            (false, true) => changes.add(Level::Breaking, "is required now"),
            (true, false) => changes.add(Level::Compatible, "is optional now"),
            _ => {}
        }
        self.content(Direction::Request, before, after, &mut changes);
    }

    fn responses(&self, before: &Value, after: &Value, changes: &mut Changes) {
        for (status, old) in members(before) {
            let old = self.old.resolve(old).0;
            let mut changes = changes.at(&format!(": answer {status}"));
            if after[status].is_null() {
                match is_success(status) {
                    true => changes.add(Level::Breaking, "is gone"),
                    false => changes.add(Level::Compatible, "is gone"),
                }
                continue;
            }
            let new = self.new.get(after, status);
            self.headers(old, new, &mut changes);
            self.content(Direction::Answer, old, new, &mut changes);
        }
        for (status, _) in members(after) {
            if before[status].is_null() {
                changes
                    .at(&format!(": answer {status}"))
                    .add(Level::Risky, "is new");
            }
        }
    }

    fn headers(&self, before: &Value, after: &Value, changes: &mut Changes) {
        let named = |contract: &'_ Contract, answer: &Value| -> BTreeMap<String, Value> {
            members(&answer["headers"])
                .map(|(name, header)| {
                    (
                        name.to_ascii_lowercase(),
                        contract.resolve(header).0.clone(),
                    )
                })
                .collect()
        };
        let olds = named(self.old, before);
        let news = named(self.new, after);
        for (name, before) in &olds {
            let mut changes = changes.at(&format!(": header {name}"));
            let Some(after) = news.get(name) else {
                changes.add(Level::Breaking, "is gone");
                continue;
            };
            match (is_required(before), is_required(after)) {
                (true, false) => changes.add(Level::Breaking, "may be absent now"),
                (false, true) => changes.add(Level::Compatible, "is always there now"),
                _ => {}
            }
            self.schema(
                Direction::Answer,
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

    fn content(&self, way: Direction, before: &Value, after: &Value, changes: &mut Changes) {
        for (media_type, old) in members(&before["content"]) {
            let new = &after["content"][media_type];
            if new.is_null() {
                changes.add(Level::Breaking, format!("no longer as {media_type}"));
                continue;
            }
            self.schema(way, &old["schema"], &new["schema"], changes);
        }
        for (media_type, _) in members(&after["content"]) {
            if before["content"][media_type].is_null() {
                changes.add(Level::Compatible, format!("also as {media_type}"));
            }
        }
    }

    fn schema(&self, way: Direction, before: &Value, after: &Value, changes: &mut Changes) {
        SchemaDiff::new(self.old, self.new, way).compare(before, after, changes);
    }

    /// Whoever was let in before has to be let in still.
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
            changes.add(Level::Breaking, "what let a client in no longer does");
        } else if olds != news {
            changes.add(Level::Compatible, "there are more ways to be let in");
        }
    }
}

type Alternative = BTreeMap<String, Vec<String>>;

/// The ways to be let in; one that asks for nothing when there is none.
fn alternatives(contract: &Contract, operation: &Operation) -> Vec<Alternative> {
    let own = &operation.body["security"];
    let all = match own.is_array() {
        true => own,
        false => &contract.root()["security"],
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
    match alternatives.is_empty() {
        true => vec![Alternative::new()],
        false => alternatives,
    }
}

/// By place and name; path parameters by their position, for their name is nobody's business.
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
    // Those of the operation come last and go over those of the path.
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

fn is_success(status: &str) -> bool {
    status.starts_with('2') || status.starts_with('3')
}
