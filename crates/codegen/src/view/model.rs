//! The facts that `models.mustache` prints: structs, enums and their checks.

use anyhow::{Context, Error, Result, bail};
use serde_json::{Value, json};

use crate::docs::docs;
use crate::json_schema::Translation;
use crate::names::Name;
use crate::schema::{Field, Item, Kind, Schemas, Shape, Type, Union, Unknown, option};
use crate::source::{Code, code};
use crate::view::check::Checks;

/// The facts of one item.
pub(crate) fn facts<'c>(
    schemas: &Schemas<'c>,
    checks: &mut Checks,
    translation: &mut Translation<'c>,
    roots: &mut serde_json::Map<String, Value>,
    item: &Item<'c>,
) -> Result<Value> {
    let name = &item.name;
    let check = all_of(checks.of_item(item));
    let mut facts = json!({
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
            facts["isStruct"] = json!(true);
            facts["fields"] = fields
                .iter()
                .map(|field| field_facts(schemas, field))
                .collect();
            let (mode, kept) = match unknown {
                Unknown::Ignored => (Code::of("ignore"), Value::Null),
                Unknown::Forbidden => (Code::of("forbid"), Value::Null),
                Unknown::Kept(kind, name) => (
                    Code::of("keep"),
                    json!({ "keptName": name, "keptType": schemas.spell(kind, "") }),
                ),
            };
            facts["unknown"] = json!(mode);
            facts["kept"] = match kept {
                Value::Null => json!([]),
                kept => json!([kept]),
            };
        }
        Shape::Strings(variants) => {
            facts["isStrings"] = json!(true);
            facts["variants"] = variants
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
            facts["machine"] = machine(name, item.schema, variants)?;
        }
        Shape::Integers(variants) => {
            facts["isIntegers"] = json!(true);
            facts["variants"] = variants
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
            facts["isUnion"] = json!(true);
            union_facts(schemas, checks, translation, roots, union, name, &mut facts)?;
        }
        Shape::Pending => {}
    }
    Ok(facts)
}

/// `x-transitions` of an enum of strings: a state machine. From each value, those that it may become.
fn machine(name: &Name, schema: &Value, variants: &[(String, Name)]) -> Result<Value> {
    let table = match &schema["x-transitions"] {
        Value::Null => return Ok(json!([])),
        Value::Object(table) => table,
        _ => bail!("in {name}: x-transitions has to be an object"),
    };
    let variant_of = |wire: &str| {
        let known = variants.iter().find(|(value, _)| value == wire);
        let (_, variant) = known.with_context(|| {
            format!("in {name}: x-transitions names `{wire}`, which is not among the values")
        })?;
        Ok::<_, Error>(variant)
    };
    for wire in table.keys() {
        variant_of(wire)?;
    }
    let mut states = Vec::new();
    for (wire, variant) in variants {
        let Some(targets) = table.get(wire).and_then(Value::as_array) else {
            bail!("in {name}: x-transitions has to say what `{wire}` may become, `[]` if nothing");
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

/// The body of a function that checks all of these; `None` when there is nothing to check.
fn all_of(mut checks: Vec<Code>) -> Option<Code> {
    // At the beginning of a statement a block ends it.
    if checks.len() > 1 && checks[0].starts_with('{') {
        checks[0] = code!("({})", checks[0]);
    }
    (!checks.is_empty()).then(|| Code::join(checks, " && "))
}

fn field_facts(schemas: &Schemas, field: &Field) -> Value {
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

/// What stands beside a `$ref`, else what it leads to.
fn docs_of(schemas: &Schemas, schema: &Value, wire: &str) -> Vec<String> {
    let resolved = schema["$ref"]
        .as_str()
        .filter(|_| !schema["description"].is_string())
        .and_then(|reference| crate::contract::target(schemas.contract, reference).ok())
        .and_then(|node| crate::contract::follow(schemas.contract, node).ok());
    docs(
        resolved.map_or(schema, |node| node.value),
        &format!("`{wire}` of the contract."),
    )
}

fn union_facts<'c>(
    schemas: &Schemas<'c>,
    checks: &mut Checks,
    translation: &mut Translation<'c>,
    roots: &mut serde_json::Map<String, Value>,
    union: &Union<'c>,
    name: &Name,
    facts: &mut Value,
) -> Result<()> {
    let mut variants = Vec::new();
    for variant in &union.variants {
        let inner = schemas.spell(&variant.kind, "");
        let exact = schemas.is_exact(&variant.kind);
        // Only the schema can tell whether a value is of an alternative that types do not express.
        let root = format!("{name}::{}", variant.name);
        if !exact && union.discriminator.is_none() {
            let schema = translation.place(&variant.at)?;
            roots.insert(root.clone(), schema);
        }
        variants.push(json!({
            "variant": variant.name,
            "variantType": match variant.boxed {
                true => code!("::std::boxed::Box<{}>", inner),
                false => inner,
            },
            "schema": match exact {
                true => Code::of("::std::option::Option::None"),
                false => code!("::std::option::Option::Some({})", Code::literal(&root)),
            },
            "values": Code::join(variant.values.iter().map(|value| Code::literal(value)), " | "),
            "variantCheck": checks.closure(&variant.kind),
            "variantDocs": Code::docs(variant_docs(&variant.kind, &variant.at)),
        }));
    }
    facts["variants"] = json!(variants);
    facts["mode"] = json!(match (&union.discriminator, union.one) {
        (Some(property), _) => code!("by {}", Code::literal(property)),
        (None, true) => Code::of("one"),
        (None, false) => Code::of("any"),
    });
    facts["tagged"] = json!(union.discriminator.is_some());
    Ok(())
}

fn variant_docs(kind: &Type, at: &str) -> Vec<String> {
    let place = at
        .trim_end_matches(crate::schema::ALONE)
        .rsplit('/')
        .next()
        .unwrap_or_default();
    let text = match place.parse::<usize>() {
        Ok(index) => format!("Alternative {} of the contract.", index + 1),
        Err(_) => format!("`{place}` of the contract."),
    };
    crate::docs::docs(kind.schema, &text)
}
