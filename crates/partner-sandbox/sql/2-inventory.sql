-- Each operation is one function, so one round trip and one transaction. It returns a code (null: it
-- is done) and a body. Two first requests with one id at the same time: one of them fails with a
-- unique violation, undoes all that it did, and is called again.

CREATE OR REPLACE FUNCTION partners.slot(_id text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT hashtext(_id) & 15
$$;

-- Takes a quantity out of the stock, completely or not at all; the status of the item.
CREATE OR REPLACE FUNCTION partners.take(_sku text, _slot integer, _quantity integer) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    _left bigint;
BEGIN
    IF _sku LIKE 'UNKNOWN-%' THEN
        RETURN 'unknown_sku';
    END IF;
    UPDATE partners.stock SET available = available - _quantity
    WHERE sku = _sku AND slot = _slot AND available >= _quantity;
    IF FOUND THEN
        RETURN 'reserved';
    END IF;
    -- The first use of this article, or this row is short: then all rows count.
    INSERT INTO partners.stock (sku, slot, available)
    SELECT _sku, slot, CASE WHEN _sku LIKE 'SOLD-OUT-%' THEN 0 ELSE 62500 END
    FROM generate_series(0, 15) AS slot
    ON CONFLICT (sku, slot) DO NOTHING;
    SELECT sum(available) - _quantity INTO _left
    FROM (SELECT available FROM partners.stock WHERE sku = _sku ORDER BY slot FOR UPDATE) AS rows;
    IF _left < 0 THEN
        RETURN 'insufficient';
    END IF;
    PERFORM partners.set_stock(_sku, _left);
    RETURN 'reserved';
END $$;

CREATE OR REPLACE FUNCTION partners.set_stock(_sku text, _available bigint) RETURNS void LANGUAGE sql AS $$
    INSERT INTO partners.stock (sku, slot, available)
    SELECT _sku, slot, _available / 16 + CASE WHEN slot < _available % 16 THEN 1 ELSE 0 END
    FROM generate_series(0, 15) AS slot
    ON CONFLICT (sku, slot) DO UPDATE SET available = excluded.available
$$;

CREATE OR REPLACE FUNCTION partners.reserved(_items jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_path_query_array(_items, '$[*] ? (@.status == "reserved")')
$$;

CREATE OR REPLACE FUNCTION partners.body(r partners.reservations) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('id', r.id, 'reference', r.reference, 'status', r.status, 'items', r.items,
        'expires_at', r.expires_at)
$$;

-- Returns what it holds or has taken to the stock.
CREATE OR REPLACE FUNCTION partners.give_back(r partners.reservations, _status text, _kind text)
RETURNS partners.reservations LANGUAGE plpgsql AS $$
DECLARE
    _item record;
BEGIN
    FOR _item IN
        SELECT value ->> 'sku' AS sku, (value ->> 'quantity')::integer AS quantity
        FROM jsonb_array_elements(partners.reserved(r.items)) ORDER BY sku
    LOOP
        UPDATE partners.stock SET available = available + _item.quantity
        WHERE sku = _item.sku AND slot = partners.slot(r.id);
    END LOOP;
    UPDATE partners.reservations SET status = _status WHERE id = r.id;
    r.status := _status;
    INSERT INTO partners.effects (partner, kind, id, reference, items)
    VALUES ('inventory', _kind, r.id, r.reference, partners.reserved(r.items));
    RETURN r;
END $$;

-- A reservation, locked; expired if it is time. Its id is null if there is none.
CREATE OR REPLACE FUNCTION partners.locked_reservation(_id text) RETURNS partners.reservations
LANGUAGE plpgsql AS $$
DECLARE
    r partners.reservations;
BEGIN
    SELECT id, reference, request, status, items, expires_at INTO r
    FROM partners.reservations WHERE id = _id FOR UPDATE;
    IF r.status = 'held' AND r.expires_at <= now() THEN
        r := partners.give_back(r, 'expired', 'expire');
    END IF;
    RETURN r;
END $$;

CREATE OR REPLACE FUNCTION partners.reserve(_id text, _request jsonb, OUT code text, OUT body jsonb)
LANGUAGE plpgsql AS $$
DECLARE
    r partners.reservations := partners.locked_reservation(_id);
    _item record;
BEGIN
    IF r.id IS NULL THEN
        r := (_id, _request ->> 'reference', _request, 'held', _request -> 'items',
            now() + make_interval(secs => CASE
                WHEN jsonb_path_exists(_request, '$.items[*].sku ? (@ starts with "EXPIRES-")') THEN 1
                ELSE (_request ->> 'expires_in_seconds')::integer END))::partners.reservations;
        FOR _item IN
            SELECT (ordinality - 1)::text AS place, value ->> 'sku' AS sku,
                (value ->> 'quantity')::integer AS quantity
            FROM jsonb_array_elements(r.items) WITH ORDINALITY ORDER BY sku
        LOOP
            r.items := jsonb_set(r.items, ARRAY[_item.place, 'status'],
                to_jsonb(partners.take(_item.sku, partners.slot(_id), _item.quantity)));
        END LOOP;
        INSERT INTO partners.reservations (id, reference, request, status, items, expires_at)
        VALUES (r.id, r.reference, r.request, r.status, r.items, r.expires_at);
        INSERT INTO partners.effects (partner, kind, id, reference, items)
        VALUES ('inventory', 'reserve', r.id, r.reference, partners.reserved(r.items));
    ELSIF r.request IS NULL THEN
        r.reference := _request ->> 'reference';
        UPDATE partners.reservations SET request = _request, reference = r.reference WHERE id = _id;
    ELSIF r.request <> _request THEN
        code := 'id_reused';
    END IF;
    body := partners.body(r);
END $$;

CREATE OR REPLACE FUNCTION partners.release(_id text, OUT code text, OUT body jsonb)
LANGUAGE plpgsql AS $$
DECLARE
    r partners.reservations := partners.locked_reservation(_id);
BEGIN
    IF r.id IS NULL THEN
        r := (_id, '-', NULL, 'released', '[]', now())::partners.reservations;
        INSERT INTO partners.reservations (id, reference, status, items, expires_at)
        VALUES (r.id, r.reference, r.status, r.items, r.expires_at);
    ELSIF r.status IN ('held', 'committed') THEN
        r := partners.give_back(r, 'released', 'release');
    END IF;
    body := partners.body(r);
END $$;

CREATE OR REPLACE FUNCTION partners.commit_reservation(_id text, OUT code text, OUT body jsonb)
LANGUAGE plpgsql AS $$
DECLARE
    r partners.reservations := partners.locked_reservation(_id);
BEGIN
    code := CASE WHEN r.id IS NULL THEN 'not_found'
        WHEN r.status IN ('expired', 'released') THEN 'reservation_' || r.status END;
    IF r.status = 'held' THEN
        r.status := 'committed';
        UPDATE partners.reservations SET status = r.status WHERE id = _id;
        INSERT INTO partners.effects (partner, kind, id, reference, items)
        VALUES ('inventory', 'commit', r.id, r.reference, partners.reserved(r.items));
    END IF;
    body := partners.body(r);
END $$;

-- Locks nothing unless it has just expired.
CREATE OR REPLACE FUNCTION partners.get_reservation(_id text, OUT code text, OUT body jsonb)
LANGUAGE plpgsql AS $$
DECLARE
    r partners.reservations;
BEGIN
    SELECT id, reference, request, status, items, expires_at INTO r
    FROM partners.reservations WHERE id = _id;
    IF r.status = 'held' AND r.expires_at <= now() THEN
        r := partners.locked_reservation(_id);
    END IF;
    code := CASE WHEN r.id IS NULL THEN 'not_found' END;
    body := partners.body(r);
END $$;

CREATE OR REPLACE FUNCTION partners.list_reservations(_after text, _limit integer, OUT code text, OUT body jsonb)
LANGUAGE sql STABLE AS $$
    SELECT NULL, coalesce(jsonb_agg(page.body ORDER BY page.id), '[]')
    FROM (
        SELECT r.id, partners.body(r) AS body FROM partners.reservations AS r
        WHERE r.id > _after AND (r.status = 'committed' OR r.status = 'held' AND r.expires_at > now())
        ORDER BY r.id LIMIT _limit
    ) AS page
$$;
