//! Routes, gathered over all tags before they are handed to actix-web.

use std::collections::BTreeMap;

use actix_web::dev::Handler;
use actix_web::http::{Method, StatusCode, header};
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{FromRequest, HttpResponse, Resource, Responder, ResponseError, Route, guard};

use super::Rejection;

type Build = Box<dyn FnOnce(Resource) -> Resource>;

/// The resources of a contract, by path.
#[derive(Default)]
pub struct Router {
    resources: BTreeMap<&'static str, Vec<(Method, Build)>>,
}

impl Router {
    /// Adds one operation. A `GET` answers `HEAD` too (RFC 9110, section 9.3.2).
    pub fn add<A: 'static, H, Arguments>(
        &mut self,
        method: Method,
        path: &'static str,
        api: &Data<A>,
        handler: H,
    ) where
        H: Handler<Arguments>,
        Arguments: FromRequest + 'static,
        H::Output: Responder + 'static,
    {
        let api = api.clone();
        let route = match method {
            Method::GET => Route::new().guard(guard::Any(guard::Get()).or(guard::Head())),
            ref other => Route::new().method(other.clone()),
        };
        let build: Build =
            Box::new(move |resource| resource.app_data(api).route(route.to(handler)));
        self.resources
            .entry(path)
            .or_default()
            .push((method, build));
    }

    /// Hands the resources to actix-web. A path without parameters goes before one with, and a
    /// method that a path does not know answers 405 with `Allow`.
    pub fn configure(self, service: &mut ServiceConfig) {
        let mut resources: Vec<_> = self.resources.into_iter().collect();
        resources.sort_by_key(|(path, _)| specificity(path));
        for (path, operations) in resources {
            let mut allow = Vec::new();
            let mut resource = web::resource(path);
            for (method, build) in operations {
                if method == Method::GET {
                    allow.push("HEAD".to_owned());
                }
                allow.push(method.to_string());
                resource = build(resource);
            }
            let allow = allow.join(", ");
            service.service(resource.default_service(web::to(move || {
                let allow = allow.clone();
                async move { method_not_allowed(&allow) }
            })));
        }
    }
}

fn specificity(path: &str) -> Vec<bool> {
    path.split('/')
        .map(|segment| segment.contains('{'))
        .collect()
}

fn method_not_allowed(allow: &str) -> HttpResponse {
    let detail = format!("this path takes {allow}");
    let rejection = Rejection::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail);
    let mut response = rejection.error_response();
    if let Ok(value) = header::HeaderValue::from_str(allow) {
        response.headers_mut().insert(header::ALLOW, value);
    }
    response
}
