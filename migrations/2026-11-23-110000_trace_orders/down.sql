ALTER TABLE workflow_intents DROP COLUMN traceparent;
