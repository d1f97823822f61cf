-- Orders with a step that has failed for a long time.
CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_attention ON orders (id) WHERE fulfilment -> 'attention' IS NOT NULL;
