//! Security schemes, and the security requirements of operations.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::contract::{self, items, members};
use crate::docs::docs;
use crate::names::{self, Name, Scope};
use crate::source::{Code, code};

/// The security schemes of the contract.
pub(crate) struct Schemes {
    /// Wire name, variant, facts.
    schemes: Vec<(String, Name, Value)>,
    /// The place and the name of every `apiKey`.
    keys: Vec<(String, String)>,
}

/// The security requirements of an operation.
pub(crate) struct Secured {
    /// The alternatives as Rust.
    pub(crate) needs: Code,
    /// Whether one of them requires nothing.
    pub(crate) optional: bool,
}

impl Schemes {
    pub(crate) fn of_contract(contract: &Value, warnings: &mut Vec<String>) -> Result<Self> {
        let mut scope = Scope::default();
        let mut schemes = Vec::new();
        let mut keys = Vec::new();
        for (name, scheme) in members(&contract["components"]["securitySchemes"]) {
            let scheme = match scheme["$ref"].as_str() {
                Some(reference) => contract::resolve(contract, reference)?.value,
                None => scheme,
            };
            let variant = scope.declare(&names::pascal(name));
            let text = |key: &str| {
                scheme[key]
                    .as_str()
                    .map(Code::literal)
                    .with_context(|| format!("security scheme `{name}` has no `{key}`"))
            };
            let kind = match scheme["type"].as_str() {
                Some("apiKey") => match scheme["in"].as_str() {
                    Some("header") => code!("Carrier::Header({})", text("name")?),
                    Some("query") => code!("Carrier::Query({})", text("name")?),
                    Some("cookie") => code!("Carrier::Cookie({})", text("name")?),
                    _ => bail!(
                        "security scheme `{name}`: an apiKey must be in header, query or cookie"
                    ),
                },
                Some("http") => match scheme["scheme"]
                    .as_str()
                    .unwrap_or_default()
                    .to_lowercase()
                    .as_str()
                {
                    "basic" => Code::of("Carrier::Basic"),
                    "bearer" => Code::of("Carrier::Bearer"),
                    "" => bail!("security scheme `{name}` has no `scheme`"),
                    _ => code!("Carrier::Http({})", text("scheme")?),
                },
                // Both use an access token, sent as in RFC 6750.
                Some("oauth2" | "openIdConnect") => Code::of("Carrier::Bearer"),
                Some("mutualTLS") => Code::of("Carrier::Tls"),
                other => bail!("security scheme `{name}`: type {other:?} is not known"),
            };
            if scheme["type"] == "apiKey"
                && let (Some(place), Some(key)) = (scheme["in"].as_str(), scheme["name"].as_str())
            {
                keys.push((place.to_owned(), key.to_owned()));
            }
            schemes.push((
                name.clone(),
                variant.clone(),
                json!({
                    "schemeName": variant,
                    "schemeWire": Code::literal(name),
                    "schemeDocs": Code::docs(docs(scheme, &format!("`{name}` of the contract."))),
                    "carrier": kind,
                }),
            ));
        }
        for name in required(contract) {
            if !schemes.iter().any(|(known, _, _)| *known == name) {
                // An operation that requires an undefined scheme rejects every request.
                warnings.push(format!(
                    "security scheme `{name}` is not defined: operations that require it reject every request"
                ));
                let variant = scope.declare(&names::pascal(&name));
                let facts = json!({
                    "schemeName": variant,
                    "schemeWire": Code::literal(&name),
                    "schemeDocs": Code::docs(["Required by the contract, but not defined there."]),
                    "carrier": Code::of("Carrier::Nowhere"),
                });
                schemes.push((name, variant, facts));
            }
        }
        Ok(Self { schemes, keys })
    }

    /// The names of the credentials that are sent in this place.
    pub(crate) fn keys(&self, place: &str) -> impl Iterator<Item = &str> {
        let here = self.keys.iter().filter(move |(known, _)| known == place);
        here.map(|(_, key)| key.as_str())
    }

    pub(crate) fn facts(&self) -> Value {
        self.schemes
            .iter()
            .map(|(_, _, facts)| facts.clone())
            .collect()
    }

    /// `None` if the operation has no security requirements.
    pub(crate) fn of(&self, contract: &Value, operation: &Value) -> Result<Option<Secured>> {
        let requirements = match &operation["security"] {
            Value::Array(own) => own,
            _ => items(&contract["security"]),
        };
        if requirements
            .iter()
            .all(|alternative| members(alternative).next().is_none())
        {
            return Ok(None);
        }
        let mut optional = false;
        let mut alternatives = Vec::new();
        for alternative in requirements {
            let mut needs = Vec::new();
            for (name, scopes) in members(alternative) {
                let (_, variant, _) = self
                    .schemes
                    .iter()
                    .find(|(known, _, _)| known == name)
                    .with_context(|| format!("security scheme `{name}` is not in the contract"))?;
                let scopes: Vec<&str> = items(scopes).iter().filter_map(Value::as_str).collect();
                needs.push(code!(
                    "runtime::Need {{ scheme: security::Scheme::{}, scopes: {} }}",
                    variant,
                    Code::literals(scopes)
                ));
            }
            optional |= needs.is_empty();
            alternatives.push(code!("&[{}]", Code::join(needs, ", ")));
        }
        Ok(Some(Secured {
            needs: code!("&[{}]", Code::join(alternatives, ", ")),
            optional,
        }))
    }
}

/// The names of all required schemes, in the order of the contract.
fn required(contract: &Value) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let operations = members(&contract["paths"]).flat_map(|(_, item)| members(item));
    let lists = operations.map(|(_, operation)| &operation["security"]);
    for alternative in lists.chain([&contract["security"]]).flat_map(items) {
        for (name, _) in members(alternative) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
    }
    names
}
