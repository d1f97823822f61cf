-- Whose order it is: who may read its events. NULL in rows that are older than this column, until the
-- next migration fills them.
ALTER TABLE order_events ADD COLUMN customer_id BIGINT;

-- For the version before, which does not know the column.
CREATE FUNCTION set_order_event_customer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.customer_id := coalesce(
        (SELECT coalesce(customer_id, (data ->> 'customer_id')::bigint) FROM order_events
          WHERE order_id = NEW.order_id ORDER BY sequence LIMIT 1),
        (NEW.data ->> 'customer_id')::bigint);
    RETURN NEW;
END
$$;

CREATE TRIGGER order_events_customer BEFORE INSERT ON order_events
    FOR EACH ROW WHEN (NEW.customer_id IS NULL) EXECUTE FUNCTION set_order_event_customer();
