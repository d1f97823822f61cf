//! The cost of each layer around the routes, without sockets and without a database. It runs in a
//! separate process (`bench middleware`), because it sets up a log.

use std::io::sink;
use std::time::{Duration, Instant};

use actix_http::Request;
use actix_web::body::{MessageBody, to_bytes};
use actix_web::dev::{Service, ServiceResponse};
use actix_web::middleware::{Compress, Condition, from_fn};
use actix_web::rt::System;
use actix_web::test::{TestRequest, init_service};
use actix_web::web::{Data, ServiceConfig};
use actix_web::{App, Error};
use anyhow::{Context as _, Result, bail};
use order_processing::server::{context, limits, response_validation};
use order_processing::telemetry::Json;
use tracing_subscriber::fmt::format::JsonFields;

use super::Context;
use crate::progress::progress;
use crate::references::{self, InMemory};
use crate::report::bars::OURS;
use crate::stats::Spread;

const SCENARIO: &str = "middleware";
const LIMIT: Duration = Duration::from_secs(300);
const NANOSECONDS: f64 = 1e9;
/// The default log filter of `orders serve`.
const FILTER: &str = "info";
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// Measures in a separate process, and records the results.
pub async fn run(context: &mut Context<'_>) -> Result<()> {
    let rounds = context.plan.rounds.to_string();
    let requests = context.plan.middleware_requests.to_string();
    let arguments = ["middleware", "--rounds", &rounds, "--requests", &requests];
    let printed = context.environment.run_part(&arguments, LIMIT).await?;
    let measured: Vec<(String, Vec<f64>)> = serde_json::from_str(&printed)?;
    for (layers, times) in measured {
        let middle = Spread::of(&times).context("there were no rounds")?.median;
        progress(&format!("  {layers}: {middle:.0} ns"));
        for time in times {
            context.figures.add(SCENARIO, OURS, &layers, "ns", time);
        }
    }
    Ok(())
}

/// Measures each set of layers in turns, and prints the nanoseconds per request.
#[allow(clippy::print_stdout)] // for the process that started this one
pub fn measure(rounds: usize, requests: u32) -> Result<()> {
    let mut measured: Vec<(&str, Vec<f64>)> =
        LAYERS.iter().map(|name| (*name, Vec::new())).collect();
    System::new().block_on(async {
        for _ in 0..rounds {
            for (layers, times) in &mut measured {
                times.push(time_of(layers, requests).await?);
            }
        }
        anyhow::Ok(())
    })?;
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}

const BARE: &str = "ns: routes alone";
const CHECK: &str = "ns: and `answers::check`, off";
const AROUND: &str = "ns: and `context::around`, no log";
const LOGGED: &str = "ns: and its log line";
const COMPRESS: &str = "ns: and `Compress`, not asked for";
const LAYERS: [&str; 5] = [BARE, CHECK, AROUND, LOGGED, COMPRESS];

/// Each has the layers of the one before it.
async fn time_of(layers: &str, requests: u32) -> Result<f64> {
    let check = Condition::new(false, from_fn(response_validation::validate));
    let around = from_fn(context::around);
    match layers {
        BARE => time(init_service(App::new().configure(routes)).await, requests).await,
        CHECK => {
            let app = App::new().configure(routes).wrap(check);
            time(init_service(app).await, requests).await
        }
        AROUND => {
            let app = App::new().configure(routes).wrap(check).wrap(around);
            time(init_service(app).await, requests).await
        }
        LOGGED => {
            let app = App::new().configure(routes).wrap(check).wrap(around);
            let _logging = log_to_nowhere();
            time(init_service(app).await, requests).await
        }
        COMPRESS => {
            let app = App::new().configure(routes).wrap(check).wrap(around);
            let _logging = log_to_nowhere();
            time(init_service(app.wrap(Compress::default())).await, requests).await
        }
        other => bail!("unknown layers: {other}"),
    }
}

fn routes(service: &mut ServiceConfig) {
    let limits = limits::Limits {
        request_timeout: TIME_LIMIT,
        in_flight: limits::InFlight::at_most(usize::MAX),
    };
    service.app_data(Data::new(limits));
    references::routes(service, &Data::new(InMemory::default()));
}

/// Formats JSON lines, and discards them.
fn log_to_nowhere() -> tracing::subscriber::DefaultGuard {
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(FILTER)
        .with_writer(sink)
        .event_format(Json)
        .fmt_fields(JsonFields::new())
        .finish();
    tracing::subscriber::set_default(subscriber)
}

/// The time of a request, in nanoseconds, after a warm-up with a tenth as many.
async fn time<B: MessageBody>(
    service: impl Service<Request, Response = ServiceResponse<B>, Error = Error>,
    requests: u32,
) -> Result<f64> {
    for _ in 0..requests / 10 {
        ask(&service).await?;
    }
    let begun = Instant::now();
    for _ in 0..requests {
        ask(&service).await?;
    }
    Ok(begun.elapsed().as_secs_f64() * NANOSECONDS / f64::from(requests))
}

async fn ask<B: MessageBody>(
    service: &impl Service<Request, Response = ServiceResponse<B>, Error = Error>,
) -> Result<()> {
    let request = TestRequest::get().uri("/orders/12345").to_request();
    let response = match service.call(request).await {
        Ok(response) => response,
        Err(error) => bail!("the request failed: {error}"),
    };
    if !response.status().is_success() {
        bail!("unexpected status {}", response.status());
    }
    match to_bytes(response.into_body()).await {
        Ok(_) => Ok(()),
        Err(_) => bail!("the response has no body"),
    }
}
