//! TLS on every connection: to the server, PostgreSQL, Temporal and the trace collector.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use dev_servers::{Postgres, PostgresOptions, Service};
use futures::StreamExt;
use nix::sys::signal::Signal;
use order_processing::config::{self, AuthMode, Secret, SecretUrl, Settings};
use order_processing::db::{self, Channel, Database, Listener};
use order_processing::server::Server;
use order_processing::telemetry::Telemetry;
use order_processing::tls::{certificates as read_certificates, provider, roots};
use order_processing::workflow::Temporal;
use rustls::pki_types::ServerName;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{ClientConfig, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsConnector, client::TlsStream};
use uuid::Uuid;

use crate::harness::{
    Collector, Gate, Identity, Options, Process, TestApp, certificates, certified_clients,
    collector_is_away, database_url, eventually, temporal_address, tls_acceptor, tools,
};

/// A secret that must not leak.
const HUSH: &str = "hush-hush";

/// A client that trusts the authority of the tests.
fn client(versions: &[&'static SupportedProtocolVersion]) -> ClientConfig {
    let roots = roots("tests", Some(&certificates().ca)).unwrap();
    ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

async fn encrypted(address: std::net::SocketAddr, client: ClientConfig) -> TlsStream<TcpStream> {
    let socket = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let connector = TlsConnector::from(Arc::new(client));
    connector.connect(name, socket).await.unwrap()
}

/// Sends a request over a new connection, and returns the response and the server's certificate.
async fn exchange(app: &TestApp, client: ClientConfig, head: &str) -> (String, Vec<u8>) {
    let mut stream = encrypted(app.address, client).await;
    let certificate = stream.get_ref().1.peer_certificates().unwrap()[0].to_vec();
    let request = format!("{head} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = Vec::new();
    let _ = stream.read_to_end(&mut response).await;
    (String::from_utf8_lossy(&response).into_owned(), certificate)
}

fn replace(files: &config::HttpTls, identity: &Identity) {
    for (from, to) in [
        (&identity.certificate, &files.certificate),
        (&identity.key, &files.key),
    ] {
        // Replaces the file atomically, as an operator's tools do.
        let new = to.with_extension("new");
        std::fs::copy(from, &new).unwrap();
        std::fs::rename(new, to).unwrap();
    }
}

fn der(identity: &Identity) -> Vec<u8> {
    read_certificates("tests", &identity.certificate).unwrap()[0].to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_uses_tls_and_reloads_its_certificate() {
    let made = certificates();
    let app = TestApp::with(Options {
        request_timeout: Duration::from_secs(2),
        adjust: |settings| {
            let folder = folder("http");
            settings.http.tls.certificate = folder.join("tls.crt");
            settings.http.tls.key = folder.join("tls.key");
            replace(&settings.http.tls, &certificates().server);
        },
        ..Options::default()
    })
    .await;
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let (response, certificate) = exchange(&app, client(&[version]), "GET /healthz").await;
        assert!(response.starts_with("HTTP/1.1 200"), "{response}");
        assert!(
            response.contains("strict-transport-security: max-age="),
            "{response}"
        );
        assert_eq!(certificate, der(&made.server));
    }
    // The server negotiates only HTTP/1.1, even if a client prefers HTTP/2.
    let mut modern = client(rustls::ALL_VERSIONS);
    modern.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let stream = encrypted(app.address, modern).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    drop(stream);
    // Requests without TLS are not served.
    let mut plain = TcpStream::connect(app.address).await.unwrap();
    plain
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await
        .unwrap();
    let mut response = Vec::new();
    let _ = plain.read_to_end(&mut response).await;
    assert!(!String::from_utf8_lossy(&response).contains("HTTP/1.1 200"));

    // An invalid certificate file is ignored; a valid one is loaded without a restart.
    let files = &app.settings.http.tls;
    std::fs::write(&files.certificate, "no certificate").unwrap();
    let (response, certificate) = {
        tokio::time::sleep(Duration::from_millis(2500)).await;
        exchange(&app, client(rustls::ALL_VERSIONS), "GET /healthz").await
    };
    assert!(response.starts_with("HTTP/1.1 200"), "{response}");
    assert_eq!(certificate, der(&made.server));
    replace(files, &made.renewed);
    let renewed = der(&made.renewed);
    eventually("the new certificate is in use", async || {
        let (_, shown) = exchange(&app, client(rustls::ALL_VERSIONS), "GET /healthz").await;
        (shown == renewed).then_some(())
    })
    .await;
    std::fs::remove_dir_all(files.certificate.parent().unwrap()).unwrap();
}

/// Silent and slow clients are disconnected, as without TLS.
#[tokio::test(flavor = "multi_thread")]
async fn slow_tls_clients_time_out() {
    let app = TestApp::with(Options {
        request_timeout: Duration::from_secs(1),
        adjust: |settings| {
            settings.http.keep_alive_timeout = Duration::from_secs(1);
            settings.http.stall_timeout = Duration::from_secs(2);
            settings.http.tls.certificate = certificates().server.certificate.clone();
            settings.http.tls.key = certificates().server.key.clone();
        },
        ..Options::default()
    })
    .await;
    let mut silent = TcpStream::connect(app.address).await.unwrap();
    let mut nothing = Vec::new();
    let cut = tokio::time::timeout(Duration::from_secs(30), silent.read_to_end(&mut nothing));
    cut.await.expect("no handshake, and still connected").ok();
    // The head of a second request that never ends.
    let mut stream = encrypted(app.address, client(rustls::ALL_VERSIONS)).await;
    let first = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";
    stream.write_all(first).await.unwrap();
    let mut response = vec![0; 4096];
    let length = stream.read(&mut response).await.unwrap();
    assert!(response[..length].starts_with(b"HTTP/1.1 200"));
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\n")
        .await
        .unwrap();
    let cut = tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut response));
    cut.await.expect("half a head, and still connected").ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_certificates_are_reported_at_the_start() {
    let made = certificates();
    let app = TestApp::start().await;
    let refused = async |identity: Identity, parts: &[&str]| {
        let mut settings = Settings::load(None).unwrap();
        settings.http.listen = "127.0.0.1:0".into();
        settings.auth.mode = AuthMode::Disabled;
        settings.database.url = app.settings.database.url.clone();
        settings.http.tls.certificate = identity.certificate;
        settings.http.tls.key = identity.key;
        let database = Database::new(&settings.database, "tests").unwrap();
        let temporal = Temporal::new(settings.temporal.clone());
        let error = match Server::bind(
            &Arc::new(settings),
            database,
            temporal,
            &Telemetry::default(),
        )
        .await
        {
            Ok(_) => panic!("it started"),
            Err(error) => format!("{error:#}"),
        };
        for part in parts {
            assert!(error.contains(part), "{error}");
        }
    };
    let with = |certificate: &Path, key: &Path| Identity {
        certificate: certificate.into(),
        key: key.into(),
    };
    let server = &made.server;
    let nowhere = Path::new("/nowhere.pem");
    refused(
        with(nowhere, &server.key),
        &["http.tls.certificate", "/nowhere.pem"],
    )
    .await;
    refused(
        with(&server.certificate, nowhere),
        &["http.tls.key", "/nowhere.pem"],
    )
    .await;
    refused(
        with(&server.key, &server.key),
        &["http.tls.certificate", "no certificate"],
    )
    .await;
    refused(
        with(&server.certificate, &server.certificate),
        &["http.tls.key", "no private key"],
    )
    .await;
    refused(
        with(&server.certificate, &made.client.key),
        &["http.tls.key", "not the key of"],
    )
    .await;
}

/// A new folder.
fn folder(name: &str) -> PathBuf {
    let name = format!("{name}-{}", Uuid::new_v4().simple());
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A PostgreSQL with a user `orders`, who needs a password, and a user `certified`, who needs a
/// certificate once TLS is enabled.
struct OwnPostgres {
    server: Option<Postgres>,
    folder: PathBuf,
}

impl OwnPostgres {
    async fn start() -> Self {
        let folder = folder("postgres-tls");
        let server = Postgres::start(
            &tools(),
            PostgresOptions {
                data_dir: folder.clone(),
                settings: vec![("fsync", "off")],
                ..PostgresOptions::default()
            },
        )
        .await
        .unwrap();
        let own = Self {
            server: Some(server),
            folder,
        };
        own.sql("CREATE ROLE certified LOGIN SUPERUSER").await;
        own
    }

    fn cluster(&self) -> PathBuf {
        self.folder.join("cluster")
    }

    async fn sql(&self, statement: &str) {
        use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
        let url = self.server.as_ref().unwrap().url("postgres");
        let mut connection = AsyncPgConnection::establish(&url).await.unwrap();
        connection.batch_execute(statement).await.unwrap();
    }

    /// Enables TLS with this certificate.
    async fn speak_tls(&self, identity: &Identity) {
        let owner = std::fs::metadata(self.cluster()).unwrap();
        let place = |from: &Path, name: &str| {
            let to = self.cluster().join(name);
            let _ = std::fs::remove_file(&to);
            std::fs::copy(from, &to).unwrap();
            std::fs::set_permissions(&to, std::fs::Permissions::from_mode(0o600)).unwrap();
            std::os::unix::fs::chown(&to, Some(owner.uid()), Some(owner.gid())).unwrap();
        };
        place(&identity.certificate, "server.crt");
        place(&identity.key, "server.key");
        place(&certificates().ca, "root.crt");
        let rules = self.cluster().join("pg_hba.conf");
        let certified = "hostssl all certified 127.0.0.1/32 cert map=ours\n";
        let others = "host all all 127.0.0.1/32 scram-sha-256\n";
        std::fs::write(&rules, format!("{certified}{others}")).unwrap();
        std::fs::write(
            self.cluster().join("pg_ident.conf"),
            "ours orders certified\n",
        )
        .unwrap();
        self.sql("ALTER SYSTEM SET ssl_ca_file = 'root.crt'").await;
        self.sql("ALTER SYSTEM SET ssl = on").await;
        self.sql("SELECT pg_reload_conf()").await;
    }

    /// Settings with this user, host and mode.
    fn settings(&self, user: &str, host: &str, mode: &str) -> config::Database {
        let mut settings = Settings::load(None).unwrap().database;
        let port = self.server.as_ref().unwrap().port();
        let mode = match mode {
            "" => String::new(),
            mode => format!("?sslmode={mode}"),
        };
        let url = format!("postgres://{user}@{host}:{port}/postgres{mode}");
        settings.url = SecretUrl::try_from(url.as_str()).unwrap();
        settings.acquire_timeout = Duration::from_secs(10);
        settings
    }

    async fn stop(mut self) {
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

/// Whether the server sees the connection as encrypted, or the error of connecting.
async fn is_encrypted(settings: &config::Database) -> Result<bool, String> {
    use diesel_async::RunQueryDsl;
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        ssl: bool,
    }
    let connected = db::connect(settings, "tests").await;
    let mut connection = connected.map_err(|error| error.to_string())?;
    let query = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let row: Row = diesel::sql_query(query)
        .get_result(&mut connection)
        .await
        .unwrap();
    // The pool connects too.
    let pool = Database::new(settings, "tests").unwrap();
    pool.ping().await.map_err(|error| error.to_string())?;
    Ok(row.ssl)
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_connections_follow_the_sslmode_of_the_url() {
    let made = certificates();
    let postgres = OwnPostgres::start().await;
    let user = "orders:orders";
    let trusting = |mut settings: config::Database, ca: &Path| {
        settings.tls.ca_file = ca.into();
        settings
    };
    let refused = async |settings: config::Database, why: &str| {
        let error = is_encrypted(&settings).await.unwrap_err();
        println!("{error}");
        assert!(error.contains(why), "{error}");
        assert!(
            !error.contains("orders:orders") && !error.contains(HUSH),
            "{error}"
        );
    };

    // A server without TLS.
    for (mode, encrypted) in [("", false), ("disable", false), ("prefer", false)] {
        let settings = postgres.settings(user, "127.0.0.1", mode);
        assert_eq!(is_encrypted(&settings).await, Ok(encrypted), "{mode}");
    }
    for mode in ["require", "verify-full"] {
        refused(
            postgres.settings(user, "127.0.0.1", mode),
            "server does not support TLS",
        )
        .await;
    }
    refused(
        trusting(postgres.settings(user, "127.0.0.1", ""), &made.ca),
        "server does not support TLS",
    )
    .await;

    // A server with TLS.
    postgres.speak_tls(&made.server).await;
    eventually("the server speaks TLS", async || {
        let settings = postgres.settings(user, "127.0.0.1", "");
        (is_encrypted(&settings).await == Ok(true)).then_some(())
    })
    .await;
    for (mode, encrypted) in [("disable", false), ("prefer", true), ("require", true)] {
        let settings = postgres.settings(user, "127.0.0.1", mode);
        assert_eq!(is_encrypted(&settings).await, Ok(encrypted), "{mode}");
    }
    for mode in ["", "require", "verify-ca", "verify-full"] {
        for host in ["127.0.0.1", "localhost"] {
            let settings = postgres.settings(user, host, mode);
            let good = trusting(settings.clone(), &made.ca);
            assert_eq!(is_encrypted(&good).await, Ok(true), "{mode} {host}");
            refused(trusting(settings, &made.other_ca), "UnknownIssuer").await;
        }
    }
    // The system's authorities have not issued the certificate.
    let error = is_encrypted(&postgres.settings(user, "127.0.0.1", "verify-full")).await;
    let error = error.unwrap_err();
    assert!(
        error.contains("UnknownIssuer") || error.contains("authority"),
        "{error}"
    );

    // The listener receives its notifications over TLS too.
    let settings = trusting(
        postgres.settings(user, "localhost", "verify-full"),
        &made.ca,
    );
    let mut listener = Listener::connect(&settings, Channel::Intents)
        .await
        .unwrap();
    postgres.sql("NOTIFY workflow_intents").await;
    let mut notifications = std::pin::pin!(listener.notifications());
    let heard = tokio::time::timeout(Duration::from_secs(10), notifications.next()).await;
    heard.expect("no notification").unwrap().unwrap();

    // Authentication of the client: by a password from a file, or by a certificate.
    let mut settings = trusting(postgres.settings("orders", "localhost", ""), &made.ca);
    let file = postgres.folder.join("password");
    std::fs::write(&file, "orders\n").unwrap();
    settings.password_file = file.clone();
    assert_eq!(is_encrypted(&settings).await, Ok(true));
    std::fs::write(&file, HUSH).unwrap();
    refused(settings.clone(), "password authentication failed").await;
    settings.password_file = PathBuf::new();
    settings.password = Secret::new("orders");
    assert_eq!(is_encrypted(&settings).await, Ok(true));
    settings.password = Secret::new(HUSH);
    refused(settings, "password authentication failed").await;

    let certified = trusting(postgres.settings("certified", "localhost", ""), &made.ca);
    refused(certified.clone(), "certificate").await;
    let mut certified = certified;
    certified.tls.certificate = made.client.certificate.clone();
    certified.tls.key = made.client.key.clone();
    assert_eq!(is_encrypted(&certified).await, Ok(true));

    // A certificate for another host: the weaker modes check only its authority.
    postgres.speak_tls(&made.stranger).await;
    let strict = trusting(
        postgres.settings(user, "localhost", "verify-full"),
        &made.ca,
    );
    eventually("the server has another certificate", async || {
        is_encrypted(&strict).await.err()
    })
    .await;
    refused(strict, "not valid for name").await;
    refused(
        trusting(postgres.settings(user, "localhost", ""), &made.ca),
        "not valid for name",
    )
    .await;
    for mode in ["verify-ca", "require"] {
        let lenient = trusting(postgres.settings(user, "localhost", mode), &made.ca);
        assert_eq!(is_encrypted(&lenient).await, Ok(true), "{mode}");
    }

    // Missing files are reported before connecting.
    let missing = trusting(
        postgres.settings(user, "localhost", ""),
        Path::new("/nowhere.pem"),
    );
    let error = Database::new(&missing, "tests").err().unwrap().to_string();
    assert!(
        error.contains("database.tls.ca_file") && error.contains("/nowhere.pem"),
        "{error}"
    );
    let mut missing = postgres.settings("orders", "localhost", "");
    missing.password_file = "/nowhere".into();
    let error = Database::new(&missing, "tests").err().unwrap().to_string();
    assert!(error.contains("database.password_file"), "{error}");
    postgres.stop().await;
}

/// Terminates TLS in front of Temporal, and requires a client certificate.
async fn temporal_behind_tls(identity: &Identity) -> String {
    behind_tls(temporal_address(), identity, certified_clients()).await
}

/// Terminates TLS in front of a gRPC server.
async fn behind_tls(
    server: String,
    identity: &Identity,
    clients: Arc<dyn ClientCertVerifier>,
) -> String {
    let acceptor = tls_acceptor(identity, clients);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let (acceptor, server) = (acceptor.clone(), server.clone());
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(socket).await else {
                    return;
                };
                let mut server = TcpStream::connect(server).await.unwrap();
                let _ = copy_bidirectional(&mut stream, &mut server).await;
            });
        }
    });
    format!("localhost:{}", address.port())
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_complete_with_a_temporal_that_requires_client_certificates() {
    let address = temporal_behind_tls(&certificates().server).await;
    let app = TestApp::with(Options {
        processing_delay: Duration::from_millis(100),
        worker: true,
        temporal_address: Some(address),
        adjust: |settings| {
            let made = certificates();
            settings.temporal.tls.enabled = true;
            settings.temporal.tls.ca_file = made.ca.clone();
            settings.temporal.tls.certificate = made.client.certificate.clone();
            settings.temporal.tls.key = made.client.key.clone();
        },
        ..Options::default()
    })
    .await;
    app.orders_from(150_000).await;
    let id = app.create(1, "1").await;
    app.becomes(id, "completed").await;
}

/// The setting `server_name` contains the name in the certificate.
#[tokio::test(flavor = "multi_thread")]
async fn the_name_in_temporals_certificate_can_differ_from_its_address() {
    let address = temporal_behind_tls(&certificates().stranger).await;
    let mut settings = Settings::load(None).unwrap().temporal;
    let made = certificates();
    settings.address = format!("https://{address}");
    settings.tls.ca_file = made.ca.clone();
    settings.tls.certificate = made.client.certificate.clone();
    settings.tls.key = made.client.key.clone();
    settings.api_key = Secret::new(HUSH);
    assert!(!Temporal::new(settings.clone()).is_up().await);
    settings.tls.server_name = "elsewhere.example".into();
    let temporal = Temporal::new(settings.clone());
    temporal.check().unwrap();
    temporal.client().await.unwrap();
    // Another authority is not trusted, and the error contains no secret.
    settings.tls.ca_file = made.other_ca.clone();
    let error = Temporal::new(settings.clone())
        .client()
        .await
        .err()
        .unwrap();
    let error = format!("{error} {error:?}");
    assert!(error.contains(&address) && !error.contains(HUSH), "{error}");
    // Missing files are reported at the start.
    settings.tls.ca_file = "/nowhere.pem".into();
    let error = Temporal::new(settings.clone()).check().unwrap_err();
    assert!(error.contains("temporal.tls.ca_file"), "{error}");
    settings.tls.ca_file = made.ca.clone();
    settings.tls.key = made.server.key.clone();
    let error = Temporal::new(settings).check().unwrap_err();
    assert!(
        error.contains("temporal.tls.key") && error.contains("not the key of"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_wait_while_temporal_rejects_the_connection() {
    let address = temporal_behind_tls(&certificates().server).await;
    let app = TestApp::with(Options {
        temporal_address: Some(address),
        adjust: |settings| {
            settings.temporal.tls.enabled = true;
            settings.temporal.tls.ca_file = certificates().ca.clone();
        },
        ..Options::default()
    })
    .await;
    let id = app.create(1, "1").await;
    assert_eq!(app.status_of(id).await, "pending");
    let temporal = Temporal::new(app.settings.temporal.clone());
    assert!(temporal.client().await.is_err());
    let waiting = "SELECT count(*) FROM workflow_intents";
    assert_eq!(app.count(waiting).await, 1);
    assert_eq!(app.get("/readyz").await.status(), 200);
}

/// The next connection to Temporal uses the renewed certificate.
#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_client_certificate_for_temporal_is_used_without_a_restart() {
    let made = certificates();
    let own = folder("temporal-certificate");
    let files = config::HttpTls {
        certificate: own.join("client.pem"),
        key: own.join("client.key"),
    };
    replace(&files, &made.client);
    let gate = Gate::start_certified(&made.server, "hush-hush").await;
    let mut settings = Settings::load(None).unwrap().temporal;
    settings.address = gate.address.clone();
    settings.api_key = Secret::new(HUSH);
    settings.tls.ca_file = made.ca.clone();
    settings.tls.certificate = files.certificate.clone();
    settings.tls.key = files.key.clone();
    let temporal = Temporal::new(settings);
    temporal.require_namespace().await.unwrap();
    let shown = |identity: &Identity| {
        let chain = read_certificates("tests", &identity.certificate).unwrap();
        gate.presented().last().unwrap()[..] == chain[0][..]
    };
    assert!(shown(&made.client));
    replace(&files, &made.renewed_client);
    eventually("the renewed certificate is in use", async || {
        gate.close_connections();
        temporal.require_namespace().await.ok()?;
        shown(&made.renewed_client).then_some(())
    })
    .await;
    std::fs::remove_dir_all(&own).unwrap();
}

/// After the key is replaced and the old one revoked, waiting orders complete without a restart.
#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_api_key_for_temporal_is_used_without_a_restart() {
    static KEY_FILE: OnceLock<PathBuf> = OnceLock::new();
    let file = KEY_FILE.get_or_init(|| folder("temporal-key").join("key"));
    std::fs::write(file, "first-hush").unwrap();
    let gate = Gate::start(&certificates().server, "first-hush").await;
    let app = TestApp::with(Options {
        processing_delay: Duration::from_millis(100),
        worker: true,
        temporal_address: Some(gate.address.clone()),
        adjust: |settings| {
            settings.temporal.tls.ca_file = certificates().ca.clone();
            settings.temporal.api_key_file = KEY_FILE.get().unwrap().clone();
            // While Temporal is unavailable, intents are retried one at a time, at most this far apart.
            settings.dispatcher.max_backoff = Duration::from_millis(300);
        },
        ..Options::default()
    })
    .await;
    app.orders_from(152_000).await;
    let id = app.create(1, "1").await;
    app.becomes(id, "completed").await;

    let temporal = Temporal::new(app.settings.temporal.clone());
    temporal.require_namespace().await.unwrap();
    gate.accept_only("second-hush");
    let error = temporal.require_namespace().await.unwrap_err();
    assert!(
        error.is_outage() && !error.to_string().contains("hush"),
        "{error}"
    );
    let id = app.create(1, "1").await;
    let failing = "SELECT count(*) FROM workflow_intents WHERE last_error IS NOT NULL";
    app.until_count("the dispatch has failed", failing, 1).await;
    std::fs::write(file, "second-hush").unwrap();
    app.becomes(id, "completed").await;
    // Each connection reads the file independently.
    eventually("the other connection uses the new key too", async || {
        temporal.require_namespace().await.ok()
    })
    .await;
}

/// The collector's certificate is verified with the system's authorities, and it receives the API key.
#[tokio::test(flavor = "multi_thread")]
async fn traces_are_exported_over_tls() {
    let collector = Collector::start();
    let made = certificates();
    let no_client_auth = WebPkiClientVerifier::no_client_auth();
    let address = behind_tls(collector.address.to_string(), &made.server, no_client_auth).await;
    let app = TestApp::for_processes(215_000).await;
    let endpoint = format!("https://{address}");
    let authorities = |file: &Path| file.to_str().unwrap().to_owned();
    let (ours, theirs) = (authorities(&made.ca), authorities(&made.other_ca));
    let traced = |authorities| {
        [
            ("ORDERS__TRACES__ENDPOINT", endpoint.as_str()),
            ("ORDERS__TRACES__SAMPLE_RATIO", "1"),
            ("SSL_CERT_FILE", authorities),
            ("OTEL_EXPORTER_OTLP_HEADERS", "x-api-key=hush-hush"),
        ]
    };
    let serve = Process::start("serve", &app, &traced(&ours));
    reqwest::get(format!("{}/orders", serve.api().await))
        .await
        .unwrap();
    let span = eventually("a span", async || {
        collector.spans(|span| span.name == "GET /orders").pop()
    })
    .await;
    assert_eq!(span.api_key.as_deref(), Some(HUSH));

    // A collector whose authority is not trusted receives nothing, and the log reports it.
    let stranger = Process::start("serve", &app, &traced(&theirs));
    reqwest::get(format!("{}/orders", stranger.api().await))
        .await
        .unwrap();
    let line = stranger
        .logs("that the collector is away", collector_is_away)
        .await;
    assert!(!line.to_string().contains(HUSH), "{line}");
    assert_eq!(collector.spans(|span| span.name == "GET /orders").len(), 1);
}

/// A process with its secrets in files serves over TLS, and its arguments, environment, settings and log
/// contain no secret.
#[tokio::test(flavor = "multi_thread")]
async fn secrets_from_files_do_not_leak() {
    let app = TestApp::start().await;
    app.orders_from(151_000).await;
    let made = certificates();
    let folder = folder("secrets");
    let password = folder.join("password");
    std::fs::write(&password, "orders\n").unwrap();
    let key = folder.join("api_key");
    std::fs::write(&key, HUSH).unwrap();
    let url = database_url(&app.database).replace("orders:orders@", "orders@");
    let proxy = temporal_behind_tls(&made.server).await;
    let command = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_orders"));
        command
            .args(arguments)
            .env("ORDERS__HTTP__LISTEN", "127.0.0.1:0")
            .env("ORDERS__HTTP__TLS__CERTIFICATE", &made.server.certificate)
            .env("ORDERS__HTTP__TLS__KEY", &made.server.key)
            .env("ORDERS__AUTH__MODE", "disabled")
            .env("ORDERS__DATABASE__URL", &url)
            .env("ORDERS__DATABASE__PASSWORD_FILE", &password)
            .env("ORDERS__TEMPORAL__ADDRESS", &proxy)
            .env("ORDERS__TEMPORAL__API_KEY_FILE", &key)
            .env("ORDERS__TEMPORAL__TLS__CA_FILE", &made.ca)
            .env(
                "ORDERS__TEMPORAL__TLS__CERTIFICATE",
                &made.client.certificate,
            )
            .env("ORDERS__TEMPORAL__TLS__KEY", &made.client.key)
            .env("ORDERS__LOG__FILTER", "trace")
            .env("ORDERS__LOG__FORMAT", "json");
        command
    };
    let shown = command(&["config"]).output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(
        shown.contains("api_key_file") && !shown.contains(HUSH),
        "{shown}"
    );

    let serve = Service::start("orders serve", command(&["serve"]), &folder.join("log")).unwrap();
    let url = serve.ready().await.unwrap();
    let address = url.strip_prefix("https://");
    let address = address.unwrap_or_else(|| panic!("{url} {}", serve.log()));
    let mut stream = encrypted(address.parse().unwrap(), client(rustls::ALL_VERSIONS)).await;
    let body = r#"{"customer_id":1,"total_amount":1}"#;
    let request = format!(
        "POST /orders HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = Vec::new();
    let _ = stream.read_to_end(&mut response).await;
    let response = String::from_utf8_lossy(&response);
    assert!(response.starts_with("HTTP/1.1 201"), "{response}");
    app.until_count(
        "the intent is dispatched",
        "SELECT count(*) FROM workflow_intents",
        0,
    )
    .await;
    for name in ["cmdline", "environ"] {
        let text = std::fs::read(format!("/proc/{}/{name}", serve.pid())).unwrap();
        assert!(!String::from_utf8_lossy(&text).contains(HUSH), "{name}");
    }
    serve.signal(Signal::SIGKILL);
    let log = serve.log();
    assert!(
        log.contains("request completed") && !log.contains(HUSH),
        "the log holds the key"
    );
    std::fs::remove_dir_all(&folder).unwrap();
}
