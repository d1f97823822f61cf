-- Intents to end a workflow go out although thousands of orders wait to be started.
CREATE INDEX workflow_intents_end ON workflow_intents (available_at, id) WHERE action = 'end';
