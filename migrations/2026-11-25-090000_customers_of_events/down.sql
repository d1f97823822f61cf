DROP TRIGGER order_events_customer ON order_events;
DROP FUNCTION set_order_event_customer;
ALTER TABLE order_events DROP COLUMN customer_id;
