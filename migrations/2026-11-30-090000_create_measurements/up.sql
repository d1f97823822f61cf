-- What every process has counted since its last row, for the charts of the last hour.
CREATE TABLE measurements (
    process  TEXT        NOT NULL,
    taken_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    data     JSONB       NOT NULL,
    PRIMARY KEY (taken_at, process)
);
