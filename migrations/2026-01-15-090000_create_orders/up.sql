CREATE TABLE orders (
    id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id  BIGINT         NOT NULL CHECK (customer_id >= 1),
    status       TEXT           NOT NULL DEFAULT 'pending'
                 CHECK (status IN ('pending', 'processing', 'completed', 'cancelled')),
    total_amount DECIMAL(10, 2) NOT NULL CHECK (total_amount >= 0),
    -- Incremented with every change; clients see it as the ETag.
    version      BIGINT         NOT NULL DEFAULT 1 CHECK (version >= 1),
    created_at   TIMESTAMPTZ    NOT NULL DEFAULT now(),
    updated_at   TIMESTAMPTZ    NOT NULL DEFAULT now(),
    CHECK (updated_at >= created_at)
);

-- Pages are sorted by descending id, optionally within a customer or a status.
CREATE INDEX orders_customer_id_id ON orders (customer_id, id);
CREATE INDEX orders_status_id ON orders (status, id);
