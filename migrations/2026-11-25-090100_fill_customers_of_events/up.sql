-- Other transactions never see the permissive function: it is replaced again before the commit.
CREATE OR REPLACE FUNCTION refuse_order_event_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RETURN NULL;
END
$$;

-- Locks no row that a server writes: events are only added.
UPDATE order_events
   SET customer_id = (SELECT (first.data ->> 'customer_id')::bigint FROM order_events AS first
                       WHERE first.order_id = order_events.order_id
                       ORDER BY first.sequence LIMIT 1)
 WHERE customer_id IS NULL;

CREATE OR REPLACE FUNCTION refuse_order_event_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'order_events is append-only';
END
$$;
