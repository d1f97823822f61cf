//! The issuer's keys (a JWK set, RFC 7517).

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

/// Keys in a set that are looked at. An issuer has a few.
const MOST_KEYS: usize = 64;
/// Shorter RSA keys are not trusted (RFC 7518, section 3.3), in bytes.
const SHORTEST_RSA_KEY: usize = 256;

/// Keys that signatures are verified with.
pub(super) struct KeySet {
    keys: Vec<Key>,
    /// The text that it was made from, to tell whether another one says something new.
    text: Vec<u8>,
    /// Different for every set of this process.
    pub(super) generation: u64,
}

pub(super) struct Key {
    id: Option<String>,
    pub(super) algorithms: Vec<Algorithm>,
    pub(super) decoding: DecodingKey,
}

#[derive(Deserialize)]
struct Text {
    keys: Vec<Value>,
}

impl KeySet {
    /// Reads a set. Keys that cannot be used here are left out, and named in the log.
    pub(super) fn parse(text: Vec<u8>, generation: u64) -> Result<Self, String> {
        let read: Text =
            serde_json::from_slice(&text).map_err(|error| format!("not a JWK set: {error}"))?;
        let mut keys = Vec::new();
        for value in read.keys.into_iter().take(MOST_KEYS) {
            let id = value["kid"].as_str().map(str::to_owned);
            match key(value) {
                Ok(key) => keys.push(key),
                Err(reason) => tracing::warn!(kid = id, reason, "a key of the issuer is left out"),
            }
        }
        if keys.is_empty() {
            return Err("it holds no key that can be used".into());
        }
        Ok(Self {
            keys,
            text,
            generation,
        })
    }

    /// Whether this text says the same.
    pub(super) fn is_from(&self, text: &[u8]) -> bool {
        self.text == text
    }

    /// The keys that may have signed: the one of this id, or any where the token names none.
    pub(super) fn candidates<'a>(&'a self, id: Option<&'a str>) -> impl Iterator<Item = &'a Key> {
        self.keys
            .iter()
            .filter(move |key| id.is_none() || key.id.as_deref() == id)
    }
}

/// Algorithms are decided by the key, never by the token alone: a public key must not be taken for
/// the secret of an HMAC.
fn key(value: Value) -> Result<Key, &'static str> {
    // What we do not know of `alg` and `key_ops` makes a key unfit, not the set.
    let jwk: Jwk = serde_json::from_value(value).map_err(|_| "it cannot be read")?;
    if matches!(&jwk.common.public_key_use, Some(usage) if *usage != PublicKeyUse::Signature) {
        return Err("it is not for signatures");
    }
    let possible: &[(KeyAlgorithm, Algorithm)] = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => &[
            (KeyAlgorithm::RS256, Algorithm::RS256),
            (KeyAlgorithm::RS384, Algorithm::RS384),
            (KeyAlgorithm::RS512, Algorithm::RS512),
            (KeyAlgorithm::PS256, Algorithm::PS256),
            (KeyAlgorithm::PS384, Algorithm::PS384),
            (KeyAlgorithm::PS512, Algorithm::PS512),
        ],
        AlgorithmParameters::EllipticCurve(key) => match key.curve {
            EllipticCurve::P256 => &[(KeyAlgorithm::ES256, Algorithm::ES256)],
            EllipticCurve::P384 => &[(KeyAlgorithm::ES384, Algorithm::ES384)],
            _ => return Err("its curve is not supported"),
        },
        AlgorithmParameters::OctetKeyPair(key) => match key.curve {
            EllipticCurve::Ed25519 => &[(KeyAlgorithm::EdDSA, Algorithm::EdDSA)],
            _ => return Err("its curve is not supported"),
        },
        _ => return Err("it is not a public key"),
    };
    if let AlgorithmParameters::RSA(key) = &jwk.algorithm
        && decoded_length(&key.n) < SHORTEST_RSA_KEY
    {
        return Err("it is too short");
    }
    let named = jwk.common.key_algorithm;
    let algorithms: Vec<Algorithm> = possible
        .iter()
        .filter(|(name, _)| named.is_none_or(|named| named == *name))
        .map(|(_, algorithm)| *algorithm)
        .collect();
    if algorithms.is_empty() {
        return Err("its algorithm does not fit its kind");
    }
    let decoding = DecodingKey::from_jwk(&jwk).map_err(|_| "it cannot be read")?;
    Ok(Key {
        id: jwk.common.key_id,
        algorithms,
        decoding,
    })
}

/// Bytes that a text of base64url stands for.
fn decoded_length(text: &str) -> usize {
    text.trim_end_matches('=').len() * 3 / 4
}
