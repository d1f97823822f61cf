//! The views of structs and enums, which `models.mustache` prints.

use anyhow::{Context, Error, Result, bail};
use serde_json::{Value, json};

use super::Views;
use crate::annotate::Target;
use crate::docs::docs;
use crate::names::{Name, Scope};
use crate::schema::{Field, Item, Kind, Schemas, Shape, Type, Union, Unknown, option};
use crate::source::{Code, code};

impl<'c> Views<'_, 'c> {
    /// The view of an item.
    pub(crate) fn model(&mut self, item: &Item<'c>) -> Result<Value> {
        let schemas = self.schemas;
        let name = &item.name;
        let client = self.target == Target::Client;
        let check = all_of(self.checks.of_item(item));
        let mut view = json!({
            "name": name,
            "docs": Code::docs(docs_of_item(item)),
            "isStruct": false,
            "isOpen": false,
            "forbidsUnknown": false,
            "defaults": [],
            "isStrings": false,
            "machine": [],
            "isIntegers": false,
            "isUnion": false,
            "hasCheck": check.is_some(),
            "check": check,
        });
        match &item.shape {
            Shape::Struct { fields, unknown } => {
                view["isStruct"] = json!(true);
                view["fields"] = fields
                    .iter()
                    .map(|field| field_view(schemas, name, field))
                    .collect();
                view["forbidsUnknown"] = json!(!client && matches!(unknown, Unknown::Forbidden));
                if let Unknown::Kept(kind, name) = unknown {
                    view["isOpen"] = json!(true);
                    view["keptName"] = json!(name);
                    view["keptType"] = json!(schemas.spell(kind, ""));
                } else {
                    view["defaults"] = fields
                        .iter()
                        .filter_map(|field| {
                            Some(json!({
                                "defaultName": field.name.with_prefix("default_"),
                                "defaultType": field_type(schemas, field),
                                "defaultValue": field.default.clone()?,
                                "defaultWire": Code::docs([format!("The default of `{}`.", field.name)]),
                            }))
                        })
                        .collect();
                }
            }
            Shape::Strings(variants) => {
                view["unknown"] =
                    json!(client.then(|| unknown(variants.iter().map(|(_, name)| name))));
                view["docs"] = json!(Code::indented_docs(1, docs_of_item(item)));
                view["isStrings"] = json!(true);
                view["variants"] = variants
                    .iter()
                    .map(|(wire, name)| {
                        let shown = crate::docs::lines(wire).join(" ").replace('`', "'");
                        json!({
                            "variantDocs": Code::indented_docs(2, [format!("`{shown}`")]),
                            "wire": Code::literal(wire),
                            "variant": name,
                        })
                    })
                    .collect();
                view["machine"] = machine(name, item.schema, variants)?;
            }
            Shape::Integers(variants) => {
                view["unknown"] =
                    json!(client.then(|| unknown(variants.iter().map(|(_, name)| name))));
                view["docs"] = json!(Code::indented_docs(1, docs_of_item(item)));
                view["isIntegers"] = json!(true);
                view["variants"] = variants
                    .iter()
                    .map(|(wire, name)| {
                        json!({
                            "variantDocs": Code::indented_docs(2, [format!("`{wire}`")]),
                            "wire": code!("{}", wire),
                            "variant": name,
                        })
                    })
                    .collect();
            }
            Shape::Union(union) => {
                view["isUnion"] = json!(true);
                self.union(union, name, &mut view)?;
            }
            Shape::Pending => {}
        }
        Ok(view)
    }

    fn union(&mut self, union: &Union<'c>, name: &Name, view: &mut Value) -> Result<()> {
        let schemas = self.schemas;
        let mut variants = Vec::new();
        for variant in &union.variants {
            let inner = schemas.spell(&variant.kind, "");
            let exact = schemas.is_exact(&variant.kind);
            // Only the schema can match an alternative that its type does not express in full.
            let root = format!("{name}::{}", variant.name);
            let client = self.target == Target::Client;
            if (client || !exact) && union.discriminator.is_none() {
                let schema = self.json_schemas.at(&variant.at)?;
                self.roots.insert(root.clone(), schema);
            }
            variants.push(json!({
            "variant": variant.name,
            "variantType": if variant.boxed {
                code!("::std::boxed::Box<{}>", inner)
            } else {
                inner
            },
            "root": Code::literal(&root),
            "schema": if exact {
                Code::of("::std::option::Option::None")
            } else {
                code!("::std::option::Option::Some({})", Code::literal(&root))
            },
            "values": Code::join(variant.values.iter().map(|value| Code::literal(value)), " | "),
            "variantCheck": self.checks.closure(&variant.kind),
            "variantDocs": Code::docs(variant_docs(&variant.kind, &variant.at)),
        }));
        }
        view["variants"] = json!(variants);
        if self.target == Target::Client {
            view["unknown"] = json!(unknown(union.variants.iter().map(|variant| &variant.name)));
            view["openMode"] = json!(match &union.discriminator {
                Some(property) => code!("by {}", Code::literal(property)),
                None => Code::of("of super::CONTRACT"),
            });
        }
        view["mode"] = json!(match (&union.discriminator, union.exactly_one) {
            (Some(property), _) => code!("by {}", Code::literal(property)),
            (None, true) => Code::of("one of super::CONTRACT"),
            (None, false) => Code::of("any of super::CONTRACT"),
        });
        view["tagged"] = json!(union.discriminator.is_some());
        Ok(())
    }
}

/// The name of the variant for what the contract does not list.
fn unknown<'n>(variants: impl Iterator<Item = &'n Name>) -> Name {
    let mut scope = Scope::default();
    variants.for_each(|name| drop(scope.declare(name)));
    scope.declare("Unknown")
}

/// `x-transitions` of an enum of strings: a state machine, the values that may follow each value.
fn machine(name: &Name, schema: &Value, variants: &[(String, Name)]) -> Result<Value> {
    let table = match &schema["x-transitions"] {
        Value::Null => return Ok(json!([])),
        Value::Object(table) => table,
        _ => bail!("in {name}: x-transitions must be an object"),
    };
    let variant_of = |wire: &str| {
        let known = variants.iter().find(|(value, _)| value == wire);
        let (_, variant) = known.with_context(|| {
            format!("in {name}: x-transitions names `{wire}`, which is not a value of the enum")
        })?;
        Ok::<_, Error>(variant)
    };
    for wire in table.keys() {
        variant_of(wire)?;
    }
    let mut states = Vec::new();
    for (wire, variant) in variants {
        let Some(targets) = table.get(wire).and_then(Value::as_array) else {
            bail!(
                "in {name}: x-transitions must list the values that may follow `{wire}`, `[]` for none"
            );
        };
        let targets: Vec<Code> = targets
            .iter()
            .map(|target| variant_of(target.as_str().unwrap_or_default()))
            .map(|target| target.map(|target| code!("Self::{}", target)))
            .collect::<Result<_>>()?;
        states.push(json!({ "from": variant, "targets": Code::join(targets, ", ") }));
    }
    Ok(json!([{ "states": states }]))
}

/// The body of a function that makes all of these checks; `None` if there are none.
fn all_of(mut checks: Vec<Code>) -> Option<Code> {
    // A block at the start of a statement would end the statement.
    if checks.len() > 1 && checks[0].starts_with('{') {
        checks[0] = code!("({})", checks[0]);
    }
    (!checks.is_empty()).then(|| Code::join(checks, " && "))
}

/// The type of a field that is present.
fn field_type(schemas: &Schemas, field: &Field) -> Code {
    let plain = schemas.spell(&field.kind, "");
    match (field.boxed, field.kind.nullable, &field.kind.kind) {
        (false, ..) => plain,
        (true, true, Kind::Item(item)) => {
            option(&code!("::std::boxed::Box<{}>", schemas.items[*item].name))
        }
        (true, ..) => code!("::std::boxed::Box<{}>", plain),
    }
}

fn field_view(schemas: &Schemas, owner: &Name, field: &Field) -> Value {
    let inner = field_type(schemas, field);
    let (mode, whole) = match (field.required, &field.default) {
        (true, _) => (Code::of("required"), inner),
        (false, Some(default)) => (code!("default({})", default), inner),
        (false, None) => (Code::of("optional"), option(&inner)),
    };
    json!({
        "fieldName": field.name,
        "fieldType": whole,
        "fieldWire": Code::literal(&field.wire),
        "fieldMode": mode,
        "fieldSerde": field_serde(owner, field),
        "fieldDocs": Code::docs(docs_of(schemas, field.schema, &field.wire)),
    })
}

/// What serde has to know about a field; `null` if its derives do the right thing anyway.
fn field_serde(owner: &Name, field: &Field) -> Option<Code> {
    let mut attributes = Vec::new();
    if field.name.trim_start_matches("r#") != field.wire {
        attributes.push(code!("rename = {}", Code::literal(&field.wire)));
    }
    let foreign = is_foreign(&field.kind);
    if field.required || field.default.is_some() {
        if field.required {
            // serde would read an absent `Option` as `None`.
            if foreign || field.kind.nullable {
                attributes.push(Code::of(r#"deserialize_with = "runtime::json::read""#));
            }
        } else {
            let default = field.name.with_prefix("default_");
            attributes.push(code!("default = \"{}::{}\"", owner, default));
            if foreign {
                attributes.push(Code::of(r#"deserialize_with = "runtime::json::read""#));
            }
        }
    } else {
        attributes.push(Code::of(
            r#"default, skip_serializing_if = "::std::option::Option::is_none", deserialize_with = "runtime::json::some""#,
        ));
    }
    if foreign {
        attributes.push(Code::of(r#"serialize_with = "runtime::json::write""#));
    }
    (!attributes.is_empty()).then(|| Code::join(attributes, ", "))
}

/// Whether the type is of another crate, which reads and writes it differently.
fn is_foreign(kind: &Type) -> bool {
    match &kind.kind {
        Kind::List(inner) | Kind::Map(inner) => is_foreign(inner),
        Kind::Decimal | Kind::Date | Kind::DateTime | Kind::Uuid => true,
        _ => false,
    }
}

fn docs_of_item(item: &Item) -> Vec<String> {
    docs(item.schema, &format!("`{}` of the contract.", item.name))
}

/// The description beside a `$ref`, else that of its target.
fn docs_of(schemas: &Schemas, schema: &Value, wire: &str) -> Vec<String> {
    let resolved = schema["$ref"]
        .as_str()
        .filter(|_| !schema["description"].is_string())
        .and_then(|reference| crate::contract::resolve(schemas.contract, reference).ok())
        .and_then(|node| crate::contract::follow(schemas.contract, node).ok());
    docs(
        resolved.map_or(schema, |node| node.value),
        &format!("`{wire}` of the contract."),
    )
}

fn variant_docs(kind: &Type, at: &str) -> Vec<String> {
    let place = at
        .trim_end_matches(crate::schema::BASE_ONLY)
        .rsplit('/')
        .next()
        .unwrap_or_default();
    let text = match place.parse::<usize>() {
        Ok(index) => format!("Alternative {} of the contract.", index + 1),
        Err(_) => format!("`{place}` of the contract."),
    };
    crate::docs::docs(kind.schema, &text)
}
