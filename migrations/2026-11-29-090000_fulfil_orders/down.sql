DO $$
BEGIN
    IF EXISTS (SELECT FROM orders WHERE fulfilment IS NOT NULL AND status IN ('pending', 'processing')) THEN
        RAISE EXCEPTION 'orders with items are in progress: stock, payments or parcels may be held for them';
    END IF;
END
$$;

DELETE FROM workflow_intents WHERE action NOT IN ('start', 'restart', 'end');

-- Events are immutable, so those of orders with items remain: the constraint holds for new ones.
ALTER TABLE order_events
    -- squawk-ignore ban-drop-constraint
    DROP CONSTRAINT order_events_type_check,
    ADD CONSTRAINT order_events_type_check
        CHECK (type IN ('created', 'updated', 'restarted', 'deleted')) NOT VALID;

ALTER TABLE workflow_intents
    -- squawk-ignore ban-drop-constraint
    DROP CONSTRAINT workflow_intents_action_check,
    ADD CONSTRAINT workflow_intents_action_check CHECK (action IN ('start', 'restart', 'end')) NOT VALID;

ALTER TABLE orders
    DROP COLUMN fulfilment,
    DROP COLUMN shipping_address;
