"""Migration 0020: the function that alone may change rows of the audit trail, forwards and once."""

SEALING = r"""
-- Rows are only ever added; but while the trail of before is being encrypted, the transaction that audit_sealing names
-- as its writer may change them.
CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'task_events' AND EXISTS (
        SELECT FROM public.audit_sealing WHERE done_at IS NULL AND writer = pg_current_xact_id()::text
    ) THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% on % refused: the audit trail is only ever added to', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege', HINT = 'Old months go by `taskflow audit prune`.';
END
$$;

-- Adds plain rows, as releases before did. Once the trail is encrypted they are refused, with an error that those
-- releases take for an outage.
CREATE OR REPLACE FUNCTION audit_append(
    event_ids uuid[], occurred timestamptz[], types text[], tasks text[], users text[], actors text[],
    versions bigint[], correlations text[], contents text[]
) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM public.audit_chain FOR UPDATE;
    IF EXISTS (SELECT FROM public.audit_sealing WHERE done_at IS NOT NULL) THEN
        RAISE EXCEPTION 'the audit trail is encrypted and takes no plain rows any more: this release is too old for it'
            USING ERRCODE = 'cannot_connect_now';
    END IF;
    RETURN public.audit_add(event_ids, occurred, types, tasks, users, actors, versions, correlations, contents);
END
$$;

-- Replaces the contents of the next rows (by their numbers, in order) and gives them new hashes, while the trail has
-- rows of before; refuses for ever afterwards. Each row has to fit the old chain. Where rows left the trail before one,
-- `gaps` has the hash that it follows. `hashes` and `keys` are as for audit_record. When there is no row left the head
-- gets the new hash as well.
CREATE FUNCTION audit_seal(
    numbers bigint[], gaps bytea[], contents text[], hashes bytea[], keys uuid[],
    OUT seq bigint, OUT old_hash bytea, OUT new_hash bytea, OUT done boolean
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    state public.audit_sealing;
    entry record;
    links bytea[] := '{}';
    ids uuid[] := '{}';
    times timestamptz[] := '{}';
BEGIN
    PERFORM public.audit_check_keys(hashes, keys);
    SELECT * INTO STRICT state FROM public.audit_sealing FOR UPDATE;
    IF state.done_at IS NOT NULL THEN
        RAISE EXCEPTION 'the audit trail is encrypted: its rows do not change any more'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    FOR entry IN
        SELECT e.*, s.gap, s.content
        FROM unnest(numbers, gaps, contents) WITH ORDINALITY AS s (number, gap, content, nth)
        JOIN public.task_events e ON e.chain_seq = s.number ORDER BY s.nth
    LOOP
        IF entry.gap IS NOT NULL AND entry.chain_seq > state.seq THEN
            INSERT INTO public.audit_old_hashes SELECT state.seq, state.old_hash WHERE state.seq > 0
            ON CONFLICT DO NOTHING;
            state.old_hash := entry.gap;
            state.new_hash := entry.gap;
        ELSIF entry.chain_seq <> state.seq + 1 THEN
            RAISE EXCEPTION 'row % of the audit trail is not the next one', entry.chain_seq
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        state.old_hash := public.audit_hash(state.old_hash, entry.chain_seq, entry.event_id, entry.occurred_at,
            entry.recorded_at, entry.version, entry.type, entry.task_id, entry.user_id, entry.actor_id,
            entry.correlation_id, entry.data);
        IF state.old_hash IS DISTINCT FROM entry.hash THEN
            RAISE EXCEPTION 'row % of the audit trail does not fit its hash', entry.chain_seq
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        state.new_hash := public.audit_hash(state.new_hash, entry.chain_seq, entry.event_id, entry.occurred_at,
            entry.recorded_at, entry.version, entry.type, entry.task_id, entry.user_id, entry.actor_id,
            entry.correlation_id, entry.content);
        state.seq := entry.chain_seq;
        links := links || state.new_hash;
        ids := ids || entry.event_id;
        times := times || entry.occurred_at;
    END LOOP;
    IF cardinality(ids) <> cardinality(numbers) THEN
        RAISE EXCEPTION 'a row of the audit trail is not there, or twice' USING ERRCODE = 'insufficient_privilege';
    END IF;

    UPDATE public.audit_sealing SET writer = pg_current_xact_id()::text;
    UPDATE public.task_events t SET data = s.content, hash = s.link
    FROM unnest(ids, times, contents, links) AS s (id, at, content, link)
    WHERE t.event_id = s.id AND t.occurred_at = s.at;
    done := NOT EXISTS (SELECT FROM public.task_events t WHERE t.chain_seq > state.seq);
    UPDATE public.audit_chain c SET hash = state.new_hash WHERE done AND c.seq = state.seq;
    UPDATE public.audit_sealing s SET writer = NULL, seq = state.seq, old_hash = state.old_hash,
        new_hash = state.new_hash, done_at = CASE WHEN done THEN now() END;
    seq := state.seq;
    old_hash := state.old_hash;
    new_hash := state.new_hash;
END
$$;
"""

BEFORE = r"""
CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% on % refused: the audit trail is only ever added to', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege', HINT = 'Old months go by `taskflow audit prune`.';
END
$$;

CREATE OR REPLACE FUNCTION audit_append(
    event_ids uuid[], occurred timestamptz[], types text[], tasks text[], users text[], actors text[],
    versions bigint[], correlations text[], contents text[]
) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN public.audit_add(event_ids, occurred, types, tasks, users, actors, versions, correlations, contents);
END
$$;
"""
"""What both did before."""
