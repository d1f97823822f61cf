//! Which pages of other origins may call the API from a browser.

use serde::{Deserialize, Serialize};
use url::Url;

use super::list::list;

/// Cross-origin requests (the Fetch standard's CORS protocol).
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Cors {
    /// The origins that may call, exactly as browsers send them; none means that no page may.
    #[serde(deserialize_with = "list")]
    pub allowed_origins: Vec<String>,
}

impl Cors {
    pub(super) fn faults(&self) -> impl Iterator<Item = String> {
        let unfit = |origin: &&String| !is_origin(origin);
        self.allowed_origins.iter().filter(unfit).map(|origin| {
            format!("http.cors.allowed_origins: `{origin}` is not an origin such as https://shop.example")
        })
    }
}

/// Scheme, host and, unless it is the scheme's own, port; neither a wildcard nor a path.
fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        ["http", "https"].contains(&url.scheme()) && url.origin().ascii_serialization() == text
    })
}
