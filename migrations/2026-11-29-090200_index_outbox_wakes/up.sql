-- Like intents to end a workflow, those to wake one are sent before starts.
CREATE INDEX CONCURRENTLY IF NOT EXISTS workflow_intents_wakes ON workflow_intents (available_at)
    WHERE action = 'wake';
