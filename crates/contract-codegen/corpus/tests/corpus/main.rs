//! Implements and serves every contract of the corpus, and sends requests to it.

mod bodies;
mod clients;
mod collisions;
mod exchanges;
mod figures;
mod files;
mod hostile;
mod modern;
mod names;
mod parameters;
mod responses;
mod schemas;
mod security;
mod stub;
mod values;

use actix_web::App;
use actix_web::body::to_bytes;
use actix_web::dev::Service;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, init_service};
use actix_web::web::ServiceConfig;
use serde_json::Value;

/// The response of a server.
struct TestResponse {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl TestResponse {
    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// Checks what the implementation received: its echo contains this text.
    #[track_caller]
    fn assert_received(&self, part: &str) -> &Self {
        assert_eq!(self.status, 200, "{}", self.body);
        let text = self.json().as_str().unwrap_or_default().to_owned();
        assert!(text.contains(part), "{part} is not in {text}");
        self
    }

    /// Checks that the request was rejected for exactly these pointers.
    #[track_caller]
    fn assert_rejected(&self, pointers: &[&str]) -> &Self {
        assert_eq!(self.status, 400, "{}", self.body);
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        let errors = problem["errors"].as_array().unwrap();
        let mut named: Vec<&str> = errors
            .iter()
            .map(|error| error["pointer"].as_str().unwrap())
            .collect();
        named.sort();
        named.dedup();
        let mut wanted = pointers.to_vec();
        wanted.sort();
        assert_eq!(named, wanted, "{problem}");
        self
    }
}

/// Sends one request to a server with these routes.
async fn call(routes: impl FnOnce(&mut ServiceConfig), request: TestRequest) -> TestResponse {
    let app = init_service(App::new().configure(routes)).await;
    let response = match app.call(request.to_request()).await {
        Ok(response) => response.into_parts().1.map_into_boxed_body(),
        Err(error) => error.error_response(),
    };
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let body = to_bytes(response.into_body()).await.unwrap();
    TestResponse {
        status,
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    }
}

/// Methods that return their arguments in the form of `Debug`.
macro_rules! echo {
    ($($name:ident($($argument:ident: $kind:ty),*) -> $success:ident, $failure:ident;)*) => {$(
        async fn $name(&self $(, $argument: $kind)*) -> Result<$success, $failure> {
            Ok($success::Ok(serde_json::json!(format!("{:?}", ($($argument,)*)))))
        }
    )*};
}
use echo;
