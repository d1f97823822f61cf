-- The client program that a key belongs to, identified by the id of its first key: it does not change when
-- a key is rotated. NULL stands for the key's own id.
ALTER TABLE api_keys ADD COLUMN client_id BIGINT CHECK (client_id >= 1);
