//! The variants of a response, and how generated code writes them.

use serde_json::{Value, json};

use super::Views;
use super::body::{body_variant, derives};
use crate::body::{Format, Media};
use crate::docs::docs;
use crate::response::{Response, Status};
use crate::schema::{Kind, STRING, Type, option};
use crate::source::{Code, code};

impl<'c> Views<'_, 'c> {
    pub(crate) fn response(&mut self, response: &Response<'c>) -> Value {
        let body: Option<Code> = match response.media.as_slice() {
            [] => None,
            [one] => Some(self.response_type(one)),
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
                "memberType": Code::of("u16"),
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
            Status::Code(code) => code!("runtime::server::Reply::new({})", code),
            Status::Range(from, to) => {
                code!("runtime::server::Reply::within(status, {}..={})", from, to)
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
        })
    }

    /// The enum of the bodies of a response with several media types, else `null`.
    pub(crate) fn response_enum(&self, response: &Response<'c>) -> Value {
        if response.media.len() < 2 {
            return Value::Null;
        }
        let variants: Vec<Value> = response
            .media
            .iter()
            .map(|media| body_variant(media, &self.response_type(media)))
            .collect();
        json!({
            "shapeName": response.enumeration,
            "shapeDocs": Code::docs([format!("The body of a `{}`, by its media type.", response.variant)]),
            "shapeDerives": derives(response.is_plain()),
            "shapeVariants": variants,
        })
    }

    pub(super) fn response_type(&self, media: &Media<'c>) -> Code {
        let client = self.calls;
        match media.format {
            Format::Json => self.spell(&media.kind),
            Format::Events if client => Code::of("runtime::client::EventStream"),
            Format::Bytes if client => Code::of("runtime::client::Download"),
            Format::Events => Code::of("runtime::server::EventStream"),
            Format::Bytes => Code::of("runtime::server::File"),
            Format::Text if media.kind.kind.is_scalar(self.schemas) && !media.kind.nullable => {
                self.spell(&media.kind)
            }
            // The implementation writes forms and multipart bodies as text.
            _ => Code::of(STRING),
        }
    }

    pub(super) fn header_type(&self, kind: &Type<'c>) -> Code {
        match &kind.kind {
            Kind::List(item) if item.kind.is_scalar(self.schemas) && !item.nullable => {
                self.spell(kind)
            }
            scalar if scalar.is_scalar(self.schemas) => self.spell(kind),
            _ => Code::of(STRING),
        }
    }
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
