//! The search attributes of orders with items, by which Temporal's web UI finds them. They must be
//! registered in the namespace: `docs/operating.md`.

use temporalio_common::search_attributes::{
    SearchAttributeKey, SearchAttributeUpdate, SearchAttributes,
};

use super::fulfilment::Next;
use super::order_workflow::Outcome;
use crate::domain::{CustomerId, OrderStatus};

/// The name and type of each attribute, as `temporal operator search-attribute create` takes them.
pub const SEARCH_ATTRIBUTES: [(&str, &str); 2] =
    [("OrderCustomer", "Int"), ("OrderStatus", "Keyword")];

const CUSTOMER: SearchAttributeKey<i64> = SearchAttributeKey::int(SEARCH_ATTRIBUTES[0].0);
const STATUS: SearchAttributeKey<String> = SearchAttributeKey::keyword(SEARCH_ATTRIBUTES[1].0);

/// The attributes of a workflow that is started.
pub(super) fn at_start(customer: CustomerId) -> SearchAttributes {
    SearchAttributes::new([
        CUSTOMER.value_set(customer.0),
        status_is(OrderStatus::Pending),
    ])
}

/// The change of an attribute.
pub(super) fn status_is(status: OrderStatus) -> SearchAttributeUpdate {
    STATUS.value_set(status.as_str().to_owned())
}

/// The status of an order after a step; `None` if the order is deleted.
pub(super) fn status_after(next: Next) -> Option<OrderStatus> {
    match next {
        Next::Ended(Outcome::Completed) => Some(OrderStatus::Completed),
        Next::Ended(Outcome::Cancelled) => Some(OrderStatus::Cancelled),
        Next::Ended(Outcome::Deleted) => None,
        _ => Some(OrderStatus::Processing),
    }
}
