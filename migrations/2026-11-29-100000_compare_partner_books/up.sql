-- How far the reconciler has come in the books of each partner.
CREATE TABLE partner_books (
    partner   TEXT        PRIMARY KEY CHECK (partner IN ('inventory', 'payment', 'shipping')),
    -- The last operation that was compared in the present pass; NULL at its beginning.
    after     TEXT,
    -- Operations that contradict their orders: so far in the present pass, and in the last complete one.
    found     BIGINT      NOT NULL DEFAULT 0,
    drift     BIGINT      NOT NULL DEFAULT 0,
    passed_at TIMESTAMPTZ
);

INSERT INTO partner_books (partner) VALUES ('inventory'), ('payment'), ('shipping');
