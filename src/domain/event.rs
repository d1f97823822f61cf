//! What happened to an order.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::OrderStatus;

/// One thing that happened to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderEvent {
    /// Its place in the order's history, from 1 without a gap: the version that it made.
    pub sequence: i64,
    /// What happened.
    pub kind: OrderEventKind,
    /// What it set.
    pub data: OrderEventData,
    /// Who did it.
    pub actor: Actor,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderEventKind {
    /// The order was accepted.
    Created,
    /// Some of its fields changed.
    Updated,
    /// It got a new workflow, because its own was lost.
    Restarted,
    /// It is gone.
    Deleted,
}

/// The fields that an event set, with their new values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderEventData {
    /// Of a new order.
    pub customer_id: Option<i64>,
    /// The new status.
    pub status: Option<OrderStatus>,
    /// The new amount.
    pub total_amount: Option<Decimal>,
    /// Why, where it is not plain.
    pub reason: Option<String>,
}

/// Who does something to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// A client of the API.
    Client,
    /// The order's own workflow.
    Workflow,
    /// What mends orders that disagree with their workflows.
    Reconciler,
}

impl OrderEventKind {
    const ALL: [Self; 4] = [Self::Created, Self::Updated, Self::Restarted, Self::Deleted];

    /// The name that is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Restarted => "restarted",
            Self::Deleted => "deleted",
        }
    }

    /// The kind of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

impl Actor {
    const ALL: [Self; 3] = [Self::Client, Self::Workflow, Self::Reconciler];

    /// The name that is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Workflow => "workflow",
            Self::Reconciler => "reconciler",
        }
    }

    /// The actor of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|actor| actor.as_str() == name)
    }
}
