//! The views of structs and enums, which `models.mustache` prints.

use anyhow::{Context, Error, Result, bail};
use serde_json::{Value, json};

use super::Views;
use crate::docs::docs;
use crate::names::Name;
use crate::schema::{Field, Item, Kind, Schemas, Shape, Type, Union, Unknown, option};
use crate::source::{Code, code};

impl<'c> Views<'_, 'c> {
    /// The view of an item.
    pub(crate) fn model(&mut self, item: &Item<'c>) -> Result<Value> {
        let schemas = self.schemas;
        let name = &item.name;
        let check = all_of(self.checks.of_item(item));
        let mut view = json!({
            "name": name,
            "docs": Code::docs(docs(item.schema, &format!("`{name}` of the contract."))),
            "isStruct": false,
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
                    .map(|field| field_view(schemas, field))
                    .collect();
                let (mode, kept) = match unknown {
                    Unknown::Ignored => (Code::of("ignore"), Value::Null),
                    Unknown::Forbidden => (Code::of("forbid"), Value::Null),
                    Unknown::Kept(kind, name) => (
                        Code::of("keep"),
                        json!({ "keptName": name, "keptType": schemas.spell(kind, "") }),
                    ),
                };
                view["unknown"] = json!(mode);
                view["kept"] = match kept {
                    Value::Null => json!([]),
                    kept => json!([kept]),
                };
            }
            Shape::Strings(variants) => {
                view["isStrings"] = json!(true);
                view["variants"] = variants
                    .iter()
                    .map(|(wire, name)| {
                        let shown = crate::docs::lines(wire).join(" ").replace('`', "'");
                        json!({
                            "variantDocs": Code::docs([format!("`{shown}`")]),
                            "wire": Code::literal(wire),
                            "variant": name,
                        })
                    })
                    .collect();
                view["machine"] = machine(name, item.schema, variants)?;
            }
            Shape::Integers(variants) => {
                view["isIntegers"] = json!(true);
                view["variants"] = variants
                    .iter()
                    .map(|(wire, name)| {
                        json!({
                            "variantDocs": Code::docs([format!("`{wire}`")]),
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
            if !exact && union.discriminator.is_none() {
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
        view["mode"] = json!(match (&union.discriminator, union.exactly_one) {
            (Some(property), _) => code!("by {}", Code::literal(property)),
            (None, true) => Code::of("one"),
            (None, false) => Code::of("any"),
        });
        view["tagged"] = json!(union.discriminator.is_some());
        Ok(())
    }
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

fn field_view(schemas: &Schemas, field: &Field) -> Value {
    let mut inner = schemas.spell(&field.kind, "");
    if field.boxed {
        inner = match (field.kind.nullable, &field.kind.kind) {
            (true, Kind::Item(item)) => {
                option(&code!("::std::boxed::Box<{}>", schemas.items[*item].name))
            }
            _ => code!("::std::boxed::Box<{}>", inner),
        };
    }
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
        "fieldDocs": Code::docs(docs_of(schemas, field.schema, &field.wire)),
    })
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
