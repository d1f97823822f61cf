//! Between the contract's types and the domain's.

use crate::domain;
use crate::generated::models;

impl From<domain::Order> for models::Order {
    fn from(order: domain::Order) -> Self {
        Self {
            id: order.id,
            customer_id: order.customer_id,
            status: order.status,
            total_amount: order.total_amount,
            created_at: order.created_at,
            updated_at: order.updated_at,
            allowed_transitions: order.status.transitions().to_vec(),
        }
    }
}

impl From<models::CreateOrderRequest> for domain::NewOrder {
    fn from(request: models::CreateOrderRequest) -> Self {
        Self {
            customer_id: request.customer_id,
            total_amount: request.total_amount,
        }
    }
}

impl From<models::UpdateOrderRequest> for domain::OrderChange {
    fn from(request: models::UpdateOrderRequest) -> Self {
        Self {
            status: request.status,
            total_amount: request.total_amount,
        }
    }
}

impl From<domain::OrderEvent> for models::OrderEvent {
    fn from(event: domain::OrderEvent) -> Self {
        Self {
            sequence: event.sequence,
            r#type: event.kind.into(),
            data: models::OrderEventData {
                customer_id: event.data.customer_id,
                status: event.data.status,
                total_amount: event.data.total_amount,
                reason: event.data.reason,
            },
            actor: event.actor.into(),
            occurred_at: event.occurred_at,
        }
    }
}

impl From<domain::OrderEventKind> for models::OrderEventType {
    fn from(kind: domain::OrderEventKind) -> Self {
        match kind {
            domain::OrderEventKind::Created => Self::Created,
            domain::OrderEventKind::Updated => Self::Updated,
            domain::OrderEventKind::Restarted => Self::Restarted,
            domain::OrderEventKind::Deleted => Self::Deleted,
        }
    }
}

impl From<domain::Actor> for models::OrderEventActor {
    fn from(actor: domain::Actor) -> Self {
        match actor {
            domain::Actor::Client => Self::Client,
            domain::Actor::Workflow => Self::Workflow,
            domain::Actor::Reconciler => Self::Reconciler,
        }
    }
}
