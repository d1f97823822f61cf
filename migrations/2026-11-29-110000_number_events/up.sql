-- The entry of an event: its place in the feed of all events. Assigned before the commit, so entries become
-- visible out of order, and those of failed transactions never do. `feed` says how far all of them are known.
-- Events that exist get entries below 1 in the next migration.
CREATE SEQUENCE order_events_entry AS BIGINT;
ALTER TABLE order_events ADD COLUMN entry BIGINT;
-- Separate, because a volatile default in ADD COLUMN would rewrite the table.
ALTER TABLE order_events ALTER COLUMN entry SET DEFAULT nextval('order_events_entry');
ALTER SEQUENCE order_events_entry OWNED BY order_events.entry;
