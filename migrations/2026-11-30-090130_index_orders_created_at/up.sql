-- Orders of a period. Ids grow with time, so a small summary of each part of the table is enough.
CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_created_at ON orders USING brin (created_at) WITH (autosummarize = on);
