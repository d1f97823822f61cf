//! What every answer says to browsers and caches. All of it is constant, and cheap.

use actix_web::Error;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, ETAG, HeaderMap, HeaderName, HeaderValue,
    REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// An answer of the API is data: a browser that is made to show it as a page runs nothing of it.
const DATA_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// The page at `/docs` is Swagger UI: its files come from here, it has icons as `data:`, styles on its
/// elements and one style sheet in itself, which is known by its hash (a browser's console says the new
/// one after an update, and the page's test fails until it stands here); what it tries out it asks here.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; \
     style-src 'self' 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='; \
     style-src-attr 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'";

/// A year, which is what lists of such hosts ask for.
const ONLY_ENCRYPTED: &str = "max-age=31536000";

/// The outermost middleware. `encrypted` is whether this server speaks TLS.
pub(super) fn around<S, B>(
    request: ServiceRequest,
    service: &S,
    encrypted: bool,
) -> impl Future<Output = Result<ServiceResponse<B>, Error>> + use<S, B>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    let is_page = request.path().starts_with("/docs");
    let is_public = is_page || request.path().starts_with("/openapi.");
    let answering = service.call(request);
    async move {
        match answering.await {
            Ok(mut answer) => {
                complete(answer.headers_mut(), is_page, is_public, encrypted);
                Ok(answer)
            }
            Err(error) => {
                let mut answer = error.as_response_error().error_response();
                complete(answer.headers_mut(), is_page, is_public, encrypted);
                Err(InternalError::from_response(error, answer).into())
            }
        }
    }
}

fn complete(headers: &mut HeaderMap, is_page: bool, is_public: bool, encrypted: bool) {
    let mut say = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    say(X_CONTENT_TYPE_OPTIONS, "nosniff");
    say(REFERRER_POLICY, "no-referrer");
    say(RESOURCE_POLICY, "same-origin");
    say(
        CONTENT_SECURITY_POLICY,
        if is_page { PAGE_POLICY } else { DATA_POLICY },
    );
    if encrypted {
        say(STRICT_TRANSPORT_SECURITY, ONLY_ENCRYPTED);
    }
    if !headers.contains_key(CACHE_CONTROL) {
        // What has an ETag is worth keeping, to be asked for with If-None-Match: by the client alone,
        // and never used unasked.
        let caching = match (is_public, headers.contains_key(ETAG)) {
            (true, _) => "no-cache",
            (false, true) => "private, no-cache",
            (false, false) => "no-store",
        };
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
    }
}
