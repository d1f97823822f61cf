//! New orders, each with its first event, the intent to start its workflow, and the key that its
//! client gave it.

use std::collections::HashSet;

use diesel::IntoSql;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Double, Nullable, Numeric, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use rust_decimal::Decimal;

use super::{IdempotencyKey, Placed, in_places};
use crate::db::batch::Batch;
use crate::db::prepared::prepared;
use crate::domain::{NewOrder, Order};
use crate::error::StoreError;

/// Stores an order, unless its key is taken: `None` then. A request with the same key that is still
/// on its way is waited for.
pub(super) struct Insert;

/// What [`Insert`] stores.
pub(super) type Asked = (NewOrder, Option<IdempotencyKey>);

impl Batch for Insert {
    type Question = Asked;
    type Answer = Option<Order>;

    async fn ask(
        connection: &mut AsyncPgConnection,
        asked: &[&Asked],
    ) -> Result<Vec<Option<Order>>, StoreError> {
        // One statement may touch a key once. Who comes second with it is told that it is taken.
        let mut keys = HashSet::new();
        let first_of_their_key: Vec<usize> = (0..asked.len())
            .filter(|&at| match &asked[at].1 {
                Some(key) => keys.insert(&key.key),
                None => true,
            })
            .collect();
        let first = || first_of_their_key.iter().map(|&at| asked[at]);
        let accepted = match keys.is_empty() {
            true => insert(connection, first()).await?,
            false => insert_with_keys(connection, first()).await?,
        };
        let stored = in_places(accepted, first_of_their_key.len())?;
        let mut answers = vec![None; asked.len()];
        for (at, order) in first_of_their_key.into_iter().zip(stored) {
            answers[at] = order;
        }
        Ok(answers)
    }
}

/// How the orders that were numbered are stored, with all that belongs to them.
macro_rules! store_numbered {
    () => {
        "
         accepted AS (
            INSERT INTO orders (id, customer_id, total_amount) OVERRIDING SYSTEM VALUE
            SELECT id, customer_id, total_amount FROM numbered
            RETURNING *),
         recorded AS (
            INSERT INTO order_events (order_id, sequence, type, data, actor, occurred_at)
            SELECT id, version, 'created',
                   jsonb_build_object('customer_id', customer_id, 'status', status,
                                      'total_amount', total_amount),
                   'client', created_at
              FROM accepted),
         intended AS (
            INSERT INTO workflow_intents (order_id, action) SELECT id, 'start' FROM accepted)
         SELECT numbered.position, accepted.* FROM accepted JOIN numbered USING (id)"
    };
}

async fn insert(
    connection: &mut AsyncPgConnection,
    asked: impl Iterator<Item = &Asked>,
) -> QueryResult<Vec<Placed>> {
    let (customers, amounts): (Vec<i64>, Vec<Decimal>) = asked
        .map(|(new, _)| (new.customer_id, new.total_amount))
        .unzip();
    prepared(
        "WITH numbered AS MATERIALIZED (
            SELECT nextval('orders_id_seq') AS id, asked.*
              FROM unnest(",
        (
            customers.into_sql::<Array<BigInt>>(),
            amounts.into_sql::<Array<Numeric>>(),
        ),
        concat!(
            ") WITH ORDINALITY AS asked (customer_id, total_amount, position)),",
            store_numbered!()
        ),
    )
    .load(connection)
    .await
}

async fn insert_with_keys(
    connection: &mut AsyncPgConnection,
    asked: impl Iterator<Item = &Asked>,
) -> QueryResult<Vec<Placed>> {
    let mut customers = Vec::new();
    let mut amounts = Vec::new();
    let mut keys = Vec::new();
    let mut fingerprints = Vec::new();
    let mut lifetimes = Vec::new();
    for (new, key) in asked {
        customers.push(new.customer_id);
        amounts.push(new.total_amount);
        keys.push(key.as_ref().map(|key| key.key.as_str()));
        fingerprints.push(key.as_ref().map(|key| &key.fingerprint[..]));
        lifetimes.push(key.as_ref().map(|key| key.lifetime.as_secs_f64()));
    }
    // Keys are claimed in one order everywhere, so that two batches never wait for each other.
    prepared(
        "WITH asked AS MATERIALIZED (
            SELECT * FROM unnest(",
        (
            customers.into_sql::<Array<BigInt>>(),
            amounts.into_sql::<Array<Numeric>>(),
            keys.into_sql::<Array<Nullable<Text>>>(),
            fingerprints.into_sql::<Array<Nullable<Binary>>>(),
            lifetimes.into_sql::<Array<Nullable<Double>>>(),
        ),
        concat!(
            ") WITH ORDINALITY
                AS asked (customer_id, total_amount, key, fingerprint, lifetime, position)),
         claimed AS (
            INSERT INTO idempotency_keys AS known (key, fingerprint, order_id, expires_at)
            SELECT key, fingerprint, nextval('orders_id_seq'),
                   now() + make_interval(secs => lifetime)
              FROM asked WHERE key IS NOT NULL ORDER BY key
            ON CONFLICT (key) DO UPDATE
               SET fingerprint = excluded.fingerprint, order_id = excluded.order_id,
                   expires_at = excluded.expires_at
             WHERE known.expires_at <= now()
            RETURNING key, order_id),
         numbered AS MATERIALIZED (
            SELECT claimed.order_id AS id, customer_id, total_amount, position
              FROM asked JOIN claimed USING (key)
            UNION ALL
            SELECT nextval('orders_id_seq'), customer_id, total_amount, position
              FROM asked WHERE key IS NULL),",
            store_numbered!()
        ),
    )
    .load(connection)
    .await
}
