//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header).

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::db::IdempotencyKey;
use crate::domain::{ANYONE, Address, Caller, DecisionAnswer, NewOrder, OrderId};

/// The key of a caller's request. The draft requires quotes, but many clients omit them: both forms
/// are the same key. Clients do not share keys, and a client keeps its keys when its credentials
/// change.
pub(super) fn key(
    header: &str,
    caller: &Caller,
    fingerprint: [u8; 32],
    lifetime: Duration,
) -> IdempotencyKey {
    IdempotencyKey {
        key: scoped(header.trim_matches('"'), &caller.client),
        fingerprint,
        lifetime,
    }
}

/// Without authentication the key is stored as the client sent it, which is compatible with keys
/// that were stored before authentication existed.
fn scoped(key: &str, client: &str) -> String {
    if client == ANYONE {
        return key.to_owned();
    }
    let digest = Sha256::digest(format!("{}:{client}{key}", client.len()));
    format!("sha256:{}", URL_SAFE_NO_PAD.encode(digest))
}

/// Identifies a request for a new order. Computed from the parsed request, because a client may order fields differently when it retries.
/// A field that is added later must not change the fingerprint of requests without it, because keys
/// outlive a deployment.
pub(super) fn of_new_order(new: &NewOrder) -> [u8; 32] {
    let NewOrder {
        customer_id,
        total_amount,
        items,
        shipping_address,
    } = new;
    let amount = total_amount.normalize();
    let mut text = format!("createOrder\ncustomer_id={customer_id}\ntotal_amount={amount}\n");
    for item in items {
        let (sku, quantity, price) = (&item.sku, item.quantity, item.unit_price.normalize());
        text += &format!("item={quantity} {price} {sku}\n");
    }
    if let Some(address) = shipping_address {
        let Address {
            name,
            street,
            postal_code,
            city,
            country,
        } = address;
        // With its length, so that no value can look like two.
        for value in [name, street, postal_code, city, country] {
            text += &format!("address={} {value}\n", value.len());
        }
    }
    Sha256::digest(text).into()
}

/// Identifies an answer to an order's question.
pub(super) fn of_decision(order_id: OrderId, answer: DecisionAnswer) -> [u8; 32] {
    Sha256::digest(format!("decideOrder\nid={order_id}\nanswer={answer}\n")).into()
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::*;
    use crate::domain::{Access, CustomerId, Scopes};

    fn caller(client: &str) -> Caller {
        Caller {
            principal: "of no account".into(),
            client: client.into(),
            access: Access::All,
            scopes: Scopes::default(),
        }
    }

    fn new_order(customer_id: i64, total_amount: Decimal) -> NewOrder {
        NewOrder::of_amount(CustomerId(customer_id), total_amount)
    }

    fn of(header: &str, customer_id: i64, total_amount: Decimal) -> IdempotencyKey {
        let fingerprint = of_new_order(&new_order(customer_id, total_amount));
        key(header, &caller(ANYONE), fingerprint, Duration::from_secs(1))
    }

    #[test]
    fn the_fingerprint_ignores_the_notation_of_a_request() {
        let amount = Decimal::new(1250, 2);
        assert_eq!(of("a", 1, amount), of("\"a\"", 1, Decimal::new(125, 1)));
    }

    #[test]
    fn clients_do_not_share_keys() {
        let new = of_new_order(&new_order(1, Decimal::ONE));
        let of = |header, client| key(header, &caller(client), new, Duration::from_secs(1)).key;
        assert_eq!(of("a", "token:1"), of("\"a\"", "token:1"));
        assert_ne!(of("a", "token:1"), of("a", "token:2"));
        assert_ne!(of("2a", "token:1"), of("a", "token:12"));
        assert_eq!(of("a", ANYONE), "a");
        assert!(of(&"k".repeat(255), "token:1").len() < 64);
    }

    #[test]
    fn different_requests_have_different_fingerprints() {
        let one = of("a", 1, Decimal::ONE);
        assert_ne!(one.fingerprint, of("a", 11, Decimal::ONE).fingerprint);
        assert_ne!(one.fingerprint, of("a", 1, Decimal::TEN).fingerprint);
    }
}
