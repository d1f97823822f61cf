-- Other transactions never see the permissive function: it is replaced again before the commit.
CREATE OR REPLACE FUNCTION refuse_order_event_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RETURN NULL;
END
$$;

-- In the sequence of each order, whatever its clocks have shown. Locks no row that a server writes: events are
-- only added.
UPDATE order_events
   SET entry = numbered.entry
  FROM (SELECT order_id, sequence,
               row_number() OVER (ORDER BY seen_at, order_id, sequence) - count(*) OVER () AS entry
          FROM (SELECT order_id, sequence,
                       max(occurred_at) OVER (PARTITION BY order_id ORDER BY sequence) AS seen_at
                  FROM order_events WHERE entry IS NULL) AS existing) AS numbered
 WHERE order_events.order_id = numbered.order_id AND order_events.sequence = numbered.sequence;

CREATE OR REPLACE FUNCTION refuse_order_event_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'order_events is append-only';
END
$$;

-- The position of an event is its entry without the entries that no event has. A run is a row of entries
-- without a gap: position = entry - runs.entry + runs.position.
CREATE TABLE feed_runs (
    entry    BIGINT PRIMARY KEY,
    position BIGINT NOT NULL UNIQUE CHECK (position >= 1)
);

INSERT INTO feed_runs (entry, position)
SELECT coalesce(min(entry), 1), 1 FROM order_events WHERE entry <= 0;

-- One row: how far the feed goes, and the process that extends it.
CREATE TABLE feed (
    id           BIGINT      PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    holder       TEXT,
    leased_until TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- The last entry of the feed, and its position. Every entry up to it is that of an event or of none for ever.
    entry        BIGINT      NOT NULL,
    position     BIGINT      NOT NULL CHECK (position >= 0),
    -- Events up to this position are no longer returned.
    pruned       BIGINT      NOT NULL DEFAULT 0 CHECK (pruned >= 0)
);

INSERT INTO feed (entry, position)
SELECT 0, count(*) FROM order_events WHERE entry <= 0;
