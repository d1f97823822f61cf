CREATE INDEX CONCURRENTLY IF NOT EXISTS workflow_intents_order_id ON workflow_intents (order_id, id);
