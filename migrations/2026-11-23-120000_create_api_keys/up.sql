-- Keys of programs that use the API. What a client sends is not stored: only its SHA-256, which is
-- enough because a key is 256 random bits.
CREATE TABLE api_keys (
    id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash         BYTEA       NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    -- The beginning of the key, to tell one from another.
    hint         TEXT        NOT NULL,
    name         TEXT        NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    -- Separated by spaces, as in access tokens.
    scopes       TEXT        NOT NULL
                 CHECK (scopes ~ '^orders:(read|write|admin)( orders:(read|write|admin))*$'),
    -- Whose orders it reaches; everybody's when there is none.
    customer_id  BIGINT      CHECK (customer_id >= 1),
    created_at   TIMESTAMPTZ NOT NULL DEFAULT now(),
    expires_at   TIMESTAMPTZ,
    revoked_at   TIMESTAMPTZ,
    -- To the minute.
    last_used_at TIMESTAMPTZ
);

-- What all instances of the service share and nobody else knows.
CREATE TABLE server_secrets (
    name  TEXT  PRIMARY KEY,
    value BYTEA NOT NULL CHECK (octet_length(value) = 32)
);

-- Signs page cursors. A UUID has 122 random bits.
INSERT INTO server_secrets (name, value)
VALUES ('cursors', sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));
