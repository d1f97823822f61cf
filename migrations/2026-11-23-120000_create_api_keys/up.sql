-- API keys of client programs. Only the SHA-256 of a key is stored, which is sufficient because a key
-- has 256 random bits.
CREATE TABLE api_keys (
    id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash         BYTEA       NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    -- The first characters of the key, to identify it.
    hint         TEXT        NOT NULL,
    name         TEXT        NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    -- Space-separated, as in access tokens.
    scopes       TEXT        NOT NULL
                 CHECK (scopes ~ '^orders:(read|write|admin)( orders:(read|write|admin))*$'),
    -- The customer whose orders the key may access; NULL for all.
    customer_id  BIGINT      CHECK (customer_id >= 1),
    created_at   TIMESTAMPTZ NOT NULL DEFAULT now(),
    expires_at   TIMESTAMPTZ,
    revoked_at   TIMESTAMPTZ,
    -- With a resolution of a minute.
    last_used_at TIMESTAMPTZ
);

-- Secrets shared by all instances of the service.
CREATE TABLE server_secrets (
    name  TEXT  PRIMARY KEY,
    value BYTEA NOT NULL CHECK (octet_length(value) = 32)
);

-- Key for signing page cursors. A UUID has 122 random bits.
INSERT INTO server_secrets (name, value)
VALUES ('cursors', sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));
