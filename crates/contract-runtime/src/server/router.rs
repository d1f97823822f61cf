//! Collects the routes of all tags, then adds them to actix-web.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use actix_web::dev::Handler;
use actix_web::guard::{self, GuardContext};
use actix_web::http::{Method, StatusCode, header};
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{FromRequest, HttpResponse, Resource, Responder, ResponseError, Route};

use super::Rejection;
use crate::Contract;

/// Adds the route of an operation; the flag says whether its `GET` also serves `HEAD`.
type Build = Box<dyn FnOnce(Resource, bool) -> Resource>;

struct Operation {
    method: Method,
    build: Build,
}

/// The state that handlers share: the implementation, and the authentication.
pub trait Shared {
    /// Adds it to a resource.
    fn share(self, resource: Resource) -> Resource;
}

impl<A: 'static> Shared for Data<A> {
    fn share(self, resource: Resource) -> Resource {
        resource.app_data(self)
    }
}

impl<A: 'static, S: 'static> Shared for (Data<A>, Data<S>) {
    fn share(self, resource: Resource) -> Resource {
        resource.app_data(self.0).app_data(self.1)
    }
}

/// The operations of a path, in the `app_data` of every request that is routed to one.
pub struct Operations(Vec<(Method, usize)>);

impl Operations {
    /// The index in [`Contract::operations`] of the operation that serves this method.
    pub fn of(&self, method: &Method) -> Option<usize> {
        let named = |wanted: &Method| {
            let mut all = self.0.iter();
            all.find(|(method, _)| method == wanted)
                .map(|(_, place)| *place)
        };
        match named(method) {
            None if method == Method::HEAD => named(&Method::GET),
            place => place,
        }
    }

    fn at(contract: &Contract, path: &str) -> Self {
        let here = contract
            .operations
            .iter()
            .enumerate()
            .filter(|(_, operation)| operation.route == path);
        Self(
            here.filter_map(|(place, operation)| Some((operation.method.parse().ok()?, place)))
                .collect(),
        )
    }
}

/// The resources of a contract, by path.
pub struct Router {
    contract: &'static Contract,
    resources: BTreeMap<&'static str, Vec<Operation>>,
}

impl Router {
    /// Without routes.
    pub fn new(contract: &'static Contract) -> Self {
        Self {
            contract,
            resources: BTreeMap::new(),
        }
    }

    /// Adds one operation.
    pub fn add<H, Arguments>(
        &mut self,
        method: Method,
        path: &'static str,
        shared: impl Shared + 'static,
        handler: H,
    ) where
        H: Handler<Arguments>,
        Arguments: FromRequest + 'static,
        H::Output: Responder + 'static,
    {
        let taken = method.clone();
        let build: Build = Box::new(move |resource, head_is_free| {
            // `GET` also serves `HEAD` (RFC 9110, section 9.3.2).
            let serves_head = taken == Method::GET && head_is_free;
            // actix-web's own guard also notes the methods of a resource in every request, for the 405
            // that this module builds itself.
            let is_for = move |context: &GuardContext<'_>| {
                let method = &context.head().method;
                *method == taken || (serves_head && *method == Method::HEAD)
            };
            let route = Route::new().guard(guard::fn_guard(is_for));
            shared.share(resource).route(route.to(handler))
        });
        self.resources
            .entry(path)
            .or_default()
            .push(Operation { method, build });
    }

    /// Adds the resources to actix-web, which tries one after the other: those that match more narrowly come
    /// first. An unknown method gets 405 with `Allow`.
    pub fn configure(self, service: &mut ServiceConfig) {
        let mut resources: Vec<_> = self.resources.into_iter().collect();
        let operations = self.contract.operations;
        let place = |path: &str| {
            operations
                .iter()
                .position(|operation| operation.route == path)
        };
        resources.sort_by_cached_key(|(path, _)| (specificity(path), place(path)));
        for (path, operations) in resources {
            let mut allow = Vec::new();
            let mut resource = web::resource(path).app_data(Operations::at(self.contract, path));
            let head_is_free = operations
                .iter()
                .all(|operation| operation.method != Method::HEAD);
            for operation in operations {
                if operation.method == Method::GET && head_is_free {
                    allow.push("HEAD".to_owned());
                }
                allow.push(operation.method.to_string());
                resource = (operation.build)(resource, head_is_free);
            }
            let allow = allow.join(", ");
            service.service(resource.default_service(web::to(move || {
                let allow = allow.clone();
                async move { method_not_allowed(&allow) }
            })));
        }
    }
}

/// The sort key of a path: `me` comes before `{id}.json`, and that before `{id}`. Which of two paths comes
/// first that never match the same request is a matter of speed, because each path with a parameter that is
/// tried costs a regular expression: short ones, then in the order of the contract.
fn specificity(path: &str) -> (usize, Vec<Option<Reverse<usize>>>) {
    let literal = |segment: &str| {
        let parts = segment.split('{');
        let lengths = parts.map(|part| part.split('}').next_back().unwrap_or(part).len());
        segment.contains('{').then(|| Reverse(lengths.sum()))
    };
    let segments: Vec<_> = path.split('/').map(literal).collect();
    (segments.len(), segments)
}

fn method_not_allowed(allow: &str) -> HttpResponse {
    let detail = format!("this path allows {allow}");
    let rejection = Rejection::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail);
    let mut response = rejection.error_response();
    if let Ok(value) = header::HeaderValue::from_str(allow) {
        response.headers_mut().insert(header::ALLOW, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_narrow_paths_come_first() {
        let sorted = [
            "/orders",
            "/{kind}",
            "/orders/statistics",
            "/orders/{id}.json",
            "/orders/{id}",
            "/{kind}/statistics",
            "/orders/{id}/events",
        ];
        let mut paths = sorted;
        paths.reverse();
        paths.sort_by_key(|path| specificity(path));
        assert_eq!(paths, sorted);
    }
}
