-- The books of the partners. Applied at every start, so each statement can be repeated.

CREATE SCHEMA IF NOT EXISTS partners;

-- What is left of an article. It is spread over 16 rows, so that many reservations of one article
-- do not wait for each other's commit; partners.take() uses all of them when one is short.
CREATE TABLE IF NOT EXISTS partners.stock (
    sku text NOT NULL,
    slot integer NOT NULL,
    available bigint NOT NULL CHECK (available >= 0),
    PRIMARY KEY (sku, slot)
) WITH (fillfactor = 50);

-- request: null if the reservation was released before it arrived.
CREATE TABLE IF NOT EXISTS partners.reservations (
    id text COLLATE "C" PRIMARY KEY,
    reference text COLLATE "C" NOT NULL,
    request jsonb,
    status text NOT NULL,
    items jsonb NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS reservations_reference ON partners.reservations (reference);
CREATE INDEX IF NOT EXISTS reservations_due ON partners.reservations (expires_at) WHERE status = 'held';

-- expires_at: null if it does not expire.
CREATE TABLE IF NOT EXISTS partners.authorizations (
    id text COLLATE "C" PRIMARY KEY,
    reference text COLLATE "C" NOT NULL,
    request jsonb,
    status text NOT NULL,
    authorized numeric(10, 2) NOT NULL,
    captured numeric(10, 2) NOT NULL CHECK (captured <= authorized),
    refunded numeric(10, 2) NOT NULL CHECK (refunded <= captured),
    expires_at timestamptz,
    seq bigint GENERATED ALWAYS AS IDENTITY
);
CREATE INDEX IF NOT EXISTS authorizations_reference ON partners.authorizations (reference);
CREATE INDEX IF NOT EXISTS authorizations_due ON partners.authorizations (expires_at) WHERE status = 'authorized';

-- Captures and refunds; refused: the code of one that had no effect and is remembered.
CREATE TABLE IF NOT EXISTS partners.movements (
    authorization_id text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    id text COLLATE "C" NOT NULL,
    amount numeric(10, 2) NOT NULL,
    refused text,
    PRIMARY KEY (authorization_id, kind, id)
);

-- next_at: when it is dispatched, or delivered, by itself; null: only on command.
CREATE TABLE IF NOT EXISTS partners.shipments (
    id text COLLATE "C" PRIMARY KEY,
    reference text COLLATE "C" NOT NULL,
    request jsonb,
    status text NOT NULL,
    version bigint NOT NULL,
    items jsonb NOT NULL,
    tracking text,
    next_at timestamptz,
    deliver_after interval
);
CREATE INDEX IF NOT EXISTS shipments_reference ON partners.shipments (reference);
CREATE INDEX IF NOT EXISTS shipments_due ON partners.shipments (next_at) WHERE next_at IS NOT NULL;

-- Every effect, written in the transaction that has it; never changed. Nothing keeps an effect from
-- being written twice: the audit shall see it.
CREATE TABLE IF NOT EXISTS partners.effects (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    partner text NOT NULL,
    kind text NOT NULL,
    id text COLLATE "C" NOT NULL,
    reference text COLLATE "C" NOT NULL,
    items jsonb,
    amount numeric(10, 2)
);
CREATE INDEX IF NOT EXISTS effects_reference ON partners.effects (reference);

-- Where changes of shipments are announced; at most one row.
CREATE TABLE IF NOT EXISTS partners.webhook (
    id boolean PRIMARY KEY DEFAULT true CHECK (id),
    url text NOT NULL,
    secret text NOT NULL
);

-- Announcements that are not delivered yet; held: put off by a fault, so that later ones of the same
-- shipment overtake it.
CREATE TABLE IF NOT EXISTS partners.messages (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL,
    shipment text COLLATE "C" NOT NULL,
    payload jsonb NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL DEFAULT now(),
    held boolean NOT NULL DEFAULT false
);
CREATE INDEX IF NOT EXISTS messages_due ON partners.messages (next_at);
CREATE INDEX IF NOT EXISTS messages_shipment ON partners.messages (shipment, seq);
