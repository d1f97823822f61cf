//! Walks the operations of paths, webhooks and callbacks, and compares what a request contains.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::NaiveDate;
use serde_json::Value;

use crate::change::{Change, Changes, Level, Role};
use crate::document::{Contract, elements, members, strings};

/// The operations that a path can have, in the order of the specification.
const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// An operation and its path item.
pub(crate) struct Operation<'a> {
    name: String,
    path: &'a str,
    pub(crate) item: &'a Value,
    pub(crate) body: &'a Value,
}

/// Operations by path and method, regardless of the names of path parameters.
type Operations<'a> = BTreeMap<(String, &'static str), Operation<'a>>;

/// A pair of components, and what the consumer does with their values.
type Visit = (Role, String, String);

/// The contracts that are compared.
pub(crate) struct Pair<'a> {
    pub(crate) old: Contract<'a>,
    pub(crate) new: Contract<'a>,
    today: NaiveDate,
    /// The schemas that contain the present one: a schema may contain itself.
    pub(crate) above: RefCell<HashSet<Visit>>,
    /// How often a schema was left out because it contains itself.
    pub(crate) cut: Cell<usize>,
    /// Schemas that are known to be equal.
    pub(crate) equal: RefCell<HashSet<Visit>>,
    /// References that are assumed to be the same while the schemas that contain them are compared.
    pub(crate) alike: RefCell<HashSet<(String, String)>>,
}

impl<'a> Pair<'a> {
    pub(crate) fn new(old: Contract<'a>, new: Contract<'a>, today: NaiveDate) -> Self {
        Self {
            old,
            new,
            today,
            above: RefCell::default(),
            cut: Cell::default(),
            equal: RefCell::default(),
            alike: RefCell::default(),
        }
    }

    pub(crate) fn compare(&self) -> Vec<Change> {
        let mut found = Vec::new();
        let (old, new) = (self.old.0, self.new.0);
        self.servers(old, new, &mut self.changes(&mut found, "", ""));
        self.schemes(&mut found);
        let olds = operations(self.old, &old["paths"], "");
        let news = operations(self.new, &new["paths"], "");
        self.operations(&olds, &news, "operation", Role::Writes, &mut found);
        let olds = operations(self.old, &old["webhooks"], "webhook ");
        let news = operations(self.new, &new["webhooks"], "webhook ");
        self.operations(&olds, &news, "webhook", Role::Reads, &mut found);
        found
    }

    pub(crate) fn changes<'c>(
        &self,
        found: &'c mut Vec<Change>,
        subject: &str,
        kind: &'static str,
    ) -> Changes<'c> {
        Changes::new(found, self.today, subject.to_owned(), kind)
    }

    /// `role` is what the consumer does with the requests.
    fn operations(
        &self,
        olds: &Operations,
        news: &Operations,
        kind: &'static str,
        role: Role,
        found: &mut Vec<Change>,
    ) {
        for (key, before) in olds {
            let mut changes = self.changes(found, &before.name, kind);
            match news.get(key) {
                Some(after) => self.operation(before, after, role, &mut changes),
                None => {
                    let text = format!("the {kind} is gone");
                    changes.removed(Level::Breaking, before.body, &text);
                }
            }
        }
        for (key, after) in news {
            if !olds.contains_key(key) {
                let mut changes = self.changes(found, &after.name, kind);
                changes.add(Level::Compatible, "added", format!("a new {kind}"));
            }
        }
    }

    fn operation(&self, before: &Operation, after: &Operation, role: Role, changes: &mut Changes) {
        let text = |operation: &Operation, key: &str| {
            operation.body[key].as_str().unwrap_or_default().to_owned()
        };
        let (old_id, new_id) = (text(before, "operationId"), text(after, "operationId"));
        if old_id != new_id {
            // SDKs name their method after it.
            let text = format!("operationId changed from {old_id} to {new_id}");
            changes.add(Level::Breaking, "id-changed", text);
        }
        let tag = |operation: &Operation| {
            strings(&operation.body["tags"])
                .first()
                .map(|tag| (*tag).to_owned())
        };
        if tag(before) != tag(after) {
            let text = "the first tag changed: SDKs move the method";
            changes.add(Level::Risky, "first-tag-changed", text);
        }
        changes.lifecycle(before.body, after.body);
        {
            let mut changes = changes.message("request", role);
            self.parameters(before, after, &mut changes);
            let key = "requestBody";
            self.request_body(&before.body[key], &after.body[key], &mut changes);
        }
        let (olds, news) = (&before.body["responses"], &after.body["responses"]);
        self.responses(
            olds,
            news,
            &mut changes.message("response", role.reversed()),
        );
        self.security(before, after, changes);
        self.own_servers(before.item, after.item, changes);
        self.own_servers(before.body, after.body, changes);
        self.callbacks(before, after, role, changes);
    }

    fn callbacks(&self, before: &Operation, after: &Operation, role: Role, changes: &mut Changes) {
        let all = |contract, operation: &Operation<'_>| -> BTreeMap<String, Value> {
            let contract: Contract = contract;
            members(&operation.body["callbacks"])
                .map(|(name, callback)| (name.to_owned(), contract.resolve(callback).0.clone()))
                .collect()
        };
        let (olds, news) = (all(self.old, before), all(self.new, after));
        let names: BTreeSet<&String> = olds.keys().chain(news.keys()).collect();
        for name in names {
            let (old, new) = (
                olds.get(name).unwrap_or(&Value::Null),
                news.get(name).unwrap_or(&Value::Null),
            );
            let prefix = format!("{}: callback {name}: ", changes.subject);
            let olds = operations(self.old, old, &prefix);
            let news = operations(self.new, new, &prefix);
            self.operations(&olds, &news, "callback", role.reversed(), changes.found);
        }
    }

    fn parameters(&self, before: &Operation, after: &Operation, changes: &mut Changes) {
        let role = changes.role;
        let olds = parameters(self.old, before);
        let news = parameters(self.new, after);
        for (key, before) in &olds {
            let mut changes = changes.of(&parameter_place(before), "parameter");
            let Some(after) = news.get(key) else {
                let text = match role {
                    Role::Writes => "is gone: the server ignores it",
                    Role::Reads => "is gone",
                };
                changes.removed(Level::Breaking, before, text);
                continue;
            };
            required(before, after, &mut changes);
            for (setting, name) in [
                ("style", "style"),
                ("explode", "explode"),
                ("allowReserved", "allow-reserved"),
            ] {
                if serialization(before, setting) != serialization(after, setting) {
                    let what = format!("{name}-changed");
                    changes.add(Level::Breaking, &what, format!("{setting} changed"));
                }
            }
            changes.lifecycle(before, after);
            self.described(before, after, &mut changes);
        }
        for (key, after) in &news {
            if !olds.contains_key(key) {
                new_in_request(after, &mut changes.of(&parameter_place(after), "parameter"));
            }
        }
    }

    /// A parameter or header: `schema`, or one media type.
    pub(crate) fn described(&self, before: &Value, after: &Value, changes: &mut Changes) {
        match (before["content"].is_object(), after["content"].is_object()) {
            (true, true) => self.content(before, after, changes),
            (false, false) => self.schema(&before["schema"], &after["schema"], changes),
            _ => changes.add(
                Level::Breaking,
                "style-changed",
                "schema and content are different ways to write a value, and the way changed",
            ),
        }
    }

    fn request_body(&self, before: &Value, after: &Value, changes: &mut Changes) {
        let before = self.old.resolve(before).0;
        let after = self.new.resolve(after).0;
        let mut changes = changes.of(": request body", "body");
        match (before.is_object(), after.is_object()) {
            (false, false) => return,
            (false, true) => return new_in_request(after, &mut changes),
            (true, false) => return changes.add(Level::Breaking, "removed", "is gone"),
            (true, true) => {}
        }
        required(before, after, &mut changes);
        self.content(before, after, &mut changes);
    }

    pub(crate) fn content(&self, before: &Value, after: &Value, changes: &mut Changes) {
        for (media_type, old) in members(&before["content"]) {
            let new = &after["content"][media_type];
            if new.is_null() {
                let text = format!("no longer as {media_type}");
                changes.add(Level::Breaking, "media-type-removed", text);
                continue;
            }
            self.schema(&old["schema"], &new["schema"], changes);
        }
        for (media_type, _) in members(&after["content"]) {
            if before["content"][media_type].is_null() {
                let text = format!("also as {media_type}");
                changes.add(Level::Compatible, "media-type-added", text);
            }
        }
    }
}

fn operations<'a>(contract: Contract<'a>, paths: &'a Value, prefix: &str) -> Operations<'a> {
    let mut operations = BTreeMap::new();
    for (path, item) in members(paths) {
        let item = contract.resolve(item).0;
        // What follows a `{` begins with the name of a parameter.
        let mut pieces = path.split('{');
        let mut address = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            address += "{";
            address += piece.split_once('}').map_or(piece, |(_, rest)| rest);
        }
        for method in METHODS {
            if item[method].is_object() {
                let name = match prefix {
                    "webhook " => format!("webhook {path}: {}", method.to_uppercase()),
                    _ => format!("{prefix}{} {path}", method.to_uppercase()),
                };
                let operation = Operation {
                    name,
                    path,
                    item,
                    body: &item[method],
                };
                operations.insert((address.clone(), method), operation);
            }
        }
    }
    operations
}

/// Parameters by place and name; path parameters by position, since a request does not contain
/// their names.
fn parameters<'a>(
    contract: Contract<'a>,
    operation: &Operation<'a>,
) -> BTreeMap<(String, String), &'a Value> {
    let position = |name: &str| {
        let (before, _) = operation.path.split_once(&format!("{{{name}}}"))?;
        Some(before.matches('{').count())
    };
    let mut parameters = BTreeMap::new();
    // Parameters of the operation replace those of the path.
    for list in [&operation.item["parameters"], &operation.body["parameters"]] {
        for parameter in elements(list) {
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

/// How a parameter is written, with the defaults of the specification.
fn serialization(parameter: &Value, setting: &str) -> Value {
    match (setting, &parameter[setting]) {
        ("style", Value::Null) => match parameter["in"].as_str() {
            Some("query" | "cookie") => "form".into(),
            _ => "simple".into(),
        },
        ("explode", Value::Null) => (serialization(parameter, "style") == "form").into(),
        (_, Value::Null) => false.into(),
        (_, value) => value.clone(),
    }
}

fn parameter_place(parameter: &Value) -> String {
    let text = |key: &str| parameter[key].as_str().unwrap_or_default();
    format!(": {} parameter {}", text("in"), text("name"))
}

pub(crate) fn is_required(value: &Value) -> bool {
    value["required"] == true
}

fn required(before: &Value, after: &Value, changes: &mut Changes) {
    let optional = match changes.role {
        Role::Writes => "is optional now",
        Role::Reads => "may be absent now",
    };
    match (is_required(before), is_required(after)) {
        (false, true) => {
            changes.add(
                changes.role.narrower(),
                "became-required",
                "is required now",
            );
        }
        (true, false) => changes.add(changes.role.new_kind(), "became-optional", optional),
        _ => {}
    }
}

fn new_in_request(value: &Value, changes: &mut Changes) {
    let required = is_required(value);
    let level = match (changes.role, required) {
        (Role::Writes, true) => Level::Breaking,
        _ => Level::Compatible,
    };
    changes.is_new(level, required);
}
