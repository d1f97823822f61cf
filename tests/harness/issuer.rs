//! An authorization server that signs tokens and publishes its keys.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use order_processing::config::{Auth, Settings};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

pub const ISSUER: &str = "https://issuer.example";
pub const AUDIENCE: &str = "orders-api";

/// A private key and its public half.
#[derive(Clone)]
pub struct SigningKey {
    pub id: String,
    pub algorithm: Algorithm,
    pub private: EncodingKey,
    pub public: Value,
}

impl SigningKey {
    pub fn new(id: &str, algorithm: Algorithm) -> Self {
        let random = SystemRandom::new();
        let private = match algorithm {
            Algorithm::ES256 => {
                let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
                EncodingKey::from_ec_der(key.unwrap().as_ref())
            }
            Algorithm::ES384 => {
                let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &random);
                EncodingKey::from_ec_der(key.unwrap().as_ref())
            }
            Algorithm::EdDSA => {
                let key = Ed25519KeyPair::generate_pkcs8(&random);
                EncodingKey::from_ed_der(key.unwrap().as_ref())
            }
            _ => {
                let key = aws_lc_rs::rsa::KeyPair::generate(KeySize::Rsa2048).unwrap();
                let der = STANDARD.encode(key.as_der().unwrap().as_ref());
                let pem =
                    format!("-----BEGIN PRIVATE KEY-----\n{der}\n-----END PRIVATE KEY-----\n");
                EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap()
            }
        };
        let mut public = match algorithm {
            // The library cannot derive the public key from its `EncodingKey`.
            Algorithm::EdDSA => {
                let pair = Ed25519KeyPair::from_pkcs8(private.as_bytes()).unwrap();
                let public = URL_SAFE_NO_PAD.encode(pair.public_key());
                json!({ "kty": "OKP", "crv": "Ed25519", "x": public })
            }
            _ => json!(Jwk::from_encoding_key(&private, algorithm).unwrap()),
        };
        public["kid"] = id.into();
        Self {
            id: id.into(),
            algorithm,
            private,
            public,
        }
    }

    pub fn header(&self) -> Header {
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.id.clone());
        header
    }

    pub fn sign(&self, claims: &Value) -> String {
        encode(&self.header(), claims, &self.private).unwrap()
    }
}

/// A server that publishes keys.
pub struct Issuer {
    pub url: String,
    pub key: SigningKey,
    published: Arc<Mutex<String>>,
    pub requests: Arc<AtomicUsize>,
}

impl Issuer {
    pub async fn start() -> Self {
        let key = SigningKey::new("first", Algorithm::ES256);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = Self {
            url: format!("http://{}/keys", listener.local_addr().unwrap()),
            published: Arc::default(),
            requests: Arc::default(),
            key: key.clone(),
        };
        issuer.publish(&[&key]);
        tokio::spawn(serve(
            listener,
            issuer.published.clone(),
            issuer.requests.clone(),
        ));
        issuer
    }

    pub fn publish(&self, keys: &[&SigningKey]) {
        let keys: Vec<&Value> = keys.iter().map(|key| &key.public).collect();
        *self.published.lock().unwrap() = json!({ "keys": keys }).to_string();
    }

    /// Publishes something that is not a JWK set.
    pub fn break_down(&self) {
        *self.published.lock().unwrap() = "<html>out of order</html>".into();
    }

    /// The settings of a server that trusts this issuer.
    pub fn auth(&self) -> Auth {
        let mut auth = Settings::load(None).unwrap().auth;
        auth.jwt.jwks_url.clone_from(&self.url);
        auth.jwt.issuer = ISSUER.into();
        auth.jwt.audience = AUDIENCE.into();
        auth
    }

    /// A token that is valid for five minutes.
    pub fn token(&self, scope: &str, customer: Option<i64>) -> String {
        self.key.sign(&claims(scope, customer))
    }
}

pub fn now() -> u64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH);
    elapsed.unwrap().as_secs()
}

/// The claims of a valid token.
pub fn claims(scope: &str, customer: Option<i64>) -> Value {
    let mut claims = json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "someone", "exp": now() + 300, "iat": now(),
        "scope": scope,
    });
    if let Some(customer) = customer {
        claims["customer_id"] = customer.into();
        claims["sub"] = format!("of-{customer}").into();
    }
    claims
}

/// A token as an attacker writes it, with any signature.
pub fn forged(header: &Value, claims: &Value, signature: &[u8]) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signature = URL_SAFE_NO_PAD.encode(signature);
    format!("{}.{}.{signature}", part(header), part(claims))
}

async fn serve(listener: TcpListener, published: Arc<Mutex<String>>, requests: Arc<AtomicUsize>) {
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        requests.fetch_add(1, Ordering::SeqCst);
        let body = published.lock().unwrap().clone();
        tokio::spawn(async move {
            let mut request = vec![0; 4096];
            let _ = stream.read(&mut request).await;
            let length = body.len();
            let response = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
            let _ = stream.write_all(response.as_bytes()).await;
        });
    }
}
