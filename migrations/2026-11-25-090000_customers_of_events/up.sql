-- The order's customer, who may read its events. NULL in rows older than this column, until the next
-- migration fills them.
ALTER TABLE order_events ADD COLUMN customer_id BIGINT;

-- For the previous version, which does not write the column.
CREATE FUNCTION set_order_event_customer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Only the first event has the customer in its data; the others take it from the first.
    NEW.customer_id := coalesce(
        (NEW.data ->> 'customer_id')::bigint,
        (SELECT coalesce(customer_id, (data ->> 'customer_id')::bigint) FROM order_events
          WHERE order_id = NEW.order_id ORDER BY sequence LIMIT 1));
    RETURN NEW;
END
$$;

CREATE TRIGGER order_events_customer BEFORE INSERT ON order_events
    FOR EACH ROW WHEN (NEW.customer_id IS NULL) EXECUTE FUNCTION set_order_event_customer();
