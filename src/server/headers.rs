//! Security and caching headers of every response. All of them are constant.

use actix_web::Error;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, ETAG, HeaderMap, HeaderName, HeaderValue,
    REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// API responses are data: a browser that is made to render one as a page must not execute it.
const DATA_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// The page at `/docs` is Swagger UI: its files come from this server, it uses `data:` icons,
/// inline styles and one style sheet that is identified by its hash (after an update the browser's
/// console shows the new hash, and the page's test fails until it is updated here), and it sends
/// requests to this server.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; \
     style-src 'self' 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='; \
     style-src-attr 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'";

/// The console has only files of this server, and sends requests to this server.
const CONSOLE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' data:; connect-src 'self'; font-src 'self'; manifest-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/// One year, which the HSTS preload list requires.
const ONLY_ENCRYPTED: &str = "max-age=31536000";

/// The outermost middleware. `encrypted` is whether this server uses TLS.
pub(super) fn around<S, B>(
    request: ServiceRequest,
    service: &S,
    encrypted: bool,
) -> impl Future<Output = Result<ServiceResponse<B>, Error>> + use<S, B>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    let path = request.path();
    let policy = match path {
        path if path.starts_with("/docs") => PAGE_POLICY,
        path if path.starts_with("/console") => CONSOLE_POLICY,
        _ => DATA_POLICY,
    };
    let is_public = policy != DATA_POLICY || path.starts_with("/openapi.");
    let response = service.call(request);
    async move {
        match response.await {
            Ok(mut response) => {
                complete(response.headers_mut(), policy, is_public, encrypted);
                Ok(response)
            }
            Err(error) => {
                let mut response = error.as_response_error().error_response();
                complete(response.headers_mut(), policy, is_public, encrypted);
                Err(InternalError::from_response(error, response).into())
            }
        }
    }
}

fn complete(headers: &mut HeaderMap, policy: &'static str, is_public: bool, encrypted: bool) {
    let mut set = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(REFERRER_POLICY, "no-referrer");
    set(RESOURCE_POLICY, "same-origin");
    set(CONTENT_SECURITY_POLICY, policy);
    if encrypted {
        set(STRICT_TRANSPORT_SECURITY, ONLY_ENCRYPTED);
    }
    if !headers.contains_key(CACHE_CONTROL) {
        // The client may store a response with an ETag, but must revalidate it with If-None-Match
        // before each use.
        let caching = match (is_public, headers.contains_key(ETAG)) {
            (true, _) => "no-cache",
            (false, true) => "private, no-cache",
            (false, false) => "no-store",
        };
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
    }
}
