//! How a generated client sends a request and reads its responses.

use serde_json::{Value, json};

use super::Views;
use crate::body::{Body, Format, Media};
use crate::operation::Operation;
use crate::response::{Answer, Response, Status};
use crate::schema::Kind;
use crate::source::{Code, code};

impl<'c> Views<'_, 'c> {
    /// The view of a call; nothing for a server.
    pub(crate) fn call(&self, operation: &Operation<'c>) -> Value {
        if !self.calls {
            return json!({});
        }
        let mut arms = Vec::new();
        for exact in [true, false] {
            for answer in [Answer::Success, Answer::Failure] {
                let answers = operation.answers(answer);
                let answers = answers
                    .into_iter()
                    .filter(|response| matches!(response.status, Status::Code(_)) == exact);
                arms.extend(
                    answers.map(|response| json!({ "arm": self.arm(operation, answer, response) })),
                );
            }
        }
        let responses = &operation.responses;
        let mut accept: Vec<&str> = Vec::new();
        for media in responses.iter().flat_map(|response| &response.media) {
            if !accept.contains(&media.media_type.as_str()) {
                accept.push(&media.media_type);
            }
        }
        let secured = self.secured(operation);
        let adds = !operation.parameters.is_empty()
            || operation.body.is_some()
            || !accept.is_empty()
            || secured.is_ok_and(|secured| secured.is_some());
        json!({
            "callAdds": adds,
            "callPath": Code::literal(operation.path.split('#').next().unwrap_or_default()),
            "callBody": operation.body.as_ref().map(|body| self.sent(body)),
            "callAccept": (!accept.is_empty()).then(|| Code::literals(accept)),
            "callArms": arms,
            "callHasDefault": responses.iter().any(Response::is_default),
        })
    }

    /// The statement that adds the body to a request.
    fn sent(&self, body: &Body<'c>) -> Code {
        let send = match body.media.as_slice() {
            [one] => self.writer(one),
            several => {
                let arms = several.iter().map(|media| {
                    code!(
                        "{}::{}(body) => {},",
                        body.enumeration,
                        media.variant,
                        self.writer(media)
                    )
                });
                code!("match body {{ {} }}", Code::join(arms, " "))
            }
        };
        if body.required {
            code!("{};", send)
        } else {
            code!(
                "if let ::std::option::Option::Some(body) = body {{ {}; }}",
                send
            )
        }
    }

    fn writer(&self, media: &Media<'c>) -> Code {
        let wire = match (media.format, media.media_type.as_str()) {
            (Format::Json, name) if name.contains('*') => Code::literal("application/json"),
            (Format::Text, "text/*") => Code::literal("text/plain"),
            (_, name) => Code::literal(name),
        };
        match media.format {
            Format::Json => code!("request.json({}, &body)", wire),
            Format::Form => {
                let delimiters = crate::contract::members(&media.delimiters).map(|(name, sign)| {
                    let sign = sign.as_str().unwrap_or_default();
                    code!("({}, {})", Code::literal(name), Code::literal(sign))
                });
                code!(
                    "request.form({}, &body, &[{}])",
                    wire,
                    Code::join(delimiters, ", ")
                )
            }
            Format::Multipart => code!("request.multipart({}, &body)", wire),
            Format::Text | Format::Events => code!("request.text({}, &body)", wire),
            Format::Bytes if media.media_type.contains('*') => {
                code!("request.binary({}, body)", wire)
            }
            Format::Bytes => code!("request.bytes({}, body)", wire),
        }
    }

    /// The arm of the match over statuses that reads a response.
    fn arm(&self, operation: &Operation<'c>, answer: Answer, response: &Response<'c>) -> Code {
        let pattern = match response.status {
            Status::Code(code) => code!("{}", code),
            Status::Range(..) if response.is_default() && answer == Answer::Success => {
                Code::of("status @ 100..=399")
            }
            Status::Range(..) if response.is_default() => Code::of("status"),
            Status::Range(from, to) => code!("status @ {}..={}", from, to),
        };
        let mut fields = Vec::new();
        if matches!(response.status, Status::Range(..)) {
            fields.push(Code::of("status"));
        }
        for header in &response.headers {
            let list = match &header.kind.kind {
                Kind::List(item) if item.kind.is_scalar(self.schemas) && !item.nullable => "_list",
                _ => "",
            };
            fields.push(code!(
                "{}: response.{}header{}({})?",
                header.name,
                if header.required { "" } else { "optional_" },
                list,
                Code::literal(&header.wire)
            ));
        }
        let body = self.received(response);
        let variant = &response.variant;
        // The body comes last, because reading it consumes the response.
        let value = match (fields.is_empty(), body) {
            (true, None) => code!("{}", variant),
            (true, Some(body)) => code!("{}({})", variant, body),
            (false, body) => {
                fields.extend(body.map(|body| code!("body: {}", body)));
                code!("{} {{ {} }}", variant, Code::join(fields, ", "))
            }
        };
        let name = &operation.name.with_suffix(answer.suffix());
        match answer {
            Answer::Success => {
                code!(
                    "{} => ::std::result::Result::Ok({}::{}),",
                    pattern,
                    name,
                    value
                )
            }
            Answer::Failure => code!(
                "{} => ::std::result::Result::Err(runtime::client::Error::Failure({}::{})),",
                pattern,
                name,
                value
            ),
        }
    }

    /// The expression that reads the body of a response; `None` if it has none.
    fn received(&self, response: &Response<'c>) -> Option<Code> {
        match response.media.as_slice() {
            [] => None,
            [one] => Some(self.reader_of(one)),
            several => {
                let last = several.len() - 1;
                let arms = several.iter().enumerate().map(|(index, media)| {
                    let read = self.reader_of(media);
                    let name = &response.enumeration;
                    if index == last {
                        code!("_ => {}::{}({}),", name, media.variant, read)
                    } else {
                        code!("{} => {}::{}({}),", index, name, media.variant, read)
                    }
                });
                Some(code!(
                    "match response.media_type({})? {{ {} }}",
                    Code::literals(several.iter().map(|media| &media.media_type)),
                    Code::join(arms, " ")
                ))
            }
        }
    }

    fn reader_of(&self, media: &Media<'c>) -> Code {
        let kind = self.response_type(media);
        let wire = Code::literal(&media.media_type);
        match media.format {
            Format::Json => code!("response.json::<{}>({}).await?", kind, wire),
            Format::Events => code!("response.events({})?", wire),
            Format::Bytes => code!("response.download({})?", wire),
            _ => code!("response.text::<{}>({}).await?", kind, wire),
        }
    }
}
