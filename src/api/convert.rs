//! Conversions between the types of the contract and of the domain.

use crate::domain::{self, Fulfilment, ItemStatus};
use crate::generated::models;

impl From<domain::Order> for models::Order {
    fn from(order: domain::Order) -> Self {
        // An order with items is changed by its workflow.
        let transitions = match order.fulfilment {
            Some(_) => &[],
            None => order.status.transitions(),
        };
        let state = order.fulfilment.map(|fulfilment| *fulfilment);
        let state = state.unwrap_or_else(|| Fulfilment::new(Vec::new()));
        Self {
            id: order.id,
            customer_id: order.customer_id,
            status: order.status,
            total_amount: order.total_amount,
            created_at: order.created_at,
            updated_at: order.updated_at,
            allowed_transitions: transitions.to_vec(),
            items: (!state.items.is_empty()).then_some(state.items),
            payment: state.payment,
            shipment: state.shipment,
            decision: state.decision,
            cancellation_reason: state.cancellation_reason,
            attention: state.attention,
        }
    }
}

impl From<models::CreateOrderRequest> for domain::NewOrder {
    fn from(request: models::CreateOrderRequest) -> Self {
        let items = request.items.into_iter().flatten();
        Self {
            customer_id: request.customer_id,
            total_amount: request.total_amount,
            items: items
                .map(|item| models::OrderItem {
                    sku: item.sku,
                    quantity: item.quantity,
                    unit_price: item.unit_price,
                    status: ItemStatus::Pending,
                })
                .collect(),
            shipping_address: request.shipping_address,
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
