-- Where in a trace the request stood that wrote the intent, as a W3C traceparent; NULL for those of no
-- trace, and for what an earlier version of the program writes.
ALTER TABLE workflow_intents ADD COLUMN traceparent TEXT;
