//! Validates responses against the contract.

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap};
use serde_json::Value;

use crate::{Contract, Schema, Violation};

/// The violations in a response of the operation at `method` and `route`; empty if the contract has
/// no such operation. Pass `None` as body if there is none to check: for `HEAD`, or if streamed.
///
/// The pointer of a violation is `status`, a header name, or a JSON pointer into the body.
pub fn violations(
    contract: &'static Contract,
    method: &str,
    route: &str,
    status: StatusCode,
    headers: &HeaderMap,
    body: Option<&[u8]>,
) -> Vec<Violation> {
    let mut found = Vec::new();
    let responses = contract.responses(method, route);
    if responses.is_null() {
        return found;
    }
    let code = status.as_u16();
    let range = format!("{}XX", code / 100);
    let named = [code.to_string().as_str(), range.as_str(), "DEFAULT"]
        .into_iter()
        .map(|key| &responses[key])
        .find(|response| !response.is_null());
    let Some(response) = named else {
        found.push(Violation {
            pointer: "status".into(),
            detail: format!("the contract has no response {code} for {method} {route}"),
        });
        return found;
    };
    check_headers(contract, response, headers, &mut found);
    if let Some(body) = body {
        check_body(contract, response, headers, body, &mut found);
    }
    found
}

fn check_headers(
    contract: &'static Contract,
    response: &Value,
    headers: &HeaderMap,
    found: &mut Vec<Violation>,
) {
    for (name, header) in response["headers"].as_object().into_iter().flatten() {
        let mut wrong = |detail: String| {
            found.push(Violation {
                pointer: name.clone(),
                detail,
            })
        };
        let Some(value) = headers.get(name) else {
            if header["required"] == true {
                wrong("is required".into());
            }
            continue;
        };
        let (Ok(text), Some(root)) = (value.to_str(), header["schema"].as_str()) else {
            continue;
        };
        for violation in contract.explain(root, &header_value(contract.schema(root), text)) {
            wrong(violation.detail);
        }
    }
}

/// Lists are separated by commas (RFC 9110, section 5.6.1).
fn header_value(schema: Schema, text: &str) -> Value {
    if schema.allows("array") {
        text.split(',')
            .map(|item| schema.item().meant(item.trim()))
            .collect()
    } else {
        schema.meant(text)
    }
}

fn check_body(
    contract: &'static Contract,
    response: &Value,
    headers: &HeaderMap,
    body: &[u8],
    found: &mut Vec<Violation>,
) {
    let media_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .map(|essence| essence.trim().to_ascii_lowercase());
    let content = response["content"]
        .as_object()
        .filter(|content| !content.is_empty());
    let mut wrong = |pointer: &str, detail: String| {
        found.push(Violation {
            pointer: pointer.into(),
            detail,
        });
    };
    let (content, media_type) = match (content, media_type) {
        (None, _) if body.is_empty() => return,
        (None, _) => return wrong("", "must be empty: the contract has no body here".into()),
        (Some(_), None) => return wrong("content-type", "is required".into()),
        (Some(content), Some(media_type)) => (content, media_type),
    };
    let range = media_type.split('/').next().map(|kind| format!("{kind}/*"));
    let root = content
        .get(&media_type)
        .or_else(|| content.get(&range?))
        .or_else(|| content.get("*/*"));
    let Some(root) = root else {
        return wrong(
            "content-type",
            format!("the contract has no media type {media_type} here"),
        );
    };
    let Some(root) = root.as_str() else { return };
    match serde_json::from_slice::<Value>(body) {
        Err(error) => wrong("", format!("is not JSON: {error}")),
        Ok(value) => found.extend(contract.explain(root, &value)),
    }
}
