//! What the workflow gets, and what its activities get and return. All of it is part of histories.

use serde::{Deserialize, Serialize};

use crate::domain::{Expired, OrderId};
use crate::workflow::order_workflow::Outcome;

/// The input of a workflow. The settings are a part, so that a changed one affects new workflows
/// only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FulfilmentInput {
    /// The id of the order.
    pub order_id: OrderId,
    /// Whether an earlier workflow of the order may have begun.
    pub resumed: bool,
    /// The steps that are not left out.
    pub steps: Steps,
    /// Whether the order is completed on delivery instead of on dispatch.
    pub completes_on_delivery: bool,
    /// The processing time of an order without any step.
    pub processing_delay_ms: u64,
    /// Whether the order's status is a search attribute, which the namespace must know.
    #[serde(default)]
    pub search_attributes: bool,
}

/// The steps that have a partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Steps {
    /// Stock is reserved.
    pub reserve: bool,
    /// The payment is taken.
    pub pay: bool,
    /// A parcel is shipped.
    pub ship: bool,
}

/// The input of an activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepInput {
    /// The id of the order.
    pub order_id: OrderId,
    /// The attempts that expired before.
    pub expired: Expired,
    /// Whether the order is completed by its capture.
    pub completes: bool,
}

/// The result of an activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepResult {
    /// What comes next.
    pub next: Next,
    /// The attempts that have expired by now.
    pub expired: Expired,
}

/// What comes after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Next {
    /// The next step.
    Continue,
    /// The same step, after this time or when the order changes.
    Wait(u64),
    /// What was held has expired: it is attempted again, with another id.
    Again,
    /// An operator must decide; then the step is attempted again, with another id.
    Blocked,
    /// Everything is undone.
    Undo,
    /// The parcel is on its way and can no longer be cancelled.
    TooLate,
    /// Nothing: the order has ended in this way.
    Ended(Outcome),
}

impl Next {
    /// The name in metrics and traces.
    pub(in crate::workflow) const fn as_str(self) -> &'static str {
        match self {
            Self::Continue => "done",
            Self::Wait(_) => "waiting",
            Self::Again => "expired",
            Self::Blocked => "blocked",
            Self::Undo => "cancelling",
            Self::TooLate => "too_late",
            Self::Ended(outcome) => outcome.as_str(),
        }
    }
}
