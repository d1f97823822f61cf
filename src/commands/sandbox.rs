//! `orders sandbox`: the partners as small services, to try every path of an order.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use partner_sandbox::{Sandbox, SandboxOptions, Webhook};

use super::print_line;
use super::service::stop_on_signal;
use crate::config::Settings;
use crate::telemetry;

/// The default token of the sandboxes.
pub(super) const TOKEN: &str = "sandbox";
/// How long the carrier takes for a parcel in `orders dev`.
pub(super) const DISPATCH_AFTER: Duration = Duration::from_secs(2);
pub(super) const DELIVER_AFTER: Duration = Duration::from_secs(10);

/// Options of the sandboxes.
#[derive(Debug, Clone, Args)]
pub struct SandboxArguments {
    /// Address and port to listen on
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8090")]
    pub listen: SocketAddr,
    /// The bearer token that they accept
    #[arg(long, default_value = TOKEN)]
    pub token: String,
    /// Where to send the webhooks of the shipping service
    #[arg(long, value_name = "URL", requires = "webhook_secret")]
    pub webhook_url: Option<String>,
    /// The secret (whsec_...) to sign them with
    #[arg(long, value_name = "SECRET", requires = "webhook_url")]
    pub webhook_secret: Option<String>,
    /// When the carrier takes a parcel, such as 2s; `never` for on command only
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = delay)]
    pub dispatch_after: Delay,
    /// When a parcel is delivered after that; `never` for on command only
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = delay)]
    pub deliver_after: Delay,
}

/// A delay; `None` is for ever.
#[derive(Debug, Clone, Copy)]
pub struct Delay(Option<Duration>);

fn delay(text: &str) -> Result<Delay, String> {
    if text == "never" {
        return Ok(Delay(None));
    }
    humantime_serde::re::humantime::parse_duration(text)
        .map(|time| Delay(Some(time)))
        .map_err(|error| error.to_string())
}

/// Serves the sandboxes until a stop signal; their books are in the database of the settings, in a
/// schema of their own.
pub async fn run(settings: &Settings, arguments: SandboxArguments) -> Result<()> {
    let _log = telemetry::init(&settings.log)?;
    let stop = stop_on_signal()?;
    let webhook = arguments.webhook_url.zip(arguments.webhook_secret);
    let sandbox = Sandbox::start(SandboxOptions {
        listen: arguments.listen,
        database_url: settings.database.url.expose().as_str().to_owned(),
        token: arguments.token,
        webhook: webhook.map(|(url, secret)| Webhook { url, secret }),
        dispatch_after: arguments.dispatch_after.0,
        deliver_after: arguments.deliver_after.0,
    })
    .await?;
    print_line(&format!("partners {}", sandbox.url()))?;
    stop.cancelled().await;
    sandbox.stop().await;
    Ok(())
}

/// A new secret for webhooks.
pub(super) fn webhook_secret() -> String {
    format!("whsec_{}", STANDARD.encode(rand::random::<[u8; 32]>()))
}
