"""Migration 0019: the function that adds to the audit trail what was encrypted, and what it is made of."""

APPENDING = r"""
-- Adds a batch to the trail, drops what it holds already, and answers how many rows were new. One writer at a time:
-- the head's row is locked until the caller's transaction ends. For the owner's use; services have audit_record.
CREATE FUNCTION audit_add(
    event_ids uuid[], occurred timestamptz[], types text[], tasks text[], users text[], actors text[],
    versions bigint[], correlations text[], contents text[]
) RETURNS integer LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
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

-- Fails (TF002) unless each of these keys is there and not destroyed. The head of the chain is locked: so none is
-- destroyed any more before the caller's transaction ends.
CREATE FUNCTION audit_check_keys(hashes bytea[], ids uuid[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM public.audit_chain FOR UPDATE;
    IF EXISTS (
        SELECT FROM unnest(hashes, ids) AS used (hash, id)
        LEFT JOIN public.audit_keys k ON k.user_hash = used.hash AND k.key_id = used.id WHERE k.wrapped IS NULL
    ) THEN
        RAISE EXCEPTION 'a key of the audit trail was destroyed meanwhile' USING ERRCODE = 'TF002';
    END IF;
END
$$;

-- Adds a batch whose contents are encrypted with these keys (of users by their hashes, each once); as audit_add.
CREATE FUNCTION audit_record(
    event_ids uuid[], occurred timestamptz[], types text[], tasks text[], users text[], actors text[],
    versions bigint[], correlations text[], contents text[], hashes bytea[], keys uuid[]
) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM public.audit_check_keys(hashes, keys);
    RETURN public.audit_add(event_ids, occurred, types, tasks, users, actors, versions, correlations, contents);
END
$$;
"""
