//! A contract in several files, and one with schemas only.

use actix_web::test::TestRequest;
use actix_web::web::Data;
use contract_runtime::server::{Authenticate, Presented, Rejection};
use corpus::made::files::{configure, default::*, models, security::Scheme};
use corpus::made::models_only;

use crate::{TestResponse, call, echo};

struct Echo;

impl Authenticate for Echo {
    type Scheme = Scheme;
    type Caller = ();

    async fn authenticate(
        &self,
        _: &actix_web::HttpRequest,
        _: &[Presented<Scheme>],
    ) -> Result<(), Rejection> {
        Ok(())
    }
}

impl DefaultApi for Echo {
    type Caller = ();

    echo! {
        create(_caller: (), body: models::Order) -> CreateSuccess, CreateFailure;
        fill(body: models::Basket) -> FillSuccess, FillFailure;
        find(parameters: FindParameters) -> FindSuccess, FindFailure;
        draw(body: models::XShape) -> DrawSuccess, DrawFailure;
    }
}

async fn send(request: TestRequest) -> TestResponse {
    let echo = Data::new(Echo);
    call(|service: &mut _| configure(service, &echo, &echo), request).await
}

fn json(request: TestRequest, body: &'static str) -> TestRequest {
    request
        .insert_header(("content-type", "application/json"))
        .insert_header(("x-key", "any"))
        .set_payload(body)
}

#[actix_web::test]
async fn files_that_refer_to_one_another_make_one_server() {
    let post = || TestRequest::post().uri("/orders");
    let order = r#"{"id":1,"price":"1.50","parts":[{"id":2,"price":"1"}],
        "customer":{"name":"Eve","last_order":{"id":3,"price":"2"},"basket":{"orders":[],"amount":1}}}"#;
    send(json(post(), order))
        .await
        .assert_received("Basket { orders: [], amount: 1 }")
        .assert_received("a property with this name");
    let wrong = r#"{"id":1,"price":"1234567","parts":[{"id":2,"price":"?"}],
        "customer":{"name":"E","basket":{"orders":[],"amount":0}}}"#;
    send(json(post(), wrong)).await.assert_rejected(&[
        "/price",
        "/parts/0/price",
        "/customer/name",
        "/customer/basket/amount",
    ]);
    assert_eq!(send(post()).await.status, 401);
    let put = TestRequest::put().uri("/orders");
    send(json(put, r#"{"orders":[],"amount":2}"#))
        .await
        .assert_received("amount: 2");
    let get = |uri| TestRequest::get().uri(uri);
    send(get("/orders/7")).await.assert_received("id: 7");
    send(get("/orders/0")).await.assert_rejected(&["id"]);
}

#[actix_web::test]
async fn a_discriminator_selects_a_schema_of_another_file() {
    let draw = |body| json(TestRequest::post().uri("/shapes"), body);
    send(draw(r#"{"kind":"round","radius":1.5}"#))
        .await
        .assert_received("radius: 1.5");
    send(draw(r#"{"kind":"drawn","order":3}"#))
        .await
        .assert_received("order: 3");
    send(draw(r#"{"kind":"drawn","radius":1.5}"#))
        .await
        .assert_rejected(&["/order"]);
}

#[test]
fn schemas_without_operations_are_models() {
    use models_only::models::{Either, Kind, Loose, Pet};
    let text = r#"{"name":"Tom","kind":"cat","young":[{"name":"Tim"}]}"#;
    let pet: Pet = serde_json::from_str(text).unwrap();
    assert_eq!(pet.kind, Some(Kind::Cat));
    assert!(serde_json::from_str::<Pet>(r#"{"kind":"cat"}"#).is_err());
    let either: Either = serde_json::from_str("5").unwrap();
    assert_eq!(serde_json::to_string(&either).unwrap(), "5");
    let loose: Loose = serde_json::from_str(r#"{"a":"b"}"#).unwrap();
    assert_eq!(loose.a.as_deref(), Some("b"));
}
