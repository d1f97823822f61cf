CREATE OR REPLACE FUNCTION partners.body(a partners.authorizations) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('id', a.id, 'reference', a.reference, 'status', a.status,
        'authorized', a.authorized, 'captured', a.captured, 'refunded', a.refunded)
$$;

-- Nothing can be captured any more.
CREATE OR REPLACE FUNCTION partners.end_authorization(a partners.authorizations, _status text, _kind text)
RETURNS partners.authorizations LANGUAGE plpgsql AS $$
BEGIN
    UPDATE partners.authorizations SET status = _status WHERE id = a.id;
    a.status := _status;
    INSERT INTO partners.effects (partner, kind, id, reference, amount)
    VALUES ('payment', _kind, a.id, a.reference, a.authorized);
    RETURN a;
END $$;

-- An authorization, locked; expired if it is time. Its id is null if there is none.
CREATE OR REPLACE FUNCTION partners.locked_authorization(_id text) RETURNS partners.authorizations
LANGUAGE plpgsql AS $$
DECLARE
    a partners.authorizations;
BEGIN
    SELECT id, reference, request, status, authorized, captured, refunded, expires_at, seq INTO a
    FROM partners.authorizations WHERE id = _id FOR UPDATE;
    IF a.status = 'authorized' AND a.expires_at <= now() THEN
        a := partners.end_authorization(a, 'expired', 'expire');
    END IF;
    RETURN a;
END $$;

CREATE OR REPLACE FUNCTION partners.authorize(_id text, _request jsonb, OUT code text, OUT body jsonb)
LANGUAGE plpgsql AS $$
DECLARE
    a partners.authorizations := partners.locked_authorization(_id);
    _amount numeric := (_request ->> 'amount')::numeric;
BEGIN
    IF a.id IS NULL THEN
        a := (_id, _request ->> 'reference', _request,
            CASE WHEN _amount % 1 = 0.91 THEN 'declined' ELSE 'authorized' END,
            _amount, 0, 0, NULL, NULL)::partners.authorizations;
        INSERT INTO partners.authorizations (id, reference, request, status, authorized, captured, refunded)
        VALUES (a.id, a.reference, a.request, a.status, a.authorized, a.captured, a.refunded);
        INSERT INTO partners.effects (partner, kind, id, reference, amount)
        VALUES ('payment', CASE a.status WHEN 'declined' THEN 'decline' ELSE 'authorize' END, a.id, a.reference,
            a.authorized);
    ELSIF a.request IS NULL THEN
        a.reference := _request ->> 'reference';
        UPDATE partners.authorizations SET request = _request, reference = a.reference WHERE id = _id;
    ELSIF a.request <> _request THEN
        code := 'id_reused';
        RETURN;
    END IF;
    code := CASE a.status WHEN 'declined' THEN 'declined' END;
    body := partners.body(a);
END $$;

CREATE OR REPLACE FUNCTION partners.void(_id text, OUT code text, OUT body jsonb)
LANGUAGE plpgsql AS $$
DECLARE
    a partners.authorizations := partners.locked_authorization(_id);
BEGIN
    IF a.id IS NULL THEN
        a := (_id, '-', NULL, 'voided', 0, 0, 0, NULL, NULL)::partners.authorizations;
        INSERT INTO partners.authorizations (id, reference, status, authorized, captured, refunded)
        VALUES (a.id, a.reference, a.status, a.authorized, a.captured, a.refunded);
    ELSIF a.status = 'authorized' THEN
        a := partners.end_authorization(a, 'voided', 'void');
    END IF;
    code := CASE a.status WHEN 'captured' THEN 'already_captured' END;
    body := partners.body(a);
END $$;

-- Why an amount cannot be captured; null if it can.
CREATE OR REPLACE FUNCTION partners.capture_refusal(a partners.authorizations, _amount numeric) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN a.status = 'declined' THEN 'declined'
        WHEN a.status IN ('expired', 'voided') THEN 'authorization_' || a.status
        WHEN a.captured + _amount > a.authorized THEN 'over_capture'
        WHEN a.authorized % 1 = 0.92 AND a.status = 'authorized' AND NOT EXISTS (
            SELECT 1 FROM partners.authorizations AS earlier
            WHERE earlier.reference = a.reference AND earlier.seq < a.seq) THEN 'authorization_expired'
        WHEN a.authorized % 1 = 0.93 AND NOT EXISTS (
            SELECT 1 FROM partners.movements AS m
            JOIN partners.authorizations AS of_reference ON of_reference.id = m.authorization_id
            WHERE of_reference.reference = a.reference AND m.refused IS NOT NULL) THEN 'over_capture'
    END
$$;

-- A capture or a refund. A refused one is remembered only where its repeat would succeed.
CREATE OR REPLACE FUNCTION partners.move(
    _kind text, _id text, _move text, _amount numeric, OUT code text, OUT body jsonb)
LANGUAGE plpgsql AS $$
DECLARE
    a partners.authorizations := partners.locked_authorization(_id);
    _before record;
BEGIN
    IF a.id IS NULL THEN
        code := 'not_found';
        RETURN;
    END IF;
    SELECT amount, refused INTO _before
    FROM partners.movements WHERE authorization_id = _id AND kind = _kind AND id = _move;
    IF FOUND THEN
        code := CASE WHEN _before.amount <> _amount THEN 'id_reused' ELSE _before.refused END;
        body := partners.body(a);
        RETURN;
    END IF;
    code := CASE
        WHEN _kind = 'capture' THEN partners.capture_refusal(a, _amount)
        WHEN a.refunded + _amount > a.captured THEN 'over_refund' END;
    IF code IS NULL THEN
        a.captured := a.captured + CASE _kind WHEN 'capture' THEN _amount ELSE 0 END;
        a.refunded := a.refunded + CASE _kind WHEN 'refund' THEN _amount ELSE 0 END;
        a.status := 'captured';
        UPDATE partners.authorizations SET status = a.status, captured = a.captured, refunded = a.refunded
        WHERE id = _id;
        INSERT INTO partners.effects (partner, kind, id, reference, amount)
        VALUES ('payment', _kind, _id || '/' || _move, a.reference, _amount);
    ELSIF code = 'authorization_expired' AND a.status = 'authorized' THEN
        a := partners.end_authorization(a, 'expired', 'expire');
    END IF;
    IF code IS NULL OR code = 'over_capture' AND a.captured + _amount <= a.authorized THEN
        INSERT INTO partners.movements (authorization_id, kind, id, amount, refused)
        VALUES (_id, _kind, _move, _amount, code);
    END IF;
    body := partners.body(a);
END $$;

-- Locks nothing unless it has just expired.
CREATE OR REPLACE FUNCTION partners.get_authorization(_id text, OUT code text, OUT body jsonb)
LANGUAGE plpgsql AS $$
DECLARE
    a partners.authorizations;
BEGIN
    SELECT id, reference, request, status, authorized, captured, refunded, expires_at, seq INTO a
    FROM partners.authorizations WHERE id = _id;
    IF a.status = 'authorized' AND a.expires_at <= now() THEN
        a := partners.locked_authorization(_id);
    END IF;
    code := CASE WHEN a.id IS NULL THEN 'not_found' END;
    body := partners.body(a);
END $$;

CREATE OR REPLACE FUNCTION partners.list_authorizations(_after text, _limit integer, OUT code text, OUT body jsonb)
LANGUAGE sql STABLE AS $$
    SELECT NULL, coalesce(jsonb_agg(page.body ORDER BY page.id), '[]')
    FROM (
        SELECT a.id, partners.body(a) AS body FROM partners.authorizations AS a
        WHERE a.id > _after
            AND (a.status = 'captured' OR a.status = 'authorized' AND (a.expires_at > now()) IS NOT FALSE)
        ORDER BY a.id LIMIT _limit
    ) AS page
$$;
