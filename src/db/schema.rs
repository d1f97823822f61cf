//! Diesel's table definitions. A test compares this file with the migrated database.

#![allow(missing_docs)] // the macro generates items that cannot have any

diesel::table! {
    api_keys (id) {
        id -> Int8,
        hash -> Bytea,
        hint -> Text,
        name -> Text,
        scopes -> Text,
        customer_id -> Nullable<Int8>,
        created_at -> Timestamptz,
        expires_at -> Nullable<Timestamptz>,
        revoked_at -> Nullable<Timestamptz>,
        last_used_at -> Nullable<Timestamptz>,
        client_id -> Nullable<Int8>,
    }
}

diesel::table! {
    feed (id) {
        id -> Int8,
        holder -> Nullable<Text>,
        leased_until -> Timestamptz,
        entry -> Int8,
        position -> Int8,
        pruned -> Int8,
    }
}

diesel::table! {
    feed_runs (entry) {
        entry -> Int8,
        position -> Int8,
    }
}

diesel::table! {
    idempotency_keys (key) {
        key -> Text,
        fingerprint -> Bytea,
        order_id -> Int8,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    measurements (taken_at, process) {
        process -> Text,
        taken_at -> Timestamptz,
        data -> Jsonb,
    }
}

diesel::table! {
    order_events (order_id, sequence) {
        order_id -> Int8,
        sequence -> Int8,
        #[sql_name = "type"]
        type_ -> Text,
        data -> Jsonb,
        actor -> Text,
        occurred_at -> Timestamptz,
        customer_id -> Nullable<Int8>,
        entry -> Nullable<Int8>,
    }
}

diesel::table! {
    orders (id) {
        id -> Int8,
        customer_id -> Int8,
        status -> Text,
        total_amount -> Numeric,
        version -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        fulfilment -> Nullable<Jsonb>,
        shipping_address -> Nullable<Jsonb>,
    }
}

diesel::table! {
    partner_books (partner) {
        partner -> Text,
        after -> Nullable<Text>,
        found -> Int8,
        drift -> Int8,
        passed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    reconciliation (id) {
        id -> Int4,
        holder -> Nullable<Text>,
        leased_until -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
        compared -> Int8,
        drift -> Int8,
        repaired -> Int8,
    }
}

diesel::table! {
    server_secrets (name) {
        name -> Text,
        value -> Bytea,
    }
}

diesel::table! {
    webhook_deliveries (id) {
        id -> Int8,
        endpoint_id -> Int8,
        position -> Int8,
        order_id -> Int8,
        sequence -> Int8,
        event_type -> Text,
        status -> Text,
        attempts -> Int8,
        failures -> Int8,
        due_at -> Timestamptz,
        next_attempt_at -> Timestamptz,
        leased_until -> Timestamptz,
        response_status -> Nullable<Int8>,
        error -> Nullable<Text>,
        created_at -> Timestamptz,
        last_attempt_at -> Nullable<Timestamptz>,
        completed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    webhook_endpoints (id) {
        id -> Int8,
        client -> Text,
        owner -> Nullable<Int8>,
        url -> Text,
        description -> Nullable<Text>,
        customer_id -> Nullable<Int8>,
        event_types -> Array<Text>,
        signature -> Text,
        enabled -> Bool,
        disabled_reason -> Nullable<Text>,
        enabled_at -> Timestamptz,
        deleted -> Bool,
        position -> Int8,
        failures -> Int8,
        retry_at -> Timestamptz,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    webhook_secrets (id) {
        id -> Int8,
        endpoint_id -> Int8,
        secret -> Bytea,
        created_at -> Timestamptz,
        expires_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    workflow_intents (id) {
        id -> Int8,
        order_id -> Int8,
        action -> Text,
        attempts -> Int4,
        available_at -> Timestamptz,
        last_error -> Nullable<Text>,
        created_at -> Timestamptz,
        traceparent -> Nullable<Text>,
    }
}
