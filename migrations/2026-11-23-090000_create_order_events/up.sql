-- The history of every order. Event n created version n of the order: folding its events yields the
-- order. No foreign key: the history outlives a deleted order.
CREATE TABLE order_events (
    order_id    BIGINT      NOT NULL CHECK (order_id >= 1),
    sequence    BIGINT      NOT NULL CHECK (sequence >= 1),
    type        TEXT        NOT NULL CHECK (type IN ('created', 'updated', 'restarted', 'deleted')),
    -- The changed fields with their new values, and an optional `reason`.
    data        JSONB       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(data) = 'object'),
    actor       TEXT        NOT NULL CHECK (actor IN ('client', 'workflow', 'reconciler')),
    occurred_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (order_id, sequence)
);

CREATE FUNCTION refuse_order_event_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'order_events is append-only';
END
$$;

CREATE TRIGGER order_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON order_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_order_event_changes();

-- The history of existing orders begins with their current state.
INSERT INTO order_events (order_id, sequence, type, data, actor, occurred_at)
SELECT id, version, 'created',
       jsonb_build_object('customer_id', customer_id, 'status', status, 'total_amount', total_amount),
       'client', updated_at
  FROM orders;

-- A new workflow for an order whose workflow was lost.
ALTER TABLE workflow_intents
    DROP CONSTRAINT workflow_intents_action_check,
    ADD CONSTRAINT workflow_intents_action_check CHECK (action IN ('start', 'restart', 'end'));
