-- One row: who compares orders with their workflows at the moment, and what the last round found.
CREATE TABLE reconciliation (
    id           INTEGER     PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    holder       TEXT,
    leased_until TIMESTAMPTZ NOT NULL DEFAULT now(),
    finished_at  TIMESTAMPTZ,
    -- Of the last finished round: orders and workflows compared, and those that disagreed.
    compared     BIGINT      NOT NULL DEFAULT 0,
    drift        BIGINT      NOT NULL DEFAULT 0,
    -- Of all rounds.
    repaired     BIGINT      NOT NULL DEFAULT 0
);

INSERT INTO reconciliation DEFAULT VALUES;

-- The orders that must have a running workflow: few, among many that have ended.
CREATE INDEX orders_open ON orders (id) WHERE status IN ('pending', 'processing');
