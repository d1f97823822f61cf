//! The schema: its migrations, its Rust mirror, its constraints and its indexes.

use std::process::Command;

use diesel::sql_types::{Bool, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use order_processing::db::{self, migrations};

use crate::harness::{TestApp, database_url, tools};

async fn migration_connection(app: &TestApp) -> AsyncPgConnection {
    db::connect(&app.settings.database, "tests").await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn migrations_can_be_reverted_and_applied_again() {
    let app = TestApp::start().await;
    let before = dump(&app);
    let count = migrations::status(migration_connection(&app).await)
        .unwrap()
        .len();
    for _ in 0..count {
        let connection = migration_connection(&app).await;
        assert!(migrations::down(connection, |_| {}).unwrap().is_some());
    }
    assert!(
        migrations::down(migration_connection(&app).await, |_| {})
            .unwrap()
            .is_none()
    );
    let left = dump(&app);
    assert!(
        !left.contains("workflow_intents") && !left.contains("TABLE public.orders"),
        "{left}"
    );
    let applied = migrations::up(migration_connection(&app).await, |_| {}).unwrap();
    assert_eq!(applied.len(), count);
    assert_eq!(dump(&app), before);
}

/// Including events that are older than the column, and events written by the previous version.
#[tokio::test(flavor = "multi_thread")]
async fn every_event_has_its_customer() {
    let mut app = TestApp::start().await;
    let id = app.create(42, "1").await;
    app.stop();
    let column = "SELECT count(*) FROM information_schema.columns
        WHERE table_name = 'order_events' AND column_name = 'customer_id'";
    while app.count(column).await > 0 {
        let connection = migration_connection(&app).await;
        assert!(migrations::down(connection, |_| {}).unwrap().is_some());
    }
    let write_event = async |sequence: i64| {
        app.sql(&format!(
            "INSERT INTO order_events (order_id, sequence, type, data, actor, occurred_at)
             VALUES ({id}, {sequence}, 'updated', '{{}}', 'client', now())"
        ))
        .await;
    };
    write_event(2).await;
    migrations::up(migration_connection(&app).await, |_| {}).unwrap();
    write_event(3).await;
    let filled = "SELECT count(*) FROM order_events WHERE customer_id = 42";
    assert_eq!(app.count(filled).await, 3);
    // Events are still append-only.
    let mut connection = app.connection().await;
    let change = "UPDATE order_events SET customer_id = 43";
    let error = connection.batch_execute(change).await.unwrap_err();
    assert!(error.to_string().contains("append-only"), "{error}");
}

/// The schema as SQL, without the lines that differ in every dump.
fn dump(app: &TestApp) -> String {
    let program = tools().postgres.with_file_name("pg_dump");
    let output = Command::new(program)
        .args([
            "--schema-only",
            "--no-owner",
            "--dbname",
            &database_url(&app.database),
        ])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .filter(|line| !line.contains("restrict "))
        .collect::<Vec<_>>()
        .join("\n")
}

#[derive(diesel::QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    data_type: String,
    #[diesel(sql_type = Bool)]
    nullable: bool,
    #[diesel(sql_type = Text)]
    key: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rust_schema_matches_the_database() {
    let app = TestApp::start().await;
    let columns: Vec<Column> = diesel::sql_query(
        "SELECT columns.table_name::text, column_name::text, data_type::text,
                is_nullable = 'YES' AS nullable,
                (SELECT string_agg(column_name, ', ' ORDER BY ordinal_position)
                   FROM information_schema.key_column_usage
                   JOIN information_schema.table_constraints USING (constraint_name)
                  WHERE constraint_type = 'PRIMARY KEY'
                    AND table_constraints.table_name = columns.table_name) AS key
           FROM information_schema.columns
          WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_diesel%'
          ORDER BY table_name, ordinal_position",
    )
    .load(&mut app.connection().await)
    .await
    .unwrap();
    let mut expected = String::new();
    for (index, column) in columns.iter().enumerate() {
        if index == 0 || columns[index - 1].table_name != column.table_name {
            expected.push_str(&format!("{} ({}) {{\n", column.table_name, column.key));
        }
        let kind = match column.data_type.as_str() {
            "bigint" => "Int8",
            "integer" => "Int4",
            "text" => "Text",
            "numeric" => "Numeric",
            "timestamp with time zone" => "Timestamptz",
            "bytea" => "Bytea",
            "jsonb" => "Jsonb",
            "boolean" => "Bool",
            "ARRAY" => "Array<Text>",
            other => panic!("add Diesel's type for {other} here"),
        };
        let kind = if column.nullable {
            format!("Nullable<{kind}>")
        } else {
            kind.into()
        };
        // `type` is a keyword of Rust.
        let name = match column.column_name.as_str() {
            "type" => "type_",
            name => name,
        };
        expected.push_str(&format!("{name} -> {kind},\n"));
    }
    let written: String = include_str!("../src/db/schema.rs")
        .lines()
        .map(str::trim)
        .filter(|line| line.contains("->") || line.ends_with(") {"))
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(written, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn constraints_reject_invalid_rows() {
    let app = TestApp::start().await;
    let id = app.create(1, "1").await;
    let mut connection = app.connection().await;
    for change in [
        "customer_id = 0",
        "status = 'done'",
        "total_amount = -0.01",
        "total_amount = 100000000",
        "version = 0",
        "updated_at = created_at - interval '1 second'",
        "customer_id = NULL",
    ] {
        let statement = format!("UPDATE orders SET {change} WHERE id = {id}");
        assert!(
            connection.batch_execute(&statement).await.is_err(),
            "{change}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_use_an_index() {
    #[derive(diesel::QueryableByName)]
    struct Plan {
        #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
        line: String,
    }
    let app = TestApp::start().await;
    let mut connection = app.connection().await;
    connection
        .batch_execute(
            "INSERT INTO orders (customer_id, total_amount, status)
             SELECT 1 + n % 100, 1, CASE n % 100 WHEN 0 THEN 'pending' WHEN 1 THEN 'cancelled' ELSE 'completed' END
               FROM generate_series(1, 50000) AS n;
             ANALYZE orders",
        )
        .await
        .unwrap();
    for (filter, index) in [
        ("id < 40000", "orders_pkey"),
        ("customer_id = 7 AND id < 40000", "orders_customer_id_id"),
        ("status = 'pending' AND id < 40000", "orders_open"),
        ("status = 'cancelled' AND id < 40000", "orders_status_id"),
    ] {
        let plan: Vec<Plan> = diesel::sql_query(format!(
            "EXPLAIN SELECT * FROM orders WHERE {filter} ORDER BY id DESC LIMIT 50"
        ))
        .load(&mut connection)
        .await
        .unwrap();
        let plan: Vec<String> = plan.into_iter().map(|row| row.line).collect();
        let plan = plan.join("\n");
        assert!(
            plan.contains(index) && !plan.contains("Sort"),
            "{filter}:\n{plan}"
        );
    }
}
