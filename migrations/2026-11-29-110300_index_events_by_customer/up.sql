-- The feed of one customer.
CREATE INDEX CONCURRENTLY IF NOT EXISTS order_events_customer_id_entry ON order_events (customer_id, entry);
