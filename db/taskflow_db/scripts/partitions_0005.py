"""Migration 0005: the functions that make, sort, detach and drop the partitions of the audit trail."""

PARTITIONS = r"""
-- Each of these locks the head of the chain first, as appending does. So no row is on its way to a partition while the
-- partitions change: it would fail, or wait for this as this waits for it.

CREATE FUNCTION audit_partition_name(month date) RETURNS text LANGUAGE sql IMMUTABLE
RETURN pg_catalog.to_char(month::timestamp, '"task_events_"YYYY"_"MM');

CREATE FUNCTION audit_month(at timestamptz) RETURNS date LANGUAGE sql STABLE
RETURN pg_catalog.date_trunc('month', at AT TIME ZONE 'UTC')::date;

-- An empty default partition.
CREATE FUNCTION audit_make_default() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    CREATE TABLE public.task_events_default (LIKE public.task_events INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
    PERFORM public.audit_protect('task_events_default', 'SELECT');
    ALTER TABLE public.task_events ATTACH PARTITION public.task_events_default DEFAULT;
END
$$;

-- Moves what waits in the default partition into partitions of its months, made where absent; answers how many rows.
-- The default partition is detached, copied and dropped, and an empty one takes its place: nothing is ever deleted.
CREATE FUNCTION audit_sort_default() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
    moved bigint;
    month date;
BEGIN
    PERFORM FROM public.audit_chain FOR UPDATE;
    IF NOT EXISTS (SELECT FROM public.task_events_default) THEN
        RETURN 0;
    END IF;
    LOCK TABLE public.task_events IN ACCESS EXCLUSIVE MODE;
    ALTER TABLE public.task_events DETACH PARTITION public.task_events_default;
    ALTER TABLE public.task_events_default RENAME TO task_events_sorting;
    PERFORM public.audit_make_default();
    FOR month IN SELECT DISTINCT public.audit_month(occurred_at) FROM public.task_events_sorting LOOP
        PERFORM public.audit_ensure_partition(month);
    END LOOP;
    INSERT INTO public.task_events SELECT * FROM public.task_events_sorting;
    GET DIAGNOSTICS moved = ROW_COUNT;
    DROP TABLE public.task_events_sorting;
    RETURN moved;
END
$$;

-- Makes the partition of the month `day` lies in (UTC) unless it is there; answers whether it made one.
CREATE FUNCTION audit_ensure_partition(day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
    month date := date_trunc('month', day::timestamp)::date;
    begins timestamptz := month::timestamp AT TIME ZONE 'UTC';
    ends timestamptz := (month + interval '1 month') AT TIME ZONE 'UTC';
    relation text := public.audit_partition_name(month);
BEGIN
    PERFORM FROM public.audit_chain FOR UPDATE;
    IF to_regclass('public.' || relation) IS NOT NULL THEN
        RETURN false;
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

-- Takes a month off the trail, leaving its table by itself. `record` says which rows those are; the answer, the number
-- of the last one, lets the caller see before it commits that none came meanwhile.
CREATE FUNCTION audit_detach_partition(
    day date, record text, OUT relation text, OUT last_seq bigint
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
    month date := date_trunc('month', day::timestamp)::date;
    attached text := public.audit_partition_name(month);
    kept integer := (SELECT least_months FROM public.audit_chain);
BEGIN
    IF month + make_interval(months => kept + 1) > public.audit_month(now()) THEN
        RAISE EXCEPTION 'the last % months of the audit trail stay', kept USING ERRCODE = 'insufficient_privilege',
            HINT = 'The owner of the tables may change audit_chain.least_months.';
    END IF;
    PERFORM FROM public.audit_chain FOR UPDATE;
    EXECUTE format('SELECT coalesce(max(chain_seq), 0) FROM public.%I', attached) INTO last_seq;
    EXECUTE format('ALTER TABLE public.task_events DETACH PARTITION public.%I', attached);
    -- A month can come back (an old event, replayed late) and go again.
    relation := format('%s_until_%s', attached, last_seq);
    EXECUTE format('ALTER TABLE public.%I RENAME TO %I', attached, relation);
    INSERT INTO public.audit_pruned (relation, month, record) VALUES (relation, month, record);
END
$$;

-- Drops a month that was detached.
CREATE FUNCTION audit_drop_detached(detached text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s' AS $$
BEGIN
    UPDATE public.audit_pruned SET dropped_at = now() WHERE relation = detached AND dropped_at IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no detached month %', detached USING ERRCODE = 'undefined_table';
    END IF;
    EXECUTE format('DROP TABLE public.%I', detached);
END
$$;
"""
