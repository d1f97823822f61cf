CREATE OR REPLACE FUNCTION partners.body(s partners.shipments) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object('id', s.id, 'reference', s.reference, 'status', s.status,
        'version', s.version, 'items', s.items, 'carrier', CASE WHEN s.tracking IS NOT NULL THEN 'Sandbox Parcel' END,
        'tracking', s.tracking))
$$;

-- A change with its effect and its announcement.
CREATE OR REPLACE FUNCTION partners.change_shipment(s partners.shipments, _status text)
RETURNS partners.shipments LANGUAGE plpgsql AS $$
BEGIN
    s.status := _status;
    s.version := s.version + 1;
    s.next_at := NULL;
    IF _status = 'dispatched' THEN
        s.tracking := 'SP' || upper(substr(md5(s.id), 1, 12));
        s.next_at := now() + s.deliver_after;
    END IF;
    UPDATE partners.shipments
    SET status = s.status, version = s.version, tracking = s.tracking, next_at = s.next_at WHERE id = s.id;
    INSERT INTO partners.effects (partner, kind, id, reference, items)
    VALUES ('shipping', CASE _status WHEN 'dispatched' THEN 'dispatch' WHEN 'delivered' THEN 'deliver'
        WHEN 'returned' THEN 'return' ELSE 'cancel' END, s.id, s.reference, s.items);
    INSERT INTO partners.messages (id, shipment, payload)
    SELECT 'msg_' || s.id || '_' || s.version, s.id,
        jsonb_build_object('type', 'shipment.changed', 'shipment', partners.body(s))
    FROM partners.webhook;
    RETURN s;
END $$;

CREATE OR REPLACE FUNCTION partners.locked_shipment(_id text) RETURNS partners.shipments LANGUAGE sql AS $$
    SELECT id, reference, request, status, version, items, tracking, next_at, deliver_after
    FROM partners.shipments WHERE id = _id FOR UPDATE
$$;

-- The times are in seconds; null: on command.
CREATE OR REPLACE FUNCTION partners.ship(
    _id text, _request jsonb, _dispatch_after double precision, _deliver_after double precision,
    OUT code text, OUT body jsonb)
LANGUAGE plpgsql AS $$
DECLARE
    s partners.shipments := partners.locked_shipment(_id);
    _city text := _request #>> '{address,city}';
BEGIN
    IF s.id IS NULL THEN
        IF _request #>> '{address,country}' = 'XX' THEN
            code := 'address_not_served';
            RETURN;
        END IF;
        _dispatch_after := CASE _city WHEN 'Hasty' THEN 0 WHEN 'Stuck' THEN NULL ELSE _dispatch_after END;
        s := (_id, _request ->> 'reference', _request, 'created', 1, _request -> 'items', NULL,
            now() + make_interval(secs => _dispatch_after), make_interval(secs => _deliver_after)
        )::partners.shipments;
        INSERT INTO partners.shipments (id, reference, request, status, version, items, next_at, deliver_after)
        VALUES (s.id, s.reference, s.request, s.status, s.version, s.items, s.next_at, s.deliver_after);
        INSERT INTO partners.effects (partner, kind, id, reference, items)
        VALUES ('shipping', 'ship', s.id, s.reference, s.items);
        IF _dispatch_after <= 0 THEN
            s := partners.change_shipment(s, 'dispatched');
        END IF;
    ELSIF s.request IS NULL THEN
        s.reference := _request ->> 'reference';
        UPDATE partners.shipments SET request = _request, reference = s.reference WHERE id = _id;
    ELSIF s.request <> _request THEN
        code := 'id_reused';
    END IF;
    body := partners.body(s);
END $$;

CREATE OR REPLACE FUNCTION partners.cancel(_id text, OUT code text, OUT body jsonb)
LANGUAGE plpgsql AS $$
DECLARE
    s partners.shipments := partners.locked_shipment(_id);
BEGIN
    IF s.id IS NULL THEN
        s := (_id, '-', NULL, 'cancelled', 1, '[]', NULL, NULL, NULL)::partners.shipments;
        INSERT INTO partners.shipments (id, reference, status, version, items)
        VALUES (s.id, s.reference, s.status, s.version, s.items);
    ELSIF s.status = 'created' THEN
        s := partners.change_shipment(s, 'cancelled');
    END IF;
    code := CASE WHEN s.status <> 'cancelled' THEN 'too_late_to_cancel' END;
    body := partners.body(s);
END $$;

-- What the control API and the clock do.
CREATE OR REPLACE FUNCTION partners.move_shipment(_id text, _status text, OUT code text, OUT body jsonb)
LANGUAGE plpgsql AS $$
DECLARE
    s partners.shipments := partners.locked_shipment(_id);
BEGIN
    IF s.id IS NULL THEN
        code := 'not_found';
    ELSIF (s.status, _status) IN (('created', 'dispatched'), ('dispatched', 'delivered'), ('dispatched', 'returned'))
    THEN
        s := partners.change_shipment(s, _status);
    ELSIF s.status <> _status THEN
        code := 'shipment_' || s.status;
    END IF;
    body := partners.body(s);
END $$;

CREATE OR REPLACE FUNCTION partners.get_shipment(_id text, OUT code text, OUT body jsonb)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    SELECT partners.body(s) INTO body FROM partners.shipments AS s WHERE s.id = _id;
    code := CASE WHEN body IS NULL THEN 'not_found' END;
END $$;

CREATE OR REPLACE FUNCTION partners.list_shipments(_after text, _limit integer, OUT code text, OUT body jsonb)
LANGUAGE sql STABLE AS $$
    SELECT NULL, coalesce(jsonb_agg(page.body ORDER BY page.id), '[]')
    FROM (
        SELECT s.id, partners.body(s) AS body FROM partners.shipments AS s
        WHERE s.id > _after AND s.status <> 'cancelled' ORDER BY s.id LIMIT _limit
    ) AS page
$$;
