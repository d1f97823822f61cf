//! The connection to Temporal: address, TLS and credentials.

use std::sync::{Arc, Weak};
use std::time::Duration;

use rustls::client::ResolvesClientCert;
use temporalio_client::{
    Client, ClientOptions, Connection, ConnectionOptions, DnsLoadBalancingOptions, TlsOptions,
};
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::error::{TemporalError, in_time};
use crate::config::{self, given};
use crate::telemetry::Telemetry;
use crate::tls::{self, ReloadingCertificate};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How often the API key's file is read.
const KEY_RELOAD_INTERVAL: Duration = Duration::from_secs(2);

/// Connects a client.
pub(super) async fn connect(
    settings: Arc<config::Temporal>,
    telemetry: Telemetry,
) -> Result<Client, TemporalError> {
    let unreachable = |cause: String| TemporalError::Unreachable {
        address: settings.address.clone(),
        cause,
    };
    let mut url = settings.url().map_err(unreachable)?;
    let tls = tls_options(&settings).map_err(unreachable)?;
    let mut origin = None;
    let mut balancing = Some(DnsLoadBalancingOptions::default());
    if tls
        .as_ref()
        .is_some_and(|tls| tls.client_cert_resolver.is_some())
    {
        // With a client certificate the SDK accepts neither `https` nor several addresses.
        let encrypted = url.as_str().parse();
        origin = Some(encrypted.map_err(|_| unreachable("the address is not a URI".into()))?);
        balancing = None;
        url.set_scheme("http")
            .map_err(|()| unreachable("the address is not a URL".into()))?;
    }
    let api_key = settings.api_key().map_err(unreachable)?;
    let meter = telemetry.metrics.temporal_client();
    let meter = meter.map_err(|error| unreachable(error.to_string()))?;
    let options = ConnectionOptions::new(url)
        .identity(format!("orders-{}", std::process::id()))
        .connect_timeout(CONNECT_TIMEOUT)
        .maybe_tls_options(tls)
        .maybe_override_origin(origin)
        .dns_load_balancing(balancing)
        .maybe_api_key(api_key.map(|key| key.expose().to_owned()))
        .maybe_metrics_meter(meter)
        .build();
    let connection = in_time(Connection::connect(options))
        .await?
        .map_err(|error| unreachable(error.to_string()))?;
    Client::new(
        connection,
        ClientOptions::new(settings.namespace.clone()).build(),
    )
    .map_err(|error| unreachable(error.to_string()))
}

/// Keeps the connection's API key equal to the content of its file, while the client exists.
pub(super) async fn renew_key(settings: Arc<config::Temporal>, client: Weak<OnceCell<Client>>) {
    let mut last = None;
    loop {
        sleep(KEY_RELOAD_INTERVAL).await;
        let Some(client) = client.upgrade() else {
            return;
        };
        let reading = settings.clone();
        let read = spawn_blocking(move || reading.api_key()).await;
        let Ok(read) = read else { return };
        if last.as_ref() == Some(&read) {
            continue;
        }
        match (&read, client.get()) {
            (Ok(Some(key)), Some(client)) => {
                let key = key.expose().to_owned();
                client.connection().set_api_key(Some(key));
                if last.is_some() {
                    tracing::info!("temporal.api_key_file: reloaded the key");
                }
            }
            // A file may be empty or missing while it is being replaced.
            (Err(error), _) => tracing::error!(
                error,
                "cannot reload the API key of Temporal; the previous one stays in use"
            ),
            (Ok(_), _) => {}
        }
        last = Some(read);
    }
}

/// The TLS options, or `None` without encryption. Validates the files, which the client would do
/// only when it connects, or not at all; an error names the setting.
pub(super) fn tls_options(settings: &config::Temporal) -> Result<Option<TlsOptions>, String> {
    if !settings.is_encrypted() {
        return Ok(None);
    }
    let given_tls = &settings.tls;
    let ca_file = given(&given_tls.ca_file);
    tls::roots("temporal.tls.ca_file", ca_file)?;
    let authorities = ca_file.map(|file| tls::read("temporal.tls.ca_file", file));
    let identity = match (given(&given_tls.certificate), given(&given_tls.key)) {
        (Some(certificate), Some(key)) => {
            let renewed = ReloadingCertificate::read("temporal.tls", certificate, key)?;
            Some(Arc::new(renewed) as Arc<dyn ResolvesClientCert>)
        }
        _ => None,
    };
    let server_name = (!given_tls.server_name.is_empty()).then(|| given_tls.server_name.clone());
    let options = TlsOptions::builder()
        .maybe_server_root_ca_cert(authorities.transpose()?)
        .maybe_domain(server_name)
        .maybe_client_cert_resolver(identity)
        .build();
    Ok(Some(options))
}
