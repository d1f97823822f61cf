//! Authorities, servers and clients for the tests of TLS, made once for a run.

use std::path::PathBuf;
use std::sync::OnceLock;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair,
};

/// A certificate and its key, PEM files.
#[derive(Clone)]
pub struct Identity {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

pub struct Certificates {
    /// Who issued the rest.
    pub ca: PathBuf,
    /// An authority that has issued nothing.
    pub other_ca: PathBuf,
    /// `localhost` and 127.0.0.1.
    pub server: Identity,
    /// The same names, issued later.
    pub renewed: Identity,
    /// A server of another name.
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
