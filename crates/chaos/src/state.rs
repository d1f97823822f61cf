//! The state of the database and Temporal, read without the proxies.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Integer, Jsonb, Nullable, Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use order_processing::config::Settings;
use order_processing::workflow::Temporal;
use serde_json::Value;
use temporalio_common::protos::temporal::api::enums::v1::WorkflowExecutionStatus;
use temporalio_common::protos::temporal::api::workflowservice::v1::{
    CountWorkflowExecutionsRequest, ListWorkflowExecutionsRequest,
};

use crate::books::Books;
use crate::world::World;

/// Page size when listing workflows.
const PAGE: i32 = 1000;

/// A row of `orders`.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Row {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = BigInt)]
    pub customer_id: i64,
    #[diesel(sql_type = Text)]
    pub status: String,
    #[diesel(sql_type = BigInt)]
    pub cents: i64,
    #[diesel(sql_type = BigInt)]
    pub version: i64,
    #[diesel(sql_type = BigInt)]
    pub updated_at: i64,
    /// What is done for its items, as stored; `None` for an order without items.
    #[diesel(sql_type = Nullable<Jsonb>)]
    pub fulfilment: Option<Value>,
}

/// A row of `order_events`.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Event {
    #[diesel(sql_type = BigInt)]
    pub order_id: i64,
    #[diesel(sql_type = BigInt)]
    pub sequence: i64,
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub customer_id: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    pub status: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub cents: Option<i64>,
    #[diesel(sql_type = Text)]
    pub actor: String,
    #[diesel(sql_type = BigInt)]
    pub occurred_at: i64,
    /// All changed fields.
    #[diesel(sql_type = Jsonb)]
    pub data: Value,
}

#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
struct Key {
    #[diesel(sql_type = Text)]
    key: String,
    #[diesel(sql_type = BigInt)]
    order_id: i64,
}

/// A row of the outbox.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Intent {
    #[diesel(sql_type = BigInt)]
    pub order_id: i64,
    #[diesel(sql_type = Text)]
    pub action: String,
    #[diesel(sql_type = Integer)]
    pub attempts: i32,
    #[diesel(sql_type = Nullable<Text>)]
    pub last_error: Option<String>,
}

/// A workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    pub status: WorkflowExecutionStatus,
    /// Microseconds since 1970, as in a row; `None` while it runs.
    pub closed_at: Option<i64>,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// The stored state.
#[derive(Debug, Default)]
pub struct State {
    pub orders: BTreeMap<i64, Row>,
    pub events: BTreeMap<i64, Vec<Event>>,
    /// Orders by their keys and those of decisions.
    pub keys: BTreeMap<String, i64>,
    pub intents: Vec<Intent>,
    /// Each order's workflows.
    pub workflows: BTreeMap<i64, Vec<Run>>,
    /// Of the partners.
    pub books: Books,
}

impl State {
    /// Reads everything.
    pub async fn read(world: &World) -> Result<Self> {
        let mut database = AsyncPgConnection::establish(&world.database_url()).await?;
        let orders: Vec<Row> = diesel::sql_query(
            "SELECT id, customer_id, status, (total_amount * 100)::bigint AS cents, version,
                    (extract(epoch FROM updated_at) * 1000000)::bigint AS updated_at,
                    fulfilment
               FROM orders",
        )
        .load(&mut database)
        .await?;
        let events: Vec<Event> = diesel::sql_query(
            "SELECT order_id, sequence, type AS kind, (data->>'customer_id')::bigint AS customer_id,
                    data->>'status' AS status,
                    ((data->>'total_amount')::numeric * 100)::bigint AS cents, actor,
                    (extract(epoch FROM occurred_at) * 1000000)::bigint AS occurred_at, data
               FROM order_events ORDER BY order_id, sequence",
        )
        .load(&mut database)
        .await?;
        let keys: Vec<Key> = diesel::sql_query("SELECT key, order_id FROM idempotency_keys")
            .load(&mut database)
            .await?;
        let intents: Vec<Intent> = diesel::sql_query(
            "SELECT order_id, action, attempts, last_error FROM workflow_intents ORDER BY id",
        )
        .load(&mut database)
        .await?;
        let mut state = Self {
            orders: orders.into_iter().map(|row| (row.id, row)).collect(),
            keys: keys
                .into_iter()
                .map(|key| (key.key, key.order_id))
                .collect(),
            intents,
            workflows: workflows(world).await?,
            books: Books::read(world).await?,
            ..Self::default()
        };
        for event in events {
            state.events.entry(event.order_id).or_default().push(event);
        }
        Ok(state)
    }
}

/// Unfinished work: entries of the outbox, open orders, running workflows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unfinished {
    pub intents: i64,
    pub open: i64,
    pub running: i64,
}

impl Unfinished {
    /// Reads only counts, since it is called repeatedly.
    pub async fn read(world: &World) -> Result<Self> {
        let mut database = AsyncPgConnection::establish(&world.database_url()).await?;
        let intents: Count = diesel::sql_query("SELECT count(*) AS count FROM workflow_intents")
            .get_result(&mut database)
            .await?;
        let open: Count = diesel::sql_query(
            "SELECT count(*) AS count FROM orders WHERE status NOT IN ('completed', 'cancelled')",
        )
        .get_result(&mut database)
        .await?;
        let temporal = temporal(world)?;
        let request = CountWorkflowExecutionsRequest {
            namespace: temporal.settings().namespace.clone(),
            query: "ExecutionStatus = 'Running'".into(),
        };
        let mut service = temporal.client().await?.connection().workflow_service();
        let running = service
            .count_workflow_executions(tonic::Request::new(request))
            .await?
            .into_inner();
        Ok(Self {
            intents: intents.count,
            open: open.count,
            running: running.count,
        })
    }

    /// Whether no work is left.
    pub fn is_none(self) -> bool {
        (self.intents, self.open, self.running) == (0, 0, 0)
    }
}

/// An open order whose step has failed for a long time.
#[derive(Debug, QueryableByName)]
pub struct Attention {
    #[diesel(sql_type = BigInt)]
    pub order_id: i64,
    #[diesel(sql_type = Text)]
    pub code: String,
}

impl Attention {
    /// Reads all.
    pub async fn read(world: &World) -> Result<Vec<Self>> {
        let mut database = AsyncPgConnection::establish(&world.database_url()).await?;
        let query = diesel::sql_query(
            "SELECT id AS order_id, fulfilment #>> '{attention,code}' AS code FROM orders
              WHERE status IN ('pending', 'processing') AND fulfilment ? 'attention'",
        );
        Ok(query.load(&mut database).await?)
    }
}

/// Whether the status is final.
pub fn is_end(status: &str) -> bool {
    matches!(status, "completed" | "cancelled")
}

async fn workflows(world: &World) -> Result<BTreeMap<i64, Vec<Run>>> {
    let temporal = temporal(world)?;
    let client = temporal.client().await?;
    let mut workflows: BTreeMap<i64, Vec<Run>> = BTreeMap::new();
    let mut page = Vec::new();
    loop {
        let request = ListWorkflowExecutionsRequest {
            namespace: temporal.settings().namespace.clone(),
            page_size: PAGE,
            next_page_token: page,
            query: String::new(),
        };
        let mut service = client.connection().workflow_service();
        let listed = service
            .list_workflow_executions(tonic::Request::new(request))
            .await?
            .into_inner();
        for info in listed.executions {
            let run = Run {
                status: info.status(),
                closed_at: info
                    .close_time
                    .map(|at| at.seconds * 1_000_000 + i64::from(at.nanos) / 1000),
            };
            let id = info.execution.unwrap_or_default().workflow_id;
            let order = id
                .strip_prefix("order-")
                .and_then(|id| id.parse().ok())
                .with_context(|| format!("workflow {id} belongs to no order"))?;
            workflows.entry(order).or_default().push(run);
        }
        page = listed.next_page_token;
        if page.is_empty() {
            return Ok(workflows);
        }
    }
}

fn temporal(world: &World) -> Result<Temporal> {
    let mut settings = Settings::load(None)?.temporal;
    // At the end every node runs.
    settings.address = world.temporal.addresses()?[0].to_string();
    Ok(Temporal::new(settings))
}
