-- Intents to end a workflow are sent before starts, of which a burst leaves many.
CREATE INDEX CONCURRENTLY IF NOT EXISTS workflow_intents_ends ON workflow_intents (available_at)
    WHERE action = 'end';
