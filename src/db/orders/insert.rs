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
pub(super) struct Asked {
    pub(super) new: NewOrder,
    pub(super) key: Option<IdempotencyKey>,
    /// Where in a trace the request stands, for who goes on with it.
    pub(super) traceparent: Option<String>,
}

impl Batch for Insert {
    const NAME: &'static str = "insert";
    const WRITES: bool = true;

    type Question = Asked;
    type Answer = Option<Order>;

    async fn ask(
        connection: &mut AsyncPgConnection,
        asked: &[&Asked],
    ) -> Result<Vec<Option<Order>>, StoreError> {
        // One statement may touch a key once. Who comes second with it is told that it is taken.
        let mut keys = HashSet::new();
        let first_of_their_key: Vec<usize> = (0..asked.len())
            .filter(|&at| match &asked[at].key {
                Some(key) => keys.insert(&key.key),
                None => true,
            })
            .collect();
        let first = || first_of_their_key.iter().map(|&at| asked[at]);
        // Few requests are traced: the others do not pay for it.
        let traced = first().any(|asked| asked.traceparent.is_some());
        let accepted = match (keys.is_empty(), traced) {
            (true, false) => insert(connection, first()).await?,
            (false, false) => insert_with_keys(connection, first()).await?,
            (_, true) => insert_traced(connection, first()).await?,
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
    ($columns:literal, $intents:literal) => {
        concat!(
            "
         accepted AS (
            INSERT INTO orders (id, customer_id, total_amount) OVERRIDING SYSTEM VALUE
            SELECT id, customer_id, total_amount FROM numbered
            RETURNING id, customer_id, status, total_amount, version, created_at, updated_at),
         recorded AS (
            INSERT INTO order_events (order_id, sequence, type, data, actor, occurred_at)
            SELECT id, version, 'created',
                   jsonb_build_object('customer_id', customer_id, 'status', status,
                                      'total_amount', total_amount),
                   'client', created_at
              FROM accepted),
         intended AS (
            INSERT INTO workflow_intents (order_id, action",
            $columns,
            ") SELECT id, 'start'",
            $intents,
            ")
         SELECT numbered.position, accepted.id, accepted.customer_id, accepted.status,
                accepted.total_amount, accepted.version, accepted.created_at, accepted.updated_at
           FROM accepted JOIN numbered USING (id)"
        )
    };
    () => {
        store_numbered!("", " FROM accepted")
    };
    (traced) => {
        store_numbered!(
            ", traceparent",
            ", traceparent FROM accepted JOIN numbered USING (id)"
        )
    };
}

/// How the keys that were asked for are claimed. In one order everywhere, so that two batches never
/// wait for each other.
macro_rules! claim_keys {
    () => {
        "
         claimed AS (
            INSERT INTO idempotency_keys AS known (key, fingerprint, order_id, expires_at)
            SELECT key, fingerprint, nextval('orders_id_seq'),
                   now() + make_interval(secs => lifetime)
              FROM asked WHERE key IS NOT NULL ORDER BY key
            ON CONFLICT (key) DO UPDATE
               SET fingerprint = excluded.fingerprint, order_id = excluded.order_id,
                   expires_at = excluded.expires_at
             WHERE known.expires_at <= now()
            RETURNING key, order_id),"
    };
}

/// The parameters of a batch, a column each.
#[derive(Default)]
struct Columns<'a> {
    customers: Vec<i64>,
    amounts: Vec<Decimal>,
    keys: Vec<Option<&'a str>>,
    fingerprints: Vec<Option<&'a [u8]>>,
    lifetimes: Vec<Option<f64>>,
    traceparents: Vec<Option<&'a str>>,
}

impl<'a> Columns<'a> {
    fn of(asked: impl Iterator<Item = &'a Asked>) -> Self {
        let mut columns = Self::default();
        for asked in asked {
            let key = asked.key.as_ref();
            columns.customers.push(asked.new.customer_id);
            columns.amounts.push(asked.new.total_amount);
            columns.keys.push(key.map(|key| key.key.as_str()));
            columns
                .fingerprints
                .push(key.map(|key| &key.fingerprint[..]));
            columns
                .lifetimes
                .push(key.map(|key| key.lifetime.as_secs_f64()));
            columns.traceparents.push(asked.traceparent.as_deref());
        }
        columns
    }
}

async fn insert(
    connection: &mut AsyncPgConnection,
    asked: impl Iterator<Item = &Asked>,
) -> QueryResult<Vec<Placed>> {
    let (customers, amounts): (Vec<i64>, Vec<Decimal>) = asked
        .map(|asked| (asked.new.customer_id, asked.new.total_amount))
        .unzip();
    prepared(
        "WITH numbered AS MATERIALIZED (
            SELECT nextval('orders_id_seq') AS id, customer_id, total_amount, position
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
    let columns = Columns::of(asked);
    prepared(
        "WITH asked AS MATERIALIZED (
            SELECT customer_id, total_amount, key, fingerprint, lifetime, position FROM unnest(",
        (
            columns.customers.into_sql::<Array<BigInt>>(),
            columns.amounts.into_sql::<Array<Numeric>>(),
            columns.keys.into_sql::<Array<Nullable<Text>>>(),
            columns.fingerprints.into_sql::<Array<Nullable<Binary>>>(),
            columns.lifetimes.into_sql::<Array<Nullable<Double>>>(),
        ),
        concat!(
            ") WITH ORDINALITY
                AS asked (customer_id, total_amount, key, fingerprint, lifetime, position)),",
            claim_keys!(),
            "
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

/// With keys where there are any.
async fn insert_traced(
    connection: &mut AsyncPgConnection,
    asked: impl Iterator<Item = &Asked>,
) -> QueryResult<Vec<Placed>> {
    let columns = Columns::of(asked);
    prepared(
        "WITH asked AS MATERIALIZED (
            SELECT customer_id, total_amount, key, fingerprint, lifetime, traceparent, position
              FROM unnest(",
        (
            columns.customers.into_sql::<Array<BigInt>>(),
            columns.amounts.into_sql::<Array<Numeric>>(),
            columns.keys.into_sql::<Array<Nullable<Text>>>(),
            columns.fingerprints.into_sql::<Array<Nullable<Binary>>>(),
            columns.lifetimes.into_sql::<Array<Nullable<Double>>>(),
            columns.traceparents.into_sql::<Array<Nullable<Text>>>(),
        ),
        concat!(
            ") WITH ORDINALITY AS asked (customer_id, total_amount, key, fingerprint, lifetime,
                                         traceparent, position)),",
            claim_keys!(),
            "
         numbered AS MATERIALIZED (
            SELECT claimed.order_id AS id, customer_id, total_amount, traceparent, position
              FROM asked JOIN claimed USING (key)
            UNION ALL
            SELECT nextval('orders_id_seq'), customer_id, total_amount, traceparent, position
              FROM asked WHERE key IS NULL),",
            store_numbered!(traced)
        ),
    )
    .load(connection)
    .await
}
