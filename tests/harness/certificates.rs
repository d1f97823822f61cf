//! Certificates of authorities, servers and clients for the tests of TLS, created once for a run.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use order_processing::tls;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair,
};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use tokio_rustls::TlsAcceptor;

/// A certificate and its key, PEM files.
#[derive(Clone)]
pub struct Identity {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

pub struct Certificates {
    /// The authority of the other certificates.
    pub ca: PathBuf,
    /// An authority that has issued no certificate.
    pub other_ca: PathBuf,
    /// `localhost` and 127.0.0.1.
    pub server: Identity,
    /// The same names, issued later.
    pub renewed: Identity,
    /// A server with another name.
    pub stranger: Identity,
    /// A client called `orders`.
    pub client: Identity,
    /// The same client, issued later.
    pub renewed_client: Identity,
}

pub fn certificates() -> &'static Certificates {
    static MADE: OnceLock<Certificates> = OnceLock::new();
    MADE.get_or_init(|| {
        let ca = authority("ours");
        let local = ["localhost", "127.0.0.1"];
        Certificates {
            ca: write("ca.pem", &ca.pem()),
            other_ca: write("other_ca.pem", &authority("theirs").pem()),
            server: issue(&ca, "server", &local, ExtendedKeyUsagePurpose::ServerAuth),
            renewed: issue(&ca, "renewed", &local, ExtendedKeyUsagePurpose::ServerAuth),
            stranger: issue(
                &ca,
                "stranger",
                &["elsewhere.example"],
                ExtendedKeyUsagePurpose::ServerAuth,
            ),
            client: issue(&ca, "orders", &[], ExtendedKeyUsagePurpose::ClientAuth),
            renewed_client: issue(
                &ca,
                "orders-renewed",
                &[],
                ExtendedKeyUsagePurpose::ClientAuth,
            ),
        }
    })
}

/// Terminates TLS of HTTP/2 connections, as this server.
pub fn tls_acceptor(identity: &Identity, clients: Arc<dyn ClientCertVerifier>) -> TlsAcceptor {
    let chain = tls::certificates("tests", &identity.certificate).unwrap();
    let key = PrivateKeyDer::from_pem_file(&identity.key).unwrap();
    let mut config = ServerConfig::builder_with_provider(tls::provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(clients)
        .with_single_cert(chain, key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    // Sessions are not resumed, so that every connection shows its certificate.
    config.send_tls13_tickets = 0;
    TlsAcceptor::from(Arc::new(config))
}

/// Requires a client certificate of the tests' authority.
pub fn certified_clients() -> Arc<dyn ClientCertVerifier> {
    let ours = Arc::new(tls::roots("tests", Some(&certificates().ca)).unwrap());
    let verifier = WebPkiClientVerifier::builder_with_provider(ours, tls::provider());
    verifier.build().unwrap()
}

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    Authority::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn issue(ca: &Authority, name: &str, hosts: &[&str], purpose: ExtendedKeyUsagePurpose) -> Identity {
    let hosts: Vec<String> = hosts.iter().map(|host| (*host).into()).collect();
    let mut params = CertificateParams::new(hosts).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.extended_key_usages = vec![purpose];
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, ca).unwrap();
    Identity {
        certificate: write(&format!("{name}.pem"), &certificate.pem()),
        key: write(&format!("{name}.key"), &key.serialize_pem()),
    }
}

fn write(name: &str, text: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("certificates");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join(name);
    std::fs::write(&file, text).unwrap();
    file
}
