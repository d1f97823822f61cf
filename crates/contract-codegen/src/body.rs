//! Bodies of requests and responses by their media types.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::contract::{self, Node};
use crate::names::{self, Name, Scope};
use crate::schema::{Kind, Schemas, Type};

/// How a media type is read and written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Format {
    Json,
    Form,
    Multipart,
    Text,
    Events,
    /// Anything else: raw bytes.
    Bytes,
}

/// One media type of a body.
pub(crate) struct Media<'c> {
    pub(crate) media_type: String,
    pub(crate) format: Format,
    pub(crate) kind: Type<'c>,
    pub(crate) schema: Node<'c>,
    pub(crate) variant: Name,
    /// Fields of a form that are lists in one text, with their delimiters.
    pub(crate) delimiters: Value,
}

pub(crate) struct Body<'c> {
    pub(crate) required: bool,
    pub(crate) media: Vec<Media<'c>>,
    /// The name of the enum of its alternatives, if it has several.
    pub(crate) enumeration: Name,
}

/// A media type without its parameters, in lower case.
pub(crate) fn essence(media_type: &str) -> String {
    let essence = media_type.split(';').next().unwrap_or_default();
    essence.trim().to_lowercase()
}

fn format_of(media_type: &str, kind: Option<&Kind>) -> Format {
    match essence(media_type).as_str() {
        "application/json" | "text/json" | "application/x-json" => Format::Json,
        name if name.ends_with("+json") => Format::Json,
        "application/x-www-form-urlencoded" => Format::Form,
        "multipart/form-data" => Format::Multipart,
        "text/event-stream" => Format::Events,
        // For a wildcard, a structured value is JSON by default.
        "*/*" | "application/*" => match kind {
            None | Some(Kind::Any | Kind::Binary | Kind::String | Kind::Base64) => Format::Bytes,
            Some(_) => Format::Json,
        },
        name if name.starts_with("text/") => Format::Text,
        _ => Format::Bytes,
    }
}

fn media_name(media_type: &str) -> String {
    match essence(media_type).as_str() {
        "application/json" => "Json".into(),
        "application/xml" | "text/xml" => "Xml".into(),
        "application/x-www-form-urlencoded" => "Form".into(),
        "multipart/form-data" => "Multipart".into(),
        "text/plain" => "Text".into(),
        "text/html" => "Html".into(),
        "text/csv" => "Csv".into(),
        "text/event-stream" => "Events".into(),
        "application/octet-stream" => "Bytes".into(),
        "*/*" => "Other".into(),
        other => names::pascal(other),
    }
}

/// The media types of a body or a response.
pub(crate) fn media<'c>(
    schemas: &mut Schemas<'c>,
    content: Node<'c>,
    hint: &str,
) -> Result<Vec<Media<'c>>> {
    let mut all = Vec::new();
    let mut scope = Scope::default();
    for (media_type, node) in content.children() {
        if media_type
            .chars()
            .any(|letter| !(' '..='~').contains(&letter))
        {
            bail!("`{media_type}` is not a media type");
        }
        let node = contract::follow(schemas.contract, node)?;
        let schema = node.child("schema");
        let stated = !schema.value.is_null();
        // Bytes and events have no type.
        let guess = format_of(media_type, None);
        let untyped =
            guess == Format::Bytes && !media_type.contains('*') || guess == Format::Events;
        let schema = if untyped {
            Node {
                value: &contract::NOTHING,
                at: schema.at,
            }
        } else {
            schema
        };
        let kind = schemas
            .type_of(schema.clone(), hint)
            .with_context(|| format!("in {media_type}"))?;
        let format = format_of(media_type, stated.then_some(&kind.kind));
        all.push(Media {
            variant: scope.declare(&media_name(media_type)),
            delimiters: delimiters(&node.value["encoding"]),
            media_type: media_type.clone(),
            format,
            kind,
            schema,
        });
    }
    Ok(all)
}

/// The delimiters in the `encoding` of a form: field → delimiter of its list.
fn delimiters(encoding: &Value) -> Value {
    let mut found = serde_json::Map::new();
    for (name, encoding) in contract::members(encoding) {
        let delimiter = match encoding["style"].as_str() {
            None if encoding["explode"].is_null() => continue,
            None | Some("form") => ",",
            Some("spaceDelimited") => " ",
            Some("pipeDelimited") => "|",
            Some(_) => continue,
        };
        // Without `explode`, `form` repeats the field and the others do not.
        let explode = encoding["explode"].as_bool().unwrap_or(delimiter == ",");
        if !explode {
            found.insert(name.clone(), json!(delimiter));
        }
    }
    Value::Object(found)
}

/// The body of a request; `None` if there is none.
pub(crate) fn body<'c>(
    schemas: &mut Schemas<'c>,
    operation: &Node<'c>,
    name: &Name,
) -> Result<Option<Body<'c>>> {
    let node = contract::follow(schemas.contract, operation.child("requestBody"))?;
    let media = media(schemas, node.child("content"), &format!("{name}Request"))?;
    Ok((!media.is_empty()).then(|| Body {
        required: node.value["required"] == true,
        media,
        enumeration: name.with_suffix("Body"),
    }))
}
