CREATE INDEX CONCURRENTLY IF NOT EXISTS workflow_intents_available ON workflow_intents (available_at);
