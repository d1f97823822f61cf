//! What goes over the wire: bodies of requests, and responses with their headers.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::contract::{self, Node};
use crate::docs::docs;
use crate::names::{self, Name, Taken};
use crate::operation::{Facts, Operation};
use crate::parameter::is_token;
use crate::schema::{Kind, Schemas, Type, option};
use crate::source::{Code, code};

const STRING: &str = "::std::string::String";

/// How a media type is read and written.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Format {
    Json,
    Form,
    Multipart,
    Text,
    Events,
    /// Anything else: bytes as they are.
    Bytes,
}

/// One media type of a body.
pub(crate) struct Media<'c> {
    media_type: String,
    format: Format,
    kind: Type<'c>,
    schema: Node<'c>,
    variant: Name,
    /// Fields of a form that are lists in one text, and what stands between the items.
    delimiters: Value,
}

pub(crate) struct Body<'c> {
    required: bool,
    media: Vec<Media<'c>>,
    /// Names its alternatives, when it has several.
    enumeration: Name,
}

pub(crate) struct Response<'c> {
    node: Node<'c>,
    status: Status,
    variant: Name,
    media: Vec<Media<'c>>,
    headers: Vec<Header<'c>>,
    /// Names its bodies, when it has several.
    enumeration: Name,
}

enum Status {
    Code(u16),
    /// From, to, both included.
    Range(u16, u16),
}

struct Header<'c> {
    wire: String,
    name: Name,
    required: bool,
    kind: Type<'c>,
    docs: Vec<String>,
}

impl Operation<'_> {
    /// Whether a client sends it forms of several parts.
    pub(crate) fn has_multipart(&self) -> bool {
        self.body
            .iter()
            .flat_map(|body| &body.media)
            .any(|media| media.format == Format::Multipart)
    }
}

impl Response<'_> {
    /// Whether the answer can be copied and compared: what streams cannot.
    pub(crate) fn is_plain(&self) -> bool {
        self.media
            .iter()
            .all(|media| !matches!(media.format, Format::Bytes | Format::Events))
    }
}

fn format_of(media_type: &str, kind: Option<&Kind>) -> Format {
    let essence = media_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_lowercase();
    match essence.as_str() {
        "application/json" | "text/json" | "application/x-json" => Format::Json,
        name if name.ends_with("+json") => Format::Json,
        "application/x-www-form-urlencoded" => Format::Form,
        "multipart/form-data" => Format::Multipart,
        "text/event-stream" => Format::Events,
        // Whatever the media type, a value with a structure is JSON by default.
        "*/*" | "application/*" => match kind {
            None | Some(Kind::Any | Kind::Binary | Kind::String | Kind::Base64) => Format::Bytes,
            Some(_) => Format::Json,
        },
        name if name.starts_with("text/") => Format::Text,
        _ => Format::Bytes,
    }
}

fn media_name(media_type: &str) -> String {
    let essence = media_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_lowercase();
    match essence.as_str() {
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
fn media<'c>(schemas: &mut Schemas<'c>, content: Node<'c>, hint: &str) -> Result<Vec<Media<'c>>> {
    let mut all = Vec::new();
    let mut taken = Taken::default();
    for (media_type, node) in content.children() {
        if media_type
            .chars()
            .any(|letter| !(' '..='~').contains(&letter))
        {
            bail!("`{media_type}` is no media type");
        }
        let node = contract::follow(schemas.contract, node)?;
        let schema = node.child("schema");
        let stated = !schema.value.is_null();
        // What is handed over as bytes has no use for a type.
        let guess = format_of(media_type, None);
        let untyped =
            guess == Format::Bytes && !media_type.contains('*') || guess == Format::Events;
        let schema = match untyped {
            true => Node {
                value: &contract::NOTHING,
                at: schema.at,
            },
            false => schema,
        };
        let kind = schemas
            .type_of(schema.clone(), hint)
            .with_context(|| format!("in {media_type}"))?;
        let format = format_of(media_type, stated.then_some(&kind.kind));
        all.push(Media {
            variant: taken.free(&media_name(media_type)),
            delimiters: delimiters(&node.value["encoding"]),
            media_type: media_type.clone(),
            format,
            kind,
            schema,
        });
    }
    Ok(all)
}

/// `encoding` of a form, as far as it is about lists: field → delimiter.
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

/// The body of a request; `None` when there is none.
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
        enumeration: name.with("Body"),
    }))
}

/// The responses of an operation, in the order of the contract.
pub(crate) fn responses<'c>(
    schemas: &mut Schemas<'c>,
    operation: &Node<'c>,
    name: &Name,
    types: &mut Taken,
) -> Result<Vec<Response<'c>>> {
    let mut all = Vec::new();
    let mut taken = Taken::with(&["NotWritten"]);
    for (code, node) in operation.child("responses").children() {
        if code.starts_with("x-") {
            continue;
        }
        let response = response(
            schemas,
            contract::follow(schemas.contract, node)?,
            code,
            name,
        );
        let mut response = response.with_context(|| format!("in response {code}"))?;
        response.variant = taken.free(&response.variant);
        if response.media.len() > 1 {
            response.enumeration = types.free(&response.enumeration);
        }
        all.push(response);
    }
    Ok(all)
}

fn response<'c>(
    schemas: &mut Schemas<'c>,
    node: Node<'c>,
    code: &str,
    name: &Name,
) -> Result<Response<'c>> {
    let (status, variant) = match code.to_lowercase().as_str() {
        "default" => (Status::Range(100, 599), "Default".to_owned()),
        "1xx" => (Status::Range(100, 199), "Informational".into()),
        "2xx" => (Status::Range(200, 299), "Success".into()),
        "3xx" => (Status::Range(300, 399), "Redirection".into()),
        "4xx" => (Status::Range(400, 499), "ClientError".into()),
        "5xx" => (Status::Range(500, 599), "ServerError".into()),
        number => {
            let code: u16 = number
                .parse()
                .ok()
                .filter(|code| (100..1000).contains(code))
                .with_context(|| {
                    "a status is a number, a range such as `4XX`, or `default`".to_string()
                })?;
            let variant = match names::status(code) {
                "" => format!("Status{code}"),
                name => name.to_owned(),
            };
            (Status::Code(code), variant)
        }
    };
    let media = media(
        schemas,
        node.child("content"),
        &format!("{name}{}Response", part(code)),
    )?;
    let mut taken = Taken::with(&["body", "status", "reply"]);
    let mut headers = Vec::new();
    for (wire, header) in node.child("headers").children() {
        let header = contract::follow(schemas.contract, header)?;
        if wire.eq_ignore_ascii_case("content-type") {
            continue;
        }
        if !wire.chars().all(is_token) || wire.is_empty() {
            bail!("`{wire}` is no name of a header");
        }
        let schema = match header.child("content").children().next() {
            Some((_, media)) => media.child("schema"),
            None => header.child("schema"),
        };
        let hint = format!("{name}{}{}", part(code), names::pascal(wire));
        let mut kind = schemas.type_of(schema, &hint)?;
        kind.nullable = false;
        headers.push(Header {
            name: taken.free(&names::snake(wire)),
            wire: wire.to_lowercase(),
            required: header.value["required"] == true,
            kind,
            docs: docs(header.value, &format!("`{wire}`")),
        });
    }
    Ok(Response {
        enumeration: Taken::default().free(&format!("{name}{variant}Body")),
        node,
        status,
        variant: Taken::default().free(&variant),
        media,
        headers,
    })
}

impl<'c> Facts<'_, '_, 'c> {
    pub(crate) fn body(
        &mut self,
        operation: &Operation<'c>,
        body: &Body<'c>,
        local: &Name,
    ) -> Result<Value> {
        let several = body.media.len() > 1;
        let mut cases = Vec::new();
        let mut variants = Vec::new();
        let mut inner = Code::of("()");
        for (index, media) in body.media.iter().enumerate() {
            let (rust, mut read) = self.reader(operation, media)?;
            if several && media.format == Format::Bytes {
                read = code!(
                    "::std::option::Option::Some({}::{}(bytes.clone()))",
                    body.enumeration,
                    media.variant
                );
            } else if several {
                read = code!("{}.map({}::{})", read, body.enumeration, media.variant);
            }
            cases.push(json!({ "caseIndex": index, "caseRead": read }));
            variants.push(shape_variant(media, &rust));
            inner = rust;
        }
        if several {
            inner = code!("{}", body.enumeration);
        }
        let media_types: Vec<&String> = body.media.iter().map(|media| &media.media_type).collect();
        let shape = several.then(|| {
            json!({
                "shapeName": body.enumeration,
                "shapeDocs": Code::docs([format!("The body of {}, by its media type.", operation.shown())]),
                "shapeDerives": derives(true),
                "shapeVariants": variants,
            })
        });
        Ok(json!({
            "bodyType": if body.required { inner } else { option(&inner) },
            "bodyEnum": shape,
            "bodyMedia": Code::literals(media_types),
            "bodyCases": cases,
            "bodyRequired": body.required,
            "bodyBinding": local,
        }))
    }

    /// The type that a media type is read into, and the expression that reads it.
    fn reader(&mut self, operation: &Operation<'c>, media: &Media<'c>) -> Result<(Code, Code)> {
        let check = self.checks.closure(&media.kind);
        let exact = self.schemas.is_exact(&media.kind);
        let media_type = &media.media_type;
        let wire = Code::literal(media_type);
        let method = operation.method.to_uppercase();
        let scalar = media.kind.kind.is_scalar(self.schemas) && exact && !media.kind.nullable;
        if matches!(
            media.format,
            Format::Json | Format::Form | Format::Multipart
        ) || (media.format == Format::Text && scalar)
        {
            let root = format!("{method} {} body {media_type}", operation.path);
            self.root(root.clone(), &media.schema)?;
            if media.delimiters != json!({})
                && let Some(Value::Object(schema)) = self.roots.get_mut(&root)
            {
                schema.insert("delimiters".into(), media.delimiters.clone());
            }
        }
        let rust = self.spell(&media.kind);
        let validated = if exact { "" } else { "_validated" };
        Ok(match media.format {
            Format::Json => {
                let read = code!(
                    "input.json{}::<{}>(&bytes, {}, {})",
                    validated,
                    rust,
                    wire,
                    check
                );
                (rust, read)
            }
            Format::Form => {
                let read = code!(
                    "input.form::<{}>(&bytes, {}, {}, {})",
                    rust,
                    wire,
                    !exact,
                    check
                );
                (rust, read)
            }
            Format::Multipart => {
                let read = code!(
                    "input.multipart::<{}>(&bytes, {}, {}, {}).await",
                    rust,
                    wire,
                    !exact,
                    check
                );
                (rust, read)
            }
            Format::Text if scalar => {
                let read = code!("input.text::<{}>(&bytes, {}, {})", rust, wire, check);
                (rust, read)
            }
            Format::Text | Format::Events => (
                Code::of(STRING),
                code!("input.text::<{}>(&bytes, {}, |_| true)", STRING, wire),
            ),
            Format::Bytes => (
                Code::of("::actix_web::web::Bytes"),
                Code::of("::std::option::Option::Some(bytes.clone())"),
            ),
        })
    }

    pub(crate) fn response(&mut self, response: &Response<'c>) -> Value {
        let several = response.media.len() > 1;
        let body: Option<Code> = match response.media.as_slice() {
            [] => None,
            [one] => Some(self.answer_type(one)),
            _ => Some(code!("{}", response.enumeration)),
        };
        let any_status = matches!(response.status, Status::Range(..));
        let mut fields = Vec::new();
        let mut names = Vec::new();
        if let Status::Range(from, to) = response.status {
            names.push(Code::of("status"));
            fields.push(json!({
                "memberDocs": Code::docs([format!("The status, from {from} to {to}")]),
                "memberName": Code::of("status"),
                "memberType": Code::of("::actix_web::http::StatusCode"),
            }));
        }
        if let Some(body) = &body {
            let text = match response.media.as_slice() {
                [one] => format!("The body, as `{}`", one.media_type),
                _ => "The body, in one of its media types".into(),
            };
            names.push(Code::of("body"));
            fields.push(json!({
                "memberDocs": Code::docs([text]),
                "memberName": Code::of("body"),
                "memberType": body,
            }));
        }
        for header in &response.headers {
            let kind = self.header_type(&header.kind);
            names.push(code!("{}", header.name));
            fields.push(json!({
                "memberDocs": Code::docs(&header.docs),
                "memberName": header.name,
                "memberType": if header.required { kind } else { option(&kind) },
            }));
        }
        let record = any_status || !response.headers.is_empty();
        let pattern = match (record, &body) {
            (true, _) => code!("{} {{ {} }}", response.variant, Code::join(names, ", ")),
            (false, Some(_)) => code!("{}(body)", response.variant),
            (false, None) => code!("{}", response.variant),
        };
        let mut reply = match response.status {
            Status::Code(code) => code!("support::Reply::new({})", code),
            Status::Range(from, to) => {
                code!("support::Reply::within(status, {}..={})", from, to)
            }
        };
        for header in &response.headers {
            let optional = if header.required { "" } else { "optional_" };
            reply = code!(
                "{}.{}header({}, {})",
                reply,
                optional,
                Code::literal(&header.wire),
                header.name
            );
        }
        let reply = match response.media.as_slice() {
            [] => code!("{}.empty()", reply),
            [one] => code!("{}{}", reply, writer(one)),
            several => {
                let arms = several.iter().map(|media| {
                    let name = &response.enumeration;
                    code!(
                        "{}::{}(body) => reply{},",
                        name,
                        media.variant,
                        writer(media)
                    )
                });
                code!(
                    "{{ let reply = {}; match body {{ {} }} }}",
                    reply,
                    Code::join(arms, " ")
                )
            }
        };
        let shape = several.then(|| {
            let variants: Vec<Value> = response
                .media
                .iter()
                .map(|media| shape_variant(media, &self.answer_type(media)))
                .collect();
            json!({
                "shapeName": response.enumeration,
                "shapeDocs": Code::docs([format!("The body of a `{}`, by its media type.", response.variant)]),
                "shapeDerives": derives(response.is_plain()),
                "shapeVariants": variants,
            })
        });
        json!({
            "variant": response.variant,
            "responseDocs": Code::docs(docs(response.node.value, "As the contract says.")),
            "isUnit": !record && body.is_none(),
            "isTuple": !record && body.is_some(),
            "isRecord": record,
            "tupleType": body,
            "members": fields,
            "pattern": pattern,
            "reply": reply,
            "responseEnum": shape,
        })
    }

    fn answer_type(&self, media: &Media<'c>) -> Code {
        match media.format {
            Format::Json => self.spell(&media.kind),
            Format::Events => Code::of("support::EventStream"),
            Format::Bytes => Code::of("support::File"),
            Format::Text if media.kind.kind.is_scalar(self.schemas) && !media.kind.nullable => {
                self.spell(&media.kind)
            }
            // A form or a part of several is text that the implementation has written.
            _ => Code::of(STRING),
        }
    }

    fn header_type(&self, kind: &Type<'c>) -> Code {
        match &kind.kind {
            Kind::List(item) if item.kind.is_scalar(self.schemas) && !item.nullable => {
                self.spell(kind)
            }
            scalar if scalar.is_scalar(self.schemas) => self.spell(kind),
            _ => Code::of(STRING),
        }
    }
}

/// A status as a part of a name, which never begins with it.
fn part(code: &str) -> String {
    names::pascal(code).trim_start_matches('N').to_owned()
}

/// One alternative of several bodies.
fn shape_variant(media: &Media, kind: &Code) -> Value {
    json!({
        "shapeVariantDocs": Code::docs([format!("`{}`", media.media_type)]),
        "shapeVariant": media.variant,
        "shapeType": kind,
    })
}

/// What is derived for answers and their bodies: those that stream can only be shown.
pub(crate) fn derives(plain: bool) -> Code {
    Code::of(match plain {
        true => "::std::fmt::Debug, ::std::clone::Clone, ::std::cmp::PartialEq",
        false => "::std::fmt::Debug",
    })
}

fn writer(media: &Media) -> Code {
    let mut media_type = media.media_type.clone();
    match media.format {
        Format::Json => {
            if media_type.contains('*') {
                media_type = "application/json".into();
            }
            code!(".json({}, &body)", Code::literal(&media_type))
        }
        Format::Events => Code::of(".events(body)"),
        Format::Bytes => code!(".file({}, body)", Code::literal(&media_type)),
        Format::Text | Format::Form | Format::Multipart => {
            if media_type == "text/*" {
                media_type = "text/plain".into();
            }
            if media_type.starts_with("text/") && !media_type.contains("charset") {
                media_type.push_str("; charset=utf-8");
            }
            code!(".text({}, &body)", Code::literal(&media_type))
        }
    }
}
