CREATE INDEX CONCURRENTLY IF NOT EXISTS workflow_intents_available_at ON workflow_intents (available_at, id);
