//! Writes bodies of forms.

use serde_json::Value;

use super::style::{bracketed, encode, nested, text};
use crate::Json;
use crate::binary::files::{self, Files};

/// A body of `application/x-www-form-urlencoded`.
pub(super) fn urlencoded(body: &Value, delimiters: &[(&str, &str)]) -> Result<String, String> {
    let mut pairs = Vec::new();
    for (name, member) in members(body)? {
        let delimiter = delimiters.iter().find(|(field, _)| *field == name);
        if let (Some((_, delimiter)), Value::Array(items)) = (delimiter, member) {
            // An empty list has no text of its own.
            if let Some(joined) = joined(items, delimiter)? {
                pairs.push(format!("{}={joined}", encode(name)));
            }
            continue;
        }
        let mut fields = Vec::new();
        nested(name, member, &mut fields)?;
        let fields = fields.iter();
        pairs.extend(fields.map(|(name, text)| format!("{}={}", encode(name), encode(text))));
    }
    Ok(pairs.join("&"))
}

/// The items of a list as one text. Only a comma has an escaped form that does not delimit.
fn joined(items: &[Value], delimiter: &str) -> Result<Option<String>, String> {
    let texts: Vec<String> = items.iter().map(text).collect::<Result<_, _>>()?;
    if delimiter != ","
        && let Some(item) = texts.iter().find(|item| item.contains(delimiter))
    {
        return Err(format!("`{item}` has the delimiter `{delimiter}`"));
    }
    let texts: Vec<String> = texts.iter().map(|item| encode(item)).collect();
    let delimiter = match delimiter {
        "," => ",".into(),
        other => encode(other),
    };
    Ok((!texts.is_empty()).then(|| texts.join(&delimiter)))
}

fn members(body: &Value) -> Result<impl Iterator<Item = (&str, &Value)>, String> {
    let members = body.as_object().ok_or("it is not an object")?;
    // `a[b]` is the member `b` of `a`.
    if let Some(name) = members
        .keys()
        .find(|name| name.contains('[') && name.ends_with(']'))
    {
        return Err(format!("the name `{name}` has a bracket"));
    }
    Ok(members.iter().map(|(name, member)| (name.as_str(), member)))
}

/// A body of `multipart/form-data` (RFC 7578) with its boundary.
pub(super) fn multipart(body: &impl Json) -> Result<(String, Vec<u8>), String> {
    let (body, files) = files::apart(body);
    let mut parts = Vec::new();
    for (name, member) in members(&body)? {
        part(name, member, &files, &mut parts)?;
    }
    let boundary = loop {
        let boundary = format!("{:032x}", fastrand::u128(..));
        let contains = |content: &[u8]| {
            content
                .windows(boundary.len())
                .any(|window| window == boundary.as_bytes())
        };
        if !parts.iter().any(|(_, content)| contains(content)) {
            break boundary;
        }
    };
    let mut whole = Vec::new();
    for (head, content) in parts {
        whole.extend_from_slice(format!("--{boundary}\r\n{head}\r\n").as_bytes());
        whole.extend_from_slice(&content);
        whole.extend_from_slice(b"\r\n");
    }
    whole.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Ok((boundary, whole))
}

/// The header and the content of each part.
type Parts = Vec<(String, Vec<u8>)>;

/// A list is a part for each item. An object is JSON, unless it has files in it.
fn part(name: &str, value: &Value, files: &Files, parts: &mut Parts) -> Result<(), String> {
    let disposition = format!("Content-Disposition: form-data; name={}", quoted(name)?);
    if let Some(file) = files.of(value) {
        let name = match &file.file_name {
            Some(name) => format!("; filename={}", quoted(name)?),
            None => String::new(),
        };
        let kind = file.content_type.as_deref();
        let kind = plain(kind.unwrap_or("application/octet-stream"))?;
        let head = format!("{disposition}{name}\r\nContent-Type: {kind}\r\n");
        parts.push((head, file.bytes.to_vec()));
        return Ok(());
    }
    match value {
        Value::Null => {}
        Value::Array(items) if !items.iter().any(Value::is_array) => {
            for item in items {
                part(name, item, files, parts)?;
            }
        }
        Value::Array(items) if files.any(value) => {
            for (index, item) in items.iter().enumerate() {
                part(&format!("{name}[{index}]"), item, files, parts)?;
            }
        }
        Value::Object(members) if files.any(value) => {
            for (key, member) in members {
                part(&bracketed(name, key)?, member, files, parts)?;
            }
        }
        Value::Array(_) | Value::Object(_) => {
            let head = format!("{disposition}\r\nContent-Type: application/json\r\n");
            parts.push((head, value.to_string().into()));
        }
        scalar => parts.push((format!("{disposition}\r\n"), text(scalar)?.into())),
    }
    Ok(())
}

/// A quoted string (RFC 9110, section 5.6.4), in which UTF-8 stays as it is (RFC 7578).
fn quoted(text: &str) -> Result<String, String> {
    let escaped = plain(text)?.replace('\\', "\\\\").replace('"', "\\\"");
    Ok(format!("\"{escaped}\""))
}

/// A text without a line break, which would begin another header.
fn plain(text: &str) -> Result<&str, String> {
    if text.contains(char::is_control) {
        return Err(format!("{text:?} has a control character"));
    }
    Ok(text)
}
