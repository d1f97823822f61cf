-- The outbox has indexes of one column each. Beside an old snapshot it has few rows and large indexes;
-- PostgreSQL 18 would take one of (order_id, id) for `id = $1`, and walk all of it.
CREATE INDEX CONCURRENTLY IF NOT EXISTS workflow_intents_order ON workflow_intents (order_id);
