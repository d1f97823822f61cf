//! Security of every scheme.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use actix_web::web::Data;
use contract_runtime::server::{Authenticate, Credential, Presented, Rejection, SecurityScheme};
use corpus::made::security::security::Scheme;
use corpus::made::security::{bodies, configure, default::*, open};
use serde_json::{Value, json};

use crate::{TestResponse, call};

/// Accepts the credential `good`, without the scope `admin`.
pub struct Guard;

impl Authenticate for Guard {
    type Scheme = Scheme;
    type Caller = String;

    async fn authenticate(
        &self,
        _request: &HttpRequest,
        presented: &[Presented<Scheme>],
    ) -> Result<String, Rejection> {
        let mut names = Vec::new();
        for Presented {
            scheme,
            credential,
            scopes,
        } in presented
        {
            let secret = match credential {
                Credential::ApiKey(key) | Credential::Bearer(key) | Credential::Http(key) => key,
                Credential::Basic { password, .. } => password,
                Credential::Tls => "",
            };
            match secret {
                "good" if *scopes == ["admin"] => return Err(Rejection::forbidden("not for you")),
                "good" => names.push(format!("{}{scopes:?}", scheme.as_str())),
                "down" => {
                    let status = StatusCode::SERVICE_UNAVAILABLE;
                    return Err(Rejection::new(
                        status,
                        "service_unavailable",
                        "try again later",
                    ));
                }
                _ => return Err(Rejection::unauthorized("unknown credentials")),
            }
        }
        assert!(
            !format!("{presented:?}").contains("good"),
            "secrets stay secret"
        );
        Ok(names.join("+"))
    }
}

macro_rules! who {
    ($($name:ident -> $success:ident, $failure:ident;)*) => {$(
        async fn $name(&self, caller: String) -> Result<$success, $failure> {
            Ok($success::Ok(json!(caller)))
        }
    )*};
}

impl DefaultApi for Guard {
    type Caller = String;

    who! {
        inherited -> InheritedSuccess, InheritedFailure;
        header -> HeaderSuccess, HeaderFailure;
        query -> QuerySuccess, QueryFailure;
        cookie -> CookieSuccess, CookieFailure;
        basic -> BasicSuccess, BasicFailure;
        scopes -> ScopesSuccess, ScopesFailure;
        either -> EitherSuccess, EitherFailure;
        both -> BothSuccess, BothFailure;
        digest -> DigestSuccess, DigestFailure;
    }

    async fn none(&self) -> Result<NoneSuccess, NoneFailure> {
        Ok(NoneSuccess::Ok(json!("anybody")))
    }

    async fn rest(
        &self,
        _caller: String,
        parameters: RestParameters,
    ) -> Result<RestSuccess, RestFailure> {
        Ok(RestSuccess::Ok(json!(format!("{parameters:?}"))))
    }

    async fn optional(&self, caller: Option<String>) -> Result<OptionalSuccess, OptionalFailure> {
        Ok(OptionalSuccess::Ok(json!(
            caller.unwrap_or("nobody".into())
        )))
    }
}

impl bodies::BodiesApi for Guard {
    type Caller = String;

    async fn body(
        &self,
        caller: String,
        _body: std::collections::BTreeMap<String, Value>,
    ) -> Result<bodies::BodySuccess, bodies::BodyFailure> {
        Ok(bodies::BodySuccess::Ok(json!(caller)))
    }
}

impl open::OpenApi for Guard {
    async fn public(&self) -> Result<open::PublicSuccess, open::PublicFailure> {
        Ok(open::PublicSuccess::Ok(json!("anybody")))
    }
}

async fn send(request: TestRequest) -> TestResponse {
    let guard = Data::new(Guard);
    call(
        |service| configure(service, &guard, &guard, &guard, &guard),
        request,
    )
    .await
}

async fn get(path: &str, headers: &[(&str, &str)]) -> TestResponse {
    let mut request = TestRequest::get().uri(path);
    for (name, value) in headers {
        request = request.append_header((*name, *value));
    }
    send(request).await
}

const TOKEN: (&str, &str) = ("authorization", "Bearer good");
const KEY: (&str, &str) = ("x-key", "good");
/// `user:good`
const PASSWORD: (&str, &str) = ("authorization", "basic dXNlcjpnb29k");

#[actix_web::test]
async fn credentials_of_every_scheme_are_read() {
    get("/inherited", &[TOKEN]).await.assert_received("token[]");
    get("/header", &[KEY]).await.assert_received("headerKey[]");
    get("/query?key=go%6fd", &[])
        .await
        .assert_received("queryKey[]");
    get("/cookie", &[("cookie", "a=b; session=good")])
        .await
        .assert_received("cookieKey[]");
    get("/basic", &[PASSWORD])
        .await
        .assert_received("password[]");
    get("/scopes", &[TOKEN])
        .await
        .assert_received("login[\"read\", \"write\"]");
    get("/digest", &[("authorization", "Digest good")])
        .await
        .assert_received("other[]");
    get("/none", &[]).await.assert_received("anybody");
    get("/public", &[]).await.assert_received("anybody");
    assert_eq!(Scheme::HeaderKey.as_str(), "headerKey");
}

#[actix_web::test]
async fn credentials_are_not_members_of_a_map() {
    get("/rest?key=good&a=1", &[("cookie", "session=good; b=2")])
        .await
        .assert_received("rest: Some({\"a\": \"1\"})")
        .assert_received("jar: Some({\"b\": \"2\"})");
}

#[actix_web::test]
async fn a_401_names_the_expected_schemes() {
    for (path, challenge) in [
        ("/inherited", "Bearer"),
        ("/header", "ApiKey in=\"header\", name=\"X-Key\""),
        ("/query", "ApiKey in=\"query\", name=\"key\""),
        ("/cookie", "ApiKey in=\"cookie\", name=\"session\""),
        ("/basic", "Basic realm=\"api\", charset=\"UTF-8\""),
        ("/scopes", "Bearer scope=\"read write\""),
        ("/digest", "digest"),
    ] {
        let response = get(path, &[]).await;
        assert_eq!(
            (response.status, response.header("www-authenticate")),
            (401, challenge),
            "{path}"
        );
        assert_eq!(response.json()["code"], "unauthorized");
    }
    let wrong: &[(&str, &[(&str, &str)])] = &[
        ("/inherited", &[("authorization", "Bearer bad")]),
        ("/inherited", &[("authorization", "Bearer ")]),
        ("/inherited", &[("authorization", "good")]),
        ("/inherited", &[PASSWORD]),
        ("/basic", &[("authorization", "Basic !")]),
        ("/header", &[KEY, KEY]),
        ("/both", &[KEY]),
    ];
    for (path, headers) in wrong {
        assert_eq!(get(path, headers).await.status, 401, "{path} {headers:?}");
    }
    let all = get("/either", &[]).await;
    assert_eq!(all.headers.get_all("www-authenticate").count(), 3);
}

#[actix_web::test]
async fn alternatives_are_tried_in_order() {
    get("/either", &[KEY, PASSWORD])
        .await
        .assert_received("headerKey[]");
    get("/either", &[("x-key", "bad"), PASSWORD])
        .await
        .assert_received("password[]");
    assert_eq!(get("/either", &[TOKEN]).await.status, 403);
    assert_eq!(
        get("/either", &[("x-key", "down"), PASSWORD]).await.status,
        503
    );
    get("/both", &[KEY, TOKEN])
        .await
        .assert_received("headerKey[]+token[]");
    get("/optional", &[TOKEN]).await.assert_received("token[]");
    get("/optional", &[]).await.assert_received("nobody");
}

#[actix_web::test]
async fn authentication_comes_before_validation() {
    let post = TestRequest::post().uri("/body").set_payload("{");
    assert_eq!(send(post).await.status, 401);
    let post = TestRequest::post()
        .uri("/body")
        .insert_header(TOKEN)
        .set_payload("{");
    assert_eq!(send(post).await.status, 415);
}
