//! The pages of `GET /orders`.

use chrono::{DateTime, SecondsFormat, Utc};

use super::cursor::Cursors;
use super::pages::Link;
use crate::db::{OrderConditions, OrderFilter, PageOf};
use crate::domain::{Access, Order, OrderId};
use crate::generated::orders::ListOrdersParameters;

/// Where the page begins; `None` if its cursor is not one of this server and caller.
pub(super) fn place(
    parameters: &ListOrdersParameters,
    cursors: &Cursors,
    access: Access,
) -> Option<PageOf> {
    parameters
        .cursor
        .as_deref()
        .map_or(Some(PageOf::Below(OrderId(i64::MAX))), |cursor| {
            cursors.decode(cursor, access)
        })
}

/// Takes the order beyond the page from it; returns the `Link` header with the pages beside it.
pub(super) fn cut(
    page: &mut Vec<Order>,
    place: PageOf,
    parameters: &ListOrdersParameters,
    cursors: &Cursors,
    access: Access,
) -> Option<String> {
    let limit = usize::try_from(parameters.limit).unwrap_or(usize::MAX);
    let has_more = page.len() > limit;
    // The extra order is the farthest one from the place.
    let (has_newer, has_older) = match place {
        PageOf::Below(_) => {
            page.truncate(limit);
            (parameters.cursor.is_some(), has_more)
        }
        PageOf::Above(_) => {
            page.drain(..page.len().saturating_sub(limit));
            (has_more, true)
        }
    };
    let edge = |order: Option<&Order>, place: fn(OrderId) -> PageOf, relation| {
        order.map(|order| {
            let cursor = cursors.encode(place(order.id), access);
            link(parameters, &cursor, relation)
        })
    };
    let newer = edge(page.first().filter(|_| has_newer), PageOf::Above, "prev");
    let older = edge(page.last().filter(|_| has_older), PageOf::Below, "next");
    let links: Vec<String> = older.into_iter().chain(newer).collect();
    (!links.is_empty()).then(|| links.join(", "))
}

/// Which orders the parameters select.
pub(super) fn filter(parameters: &ListOrdersParameters, access: Access) -> OrderFilter {
    OrderFilter {
        statuses: parameters.status.clone().unwrap_or_default(),
        customer_id: parameters.customer_id,
        access,
        conditions: OrderConditions {
            payment: parameters.payment_status.clone().unwrap_or_default(),
            shipment: parameters.shipment_status.clone().unwrap_or_default(),
            needs_attention: parameters.needs_attention,
            created_from: parameters.created_from,
            created_before: parameters.created_before,
            min_amount: parameters.min_amount,
            max_amount: parameters.max_amount,
        },
    }
}

/// The `Link` to another page.
fn link(parameters: &ListOrdersParameters, cursor: &str, relation: &str) -> String {
    let (payment, shipment) = (&parameters.payment_status, &parameters.shipment_status);
    let rfc3339 = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let statuses = parameters.status.iter().flatten();
    let payments = payment.iter().flatten().map(|status| status.as_str());
    let shipments = shipment.iter().flatten().map(|status| status.as_str());
    Link::to("/orders", parameters.limit)
        .with("status", statuses.map(|status| status.as_str()))
        .with("payment_status", payments)
        .with("shipment_status", shipments)
        .with("customer_id", parameters.customer_id)
        .with("needs_attention", parameters.needs_attention)
        .with("created_from", parameters.created_from.map(rfc3339))
        .with("created_before", parameters.created_before.map(rfc3339))
        .with("min_amount", parameters.min_amount)
        .with("max_amount", parameters.max_amount)
        .with("cursor", [cursor])
        .relation(relation)
}
