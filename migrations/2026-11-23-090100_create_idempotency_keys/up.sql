-- The order that a client's Idempotency-Key created. Written in the transaction of the order.
CREATE TABLE idempotency_keys (
    key         TEXT        PRIMARY KEY CHECK (length(key) BETWEEN 1 AND 255),
    -- SHA-256 of the request: reusing a key for a different request is a client error.
    fingerprint BYTEA       NOT NULL CHECK (octet_length(fingerprint) = 32),
    order_id    BIGINT      NOT NULL CHECK (order_id >= 1),
    expires_at  TIMESTAMPTZ NOT NULL
);

CREATE INDEX idempotency_keys_expires_at ON idempotency_keys (expires_at);
