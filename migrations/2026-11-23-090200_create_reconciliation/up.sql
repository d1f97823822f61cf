-- One row: the process that currently runs the reconciler, and the result of the last round.
CREATE TABLE reconciliation (
    id           INTEGER     PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    holder       TEXT,
    leased_until TIMESTAMPTZ NOT NULL DEFAULT now(),
    finished_at  TIMESTAMPTZ,
    -- The last finished round: compared orders and workflows, and differences.
    compared     BIGINT      NOT NULL DEFAULT 0,
    drift        BIGINT      NOT NULL DEFAULT 0,
    -- Total over all rounds.
    repaired     BIGINT      NOT NULL DEFAULT 0
);

INSERT INTO reconciliation DEFAULT VALUES;

-- Open orders, which must have a running workflow: few among many final ones.
CREATE INDEX orders_open ON orders (id) WHERE status IN ('pending', 'processing');
