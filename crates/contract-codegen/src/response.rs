//! The responses of an operation, and their headers.

use anyhow::{Context, Result, bail};

use crate::body::{Format, Media, media};
use crate::contract::{self, Node};
use crate::docs::docs;
use crate::names::{self, Name, Scope};
use crate::parameter::is_token;
use crate::schema::{Schemas, Type};

pub(crate) struct Response<'c> {
    pub(crate) node: Node<'c>,
    pub(crate) status: Status,
    pub(crate) variant: Name,
    pub(crate) media: Vec<Media<'c>>,
    pub(crate) headers: Vec<Header<'c>>,
    /// The name of the enum of its bodies, if it has several.
    pub(crate) enumeration: Name,
}

pub(crate) enum Status {
    Code(u16),
    /// From, to, both inclusive.
    Range(u16, u16),
}

pub(crate) struct Header<'c> {
    pub(crate) wire: String,
    pub(crate) name: Name,
    pub(crate) required: bool,
    pub(crate) kind: Type<'c>,
    pub(crate) docs: Vec<String>,
}

/// The two outcomes of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Success,
    Failure,
}

impl Answer {
    /// The suffix of the name of its enum.
    pub(crate) const fn suffix(self) -> &'static str {
        match self {
            Self::Success => "Success",
            Self::Failure => "Failure",
        }
    }

    pub(crate) const fn docs(self) -> &'static str {
        match self {
            Self::Success => "The successful responses",
            Self::Failure => "The other responses",
        }
    }
}

impl Status {
    /// How many statuses it stands for.
    const fn width(&self) -> u16 {
        match self {
            Self::Code(_) => 1,
            Self::Range(from, to) => *to - *from + 1,
        }
    }

    /// Whether every status of it is a success or a redirection.
    pub(crate) fn is_success(&self) -> bool {
        match self {
            Self::Code(code) => *code < 400,
            Self::Range(_, to) => *to < 400,
        }
    }
}

impl Response<'_> {
    /// Whether it covers every status that the contract does not name.
    pub(crate) fn is_default(&self) -> bool {
        matches!(self.status, Status::Range(100, 599))
    }

    /// Whether it can be cloned and compared; streams cannot.
    pub(crate) fn is_plain(&self) -> bool {
        self.media
            .iter()
            .all(|media| !matches!(media.format, Format::Bytes | Format::Events))
    }
}

/// The responses of an operation in the order of the contract, but ranges behind their single
/// statuses and `default` last, as a match over statuses needs them.
pub(crate) fn responses<'c>(
    schemas: &mut Schemas<'c>,
    operation: &Node<'c>,
    name: &Name,
    types: &mut Scope,
) -> Result<Vec<Response<'c>>> {
    let mut all = Vec::new();
    let mut scope = Scope::reserving(&["NotWritten"]);
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
        response.variant = scope.declare(&response.variant);
        if response.media.len() > 1 {
            response.enumeration = types.declare(&response.enumeration);
        }
        all.push(response);
    }
    all.sort_by_key(|response| response.status.width());
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
                .context("a status must be a number, a range such as `4XX`, or `default`")?;
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
    let mut scope = Scope::reserving(&["body", "status", "reply"]);
    let mut headers = Vec::new();
    for (wire, header) in node.child("headers").children() {
        let header = contract::follow(schemas.contract, header)?;
        if wire.eq_ignore_ascii_case("content-type") {
            continue;
        }
        if !wire.chars().all(is_token) || wire.is_empty() {
            bail!("`{wire}` is not a valid header name");
        }
        let schema = match header.child("content").children().next() {
            Some((_, media)) => media.child("schema"),
            None => header.child("schema"),
        };
        let hint = format!("{name}{}{}", part(code), names::pascal(wire));
        let mut kind = schemas.type_of(schema, &hint)?;
        kind.nullable = false;
        headers.push(Header {
            name: scope.declare(&names::snake(wire)),
            wire: wire.to_lowercase(),
            required: header.value["required"] == true,
            kind,
            docs: docs(header.value, &format!("`{wire}`")),
        });
    }
    Ok(Response {
        enumeration: Scope::default().declare(&format!("{name}{variant}Body")),
        node,
        status,
        variant: Scope::default().declare(&variant),
        media,
        headers,
    })
}

/// A status as a part of a name, never at its start.
fn part(code: &str) -> String {
    names::pascal(code).trim_start_matches('N').to_owned()
}
