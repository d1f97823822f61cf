//! How all processes are started: their settings and addresses.

use std::net::SocketAddr;

use anyhow::Result;
use dev_servers::lasting_port;
use order_processing::partners::SHIPPING_WEBHOOK;
use partner_sandbox::Partner;
use uuid::Uuid;

use crate::app::{GRACE, Role, Settings, Start};
use crate::postgres::url_of_all;

/// The database of the orders.
pub const DATABASE: &str = "orders";
/// The database of the partners' books.
pub const PARTNERS_DATABASE: &str = "partners";
/// The token of the partners.
const TOKEN: &str = "chaos";
/// When the carrier takes a parcel, and when it arrives after that: cancellations must be able to
/// come before and after.
const CARRIER: [&str; 4] = ["--dispatch-after", "500ms", "--deliver-after", "500ms"];

/// Callers are not rate-limited. Attempts with unknown keys are, at a limit that a slow machine
/// reaches too. The cache of API keys is short, so that the clients' key is looked up during a flood
/// of unknown keys. Monitoring uses any free port, since the processes share a machine.
const SERVICE: [(&str, &str); 12] = [
    ("HTTP__SHUTDOWN_TIMEOUT", "5s"),
    ("AUTH__MODE", "required"),
    ("AUTH__API_KEYS", "true"),
    ("AUTH__API_KEY_CACHE", "2s"),
    ("AUTH__ATTEMPTS_PER_MINUTE", "60"),
    ("MONITORING__LISTEN", "127.0.0.1:0"),
    ("RATE_LIMIT__REQUESTS_PER_SECOND", "0"),
    ("DISPATCHER__LEASE", "5s"),
    ("DISPATCHER__MAX_BACKOFF", "2s"),
    ("RECONCILER__INTERVAL", "2s"),
    ("LOG__FORMAT", "text"),
    ("LOG__FILTER", "warn,order_processing::workflow=info"),
];

/// Short, so that calls fail, decisions end and orders need attention within a run. Reservations last
/// for hours: one that is left behind must still be there at the end.
const FULFILMENT: [(&str, &str); 6] = [
    ("PARTNERS__INVENTORY__TIMEOUT", "1s"),
    ("PARTNERS__PAYMENT__TIMEOUT", "1s"),
    ("PARTNERS__SHIPPING__TIMEOUT", "1s"),
    ("PARTNERS__SHIPPING__POLL_INTERVAL", "1s"),
    ("PARTNERS__DECISION_TIME", "3s"),
    ("PARTNERS__ATTENTION_AFTER", "2s"),
];

/// A frozen server is noticed soon, and a webhook that failed is sent again within the run, to a
/// receiver on this machine.
const FEED: [(&str, &str); 6] = [
    ("FEED__HEARTBEAT", "1s"),
    ("WEBHOOKS__ALLOW_HTTP", "true"),
    ("WEBHOOKS__ALLOWED_TARGETS", "127.0.0.1"),
    ("WEBHOOKS__TIMEOUT", "2s"),
    ("WEBHOOKS__FIRST_DELAY", "200ms"),
    ("WEBHOOKS__LONGEST_DELAY", "2s"),
];

/// What the processes of a run have in common.
pub struct Shared {
    pub processing_delay: &'static str,
    /// Whether orders with items are completed on delivery instead of on dispatch.
    pub completes_on_delivery: bool,
    /// Where the partners listen.
    pub partners: SocketAddr,
    webhook_secret: String,
}

/// Where a process finds the servers.
pub struct Targets {
    /// The primary and its standby, whichever is which.
    pub postgres: Vec<SocketAddr>,
    pub temporal: SocketAddr,
    pub partners: SocketAddr,
}

impl Shared {
    /// With a free address for the partners.
    pub fn new(processing_delay: &'static str, completes_on_delivery: bool) -> Result<Self> {
        Ok(Self {
            processing_delay,
            completes_on_delivery,
            partners: free_address()?,
            // 32 characters that are base64 of 24 bytes.
            webhook_secret: format!("whsec_{}", Uuid::new_v4().simple()),
        })
    }

    /// A process of the service.
    pub fn service(&self, role: Role, name: String, targets: &Targets) -> Result<Start> {
        let listen = free_address()?;
        let primary = targets.postgres.get(..1).unwrap_or_default();
        let database = |servers| ("DATABASE__URL", url_of_all(servers, DATABASE));
        let mut recent = owned(&FEED);
        recent.push(database(&targets.postgres));
        let mut settings = owned(&SERVICE);
        settings.extend([
            ("HTTP__LISTEN", listen.to_string()),
            database(primary),
            ("TEMPORAL__ADDRESS", targets.temporal.to_string()),
            ("WORKFLOW__PROCESSING_DELAY", self.processing_delay.into()),
            ("RECONCILER__GRACE", format!("{}s", GRACE.as_secs())),
        ]);
        Ok(Start {
            role,
            name,
            listen,
            arguments: Vec::new(),
            settings,
            partners: self.partner_settings(targets.partners),
            recent,
        })
    }

    fn partner_settings(&self, at: SocketAddr) -> Settings {
        let url = |partner: Partner| format!("http://{at}/{}", partner.as_str());
        let complete_on = if self.completes_on_delivery {
            "delivery"
        } else {
            "dispatch"
        };
        let mut settings = owned(&FULFILMENT);
        settings.extend([
            ("PARTNERS__COMPLETE_ON", complete_on.into()),
            ("PARTNERS__INVENTORY__URL", url(Partner::Inventory)),
            ("PARTNERS__INVENTORY__TOKEN", TOKEN.into()),
            ("PARTNERS__PAYMENT__URL", url(Partner::Payment)),
            ("PARTNERS__PAYMENT__TOKEN", TOKEN.into()),
            ("PARTNERS__SHIPPING__URL", url(Partner::Shipping)),
            ("PARTNERS__SHIPPING__TOKEN", TOKEN.into()),
            (
                "PARTNERS__SHIPPING__WEBHOOK_SECRETS",
                self.webhook_secret.clone(),
            ),
        ]);
        settings
    }

    /// The partners, which keep their books in this database and announce parcels to the server at
    /// this URL.
    pub fn sandbox(&self, database_url: &str, server_url: &str) -> Start {
        let webhook_url = format!("{server_url}{SHIPPING_WEBHOOK}");
        let arguments = [
            "--listen",
            &self.partners.to_string(),
            "--token",
            TOKEN,
            "--webhook-url",
            &webhook_url,
            "--webhook-secret",
            &self.webhook_secret,
        ];
        Start {
            role: Role::Sandbox,
            name: "partners".into(),
            listen: self.partners,
            arguments: arguments
                .into_iter()
                .chain(CARRIER)
                .map(str::to_owned)
                .collect(),
            settings: vec![
                ("DATABASE__URL", database_url.into()),
                ("LOG__FORMAT", "text".into()),
                ("LOG__FILTER", "warn".into()),
            ],
            partners: Vec::new(),
            recent: Vec::new(),
        }
    }
}

/// A fixed port, so that others find a process after its restart.
fn free_address() -> Result<SocketAddr> {
    Ok(([127, 0, 0, 1], lasting_port()?).into())
}

fn owned(settings: &[(&'static str, &str)]) -> Settings {
    let settings = settings.iter();
    settings
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect()
}
