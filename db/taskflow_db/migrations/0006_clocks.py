"""What destroys parts of the audit trail goes by the database's own clock, and only while that clock is to be believed.

Safe before the rollout: the functions that the running release calls keep their names and arguments, and only refuse
more. docs/audit.md tells the whole story.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from taskflow_db.scripts.months_0006 import MAKING
from taskflow_db.scripts.partitions_0005 import PARTITIONS
from taskflow_db.sql_migration import sql_migration

ID = "0006_clocks"
VERSION = "1.38.0"
DESCRIPTION = "Retention by the database's clock: days of upkeep, a clock that was set, bounds for months"

TABLES = r"""
-- Owner: audit-logger. When upkeep last looked at the database's clock, and since when that clock has gone on without a
-- jump. `grace_days` is how many days of upkeep a detached month stays; the owner of the tables may change it.
CREATE TABLE audit_upkeep (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    seen_at timestamptz NOT NULL DEFAULT now(),
    steady_since timestamptz NOT NULL DEFAULT now() - interval '2 days',
    grace_days integer NOT NULL DEFAULT 30 CHECK (grace_days > 0)
);
INSERT INTO audit_upkeep DEFAULT VALUES;

-- Owner: audit-logger. The days (UTC) on which upkeep ran while the clock was to be believed: what grace is counted in.
CREATE TABLE audit_upkeep_days (
    day date PRIMARY KEY
);
"""

# A caller's zone may be called UTC and be another ("UTC-167"), which from PostgreSQL 18 on changes what AT TIME ZONE
# 'UTC' means: so whatever a service may call, and decides, sets the zone itself.
CLOCK = r"""
-- Looks at the clock. One that went back by more than a minute, or forward by more than a day and a half since upkeep
-- last looked (a jump, or upkeep did not run: from here that cannot be told apart), is not believed for a day. Days
-- ahead of the clock were counted by one that was wrong: they do not count. For the owner's use; `at` is for tests.
CREATE FUNCTION audit_look_at_clock(at timestamptz) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    clock public.audit_upkeep;
    today date := (at AT TIME ZONE 'UTC')::date;
BEGIN
    SELECT * INTO STRICT clock FROM public.audit_upkeep FOR UPDATE;
    IF at < clock.seen_at - interval '1 minute' OR at > clock.seen_at + interval '36 hours' THEN
        clock.steady_since := at;
    END IF;
    UPDATE public.audit_upkeep SET seen_at = at, steady_since = clock.steady_since;
    DELETE FROM public.audit_upkeep_days WHERE day > today;
    -- Nor did a month leave the trail on a day to come.
    UPDATE public.audit_pruned SET detached_at = at WHERE detached_at > at AND dropped_at IS NULL;
    IF at < clock.steady_since + interval '1 day' THEN
        RETURN false;
    END IF;
    INSERT INTO public.audit_upkeep_days VALUES (today) ON CONFLICT DO NOTHING;
    RETURN true;
END
$$;

-- Upkeep ran: looks at the clock, counts the day, answers whether the clock is to be believed.
CREATE FUNCTION audit_upkeep_ran() RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s'
SET TimeZone = 'UTC' AS $$
BEGIN
    RETURN public.audit_look_at_clock(clock_timestamp());
END
$$;

-- Whether the clock is to be believed now: upkeep looked at it lately, and it has gone on for a day without a jump.
CREATE FUNCTION audit_clock_is_steady() RETURNS boolean
LANGUAGE sql STABLE
RETURN (
    SELECT now() >= c.steady_since + interval '1 day'
        AND now() BETWEEN c.seen_at - interval '1 minute' AND c.seen_at + interval '36 hours'
    FROM public.audit_upkeep c
);

-- How many days of upkeep have gone by since an instant, not counting its own day.
CREATE FUNCTION audit_days_of_upkeep(since timestamptz) RETURNS integer
LANGUAGE sql STABLE
RETURN (
    SELECT count(*)::integer FROM public.audit_upkeep_days u
    WHERE u.day > (since AT TIME ZONE 'UTC')::date AND u.day <= (now() AT TIME ZONE 'UTC')::date
);
"""

REMOVING = r"""
-- Takes a month off the trail, leaving its table by itself, if `keep` whole months (at least audit_chain.least_months)
-- lie between it and this one by the database's clock. For the owner's use; services have audit_detach_old.
CREATE FUNCTION audit_take_off(
    day date, record text, keep integer, OUT relation text, OUT last_seq bigint
) LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
    month date := date_trunc('month', day::timestamp)::date;
    attached text := public.audit_partition_name(month);
    least integer := (SELECT least_months FROM public.audit_chain);
    kept integer;
BEGIN
    FOREACH kept IN ARRAY ARRAY[least, greatest(keep, least)] LOOP
        -- Years before our era have the names of others, and so must not get as far as a name.
        IF (month >= date '0001-01-01' AND month + make_interval(months => kept + 1) <= public.audit_month(now()))
            IS NOT TRUE
        THEN
            RAISE EXCEPTION 'the last % months of the audit trail stay', kept USING ERRCODE = 'insufficient_privilege',
                HINT = 'The owner of the tables may change audit_chain.least_months.';
        END IF;
    END LOOP;
    PERFORM FROM public.audit_chain FOR UPDATE;
    EXECUTE format('SELECT coalesce(max(chain_seq), 0) FROM public.%I', attached) INTO last_seq;
    EXECUTE format('ALTER TABLE public.task_events DETACH PARTITION public.%I', attached);
    -- A month can come back (an old event, replayed late) and go again.
    relation := format('%s_until_%s', attached, last_seq);
    EXECUTE format('ALTER TABLE public.%I RENAME TO %I', attached, relation);
    INSERT INTO public.audit_pruned (relation, month, record) VALUES (relation, month, record);
END
$$;

-- The same for services: only while the clock is to be believed.
CREATE FUNCTION audit_detach_old(
    day date, record text, keep integer, OUT relation text, OUT last_seq bigint
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s'
SET TimeZone = 'UTC' AS $$
BEGIN
    IF public.audit_clock_is_steady() IS NOT TRUE THEN
        RAISE EXCEPTION 'the clock of the database was set, or upkeep did not run, within the last day'
            USING ERRCODE = 'insufficient_privilege', HINT = 'Months go again when it has gone on for a day.';
    END IF;
    SELECT t.relation, t.last_seq INTO STRICT relation, last_seq FROM public.audit_take_off(day, record, keep) t;
    -- Whoever took it off writes it to a file before it is dropped.
    EXECUTE format('GRANT SELECT ON public.%I TO %I', relation, session_user);
END
$$;

-- What the release before calls, which does not say how much it keeps: the default, at least.
CREATE OR REPLACE FUNCTION audit_detach_partition(
    day date, record text, OUT relation text, OUT last_seq bigint
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s'
SET TimeZone = 'UTC' AS $$
BEGIN
    SELECT t.relation, t.last_seq INTO STRICT relation, last_seq FROM public.audit_detach_old(day, record, 24) t;
END
$$;

-- Drops a month that was detached, at once. For the owner's use; services have audit_drop_detached.
CREATE FUNCTION audit_drop_now(detached text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s' AS $$
BEGIN
    UPDATE public.audit_pruned SET dropped_at = now() WHERE relation = detached AND dropped_at IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no detached month %', detached USING ERRCODE = 'undefined_table';
    END IF;
    EXECUTE format('DROP TABLE public.%I', detached);
END
$$;

-- Drops a month that was detached, when its days of grace are over and while the clock is to be believed.
CREATE OR REPLACE FUNCTION audit_drop_detached(detached text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s'
SET TimeZone = 'UTC' AS $$
DECLARE
    since timestamptz;
    grace integer;
BEGIN
    SELECT grace_days INTO STRICT grace FROM public.audit_upkeep FOR UPDATE;
    SELECT detached_at INTO since FROM public.audit_pruned WHERE relation = detached AND dropped_at IS NULL;
    IF FOUND AND (public.audit_days_of_upkeep(since) >= grace AND public.audit_clock_is_steady()) IS NOT TRUE THEN
        RAISE EXCEPTION '% stays until upkeep has run on % days since it was detached', detached, grace
            USING ERRCODE = 'insufficient_privilege', HINT = 'The owner of the tables may drop it at once.';
    END IF;
    PERFORM public.audit_drop_now(detached);
END
$$;

-- Puts a detached month back on the trail. For the owner's use.
CREATE FUNCTION audit_put_back(detached text) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
    back bigint;
    gone date;
BEGIN
    PERFORM FROM public.audit_chain FOR UPDATE;
    DELETE FROM public.audit_pruned WHERE relation = detached AND dropped_at IS NULL RETURNING month INTO gone;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no detached month %', detached USING ERRCODE = 'undefined_table';
    END IF;
    PERFORM public.audit_ensure_partition(gone);
    EXECUTE format('INSERT INTO public.task_events SELECT * FROM public.%I', detached);
    GET DIAGNOSTICS back = ROW_COUNT;
    EXECUTE format('DROP TABLE public.%I', detached);
    RETURN back;
END
$$;
"""

RIGHTS = r"""
REVOKE ALL ON audit_upkeep, audit_upkeep_days FROM PUBLIC;
REVOKE ALL ON FUNCTION
    audit_look_at_clock, audit_upkeep_ran, audit_clock_is_steady, audit_days_of_upkeep, audit_take_off,
    audit_detach_old, audit_drop_now, audit_put_back, audit_has_room, audit_hindrance
FROM PUBLIC;
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'taskflow_app') AND current_user <> 'taskflow_app' THEN
        REVOKE ALL ON audit_upkeep, audit_upkeep_days FROM taskflow_app;
        GRANT SELECT ON audit_upkeep, audit_upkeep_days TO taskflow_app;
        GRANT EXECUTE ON FUNCTION
            audit_upkeep_ran, audit_clock_is_steady, audit_days_of_upkeep, audit_detach_old, audit_hindrance
        TO taskflow_app;
    END IF;
END
$$;
"""

FORWARDS = TABLES + CLOCK + REMOVING + MAKING + RIGHTS

# The functions of 0005 as they were, and nothing of ours.
BACKWARDS = (
    PARTITIONS.replace("CREATE FUNC", "CREATE OR REPLACE FUNC")
    + r"""
DROP FUNCTION IF EXISTS
    audit_hindrance, audit_has_room, audit_put_back, audit_drop_now, audit_detach_old, audit_take_off,
    audit_days_of_upkeep, audit_clock_is_steady, audit_upkeep_ran, audit_look_at_clock;
DROP TABLE IF EXISTS audit_upkeep, audit_upkeep_days;
"""
)


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, forwards=FORWARDS, backwards=BACKWARDS)
