//! A PostgreSQL for the run, a database and a sandbox for each test, and the generated clients.

use std::fmt::Debug;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use contract_runtime::Credential;
use contract_runtime::client::{Client, Error};
use dev_servers::{DataDirLock, Postgres, PostgresOptions, Tools};
use partner_sandbox::{Partner, Sandbox, SandboxClient, SandboxOptions};
use rust_decimal::Decimal;

use crate::clients::inventory::models::{ReservationItem, ReservationRequest};
use crate::clients::inventory::reservations::*;
use crate::clients::payment::authorizations::*;
use crate::clients::payment::models::{AuthorizationRequest, Money};
use crate::clients::shipping::models::{Address, ShipmentItem, ShipmentRequest};
use crate::clients::shipping::shipments::*;
use crate::clients::{inventory, payment, shipping};

pub const TOKEN: &str = "token-of-the-tests";

fn postgres() -> &'static Postgres {
    static POSTGRES: OnceLock<Postgres> = OnceLock::new();
    POSTGRES.get_or_init(|| {
        // In another thread and runtime: the caller is inside the runtime of its test.
        let start = || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("partners");
            let lock = runtime.block_on(DataDirLock::wait(&folder, |error| {
                eprintln!("waiting for another run of the tests: {error}");
            }));
            let options = PostgresOptions {
                data_dir: folder.join("postgres"),
                settings: vec![("fsync", "off"), ("max_connections", "300")],
                ..PostgresOptions::default()
            };
            let tools = Tools::locate(None).unwrap();
            let server = runtime.block_on(Postgres::start(&tools, options)).unwrap();
            // What watches the server runs on it until the process exits.
            std::mem::forget((runtime, lock));
            server
        };
        std::thread::spawn(start).join().unwrap()
    })
}

/// The URL of a new database.
pub async fn database() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let admin = postgres().url("postgres");
    let (client, connection) = tokio_postgres::connect(&admin, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    // An earlier run may have left it. Neither statement can be in a transaction with another.
    for statement in [
        format!("DROP DATABASE IF EXISTS {name}"),
        format!("CREATE DATABASE {name}"),
    ] {
        client.batch_execute(&statement).await.unwrap();
    }
    postgres().url(&name)
}

/// What a test orders; also the part of it that one operation needs.
#[derive(Clone)]
pub struct Order {
    pub reference: &'static str,
    pub items: &'static [(&'static str, i32)],
    pub amount: &'static str,
    pub city: &'static str,
    pub country: &'static str,
}

pub const ORDER: Order = Order {
    reference: "order-1",
    items: &[("APPLE", 2), ("PEAR", 1)],
    amount: "10.50",
    city: "Bern",
    country: "CH",
};

/// A sandbox with a database of its own.
pub struct Fixture {
    pub options: SandboxOptions,
    sandbox: Option<Sandbox>,
    pub control: SandboxClient,
    inventory: inventory::Client,
    payment: payment::Client,
    shipping: shipping::Client,
}

impl Fixture {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut SandboxOptions)) -> Self {
        let mut options = SandboxOptions {
            listen: "127.0.0.1:0".parse().unwrap(),
            database_url: database().await,
            token: TOKEN.into(),
            webhook: None,
            dispatch_after: None,
            deliver_after: None,
        };
        change(&mut options);
        let sandbox = Sandbox::start(options.clone()).await.unwrap();
        let url = sandbox.url();
        options.listen = url.strip_prefix("http://").unwrap().parse().unwrap();
        let client = |partner| connected(&format!("{url}/{partner}"), TOKEN);
        Self {
            options,
            control: sandbox.client(),
            sandbox: Some(sandbox),
            inventory: inventory::Client::new(client("inventory")),
            payment: payment::Client::new(client("payment")),
            shipping: shipping::Client::new(client("shipping")),
        }
    }

    pub async fn stop(&mut self) {
        self.sandbox.take().unwrap().stop().await;
    }

    /// Starts again, at the same address.
    pub async fn start_again(&mut self) {
        self.sandbox = Some(Sandbox::start(self.options.clone()).await.unwrap());
    }

    /// Calls an operation; `id` is that of a capture or refund as `AUTHORIZATION/MOVEMENT`. Returns
    /// what the generated client returns, as text.
    pub async fn call(&self, operation: &str, id: &str, order: &Order) -> String {
        let (id, movement) = id.split_once('/').unwrap_or((id, ""));
        let (id, movement) = (id.to_owned(), movement.to_owned());
        let reference = order.reference.to_owned();
        let items = (1..).zip(order.items);
        let amount = order.amount.parse().unwrap();
        let inventory = &self.inventory.reservations;
        let payment = &self.payment.authorizations;
        let shipping = &self.shipping.shipments;
        match operation {
            "reserve" => {
                let items = items.map(|(line, (sku, quantity))| ReservationItem {
                    line,
                    sku: (*sku).into(),
                    quantity: *quantity,
                });
                let body = ReservationRequest {
                    reference,
                    items: items.collect(),
                    expires_in_seconds: 3600,
                };
                said(inventory.reserve(ReserveParameters { id }, body).await)
            }
            "getReservation" => said(
                inventory
                    .get_reservation(GetReservationParameters { id })
                    .await,
            ),
            "release" => said(inventory.release(ReleaseParameters { id }).await),
            "commitReservation" => said(
                inventory
                    .commit_reservation(CommitReservationParameters { id })
                    .await,
            ),
            "listReservations" => {
                let after = Some(id);
                said(
                    inventory
                        .list_reservations(ListReservationsParameters { limit: None, after })
                        .await,
                )
            }
            "authorize" => {
                let customer = "customer-1".to_owned();
                let body = AuthorizationRequest {
                    reference,
                    customer,
                    amount,
                };
                said(payment.authorize(AuthorizeParameters { id }, body).await)
            }
            "getAuthorization" => said(
                payment
                    .get_authorization(GetAuthorizationParameters { id })
                    .await,
            ),
            "voidAuthorization" => said(
                payment
                    .void_authorization(VoidAuthorizationParameters { id })
                    .await,
            ),
            "capture" => {
                let parameters = CaptureParameters {
                    id,
                    capture_id: movement,
                };
                said(payment.capture(parameters, Money { amount }).await)
            }
            "refund" => {
                let parameters = RefundParameters {
                    id,
                    refund_id: movement,
                };
                said(payment.refund(parameters, Money { amount }).await)
            }
            "listAuthorizations" => {
                let after = Some(id);
                said(
                    payment
                        .list_authorizations(ListAuthorizationsParameters { limit: None, after })
                        .await,
                )
            }
            "ship" => {
                let items = items.map(|(line, (sku, quantity))| ShipmentItem {
                    line,
                    sku: (*sku).into(),
                    quantity: *quantity,
                });
                let address = Address {
                    name: "Ada".into(),
                    street: "Street 1".into(),
                    postal_code: "3000".into(),
                    city: order.city.into(),
                    country: order.country.into(),
                };
                let body = ShipmentRequest {
                    reference,
                    items: items.collect(),
                    address,
                };
                said(shipping.ship(ShipParameters { id }, body).await)
            }
            "getShipment" => said(shipping.get_shipment(GetShipmentParameters { id }).await),
            "cancelShipment" => said(
                shipping
                    .cancel_shipment(CancelShipmentParameters { id })
                    .await,
            ),
            "listShipments" => {
                let after = Some(id);
                said(
                    shipping
                        .list_shipments(ListShipmentsParameters { limit: None, after })
                        .await,
                )
            }
            other => panic!("{other}"),
        }
    }

    /// Calls operations one after the other; the answer of each contains the expected text.
    pub async fn expect(&self, steps: &[(&str, &str, &Order, &str)]) {
        for (number, (operation, id, order, expected)) in steps.iter().enumerate() {
            let answer = self.call(operation, id, order).await;
            let readable = !answer.contains("Invalid(") && !answer.contains("Undeclared(");
            assert!(
                readable && answer.contains(expected),
                "{number}: {operation} {id}: {answer}"
            );
        }
    }

    /// Every effect happened once, and the books agree with them: money and stock are conserved.
    pub async fn audit(&self) {
        let mut held = Decimal::ZERO;
        for book in self.control.all_books().await.unwrap() {
            // An effect has an amount or pieces.
            let sum = |partner, kind: &str| -> Decimal {
                let all = book.effects.iter();
                all.filter(|effect| effect.partner == partner && effect.kind == kind)
                    .map(|effect| effect.amount + Decimal::from(effect.pieces))
                    .sum()
            };
            assert!(
                book.effects.iter().all(|effect| effect.count == 1),
                "{book:?}"
            );
            let captured = book.authorizations.iter().map(|one| one.captured).sum();
            let refunded = book.authorizations.iter().map(|one| one.refunded).sum();
            let moved = ["capture", "refund"].map(|kind| sum(Partner::Payment, kind));
            assert_eq!(moved, [captured, refunded], "{book:?}");
            let [reserved, released, expired] =
                ["reserve", "release", "expire"].map(|kind| sum(Partner::Inventory, kind));
            held += reserved - released - expired;
        }
        let stock = self.control.stock().await.unwrap();
        assert_eq!(
            stock
                .iter()
                .map(|one| Decimal::from(one.held + one.committed))
                .sum::<Decimal>(),
            held,
            "{stock:?}"
        );
        for article in stock
            .iter()
            .filter(|article| !article.sku.starts_with("SOLD-OUT-"))
        {
            let all = article.available + article.held + article.committed;
            assert_eq!(all, 1_000_000, "{article:?}");
        }
    }
}

pub fn connected(url: &str, token: &str) -> Client {
    let client = Client::builder(url).credential("Token", Credential::Bearer(token.into()));
    client.deadline(Duration::from_secs(30)).build().unwrap()
}

pub fn said<S: Debug, F: Debug>(outcome: Result<S, Error<F>>) -> String {
    match outcome {
        Ok(success) => format!("{success:?}"),
        Err(error) => format!("{error:?}"),
    }
}

/// Waits until a condition holds, for ten seconds.
pub async fn until<F: Future<Output = bool>>(what: &str, condition: impl Fn() -> F) {
    let all = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(10), all).await;
    assert!(waited.is_ok(), "not within 10 s: {what}");
}
