-- The W3C traceparent of the request that wrote the intent; NULL without a trace, and for intents of an
-- earlier version.
ALTER TABLE workflow_intents ADD COLUMN traceparent TEXT;
