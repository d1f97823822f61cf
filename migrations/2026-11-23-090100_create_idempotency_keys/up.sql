-- Which order a client's Idempotency-Key made. Written in the transaction of the order.
CREATE TABLE idempotency_keys (
    key         TEXT        PRIMARY KEY CHECK (length(key) BETWEEN 1 AND 255),
    -- SHA-256 of the request: the same key with another request is a mistake of the client.
    fingerprint BYTEA       NOT NULL CHECK (octet_length(fingerprint) = 32),
    order_id    BIGINT      NOT NULL CHECK (order_id >= 1),
    expires_at  TIMESTAMPTZ NOT NULL
);

CREATE INDEX idempotency_keys_expires_at ON idempotency_keys (expires_at);
