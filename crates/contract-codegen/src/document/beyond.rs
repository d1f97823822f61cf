//! What OpenAPI 3.2 has and 3.1 has not. What a server need not know is accepted, such as tags with
//! parents, names of servers and the device authorization flow.

use serde_json::{Map, Value};

use super::kind::Kind;

/// The part of an object that only OpenAPI 3.2 has, and that is not supported.
pub(super) fn beyond(kind: Kind, object: &Map<String, Value>) -> Option<String> {
    let members: &[&str] = match kind {
        Kind::Document => &["$self"],
        Kind::PathItem => &["query", "additionalOperations"],
        Kind::MediaType => &["itemSchema", "prefixEncoding", "itemEncoding", "$ref"],
        Kind::Encoding => &["encoding", "prefixEncoding", "itemEncoding"],
        _ => &[],
    };
    if let Some(found) = members.iter().find(|member| object.contains_key(**member)) {
        return Some(format!("`{found}`"));
    }
    match kind {
        Kind::Parameter if object.get("in")? == "querystring" => Some("`in: querystring`".into()),
        Kind::Parameter if object.get("style")? == "cookie" => Some("`style: cookie`".into()),
        Kind::Schema => {
            let mapping = object.get("discriminator")?.get("defaultMapping");
            mapping.map(|_| "`discriminator.defaultMapping`".into())
        }
        Kind::Document => {
            let media_types = object.get("components")?.get("mediaTypes");
            media_types.map(|_| "`components.mediaTypes`".into())
        }
        _ => None,
    }
}
