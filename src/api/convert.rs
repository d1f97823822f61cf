//! Conversions between the types of the contract and of the domain.

use crate::domain;
use crate::generated::models;

impl From<domain::Order> for models::Order {
    fn from(order: domain::Order) -> Self {
        Self {
            id: order.id,
            customer_id: order.customer_id.0,
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
            customer_id: domain::CustomerId(request.customer_id),
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
