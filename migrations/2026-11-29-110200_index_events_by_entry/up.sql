CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS order_events_entry_key ON order_events (entry);
