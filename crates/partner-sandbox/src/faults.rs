//! What goes wrong, on purpose: the plan, and the choice for each request and webhook.

use std::sync::{Arc, Mutex, PoisonError};

use contract_runtime::Operation;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

use crate::generated::{inventory, payment, shipping};

/// The operation of the webhook in the contract of shipping.
pub(crate) const WEBHOOK: &str = "shipmentChanged";

/// A partner; its name is the first segment of its paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Partner {
    /// Reservations.
    Inventory,
    /// Authorizations, captures, refunds.
    Payment,
    /// Shipments.
    Shipping,
}

impl Partner {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Inventory, Self::Payment, Self::Shipping];

    /// Its name in paths and books.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inventory => "inventory",
            Self::Payment => "payment",
            Self::Shipping => "shipping",
        }
    }

    pub(crate) fn operations(self) -> &'static [Operation] {
        match self {
            Self::Inventory => inventory::OPERATIONS,
            Self::Payment => payment::OPERATIONS,
            Self::Shipping => shipping::OPERATIONS,
        }
    }
}

/// How a request, or a webhook, goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The connection is closed without an answer, before the effect.
    Refuse,
    /// 429 with `Retry-After`, before the effect.
    #[serde(rename = "429")]
    TooManyRequests,
    /// 503 with `Retry-After`, before the effect.
    #[serde(rename = "503")]
    ServiceUnavailable,
    /// 500, before the effect.
    #[serde(rename = "500_before")]
    ErrorBefore,
    /// 500, after the effect.
    #[serde(rename = "500_after")]
    ErrorAfter,
    /// No answer, after the effect: for `delay_ms`, or a minute.
    Silent,
    /// The answer ends in the middle of its body, after the effect.
    Cut,
    /// The answer comes `delay_ms` later, or a second.
    Slow,
    /// 418, which no contract has, after the effect.
    Undeclared,
    /// 200 with a body of another shape, after the effect.
    Malformed,
    /// What the request names expires before it: a reservation or an authorization.
    Expire,
    /// The webhook is sent twice.
    Twice,
    /// The webhook, and later ones of its shipment, come `delay_ms` later, or a second.
    Late,
    /// The webhook is put off by `delay_ms`, or half a second; later ones of its shipment are not.
    OutOfOrder,
    /// The webhook is not sent.
    Never,
}

impl FaultKind {
    /// The kinds for requests.
    pub const REQUESTS: [Self; 11] = [
        Self::Refuse,
        Self::TooManyRequests,
        Self::ServiceUnavailable,
        Self::ErrorBefore,
        Self::ErrorAfter,
        Self::Silent,
        Self::Cut,
        Self::Slow,
        Self::Undeclared,
        Self::Malformed,
        Self::Expire,
    ];
    /// The kinds for webhooks.
    pub const WEBHOOKS: [Self; 4] = [Self::Twice, Self::Late, Self::OutOfOrder, Self::Never];
}

/// What goes wrong, and when. The first fault of a plan that applies is the one that happens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// How it goes wrong.
    pub kind: FaultKind,
    /// Only at this partner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<Partner>,
    /// Only at the operation with this `operationId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Only if the path, or for a webhook the id of the shipment, contains this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contains: Option<String>,
    /// The share of the requests, 0 to 1.
    #[serde(default = "always")]
    pub probability: f64,
    /// How many times more; without, without end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// How long, in milliseconds; rounded up to seconds for `Retry-After`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// How many times it has happened.
    #[serde(default)]
    pub hits: u64,
}

fn always() -> f64 {
    1.0
}

impl Fault {
    /// A fault that always happens, everywhere.
    pub fn new(kind: FaultKind) -> Self {
        Self {
            kind,
            partner: None,
            operation: None,
            contains: None,
            probability: always(),
            count: None,
            delay_ms: None,
            hits: 0,
        }
    }

    fn applies(&self, partner: Partner, operation: &str, subject: &str) -> bool {
        let is_webhook = operation == WEBHOOK;
        is_webhook == FaultKind::WEBHOOKS.contains(&self.kind)
            && self.partner.is_none_or(|wanted| wanted == partner)
            && self
                .operation
                .as_deref()
                .is_none_or(|wanted| wanted == operation)
            && self
                .contains
                .as_deref()
                .is_none_or(|part| subject.contains(part))
            && self.count != Some(0)
    }
}

/// All that goes wrong.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultPlan {
    /// Makes the choices by probability repeatable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// In the sequence in which they are tried.
    pub faults: Vec<Fault>,
}

impl FaultPlan {
    /// What is wrong with it.
    pub(crate) fn mistake(&self) -> Option<String> {
        let known = |name: &str| {
            name == WEBHOOK
                || Partner::ALL
                    .iter()
                    .any(|partner| partner.operations().iter().any(|known| known.id == name))
        };
        self.faults.iter().find_map(|fault| match &fault.operation {
            Some(name) if !known(name) => Some(format!("there is no operation `{name}`")),
            _ if !(0.0..=1.0).contains(&fault.probability) => {
                Some("a probability is not within 0 and 1".into())
            }
            _ => None,
        })
    }
}

/// The plan that is in force; cheap to clone.
#[derive(Clone)]
pub(crate) struct Faults(Arc<Mutex<(FaultPlan, StdRng)>>);

impl Faults {
    /// Nothing goes wrong.
    pub(crate) fn none() -> Self {
        Self(Arc::new(Mutex::new((
            FaultPlan::default(),
            StdRng::from_os_rng(),
        ))))
    }

    pub(crate) fn set(&self, plan: FaultPlan) {
        let random = plan
            .seed
            .map_or_else(StdRng::from_os_rng, StdRng::seed_from_u64);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (plan, random);
    }

    pub(crate) fn plan(&self) -> FaultPlan {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .0
            .clone()
    }

    /// The fault that happens now.
    pub(crate) fn pick(&self, partner: Partner, operation: &str, subject: &str) -> Option<Fault> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (plan, random) = &mut *state;
        let fault = plan.faults.iter_mut().find(|fault| {
            fault.applies(partner, operation, subject) && random.random::<f64>() < fault.probability
        })?;
        fault.hits += 1;
        fault.count = fault.count.map(|count| count - 1);
        Some(fault.clone())
    }
}
