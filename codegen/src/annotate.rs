//! Adds to a copy of the contract, as `x-rust` extensions, what a template cannot work out.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::contract::{METHODS, members_mut, resolve};
use crate::names;
use crate::schema::{Place, Schemas, docs, hoist, is_item};

/// The annotated copy that the generator reads.
pub fn annotate(contract: &Value) -> Result<Value> {
    let mut copy = contract.clone();
    inline_shared_parts(&mut copy)?;
    hoist(&mut copy);

    let facts_source = copy.clone();
    let schemas = Schemas {
        contract: &facts_source,
    };
    for (name, schema) in members_mut(&mut copy, "/components/schemas") {
        if is_item(schema) {
            schema["x-rust"] = schemas
                .facts(name, schema)
                .with_context(|| format!("in schema `{name}`"))?;
        }
    }
    for (path, item) in members_mut(&mut copy, "/paths") {
        for (method, operation) in members_mut(item, "") {
            operation["x-rust"] = operation_facts(&schemas, path, method, operation)
                .with_context(|| format!("in {} {path}", method.to_uppercase()))?;
        }
    }
    Ok(copy)
}

/// Gives every operation its own copy of the parameters, bodies, responses and headers that it
/// refers to: only then can they carry facts that depend on where they are used.
fn inline_shared_parts(contract: &mut Value) -> Result<()> {
    let source = contract.clone();
    for (path, item) in members_mut(contract, "/paths") {
        let shared = item["parameters"].as_array().cloned().unwrap_or_default();
        if let Some(item) = item.as_object_mut() {
            item.retain(|key, _| METHODS.contains(&key.as_str()));
        }
        for (method, operation) in members_mut(item, "") {
            if operation["operationId"].is_null() {
                operation["operationId"] = json!(names::snake(&format!("{method} {path}")));
            }
            let own = operation["parameters"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let mut parameters: Vec<Value> = Vec::new();
            for parameter in shared.iter().chain(&own) {
                let parameter = resolve(&source, parameter)?.clone();
                parameters.retain(|known| {
                    known["name"] != parameter["name"] || known["in"] != parameter["in"]
                });
                parameters.push(parameter);
            }
            operation["parameters"] = json!(parameters);
            // An operation has one implementation, so it stands in one trait: that of its first tag.
            if let Some(first) = operation["tags"].as_array().and_then(|tags| tags.first()) {
                operation["tags"] = json!([first]);
            }
            if !operation["requestBody"].is_null() {
                operation["requestBody"] = resolve(&source, &operation["requestBody"])?.clone();
            }
            for (_, response) in members_mut(operation, "/responses") {
                *response = resolve(&source, response)?.clone();
                if response["headers"].is_object() {
                    for (_, header) in members_mut(response, "/headers") {
                        *header = resolve(&source, header)?.clone();
                    }
                }
            }
        }
    }
    Ok(())
}

fn operation_facts(
    schemas: &Schemas,
    path: &str,
    method: &str,
    operation: &Value,
) -> Result<Value> {
    let id = operation["operationId"].as_str().unwrap_or_default();
    let name = names::pascal(id);
    let tag = operation["tags"][0].as_str().unwrap_or("default");
    let mut parameters = Vec::new();
    for (index, parameter) in array(&operation["parameters"]).iter().enumerate() {
        let wire = parameter["name"]
            .as_str()
            .context("a parameter has no name")?;
        parameters.push(
            parameter_facts(schemas, parameter, wire)
                .with_context(|| format!("in parameter {} `{wire}`", index + 1))?,
        );
    }
    let body = body_facts(schemas, &operation["requestBody"]).context("in the request body")?;
    let mut responses = Vec::new();
    for (status, response) in operation["responses"].as_object().into_iter().flatten() {
        responses.push(
            response_facts(schemas, status, response)
                .with_context(|| format!("in response {status}"))?,
        );
    }
    let summary = operation["summary"].as_str().unwrap_or(id);
    let mut text = vec![format!("{}.", summary.trim_end_matches('.'))];
    if operation["description"].is_string() {
        text.push(String::new());
        text.extend(docs(operation, ""));
    }
    Ok(json!({
        "method": names::snake(id),
        "name": name,
        "api": format!("{}Api", names::pascal(tag)),
        "httpMethod": method.to_uppercase(),
        "path": path,
        "docs": text,
        "parameters": parameters,
        "hasParameters": !parameters.is_empty(),
        "body": body,
        "hasInput": !parameters.is_empty() || !body.is_null(),
        "responses": responses,
    }))
}

fn parameter_facts(schemas: &Schemas, parameter: &Value, wire: &str) -> Result<Value> {
    let place = parameter["in"].as_str().context("it has no `in`")?;
    if !["path", "query", "header"].contains(&place) {
        bail!("a {place} parameter cannot be expressed yet");
    }
    let schema = &parameter["schema"];
    let kind = schemas.rust_type(schema)?;
    let resolved = resolve(schemas.contract, schema)?;
    let many = resolved["type"] == "array";
    let plain = match place {
        "query" => "form",
        _ => "simple",
    };
    if parameter["style"]
        .as_str()
        .is_some_and(|style| style != plain)
    {
        bail!("style {} cannot be expressed yet", parameter["style"]);
    }
    if parameter["content"].is_object() || kind.contains("Value") || kind.contains("Map<") {
        bail!("an object as a parameter cannot be expressed yet");
    }
    if resolved["nullable"] == true {
        bail!("a nullable parameter cannot be expressed yet");
    }
    if many && (place != "query" || parameter["explode"] == false) {
        bail!("an array in {place} with this style cannot be expressed yet");
    }
    let check = match schemas.check(schema, Place::Reference("value"))? {
        Some(check) => format!("|value| {check}"),
        None => "|_| true".into(),
    };
    let required = parameter["required"] == true;
    let default = match &resolved["default"] {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let field = if required || default.is_some() {
        kind.clone()
    } else {
        format!("Option<{kind}>")
    };
    let item = kind.trim_start_matches("Vec<").trim_end_matches('>');
    let read = match (many, required, &default) {
        (true, true, _) => format!("required_list::<{item}>({check})"),
        (true, false, None) => format!("optional_list::<{item}>({check})"),
        (true, false, Some(_)) => bail!("a default for an array cannot be expressed yet"),
        (false, true, _) => format!("required::<{kind}>({check})"),
        (false, false, Some(default)) => {
            format!("or_default::<{kind}>({}, {check})", json!(default))
        }
        (false, false, None) => format!("optional::<{kind}>({check})"),
    };
    Ok(json!({
        "name": names::snake(wire),
        "wire": wire,
        "place": place,
        "type": field,
        "read": read,
        "docs": docs(parameter, &format!("`{wire}` of the contract.")),
    }))
}

fn body_facts(schemas: &Schemas, body: &Value) -> Result<Value> {
    let Some((media_type, media)) = body["content"]
        .as_object()
        .and_then(|content| content.iter().next())
    else {
        return Ok(Value::Null);
    };
    if media_type != "application/json" {
        bail!("a body of {media_type} cannot be expressed yet");
    }
    only_one_media_type(body)?;
    let schema = &media["schema"];
    let check = match schemas.check(schema, Place::Reference("body"))? {
        Some(check) => format!("|body| {check}"),
        None => "|_| true".into(),
    };
    if body["required"] != true {
        bail!("an optional body cannot be expressed yet");
    }
    Ok(json!({
        "type": schemas.rust_type(schema)?,
        "reader": if resolve(schemas.contract, schema)?["type"] == "object" { "object" } else { "json" },
        "check": check,
    }))
}

fn response_facts(schemas: &Schemas, status: &str, response: &Value) -> Result<Value> {
    let code: u16 = status
        .parse()
        .context("only numeric statuses can be expressed yet")?;
    let variant = match names::status(code) {
        "" => format!("Status{code}"),
        name => name.to_owned(),
    };
    only_one_media_type(response)?;
    let media = response["content"]
        .as_object()
        .and_then(|content| content.iter().next());
    let body = match media {
        Some((media_type, media)) if media_type.ends_with("json") => json!({
            "type": schemas.rust_type(&media["schema"])?,
            "mediaType": media_type,
        }),
        Some((media_type, _)) => bail!("an answer of {media_type} cannot be expressed yet"),
        None => Value::Null,
    };
    let mut headers = Vec::new();
    for (wire, header) in response["headers"].as_object().into_iter().flatten() {
        let kind = schemas.rust_type(&header["schema"])?;
        let required = header["required"] == true;
        headers.push(json!({
            "name": names::snake(wire),
            "wire": wire.to_lowercase(),
            "required": required,
            "type": if required { kind } else { format!("Option<{kind}>") },
            "docs": docs(header, &format!("`{wire}`")),
        }));
    }
    Ok(json!({
        "variant": variant,
        "code": code,
        "docs": docs(response, "As the contract says."),
        "body": body,
        "headers": headers,
        "plain": headers.is_empty(),
        "unit": headers.is_empty() && body.is_null(),
        "tuple": headers.is_empty() && !body.is_null(),
        "record": !headers.is_empty(),
    }))
}

fn only_one_media_type(body: &Value) -> Result<()> {
    if body["content"]
        .as_object()
        .is_some_and(|content| content.len() > 1)
    {
        bail!("more than one media type cannot be expressed yet");
    }
    Ok(())
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
