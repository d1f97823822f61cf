-- The outbox has single-column indexes. While an old snapshot exists it has few rows and large indexes, and
-- PostgreSQL 18 would use an index on (order_id, id) for `id = $1`, scanning all of it.
CREATE INDEX CONCURRENTLY IF NOT EXISTS workflow_intents_order ON workflow_intents (order_id);
