//! The tables as Diesel sees them. A test compares this file with the migrated database.

#![allow(missing_docs)] // the macro makes items that cannot carry any

diesel::table! {
    orders (id) {
        id -> Int8,
        customer_id -> Int8,
        status -> Text,
        total_amount -> Numeric,
        version -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
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
    }
}

diesel::allow_tables_to_appear_in_same_query!(orders, workflow_intents,);
