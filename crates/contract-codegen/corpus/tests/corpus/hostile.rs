//! Text of a contract never becomes code: every string of every contract of the corpus gets a
//! hostile end, and the generated code is parsed. Its tokens must equal those from the same
//! contract with harmless ends, except for the texts in literals and the names.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use contract_codegen::annotate::{Target, annotate};
use contract_codegen::document;
use proc_macro2::{TokenStream, TokenTree};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use quote::ToTokens;
use serde_json::{Map, Value, json};
use syn::visit_mut::VisitMut;

const FRAGMENTS: &[&str] = &[
    "\npub fn f() {}",
    "\r\n#![deny(warnings)]",
    "\rpub",
    "\u{b}pub",
    "\u{c}pub",
    "\u{85}pub fn",
    "\u{2028}pub fn f() {}",
    "\u{2029}*/ fn",
    "\0",
    "\"; loop {} //",
    "\"#; f() //",
    "\"##",
    "'a'",
    "\\",
    "\\\"",
    "\\n\\u{41}",
    "*/ fn f() {} /*",
    "/*",
    "// x",
    "/// x",
    "//! x",
    "{{x}}",
    "{{{x}}}",
    "{{#x}}",
    "{{/x}}",
    "{{!x}}",
    "{{=<% %>=}}",
    "${x}",
    "$(x)*",
    "`",
    "```rust",
    "#[test]",
    "#[doc = \"",
    "\u{202e}x",
    "\u{2066}x",
    "\u{feff}",
    "\u{200b}",
    "<script>",
    "]]>",
    "%0a",
    "~0",
    "é",
    "  ",
    "\t",
    "%",
    "&",
    "?x",
    "#",
    "/",
    ",",
    "self",
    "!()",
];

/// The place of a text, which limits its characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Place {
    Any,
    /// A part of a path.
    Path,
    /// The name of a header.
    Token,
    /// A regular expression, which must stay valid.
    Pattern,
    MediaType,
}

impl Place {
    fn takes(self, letter: char) -> bool {
        match self {
            Self::Any => true,
            Self::Path => !"{}?#".contains(letter),
            Self::Token => letter.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(letter),
            Self::Pattern => !r"\^$.|?*+()[]{}/-".contains(letter) && letter != '\0',
            Self::MediaType => (' '..='~').contains(&letter) && !";*".contains(letter),
        }
    }
}

/// Adds a number and an end to every text of a contract.
struct Ends<'f> {
    ends: &'f [String],
    numbers: HashMap<(String, Place), usize>,
    /// Text with its number only → text with its hostile end.
    given: BTreeMap<String, String>,
}

impl Ends<'_> {
    /// The same text gets the same number and end in every place. The number comes first, so that
    /// the end does not affect the order by name.
    fn text(&mut self, text: &str, place: Place) -> String {
        let next = self.numbers.len();
        let number = *self.numbers.entry((text.to_owned(), place)).or_insert(next);
        let plain = match place {
            Place::MediaType | Place::Pattern => format!("{text}k{number:03}x"),
            // Not an identifier, so that every path parameter gets a generated name in the route.
            Place::Path => format!("k{number:03}-{text}"),
            // No Rust name, so that every property is renamed for serde.
            _ => format!("K{number:03}x{text}"),
        };
        let end: String = match self.ends.len() {
            0 => String::new(),
            some => self.ends[number % some]
                .chars()
                .filter(|letter| place.takes(*letter))
                .collect(),
        };
        let hostile = format!("{plain}{end}");
        match place {
            // Its start may be translated.
            Place::MediaType | Place::Pattern => {
                let number = format!("k{number:03}x");
                self.given.insert(number.clone(), format!("{number}{end}"));
            }
            _ => drop(self.given.insert(plain, hostile.clone())),
        }
        hostile
    }

    fn reference(&mut self, reference: &str) -> String {
        let (before, name) = reference.rsplit_once('/').unwrap();
        let name = self.text(name, Place::Any);
        let name = name
            .replace('~', "~0")
            .replace('/', "~1")
            .replace('%', "%25");
        format!("{before}/{name}")
    }

    fn path(&mut self, path: &str) -> String {
        let parts = path.split_inclusive(['/', '{', '}']);
        parts
            .map(|part| {
                let text = part.trim_end_matches(['/', '{', '}']);
                match text {
                    "" => part.to_owned(),
                    text => format!("{}{}", self.text(text, Place::Path), &part[text.len()..]),
                }
            })
            .collect()
    }

    fn texts(&mut self, list: &Value) -> Value {
        let texts = list.as_array().unwrap().iter();
        texts.map(|item| self.value(item)).collect()
    }

    fn value(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) => json!(self.text(text, Place::Any)),
            other => other.clone(),
        }
    }

    fn keys(
        &mut self,
        object: &Value,
        place: Place,
        inner: fn(&mut Self, &Value) -> Value,
    ) -> Value {
        let members = object.as_object().into_iter().flatten();
        let members = members.map(|(key, value)| (self.text(key, place), inner(self, value)));
        Value::Object(members.collect())
    }

    /// Adds ends to a contract, or a part of one.
    fn part(&mut self, part: &Value) -> Value {
        let Value::Object(members) = part else {
            return match part {
                Value::Array(items) => items.iter().map(|item| self.part(item)).collect(),
                other => other.clone(),
            };
        };
        let mut made = Map::new();
        for (key, value) in members {
            let new = match (key.as_str(), value) {
                (
                    "openapi" | "jsonSchemaDialect" | "type" | "format" | "in" | "style"
                    | "bearerFormat",
                    _,
                ) => value.clone(),
                ("info", info) => json!({
                    "title": self.value(&info["title"]), "version": self.value(&info["version"]),
                    "description": "x",
                }),
                ("paths", paths) => {
                    let paths = paths.as_object().unwrap().iter();
                    Value::Object(
                        paths
                            .map(|(path, item)| (self.path(path), self.part(item)))
                            .collect(),
                    )
                }
                ("security", Value::Array(alternatives)) => alternatives
                    .iter()
                    .map(|one| self.keys(one, Place::Any, |ends, scopes| ends.texts(scopes)))
                    .collect(),
                ("securitySchemes", schemes) => self.keys(schemes, Place::Any, |ends, scheme| {
                    let mut made = scheme.clone();
                    let place = if scheme["in"] == "header" {
                        Place::Token
                    } else {
                        Place::Any
                    };
                    if let Some(name) = scheme["name"].as_str() {
                        made["name"] = json!(ends.text(name, place));
                    }
                    if let Some(known @ "digest") = scheme["scheme"].as_str() {
                        made["scheme"] = json!(ends.text(known, Place::Token));
                    }
                    made["description"] = json!(ends.text("What it is", Place::Any));
                    made
                }),
                ("schemas" | "requestBodies" | "properties", Value::Object(_)) => {
                    self.keys(value, Place::Any, |ends, schema| ends.part(schema))
                }
                ("responses", Value::Object(all)) => {
                    // The keys of an operation's responses are statuses.
                    let named = all.keys().any(|key| key == "Echo");
                    if named {
                        self.keys(value, Place::Any, |ends, one| ends.part(one))
                    } else {
                        Value::Object(
                            all.iter()
                                .map(|(key, one)| (key.clone(), self.part(one)))
                                .collect(),
                        )
                    }
                }
                ("headers", Value::Object(_)) => {
                    self.keys(value, Place::Token, |ends, header| ends.part(header))
                }
                ("content", Value::Object(all)) => Value::Object(
                    all.iter()
                        .map(|(media, one)| {
                            let media = self.text(&format!("{media}; x="), Place::MediaType);
                            (media, self.part(one))
                        })
                        .collect(),
                ),
                ("encoding", encoding) => self.keys(encoding, Place::Any, |_, value| value.clone()),
                ("patternProperties", _) => {
                    self.keys(value, Place::Pattern, |ends, schema| ends.part(schema))
                }
                ("pattern", Value::String(text)) => json!(self.text(text, Place::Pattern)),
                ("$ref", Value::String(reference)) => json!(self.reference(reference)),
                ("mapping", mapping) => self.keys(mapping, Place::Any, |ends, target| {
                    let target = target.as_str().unwrap();
                    if target.contains('/') {
                        json!(ends.reference(target))
                    } else {
                        json!(ends.text(target, Place::Any))
                    }
                }),
                ("x-transitions" | "dependentRequired", table) => {
                    self.keys(table, Place::Any, |ends, values| ends.texts(values))
                }
                ("name", Value::String(name)) if members.contains_key("in") => {
                    let place = match members["in"].as_str().unwrap() {
                        "path" => Place::Path,
                        "header" if name == "Accept" => keep_unchanged(&mut made, key, value),
                        "header" => Place::Token,
                        _ => Place::Any,
                    };
                    if made.contains_key("name") {
                        continue;
                    }
                    json!(self.text(name, place))
                }
                ("default", Value::String(_)) if members.contains_key("format") => value.clone(),
                ("default" | "const", value) => self.value(value),
                ("enum" | "required" | "tags", Value::Array(items))
                    if items.iter().all(|item| !item.is_object()) =>
                {
                    self.texts(value)
                }
                ("variables", variables) => {
                    let mut made = variables.clone();
                    for variable in made.as_object_mut().unwrap().values_mut() {
                        let default = variable["default"].as_str().unwrap();
                        variable["default"] = json!(self.text(default, Place::Path));
                    }
                    made
                }
                ("url", Value::String(url)) => {
                    json!(format!("{url}{}/end", self.text("v2", Place::Path)))
                }
                (
                    "description" | "summary" | "operationId" | "propertyName" | "name",
                    Value::String(text),
                ) => json!(self.text(text, Place::Any)),
                _ => self.part(value),
            };
            made.insert(key.clone(), new);
        }
        // Add optional texts that the corpus leaves out.
        if made.contains_key("type") || made.contains_key("operationId") {
            made.insert(
                "description".into(),
                json!(self.text("What it is", Place::Any)),
            );
            made.insert("summary".into(), json!(self.text("In short", Place::Any)));
        }
        Value::Object(made)
    }
}

/// Keeps a member unchanged.
fn keep_unchanged(made: &mut Map<String, Value>, key: &str, value: &Value) -> Place {
    made.insert(key.to_owned(), value.clone());
    Place::Any
}

/// The contract with these ends, and each text that got one.
fn with_ends(contract: &Value, ends: &[String]) -> (Value, BTreeMap<String, String>) {
    let mut all = Ends {
        ends,
        numbers: HashMap::new(),
        given: BTreeMap::new(),
    };
    let made = all.part(contract);
    (made, all.given)
}

fn specs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
    let entries = std::fs::read_dir(folder).unwrap();
    let mut specs: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        // A contract in several files has become one before its texts matter; models are in all.
        .filter(|path| path.is_file() && !path.ends_with("models_only.yaml"))
        .collect();
    specs.sort();
    assert!(specs.len() >= 7);
    specs
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Open(char),
    Close,
    Name(String),
    Sign(char),
    Text(String),
    Number(String),
}

/// The tokens without doc comments.
fn tokens(text: &str) -> Vec<Token> {
    let stream = TokenStream::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    flat(stream)
}

fn flat(stream: TokenStream) -> Vec<Token> {
    let mut found = Vec::new();
    flatten(stream, &mut found);
    found
}

/// Removes what rustfmt adds to long lines: braces around an expression, and the commas after them.
struct Unformatted;

impl VisitMut for Unformatted {
    fn visit_expr_mut(&mut self, expression: &mut syn::Expr) {
        syn::visit_mut::visit_expr_mut(self, expression);
        if let syn::Expr::Block(block) = expression
            && let [syn::Stmt::Expr(inner, None)] = block.block.stmts.as_slice()
        {
            *expression = inner.clone();
        }
    }

    fn visit_arm_mut(&mut self, arm: &mut syn::Arm) {
        syn::visit_mut::visit_arm_mut(self, arm);
        arm.comma = None;
    }
}

/// The tokens of a Rust file without the effects of formatting.
fn parsed(place: &str, text: &str) -> TokenStream {
    let mut file = syn::parse_file(text).unwrap_or_else(|error| panic!("{place}: {error}"));
    Unformatted.visit_file_mut(&mut file);
    file.into_token_stream()
}

fn flatten(stream: TokenStream, into: &mut Vec<Token>) {
    let mut trees = stream.into_iter().peekable();
    while let Some(tree) = trees.next() {
        match tree {
            TokenTree::Punct(sign) if sign.as_char() == '#' => {
                let inner =
                    matches!(trees.peek(), Some(TokenTree::Punct(sign)) if sign.as_char() == '!');
                let bang = if inner { trees.next() } else { None };
                match trees.peek() {
                    Some(TokenTree::Group(group))
                        if group.stream().to_string().starts_with("doc ") =>
                    {
                        trees.next();
                    }
                    _ => {
                        into.push(Token::Sign('#'));
                        into.extend(bang.map(|_| Token::Sign('!')));
                    }
                }
            }
            TokenTree::Punct(sign) => {
                if sign.as_char() == '>' && into.last() == Some(&Token::Sign(',')) {
                    into.pop();
                }
                into.push(Token::Sign(sign.as_char()));
            }
            TokenTree::Ident(name) => into.push(Token::Name(name.to_string())),
            TokenTree::Literal(literal) => into.push(match syn::Lit::new(literal) {
                syn::Lit::Str(text) => Token::Text(text.value()),
                other => Token::Number(other.suffix().to_owned()),
            }),
            TokenTree::Group(group) => {
                into.push(Token::Open(
                    format!("{:?}", group.delimiter()).chars().next().unwrap(),
                ));
                flatten(group.stream(), into);
                if into.last() == Some(&Token::Sign(',')) {
                    into.pop();
                }
                into.push(Token::Close);
            }
        }
    }
}

/// A route without its parameter names.
fn route(text: &str) -> String {
    let mut inside = false;
    let outside = text.chars().filter(|letter| {
        inside = (inside || *letter == '{') && *letter != '}';
        !inside
    });
    if text.starts_with('/') {
        outside.collect()
    } else {
        text.to_owned()
    }
}

/// Whether it is a name made from a text: of a parameter in a route, of an operation without an id,
/// of an alternative.
fn is_name(text: &str) -> bool {
    let name = |letter: char| letter.is_ascii_alphanumeric() || "_:".contains(letter);
    text.chars().all(name) && is_numbered(text)
}

/// Whether a name is made from a text with a number.
fn is_numbered(name: &str) -> bool {
    let windows = name.as_bytes().windows(4);
    windows
        .filter(|part| part[0].eq_ignore_ascii_case(&b'k'))
        .any(|part| part[1..].iter().all(u8::is_ascii_digit))
}

/// Compares the code of a contract with harmless ends and with hostile ends.
struct Comparison<'g> {
    given: &'g BTreeMap<String, String>,
    names: HashMap<String, String>,
    back: HashMap<String, String>,
    texts: usize,
}

impl<'g> Comparison<'g> {
    fn new(given: &'g BTreeMap<String, String>) -> Self {
        Self {
            given,
            names: HashMap::new(),
            back: HashMap::new(),
            texts: 0,
        }
    }

    /// The harmless text with its ends replaced by the hostile ones.
    fn hostile(&self, text: &str) -> String {
        let mut made = String::new();
        let mut rest = text;
        while !rest.is_empty() {
            // Use the longest match: a text may begin with another. Header names are in lower case.
            let known = self.given.iter().filter(|(plain, _)| {
                rest.starts_with(plain.as_str()) || rest.starts_with(&plain.to_lowercase())
            });
            match known.max_by_key(|(plain, _)| plain.len()) {
                Some((plain, hostile)) => {
                    made.push_str(hostile);
                    rest = &rest[plain.len()..];
                }
                None => {
                    let letter = rest.chars().next().unwrap();
                    made.push(letter);
                    rest = &rest[letter.len_utf8()..];
                }
            }
        }
        made
    }

    fn tokens(&mut self, place: &str, one: &[Token], other: &[Token]) {
        for (index, pair) in one.iter().zip(other).enumerate() {
            let around = || {
                format!(
                    "{place}: {:?}",
                    &other[index.saturating_sub(8)..(index + 3).min(other.len())]
                )
            };
            match pair {
                (Token::Name(name), Token::Name(given)) => {
                    let numbered = is_numbered(name);
                    assert!(numbered || name == given, "{name} is {given}: {}", around());
                    let known = self
                        .names
                        .entry(name.clone())
                        .or_insert_with(|| given.clone());
                    assert_eq!(known, given, "{}", around());
                    let known = self
                        .back
                        .entry(given.clone())
                        .or_insert_with(|| name.clone());
                    assert_eq!(known, name, "{}", around());
                }
                (Token::Text(text), Token::Text(given)) => {
                    let wanted = self.hostile(text);
                    // Header names are in lower case, and some texts are names.
                    let same = route(given) == route(&wanted)
                        || given.to_lowercase() == wanted.to_lowercase()
                            && *given == given.to_lowercase()
                        || is_name(text) && is_name(given) && !self.given.contains_key(text);
                    assert!(same, "{given:?} is not {wanted:?}: {}", around());
                    self.texts += usize::from(wanted != *text);
                }
                (one, other) => assert_eq!(one, other, "{}", around()),
            }
        }
        assert_eq!(one.len(), other.len(), "{place}");
    }

    /// The facts for the templates, in which every string is a piece of Rust.
    fn facts(&mut self, place: &str, harmless: &Value, hostile: &Value) {
        match (harmless, hostile) {
            (Value::String(one), Value::String(other)) => {
                self.tokens(place, &tokens(one), &tokens(other));
            }
            (Value::Array(one), Value::Array(other)) => {
                assert_eq!(one.len(), other.len(), "{place}");
                for (one, other) in one.iter().zip(other) {
                    self.facts(place, one, other);
                }
            }
            (Value::Object(one), Value::Object(other)) => {
                assert!(one.keys().eq(other.keys()), "{place}");
                for (key, one) in one {
                    self.facts(&format!("{place}/{key}"), one, &other[key]);
                }
            }
            (one, other) => assert_eq!(one, other, "{place}"),
        }
    }
}

/// The facts for the templates; the rest of the copy contains no text of the contract.
fn facts(copy: &Value) -> Vec<&Value> {
    let mut found = vec![&copy["x-rust"]];
    for item in copy["paths"].as_object().unwrap().values() {
        found.extend(
            item.as_object()
                .unwrap()
                .values()
                .map(|operation| &operation["x-rust"]),
        );
    }
    let models = copy["components"]["schemas"].as_object().unwrap();
    found.extend(models.values().map(|model| &model["x-rust"]));
    assert!(found.iter().all(|facts| facts.is_object()));
    found
}

fn end() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => prop::sample::select(FRAGMENTS).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    let name_length = |end: &String| -> usize {
        let lengths = end
            .chars()
            .map(|letter| if letter.is_ascii() { 1 } else { 8 });
        lengths.sum()
    };
    prop::collection::vec(part, 0..4)
        .prop_map(|parts| parts.concat())
        // The names of modules are cut after 100 characters, others are not.
        .prop_filter("too long", move |end| name_length(end) <= 70)
}

#[test]
fn hostile_texts_do_not_change_the_tokens_of_the_facts() {
    let specs: Vec<(PathBuf, Value)> = specs()
        .into_iter()
        .map(|spec| (spec.clone(), document::read(&spec).unwrap().value))
        .collect();
    let config = Config {
        cases: 24,
        failure_persistence: None,
        ..Config::default()
    };
    let strategy = prop::collection::vec(end(), 1..12);
    TestRunner::new(config)
        .run(&strategy, |ends| {
            for (spec, contract) in &specs {
                let place = spec.file_name().unwrap().to_string_lossy();
                let (harmless, _) = with_ends(contract, &[]);
                let (hostile, given) = with_ends(contract, &ends);
                let harmless = annotate(&harmless, Target::Stub).unwrap();
                let hostile = annotate(&hostile, Target::Stub).unwrap();
                for warning in &hostile.warnings {
                    prop_assert!(!warning.contains(['\n', '\r']), "{}", warning);
                }
                prop_assert_eq!(harmless.modules.len(), hostile.modules.len());
                let mut comparison = Comparison::new(&given);
                for (one, other) in facts(&harmless.copy).into_iter().zip(facts(&hostile.copy)) {
                    comparison.facts(&place, one, other);
                }
            }
            Ok(())
        })
        .unwrap();
}

/// Hostile ends everywhere, also in keywords: the contract is rejected with a place, or the code is
/// valid.
#[test]
fn a_hostile_text_anywhere_is_rejected_or_stays_a_text() {
    fn everywhere(part: &Value, end: &str, keep: &[&str]) -> Value {
        match part {
            Value::String(text) => json!(format!("{text}{end}")),
            Value::Array(items) => items
                .iter()
                .map(|item| everywhere(item, end, keep))
                .collect(),
            Value::Object(members) => {
                let members = members.iter().map(|(key, value)| {
                    if keep.contains(&key.as_str()) {
                        (key.clone(), value.clone())
                    } else {
                        (key.clone(), everywhere(value, end, keep))
                    }
                });
                Value::Object(members.collect())
            }
            other => other.clone(),
        }
    }
    let specs: Vec<Value> = specs()
        .iter()
        .map(|spec| document::read(spec).unwrap().value)
        .collect();
    let config = Config {
        cases: 24,
        failure_persistence: None,
        ..Config::default()
    };
    let rejected = std::cell::Cell::new(0);
    TestRunner::new(config)
        .run(&end(), |end| {
            for spec in &specs {
                for keep in [
                    &["openapi"][..],
                    &["openapi", "$ref"],
                    &["openapi", "$ref", "type", "in"],
                ] {
                    match annotate(&everywhere(spec, &end, keep), Target::Stub) {
                        Ok(made) => facts(&made.copy).into_iter().for_each(parse),
                        Err(error) => {
                            rejected.set(rejected.get() + 1);
                            let error = format!("{error:#}");
                            let named = ["in ", "at ", "`", "security scheme"];
                            prop_assert!(
                                named.iter().any(|word| error.contains(word)),
                                "{}",
                                error
                            );
                        }
                    }
                }
            }
            Ok(())
        })
        .unwrap();
    assert!(rejected.get() > 0);
}

fn parse(facts: &Value) {
    match facts {
        Value::String(code) => drop(tokens(code)),
        Value::Array(items) => items.iter().for_each(parse),
        Value::Object(members) => members.values().for_each(parse),
        _ => {}
    }
}

/// The Rust files of a folder, by path.
fn made(folder: &Path) -> Vec<(String, String)> {
    let mut open = vec![folder.join("src")];
    let mut files = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(
                std::fs::read_dir(path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        } else if path.extension().is_some_and(|end| end == "rs") {
            let name = path
                .strip_prefix(folder)
                .unwrap()
                .to_string_lossy()
                .into_owned();
            files.push((name, std::fs::read_to_string(path).unwrap()));
        }
    }
    files.sort();
    files
}

/// The same with the generator included: each contract once, with every fragment.
#[test]
fn code_generated_from_hostile_texts_has_the_same_tokens() {
    let mut texts = 0;
    for (number, spec) in specs().into_iter().enumerate() {
        let contract = document::read(&spec).unwrap().value;
        let ends: Vec<String> = FRAGMENTS
            .iter()
            .enumerate()
            .map(|(index, one)| {
                format!(
                    "{one}{}",
                    FRAGMENTS[(index + 7 * number + 1) % FRAGMENTS.len()]
                )
            })
            .collect();
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, contract: &Value| {
            let file = folder.path().join(format!("{name}.json"));
            std::fs::write(&file, contract.to_string()).unwrap();
            contract_codegen::stub::write(&file, &folder.path().join(name)).unwrap();
            made(&folder.path().join(name))
        };
        let (harmless, _) = with_ends(&contract, &[]);
        let (hostile, given) = with_ends(&contract, &ends);
        let (one, other) = (write("harmless", &harmless), write("hostile", &hostile));
        let kept =
            std::fs::read_to_string(folder.path().join("hostile/src/generated/openapi.json"));
        assert_eq!(
            serde_json::from_str::<Value>(&kept.unwrap()).unwrap(),
            hostile
        );
        assert_eq!(one.len(), other.len());
        let mut comparison = Comparison::new(&given);
        for ((name, harmless), (given, hostile)) in one.iter().zip(&other) {
            assert!(name == given || name.contains("/k"), "{name} {given}");
            let place = format!("{} {given}", spec.display());
            let one = flat(parsed(&place, harmless));
            let other = flat(parsed(&place, hostile));
            comparison.tokens(&place, &one, &other);
        }
        texts += comparison.texts;
    }
    // Ensure that the hostile texts were compared.
    assert!(texts > 500, "{texts}");
}
