"""Migration 0006: the functions that make months of the audit trail, within bounds, and say what hinders them."""

MAKING = r"""
-- Whether a month may have a partition: last month, this one and the next three always; others, which only an event
-- with such a time or a wrong clock asks for, while there are fewer than 240.
CREATE FUNCTION audit_has_room(month date) RETURNS boolean LANGUAGE sql STABLE
RETURN month BETWEEN date '0001-01-01' AND date '9999-12-01' AND (
    month BETWEEN public.audit_month(now()) - interval '1 month' AND public.audit_month(now()) + interval '3 months'
    OR (SELECT count(*) < 240 FROM pg_catalog.pg_inherits WHERE inhparent = 'public.task_events'::regclass)
);

-- Moves what waits in the default partition into partitions of its months, made where absent, up to 24 months at a time
-- and as far as there is room; answers how many rows. The default partition is detached, copied and dropped, and
-- another one takes its place, with what stays: nothing is ever deleted.
CREATE OR REPLACE FUNCTION audit_sort_default() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s'
SET TimeZone = 'UTC' AS $$
DECLARE
    moved bigint;
    stayed bigint;
    months date[];
    month date;
BEGIN
    PERFORM FROM public.audit_chain FOR UPDATE;
    months := ARRAY(
        SELECT waiting.month
        FROM (SELECT DISTINCT public.audit_month(occurred_at) AS month FROM public.task_events_default) AS waiting
        WHERE public.audit_has_room(waiting.month) ORDER BY waiting.month DESC LIMIT 24
    );
    IF months = '{}' THEN
        RETURN 0;
    END IF;
    LOCK TABLE public.task_events IN ACCESS EXCLUSIVE MODE;
    ALTER TABLE public.task_events DETACH PARTITION public.task_events_default;
    ALTER TABLE public.task_events_default RENAME TO task_events_sorting;
    PERFORM public.audit_make_default();
    FOREACH month IN ARRAY months LOOP
        IF public.audit_has_room(month) THEN
            PERFORM public.audit_ensure_partition(month);
        END IF;
    END LOOP;
    INSERT INTO public.task_events SELECT * FROM public.task_events_sorting;
    GET DIAGNOSTICS moved = ROW_COUNT;
    SELECT count(*) INTO stayed FROM public.task_events_default;
    DROP TABLE public.task_events_sorting;
    RETURN moved - stayed;
END
$$;

-- Makes the partition of the month `day` lies in (UTC) unless it is there; answers whether it made one.
CREATE OR REPLACE FUNCTION audit_ensure_partition(day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s'
-- The bounds are written out and read again: in no zone and style of the caller's, some of which read back otherwise.
SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' AS $$
DECLARE
    month date := date_trunc('month', day::timestamp)::date;
    begins timestamptz := month::timestamp AT TIME ZONE 'UTC';
    ends timestamptz := (month + interval '1 month') AT TIME ZONE 'UTC';
    relation text := public.audit_partition_name(month);
BEGIN
    PERFORM FROM public.audit_chain FOR UPDATE;
    IF (month BETWEEN date '0001-01-01' AND date '9999-12-01') IS NOT TRUE THEN
        RAISE EXCEPTION 'no month of the audit trail: %', day USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF to_regclass('public.' || relation) IS NOT NULL THEN
        RETURN false;
    END IF;
    IF NOT public.audit_has_room(month) THEN
        RAISE EXCEPTION 'the audit trail has too many months for one so far away: %', month
            USING ERRCODE = 'insufficient_privilege', HINT = 'Its events wait in the default partition.';
    END IF;
    IF EXISTS (SELECT FROM public.task_events_default WHERE occurred_at >= begins AND occurred_at < ends) THEN
        PERFORM public.audit_sort_default();
        RETURN true;
    END IF;
    EXECUTE format('CREATE TABLE public.%I (LIKE public.task_events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)',
        relation);
    PERFORM public.audit_protect(relation, '');
    EXECUTE format('ALTER TABLE public.task_events ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
        relation, begins, ends);
    RETURN true;
END
$$;

-- Why no month can be made; null when they can. They are made as the owner of audit_ensure_partition.
CREATE FUNCTION audit_hindrance() RETURNS text LANGUAGE sql STABLE
RETURN (
    SELECT CASE
        WHEN NOT pg_catalog.has_schema_privilege(f.proowner, 'public', 'CREATE') THEN pg_catalog.format(
            'the role %I, which owns the audit trail''s functions, may not create tables in the schema public; as a '
            'superuser: GRANT CREATE ON SCHEMA public TO %1$I', pg_catalog.pg_get_userbyid(f.proowner))
        WHEN NOT pg_catalog.pg_has_role(f.proowner, t.relowner, 'USAGE') THEN pg_catalog.format(
            'the audit trail''s functions belong to %I, and its table to %I; as a superuser: ALTER TABLE task_events '
            'OWNER TO %1$I', pg_catalog.pg_get_userbyid(f.proowner), pg_catalog.pg_get_userbyid(t.relowner))
    END
    FROM pg_catalog.pg_proc f, pg_catalog.pg_class t
    WHERE f.oid = 'public.audit_ensure_partition(date)'::regprocedure AND t.oid = 'public.task_events'::regclass
);
"""
