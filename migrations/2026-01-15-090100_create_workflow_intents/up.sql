-- The transactional outbox: requests to Temporal. A row is written in the transaction that changes the
-- order, and deleted once Temporal has confirmed. No foreign key: the intent to end a workflow outlives
-- its deleted order.
CREATE TABLE workflow_intents (
    id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id     BIGINT      NOT NULL CHECK (order_id >= 1),
    action       TEXT        NOT NULL CHECK (action IN ('start', 'end')),
    attempts     INTEGER     NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    -- When it may be claimed; a claim moves it forward, so the claim of a dead process expires.
    available_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    last_error   TEXT,
    created_at   TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE INDEX workflow_intents_available_at ON workflow_intents (available_at, id);
-- The intents of an order are sent in the order in which they were written.
CREATE INDEX workflow_intents_order_id ON workflow_intents (order_id, id);

CREATE FUNCTION notify_workflow_intents() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('workflow_intents', '');
    RETURN NULL;
END
$$;

CREATE TRIGGER workflow_intents_notify AFTER INSERT ON workflow_intents
    FOR EACH STATEMENT EXECUTE FUNCTION notify_workflow_intents();
