-- Does what is due by time, up to a limit of each kind; the number of changes. Several may run.
CREATE OR REPLACE FUNCTION partners.tick(_limit integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    _due record;
    _done integer := 0;
BEGIN
    FOR _due IN
        SELECT id FROM partners.reservations WHERE status = 'held' AND expires_at <= now()
        ORDER BY expires_at LIMIT _limit FOR UPDATE SKIP LOCKED
    LOOP
        PERFORM partners.locked_reservation(_due.id);
        _done := _done + 1;
    END LOOP;
    FOR _due IN
        SELECT id FROM partners.authorizations WHERE status = 'authorized' AND expires_at <= now()
        ORDER BY expires_at LIMIT _limit FOR UPDATE SKIP LOCKED
    LOOP
        PERFORM partners.locked_authorization(_due.id);
        _done := _done + 1;
    END LOOP;
    FOR _due IN
        SELECT id, status, request #>> '{address,city}' AS city FROM partners.shipments WHERE next_at <= now()
        ORDER BY next_at LIMIT _limit FOR UPDATE SKIP LOCKED
    LOOP
        PERFORM partners.move_shipment(_due.id, CASE
            WHEN _due.status = 'created' THEN 'dispatched'
            WHEN _due.city = 'Returned' THEN 'returned'
            ELSE 'delivered' END);
        _done := _done + 1;
    END LOOP;
    RETURN _done;
END $$;

-- A reservation or an authorization expires now.
CREATE OR REPLACE FUNCTION partners.expire(_id text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE partners.reservations SET expires_at = now() WHERE id = _id AND status = 'held';
    UPDATE partners.authorizations SET expires_at = now() WHERE id = _id AND status = 'authorized';
END $$;

-- Claims announcements for 30 seconds. Those of one shipment go in sequence, unless put off.
CREATE OR REPLACE FUNCTION partners.claim_messages(_limit integer)
RETURNS TABLE (seq bigint, id text, shipment text, payload text, attempts integer, url text, secret text)
LANGUAGE sql AS $$
    UPDATE partners.messages AS m SET attempts = m.attempts + 1, next_at = now() + interval '30 seconds'
    FROM partners.webhook AS target, (
        SELECT due.seq FROM partners.messages AS due
        WHERE due.next_at <= now() AND (due.held OR NOT EXISTS (
            SELECT 1 FROM partners.messages AS earlier
            WHERE earlier.shipment = due.shipment AND earlier.seq < due.seq AND NOT earlier.held))
        ORDER BY due.seq LIMIT _limit FOR UPDATE SKIP LOCKED
    ) AS claimed
    WHERE m.seq = claimed.seq
    RETURNING m.seq, m.id, m.shipment, m.payload::text, m.attempts, target.url, target.secret
$$;

-- All that the partners know of a reference.
CREATE OR REPLACE FUNCTION partners.book(_reference text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'reference', _reference,
        'reservations', (SELECT coalesce(jsonb_agg(partners.body(r) ORDER BY r.id), '[]')
            FROM partners.reservations AS r WHERE r.reference = _reference),
        'authorizations', (SELECT coalesce(jsonb_agg(partners.body(a) ORDER BY a.id), '[]')
            FROM partners.authorizations AS a WHERE a.reference = _reference),
        'shipments', (SELECT coalesce(jsonb_agg(partners.body(s) ORDER BY s.id), '[]')
            FROM partners.shipments AS s WHERE s.reference = _reference),
        'effects', (SELECT coalesce(jsonb_agg(jsonb_build_object('partner', e.partner, 'id', e.id, 'kind', e.kind,
                'count', e.count, 'amount', e.amount, 'pieces', e.pieces) ORDER BY e.first), '[]')
            FROM (
                SELECT partner, id, kind, count(1) AS count, min(seq) AS first, coalesce(sum(amount), 0) AS amount,
                    coalesce(sum((SELECT sum((value ->> 'quantity')::integer)
                        FROM jsonb_array_elements(items))), 0) AS pieces
                FROM partners.effects WHERE reference = _reference GROUP BY partner, id, kind
            ) AS e)
    )::text
$$;

-- The books of a page of references, in their sequence.
CREATE OR REPLACE FUNCTION partners.books(_after text, _limit integer) RETURNS TABLE (body text)
LANGUAGE sql STABLE AS $$
    SELECT partners.book(page.reference)
    FROM (
        SELECT reference FROM (
            (SELECT DISTINCT reference FROM partners.reservations WHERE reference > _after
                ORDER BY reference LIMIT _limit)
            UNION (SELECT DISTINCT reference FROM partners.authorizations WHERE reference > _after
                ORDER BY reference LIMIT _limit)
            UNION (SELECT DISTINCT reference FROM partners.shipments WHERE reference > _after
                ORDER BY reference LIMIT _limit)
        ) AS known
        ORDER BY reference LIMIT _limit
    ) AS page
    ORDER BY page.reference
$$;

-- Each article: what is left, what reservations hold and what they have taken.
CREATE OR REPLACE FUNCTION partners.stock_levels() RETURNS TABLE (body text) LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('sku', stock.sku, 'available', stock.available, 'held', coalesce(used.held, 0),
        'committed', coalesce(used.committed, 0))::text
    FROM (SELECT sku, sum(available) AS available FROM partners.stock GROUP BY sku) AS stock
    LEFT JOIN (
        SELECT item ->> 'sku' AS sku,
            sum((item ->> 'quantity')::integer) FILTER (WHERE r.status = 'held') AS held,
            sum((item ->> 'quantity')::integer) FILTER (WHERE r.status = 'committed') AS committed
        FROM partners.reservations AS r, jsonb_array_elements(partners.reserved(r.items)) AS item
        WHERE r.status IN ('held', 'committed') GROUP BY item ->> 'sku'
    ) AS used ON used.sku = stock.sku
    ORDER BY stock.sku
$$;
