//! The system under test: PostgreSQL, Temporal, our processes, the partners, and the links between
//! them.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use dev_servers::Tools;
use partner_sandbox::SandboxClient;

use crate::app::{App, Role};
use crate::postgres::Database;
use crate::proxy::Link;
use crate::release::Release;
use crate::settings::{DATABASE, PARTNERS_DATABASE, Shared, Targets};
use crate::temporal::Temporal;

/// The processing time of an order.
pub const PROCESSING_DELAY: &str = "200ms";
/// The same for an upgrade: orders must be in progress while processes are replaced.
pub const LONG_PROCESSING_DELAY: &str = "4s";

/// How many of each there are.
#[derive(Debug, Clone, Copy)]
pub struct Instances {
    /// `orders serve`.
    pub apis: usize,
    /// `orders worker`.
    pub workers: usize,
    /// Nodes of a Temporal cluster; 0 is Temporal's dev server.
    pub temporal_nodes: usize,
    /// Whether PostgreSQL has a synchronous standby.
    pub standby: bool,
}

/// The programs that run at first.
#[derive(Debug, Clone, Copy)]
pub struct Programs<'a> {
    /// The service.
    pub service: &'a Release,
    /// The partners: they are tools of the test, so always those of the release under test.
    pub partners: &'a Release,
}

/// The system under test; stopped on drop.
pub struct World {
    /// PostgreSQL.
    pub postgres: Database,
    /// The PostgreSQL of the partners, if it is another one: they do not know of a standby.
    _partners_postgres: Option<Database>,
    /// Temporal.
    pub temporal: Temporal,
    /// `orders serve` and `orders worker`.
    pub apps: Vec<App>,
    /// The connections between our processes and the servers.
    pub links: Vec<Link>,
    /// `orders sandbox`.
    pub sandbox: App,
    /// The connections from the workers to the partners.
    pub partner_links: Vec<Link>,
    completes_on_delivery: bool,
    has_items: AtomicBool,
    has_feed: AtomicBool,
    api_key: String,
}

impl World {
    /// Starts the system in `folder`.
    pub async fn start(
        programs: Programs<'_>,
        folder: &Path,
        shared: Shared,
        instances: Instances,
    ) -> Result<Self> {
        let release = programs.service;
        let tools = Tools::locate(None)?;
        let partners_folder = folder.join("partners");
        let (own, partners): (&[&str], &[&str]) = if instances.standby {
            (&[DATABASE], &[PARTNERS_DATABASE])
        } else {
            (&[DATABASE, PARTNERS_DATABASE], &[])
        };
        let (postgres, temporal) = tokio::try_join!(
            Database::start(&tools, folder, own, instances.standby),
            Temporal::start(&tools, folder, instances.temporal_nodes),
        )?;
        let partners_postgres = if partners.is_empty() {
            None
        } else {
            Some(Database::start(&tools, &partners_folder, partners, false).await?)
        };
        let database_url = postgres.url(DATABASE);
        release.migrate(&database_url).await?;
        let api_key = release.create_api_key(&database_url).await?;
        let (postgres_at, temporal_at) = (postgres.addresses(), temporal.addresses()?);

        let (mut apps, mut links, mut partner_links) = (Vec::new(), Vec::new(), Vec::new());
        for (role, count) in [
            (Role::Serve, instances.apis),
            (Role::Worker, instances.workers),
        ] {
            for number in 1..=count {
                let name = format!("{} {number}", role.command());
                let to_temporal =
                    Link::open(format!("{name} – Temporal"), temporal_at.clone()).await?;
                let mut targets = Targets {
                    postgres: Vec::new(),
                    temporal: to_temporal.address(),
                    partners: shared.partners,
                };
                for (number, address) in postgres_at.iter().enumerate() {
                    let to = ["PostgreSQL", "PostgreSQL's standby"][number.min(1)];
                    let link = Link::open(format!("{name} – {to}"), vec![*address]).await?;
                    targets.postgres.push(link.address());
                    links.push(link);
                }
                links.push(to_temporal);
                if role == Role::Worker {
                    let to_partners =
                        Link::open(format!("{name} – partners"), vec![shared.partners]).await?;
                    targets.partners = to_partners.address();
                    partner_links.push(to_partners);
                }
                let start = shared.service(role, name, &targets)?;
                apps.push(App::new(release, folder, start));
            }
        }
        let server = apps.iter().find_map(|app| app.url.as_deref());
        let books = partners_postgres.as_ref().unwrap_or(&postgres);
        let books = books.url(PARTNERS_DATABASE);
        let sandbox = shared.sandbox(&books, server.context("no server")?);
        let world = Self {
            postgres,
            _partners_postgres: partners_postgres,
            temporal,
            apps,
            links,
            sandbox: App::new(programs.partners, folder, sandbox),
            partner_links,
            completes_on_delivery: shared.completes_on_delivery,
            has_items: AtomicBool::new(release.has_items),
            has_feed: AtomicBool::new(release.has_feed),
            api_key,
        };
        for app in world.processes() {
            app.start().await?;
        }
        for app in world.processes() {
            app.until_ready().await?;
        }
        Ok(world)
    }

    /// Our processes and the partners.
    pub fn processes(&self) -> impl Iterator<Item = &App> {
        std::iter::once(&self.sandbox).chain(&self.apps)
    }

    /// The control API of the partners, without a proxy.
    pub fn partners(&self) -> SandboxClient {
        SandboxClient::new(self.sandbox.url.clone().unwrap_or_default())
    }

    /// Whether orders with items are completed on delivery, so that parcels may come back before.
    pub fn completes_on_delivery(&self) -> bool {
        self.completes_on_delivery
    }

    /// Whether every process knows orders with items.
    pub fn has_items(&self) -> bool {
        self.has_items.load(Ordering::Relaxed)
    }

    /// Records that every process knows orders with items from now on.
    pub fn now_has_items(&self) {
        self.has_items.store(true, Ordering::Relaxed);
    }

    /// Whether every server has the feed of events.
    pub fn has_feed(&self) -> bool {
        self.has_feed.load(Ordering::Relaxed)
    }

    /// Records that every server has the feed from now on.
    pub fn now_has_feed(&self) {
        self.has_feed.store(true, Ordering::Relaxed);
    }

    /// The database without a proxy, on the server that is the primary now.
    pub fn database_url(&self) -> String {
        self.postgres.url(DATABASE)
    }

    /// The API processes with their URLs.
    pub fn servers(&self) -> Vec<(&App, &str)> {
        let apps = self.apps.iter();
        apps.filter_map(|app| Some((app, app.url.as_deref()?)))
            .collect()
    }

    /// The API key of the clients.
    pub fn api_key(&self) -> &str {
        &self.api_key
    }
}
