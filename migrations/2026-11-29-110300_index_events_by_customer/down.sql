DROP INDEX CONCURRENTLY IF EXISTS order_events_customer_id_entry;
