"""The audit trail: task_events by month, its hash chain, and the functions that alone may look after both.

Safe before the rollout: the running release neither reads nor is hindered by what is added.

Rows are only ever added: triggers on the table and on every partition refuse UPDATE, DELETE and TRUNCATE, for the owner
too. What the services' role needs beyond INSERT and SELECT it gets through functions that run as the owner of the
tables, with a search path of their own. docs/audit.md tells the whole story.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from taskflow_db.scripts.partitions_0005 import PARTITIONS
from taskflow_db.sql_migration import sql_migration

ID = "0005_audit"
VERSION = "1.38.0"
DESCRIPTION = "The audit trail: task_events by month, its hash chain and the functions that look after both"

TABLES = r"""
-- Owner: audit-logger. What happened to tasks, and who read of it; one row per event, with the event's own time.
-- `data` is canonical JSON (sorted keys, no spaces) kept as text, so that its bytes can be hashed again.
CREATE TABLE task_events (
    event_id uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    type text NOT NULL,
    task_id text CHECK (task_id <> ''),
    user_id text NOT NULL,
    actor_id text NOT NULL,
    version bigint NOT NULL,
    correlation_id text NOT NULL,
    data text NOT NULL,
    chain_seq bigint NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (event_id, occurred_at)
) PARTITION BY RANGE (occurred_at);
CREATE INDEX ix_task_events_task ON task_events (task_id, occurred_at, event_id);
CREATE INDEX ix_task_events_user ON task_events (user_id, occurred_at, event_id);
CREATE INDEX ix_task_events_correlation ON task_events (correlation_id);
CREATE INDEX ix_task_events_time ON task_events (occurred_at, event_id);
CREATE INDEX ix_task_events_reads ON task_events (occurred_at, event_id) WHERE type = 'audit.read';
CREATE INDEX ix_task_events_chain ON task_events (chain_seq);

-- Owner: audit-logger. The chain's head: number and hash of the row added last. `least_months` of trail are kept
-- whatever a service asks for; the owner of the tables may change it.
CREATE TABLE audit_chain (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    seq bigint NOT NULL,
    hash bytea NOT NULL,
    least_months integer NOT NULL DEFAULT 3 CHECK (least_months > 0)
);
INSERT INTO audit_chain (seq, hash) VALUES (0, decode(repeat('00', 32), 'hex'));

-- Owner: audit-logger. Signed notes of where the chain stood (also kept outside the database).
CREATE TABLE audit_checkpoints (
    seq bigint NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    record text NOT NULL
);
CREATE INDEX ix_audit_checkpoints_seq ON audit_checkpoints (seq);

-- Owner: audit-logger. Months taken off the trail: the signed record of the rows that went with them.
CREATE TABLE audit_pruned (
    relation text PRIMARY KEY,
    month date NOT NULL,
    record text NOT NULL,
    detached_at timestamptz NOT NULL DEFAULT now(),
    dropped_at timestamptz
);
"""

APPENDING = r"""
-- A row's hash: SHA-256 over the hash before it and the row's own bytes. The audit logger computes the same.
CREATE FUNCTION audit_hash(
    before bytea, seq bigint, event_id uuid, occurred_at timestamptz, recorded_at timestamptz, version bigint,
    type text, task_id text, user_id text, actor_id text, correlation_id text, data text
) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
RETURN pg_catalog.sha256(
    before || pg_catalog.int8send(seq) || pg_catalog.uuid_send(event_id)
    || pg_catalog.timestamptz_send(occurred_at) || pg_catalog.timestamptz_send(recorded_at)
    || pg_catalog.int8send(version)
    || pg_catalog.convert_to(
        pg_catalog.concat_ws(E'\n', type, coalesce(task_id, ''), user_id, actor_id, correlation_id, data), 'UTF8'
    )
);

-- Adds a batch to the trail, drops what it holds already, and answers how many rows were new. One writer at a time:
-- the head's row is locked until the caller's transaction ends.
CREATE FUNCTION audit_append(
    event_ids uuid[], occurred timestamptz[], types text[], tasks text[], users text[], actors text[],
    versions bigint[], correlations text[], contents text[]
) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    head public.audit_chain;
    stamp timestamptz;
    link bytea;
    links bytea[] := '{}';
    position bigint;
    added integer := 0;
    entry record;
BEGIN
    SELECT * INTO STRICT head FROM public.audit_chain FOR UPDATE;
    stamp := clock_timestamp();
    link := head.hash;
    position := head.seq;
    FOR entry IN SELECT *
        FROM unnest(event_ids, occurred, versions, types, tasks, users, actors, correlations, contents)
            AS e (id, at, version, type, task, owner, actor, correlation, content)
    LOOP
        position := position + 1;
        link := public.audit_hash(link, position, entry.id, entry.at, stamp, entry.version, entry.type, entry.task,
            entry.owner, entry.actor, entry.correlation, entry.content);
        links := links || link;
    END LOOP;

    -- Nearly always nothing in the batch is known yet: then one statement adds it all.
    BEGIN
        INSERT INTO public.task_events
        SELECT e.id, e.at, stamp, e.type, e.task, e.owner, e.actor, e.version, e.correlation, e.content,
            head.seq + e.nth, e.link
        FROM unnest(event_ids, occurred, versions, types, tasks, users, actors, correlations, contents, links)
            WITH ORDINALITY AS e (id, at, version, type, task, owner, actor, correlation, content, link, nth)
        ON CONFLICT DO NOTHING;
        GET DIAGNOSTICS added = ROW_COUNT;
        IF added = 0 THEN
            RETURN 0;
        ELSIF added < position - head.seq THEN
            RAISE SQLSTATE 'TF001';
        END IF;
        UPDATE public.audit_chain SET seq = position, hash = link;
        RETURN added;
    EXCEPTION WHEN SQLSTATE 'TF001' THEN
        -- Some were known, so the hashes after them were wrong: what was added is taken back.
        added := 0;
    END;

    link := head.hash;
    position := head.seq;
    FOR entry IN SELECT *
        FROM unnest(event_ids, occurred, versions, types, tasks, users, actors, correlations, contents)
            AS e (id, at, version, type, task, owner, actor, correlation, content)
    LOOP
        links[1] := public.audit_hash(link, position + 1, entry.id, entry.at, stamp, entry.version, entry.type,
            entry.task, entry.owner, entry.actor, entry.correlation, entry.content);
        INSERT INTO public.task_events VALUES (entry.id, entry.at, stamp, entry.type, entry.task, entry.owner,
            entry.actor, entry.version, entry.correlation, entry.content, position + 1, links[1])
        ON CONFLICT DO NOTHING;
        IF FOUND THEN
            position := position + 1;
            link := links[1];
            added := added + 1;
        END IF;
    END LOOP;
    UPDATE public.audit_chain SET seq = position, hash = link;
    RETURN added;
END
$$;
"""

PROTECTING = r"""
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% on % refused: the audit trail is only ever added to', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege', HINT = 'Old months go by `taskflow audit prune`.';
END
$$;

-- Makes a table append-only, and leaves the services' role nothing but `rights` on it. For the owner's use.
CREATE FUNCTION audit_protect(relation text, rights text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    service name;
BEGIN
    EXECUTE format('CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.%I '
        'FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse_change()', relation);
    -- ALWAYS: also where session_replication_role would pass triggers over.
    EXECUTE format('ALTER TABLE public.%I ENABLE ALWAYS TRIGGER audit_append_only', relation);
    EXECUTE format('REVOKE ALL ON TABLE public.%I FROM PUBLIC', relation);
    FOR service IN SELECT rolname FROM pg_roles WHERE rolname = 'taskflow_app' AND rolname <> current_user LOOP
        EXECUTE format('REVOKE ALL ON TABLE public.%I FROM %I', relation, service);
        IF rights <> '' THEN
            EXECUTE format('GRANT %s ON TABLE public.%I TO %I', rights, relation, service);
        END IF;
    END LOOP;
END
$$;
"""

BEGINNING = r"""
SELECT audit_make_default();
SELECT audit_ensure_partition((audit_month(now()) + make_interval(months => ahead))::date)
FROM generate_series(-1, 3) AS ahead;
SELECT audit_protect('task_events', 'SELECT, INSERT'), audit_protect('audit_checkpoints', 'SELECT, INSERT');

REVOKE ALL ON audit_chain, audit_pruned FROM PUBLIC;
REVOKE ALL ON FUNCTION
    audit_hash, audit_append, audit_refuse_change, audit_protect, audit_partition_name, audit_month,
    audit_make_default, audit_sort_default, audit_ensure_partition, audit_detach_partition, audit_drop_detached
FROM PUBLIC;
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'taskflow_app') AND current_user <> 'taskflow_app' THEN
        REVOKE ALL ON audit_chain, audit_pruned FROM taskflow_app;
        GRANT SELECT ON audit_chain, audit_pruned TO taskflow_app;
        GRANT EXECUTE ON FUNCTION
            audit_append, audit_sort_default, audit_ensure_partition, audit_detach_partition, audit_drop_detached
        TO taskflow_app;
    END IF;
END
$$;
"""

FORWARDS = TABLES + APPENDING + PROTECTING + PARTITIONS + BEGINNING

BACKWARDS = r"""
DO $$
DECLARE
    detached text;
BEGIN
    FOR detached IN SELECT relation FROM audit_pruned WHERE dropped_at IS NULL LOOP
        EXECUTE format('DROP TABLE IF EXISTS %I', detached);
    END LOOP;
END
$$;
DROP TABLE IF EXISTS task_events, audit_chain, audit_checkpoints, audit_pruned;
DROP FUNCTION IF EXISTS
    audit_append, audit_hash, audit_drop_detached, audit_detach_partition, audit_ensure_partition, audit_sort_default,
    audit_make_default, audit_month, audit_partition_name, audit_protect, audit_refuse_change;
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, forwards=FORWARDS, backwards=BACKWARDS)
