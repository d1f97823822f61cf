-- Each existing table becomes the first partition of a new one with its name, columns, checks, indexes,
-- triggers and privileges. The validated checks prove that every row belongs there, so nothing is read, and
-- every existing index becomes a part of the new one.

-- Only a key can be unique in a partitioned table; `order_events_by_entry` replaces it. Entries come from a
-- sequence, and are unique without it.
DROP INDEX IF EXISTS order_events_entry_key;

DO $$
DECLARE
    parent      TEXT;
    key         TEXT;
    first       TEXT;
    definitions TEXT[];
    definition  TEXT;
    old         RECORD;
BEGIN
    FOR parent, key IN VALUES ('orders', 'id'), ('order_events', 'order_id') LOOP
        first := parent || '_p1';
        -- With the names of the existing ones, as commands for the new table.
        SELECT array_agg(text) INTO definitions FROM (
            SELECT format('ALTER TABLE %I ADD CONSTRAINT %I %s', parent, conname, pg_get_constraintdef(oid)) AS text
              FROM pg_constraint WHERE conrelid = parent::regclass AND contype = 'p'
            UNION ALL
            SELECT pg_get_indexdef(indexrelid) FROM pg_index
             WHERE indrelid = parent::regclass AND NOT indisprimary
            UNION ALL
            SELECT pg_get_triggerdef(oid) FROM pg_trigger
             WHERE tgrelid = parent::regclass AND NOT tgisinternal
            UNION ALL
            SELECT format('GRANT %s ON %I TO %s%s', privilege_type, parent,
                          CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END,
                          CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
              FROM pg_class CROSS JOIN LATERAL aclexplode(relacl)
             WHERE pg_class.oid = parent::regclass AND grantee <> relowner
        ) AS existing;
        FOR old IN SELECT indexrelid::regclass::text AS name, relname FROM pg_index
                     JOIN pg_class ON pg_class.oid = indexrelid WHERE indrelid = parent::regclass LOOP
            EXECUTE format('ALTER INDEX %s RENAME TO %I', old.name, old.relname || '_p1');
        END LOOP;
        -- The row triggers of the new table apply to its partitions.
        FOR old IN SELECT tgname FROM pg_trigger
                    WHERE tgrelid = parent::regclass AND NOT tgisinternal AND tgtype & 1 = 1 LOOP
            EXECUTE format('DROP TRIGGER %I ON %I', old.tgname, parent);
        END LOOP;
        EXECUTE format('ALTER TABLE %I RENAME TO %I', parent, first);
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL EXCLUDING IDENTITY EXCLUDING INDEXES EXCLUDING STATISTICS)
                        PARTITION BY RANGE (%I)', parent, first, key);
        EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I', parent, parent || '_partition');
        EXECUTE format('ALTER TABLE %I OWNER TO %s', parent,
                       (SELECT relowner::regrole FROM pg_class WHERE oid = first::regclass));
        FOREACH definition IN ARRAY definitions LOOP
            EXECUTE definition;
        END LOOP;
    END LOOP;
END
$$;

-- Ids continue where they were. Statements look the sequence up by its name when they are executed.
DO $$
DECLARE
    ids        pg_sequence;
    next       BIGINT := nextval(pg_get_serial_sequence('orders_p1', 'id'));
    grants     TEXT[];
    definition TEXT;
BEGIN
    SELECT * INTO ids FROM pg_sequence WHERE seqrelid = pg_get_serial_sequence('orders_p1', 'id')::regclass;
    SELECT array_agg(format('GRANT %s ON SEQUENCE orders_id_seq TO %s', privilege_type,
                            CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END))
      INTO grants FROM pg_class CROSS JOIN LATERAL aclexplode(relacl)
     WHERE pg_class.oid = ids.seqrelid AND grantee <> relowner;
    ALTER TABLE orders_p1 ALTER COLUMN id DROP IDENTITY;
    EXECUTE format('ALTER TABLE orders ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY
                    (SEQUENCE NAME orders_id_seq INCREMENT %s MINVALUE %s MAXVALUE %s START %s CACHE %s)',
                   ids.seqincrement, ids.seqmin, ids.seqmax, next, ids.seqcache);
    FOREACH definition IN ARRAY coalesce(grants, '{}') LOOP
        EXECUTE definition;
    END LOOP;
END
$$;
ALTER SEQUENCE order_events_entry OWNED BY order_events.entry;

ALTER TABLE orders ATTACH PARTITION orders_p1 FOR VALUES FROM (MINVALUE) TO ($until);
ALTER TABLE order_events ATTACH PARTITION order_events_p1 FOR VALUES FROM (MINVALUE) TO ($until);
ALTER TABLE orders_p1 DROP CONSTRAINT orders_partition;
ALTER TABLE order_events_p1 DROP CONSTRAINT order_events_partition;
