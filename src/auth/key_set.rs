//! The issuer's keys (a JWK set, RFC 7517).

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

/// Keys of a set that are read. An issuer publishes a few.
const MOST_KEYS: usize = 64;
/// The shortest RSA key that is accepted, in bytes (RFC 7518, section 3.3).
const SHORTEST_RSA_KEY: usize = 256;

/// The keys that signatures are verified with.
pub(super) struct KeySet {
    keys: Vec<Key>,
    /// The source text, to detect changes.
    text: Vec<u8>,
    /// Unique to each set of this process.
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
    /// Parses a set. Unusable keys are skipped and logged.
    pub(super) fn parse(text: Vec<u8>, generation: u64) -> Result<Self, String> {
        let read: Text =
            serde_json::from_slice(&text).map_err(|error| format!("not a JWK set: {error}"))?;
        let mut keys = Vec::new();
        for value in read.keys.into_iter().take(MOST_KEYS) {
            let id = value["kid"].as_str().map(str::to_owned);
            match key(value) {
                Ok(key) => keys.push(key),
                Err(reason) => tracing::warn!(kid = id, reason, "skipped a key of the issuer"),
            }
        }
        if keys.is_empty() {
            return Err("the JWK set contains no usable key".into());
        }
        Ok(Self {
            keys,
            text,
            generation,
        })
    }

    /// Whether this text is the one that the set was parsed from.
    pub(super) fn is_from(&self, text: &[u8]) -> bool {
        self.text == text
    }

    /// The keys that may have signed: those with this id, or all if the token names none.
    pub(super) fn candidates<'a>(&'a self, id: Option<&'a str>) -> impl Iterator<Item = &'a Key> {
        self.keys
            .iter()
            .filter(move |key| id.is_none() || key.id.as_deref() == id)
    }
}

/// The key determines the algorithms, never the token alone: otherwise a public key could be used
/// as an HMAC secret.
fn key(value: Value) -> Result<Key, &'static str> {
    // Unknown values of `alg` or `key_ops` make this key unusable, not the whole set.
    let jwk: Jwk = serde_json::from_value(value).map_err(|_| "the key cannot be parsed")?;
    if matches!(&jwk.common.public_key_use, Some(usage) if *usage != PublicKeyUse::Signature) {
        return Err("the key is not for signatures");
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
            _ => return Err("the curve is not supported"),
        },
        AlgorithmParameters::OctetKeyPair(key) => match key.curve {
            EllipticCurve::Ed25519 => &[(KeyAlgorithm::EdDSA, Algorithm::EdDSA)],
            _ => return Err("the curve is not supported"),
        },
        _ => return Err("the key is not a public key"),
    };
    if let AlgorithmParameters::RSA(key) = &jwk.algorithm
        && decoded_length(&key.n) < SHORTEST_RSA_KEY
    {
        return Err("the key is too short");
    }
    let named = jwk.common.key_algorithm;
    let algorithms: Vec<Algorithm> = possible
        .iter()
        .filter(|(name, _)| named.is_none_or(|named| named == *name))
        .map(|(_, algorithm)| *algorithm)
        .collect();
    if algorithms.is_empty() {
        return Err("the algorithm does not match the key type");
    }
    let decoding = DecodingKey::from_jwk(&jwk).map_err(|_| "the key cannot be parsed")?;
    Ok(Key {
        id: jwk.common.key_id,
        algorithms,
        decoding,
    })
}

/// The number of bytes that a base64url text encodes.
fn decoded_length(text: &str) -> usize {
    text.trim_end_matches('=').len() * 3 / 4
}
