//! The reference servers, based on the same HTTP server, each as a separate process.

/// The operations on orders that no reference has.
macro_rules! absent_operations {
    () => {
        async fn list_order_events(
            &self,
            _caller: Caller,
            _accept: contract_runtime::server::Accept,
            _parameters: ListOrderEventsParameters,
        ) -> Result<ListOrderEventsSuccess, ListOrderEventsFailure> {
            Err(ListOrderEventsFailure::InternalServerError(
                $crate::references::absent(),
            ))
        }

        async fn list_order_deliveries(
            &self,
            _caller: Caller,
            _parameters: ListOrderDeliveriesParameters,
        ) -> Result<ListOrderDeliveriesSuccess, ListOrderDeliveriesFailure> {
            Err(ListOrderDeliveriesFailure::InternalServerError(
                $crate::references::absent(),
            ))
        }

        async fn get_order_processing(
            &self,
            _caller: Caller,
            _parameters: GetOrderProcessingParameters,
        ) -> Result<GetOrderProcessingSuccess, GetOrderProcessingFailure> {
            Err(GetOrderProcessingFailure::InternalServerError(
                $crate::references::absent(),
            ))
        }

        async fn decide_order(
            &self,
            _caller: Caller,
            _parameters: DecideOrderParameters,
            _body: order_processing::generated::models::DecideOrderRequest,
        ) -> Result<DecideOrderSuccess, DecideOrderFailure> {
            Err(DecideOrderFailure::InternalServerError(
                $crate::references::absent(),
            ))
        }

        async fn cancel_order(
            &self,
            _caller: Caller,
            _parameters: CancelOrderParameters,
        ) -> Result<CancelOrderSuccess, CancelOrderFailure> {
            Err(CancelOrderFailure::InternalServerError(
                $crate::references::absent(),
            ))
        }

        async fn retry_order(
            &self,
            _caller: Caller,
            _parameters: RetryOrderParameters,
        ) -> Result<RetryOrderSuccess, RetryOrderFailure> {
            Err(RetryOrderFailure::InternalServerError(
                $crate::references::absent(),
            ))
        }
    };
}

mod bare;
mod direct;
mod memory;
mod plain_fulfilment;
mod plain_worker;
mod plain_workflow;

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use actix_web::web::{Data, ServiceConfig};
use anyhow::Result;
use clap::ValueEnum;
use contract_runtime::server::Router;
use order_processing::config::Settings;
use order_processing::domain::Caller;
use order_processing::generated::orders::OrdersApi;
use order_processing::generated::{self, CONTRACT, models::Problem};
use order_processing::server::Server;
use order_processing::{telemetry, workflow::Temporal};
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

pub use memory::{Alive, Anyone, InMemory};
pub use plain_workflow::workflow_id as plain_workflow_id;

use self::direct::{Direct, Starter};

/// A reference server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Reference {
    /// One route of actix-web, without middleware.
    Bare,
    /// Every route, without a database.
    Memory,
    /// One query for a read; a `POST` inserts and starts the service's workflow, all in the
    /// request.
    Direct,
    /// The same with the plain workflow.
    Plain,
}

/// Serves with the service's settings until SIGTERM.
pub fn serve(reference: Reference) -> Result<()> {
    let settings = Settings::load(None)?;
    let _log = telemetry::init(&settings.log)?;
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let starter = match reference {
            Reference::Bare => {
                return bare::run(&settings.http, stop_on_signal()?, say_ready).await;
            }
            Reference::Memory => return run(&settings, InMemory::default()).await,
            Reference::Direct => Starter::Service,
            Reference::Plain => Starter::Plain,
        };
        let temporal = Temporal::new(settings.temporal.clone());
        let direct = Direct::new(&settings, temporal, starter)?;
        run(&settings, direct).await
    })
}

/// Runs the worker of the plain workflow until SIGTERM.
pub fn work() -> Result<()> {
    let settings = Settings::load(None)?;
    let _log = telemetry::init(&settings.log)?;
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async { plain_worker::run(&settings, stop_on_signal()?).await })
}

async fn run(
    settings: &Settings,
    orders: impl OrdersApi<Caller = Caller> + Send + Sync,
) -> Result<()> {
    let stop = stop_on_signal()?;
    let orders = Data::new(orders);
    let server = Server::with(&settings.http, move |service| routes(service, &orders))?;
    say_ready(server.address())?;
    server.run(stop).await
}

/// The operations on orders, and the probes. Nothing else is compared.
pub fn routes<O: OrdersApi<Caller = Caller>>(service: &mut ServiceConfig, orders: &Data<O>) {
    let mut router = Router::new(&CONTRACT);
    generated::health::routes(&mut router, &Data::new(Alive));
    generated::orders::routes(&mut router, orders, &Data::new(Anyone));
    router.configure(service);
}

fn say_ready(address: SocketAddr) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "ready http://{address}")?;
    stdout.flush()
}

fn stop_on_signal() -> Result<CancellationToken> {
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        terminate.recv().await;
        stopped.cancel();
    });
    Ok(stop)
}

/// The delay of the workflow, as in its input.
fn milliseconds(delay: Duration) -> u64 {
    u64::try_from(delay.as_millis()).unwrap_or(u64::MAX)
}

fn problem(status: i32, code: &str, detail: String) -> Problem {
    Problem {
        r#type: "about:blank".into(),
        title: code.replace('_', " "),
        status,
        code: code.into(),
        detail: Some(detail),
        instance: None,
        request_id: None,
        errors: None,
    }
}

/// The response of operations that are not compared.
fn absent() -> Problem {
    problem(
        500,
        "internal_error",
        "this operation is not part of the comparison".into(),
    )
}
