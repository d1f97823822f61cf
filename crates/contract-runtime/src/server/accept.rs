//! The media type that a client prefers (RFC 9110, section 12.5.1).

use actix_web::HttpRequest;
use actix_web::http::header::{self, Header};

/// The `Accept` header of a request.
#[derive(Debug, Clone)]
pub struct Accept(Option<header::Accept>);

impl Accept {
    /// That of this request. A header that cannot be read counts as absent.
    pub fn of(request: &HttpRequest) -> Self {
        let given = request.headers().contains_key(header::ACCEPT);
        Self(given.then(|| header::Accept::parse(request).ok()).flatten())
    }

    /// Whether the client prefers `media_type` to the one that it gets without a preference.
    pub fn prefers(&self, media_type: &str, default: &str) -> bool {
        self.quality(media_type) > self.quality(default)
    }

    /// The weight of a media type, of the most specific range that includes it.
    fn quality(&self, media_type: &str) -> header::Quality {
        let Some(accept) = &self.0 else {
            return header::Quality::MAX;
        };
        let kind = media_type.split('/').next().unwrap_or_default();
        let specificity = |range: &str| match range {
            "*/*" => Some(0),
            range if range == media_type => Some(2),
            range => (range.strip_suffix("/*") == Some(kind)).then_some(1),
        };
        accept
            .iter()
            .filter_map(|range| Some((specificity(range.item.essence_str())?, range.quality)))
            .max_by_key(|(specificity, _)| *specificity)
            .map_or(header::Quality::ZERO, |(_, quality)| quality)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn wants_events(accept: Option<&str>) -> bool {
        let request = TestRequest::default();
        let request = match accept {
            Some(accept) => request.insert_header(("accept", accept)),
            None => request,
        };
        Accept::of(&request.to_http_request()).prefers("text/event-stream", "application/json")
    }

    #[test]
    fn the_default_is_what_a_client_gets_without_a_preference() {
        for accept in [
            None,
            Some("*/*"),
            Some("application/json, text/event-stream"),
            Some("text/html, application/json;q=0.9"),
            Some("text/event-stream;q=0.1, */*"),
            Some("é"),
            Some("image/png"),
        ] {
            assert!(!wants_events(accept), "{accept:?}");
        }
    }

    #[test]
    fn a_client_chooses_by_weight_and_by_the_most_specific_range() {
        for accept in [
            "text/event-stream",
            "text/*",
            "application/json;q=0.5, text/event-stream",
            "*/*;q=0.1, Text/Event-Stream;q=0.2",
        ] {
            assert!(wants_events(Some(accept)), "{accept:?}");
        }
    }
}
