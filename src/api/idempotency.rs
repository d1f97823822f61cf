//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): one name, one request.

use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::db::IdempotencyKey;
use crate::domain::NewOrder;

/// The key of a request for a new order. The draft writes it in quotes, many clients do not: both
/// name the same key.
pub(super) fn key(header: &str, new: &NewOrder, lifetime: Duration) -> IdempotencyKey {
    IdempotencyKey {
        key: header.trim_matches('"').to_owned(),
        fingerprint: fingerprint(new),
        lifetime,
    }
}

/// What the request asks for, not how it is written: a client may order fields anew when it tries
/// again. A field that is added later must not change the fingerprint of requests without it, for
/// keys outlive a deployment.
fn fingerprint(new: &NewOrder) -> [u8; 32] {
    let NewOrder {
        customer_id,
        total_amount,
    } = new;
    let amount = total_amount.normalize();
    let text = format!("createOrder\ncustomer_id={customer_id}\ntotal_amount={amount}\n");
    Sha256::digest(text).into()
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::*;

    fn of(header: &str, customer_id: i64, total_amount: Decimal) -> IdempotencyKey {
        let new = NewOrder {
            customer_id,
            total_amount,
        };
        key(header, &new, Duration::from_secs(1))
    }

    #[test]
    fn the_same_request_is_the_same_however_it_is_written() {
        let amount = Decimal::new(1250, 2);
        assert_eq!(of("a", 1, amount), of("\"a\"", 1, Decimal::new(125, 1)));
    }

    #[test]
    fn another_request_is_another() {
        let one = of("a", 1, Decimal::ONE);
        assert_ne!(one.fingerprint, of("a", 11, Decimal::ONE).fingerprint);
        assert_ne!(one.fingerprint, of("a", 1, Decimal::TEN).fingerprint);
    }
}
