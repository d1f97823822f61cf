-- The program that a key is for, by the id of its first key: it stays the same when a key is replaced.
-- NULL stands for the key's own id.
ALTER TABLE api_keys ADD COLUMN client_id BIGINT CHECK (client_id >= 1);
