DROP INDEX CONCURRENTLY IF EXISTS order_events_entry_key;
