"""What is around the trail: what could stand in for it, act behind it, or do more to it than the services may."""

from typing import Final

import asyncpg

from taskflow_core.database.pool import Connection, in_transaction
from taskflow_db.trail_schema import SERVICE_ROLE

# What is attached to the trail from another schema.
_FOREIGN: Final = """
SELECT i.inhrelid::regclass::text AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'public.task_events'::regclass AND c.relnamespace <> 'public'::regnamespace
"""
# Whatever is called like a month and is none, attached ($1) or detached.
_STRAY: Final = r"""
SELECT relname AS name FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    AND relname ~ '^task_events_\d+_\d\d$' AND relname <> ALL ($1::text[])
"""
# What the services' role is beyond what it should be. Every role may act as itself, and a superuser as all.
_POWERS: Final = """
SELECT r.rolsuper AS "is a superuser", r.rolbypassrls AS "passes row-level security", r.rolcreaterole AS "makes roles",
    r.rolreplication AS "may replicate", pg_has_role(r.oid, m.relowner, 'MEMBER') AS "may act as the owner",
    has_schema_privilege(r.oid, 'public', 'CREATE') AS "may make functions and tables in the schema public",
    has_database_privilege(r.oid, current_database(), 'CREATE') AS "may make schemas"
FROM pg_roles r, pg_class m
WHERE r.rolname = $1 AND m.oid = 'public.migration'::regclass AND r.oid <> m.relowner
"""
# Roles with powers over everything that it may act as. Those of PostgreSQL's that only look have none.
_ACTS_AS: Final = r"""
SELECT o.rolname::text AS name FROM pg_roles r, pg_roles o, pg_class m
WHERE r.rolname = $1 AND m.oid = 'public.migration'::regclass AND r.oid <> m.relowner AND NOT r.rolsuper
    AND o.oid NOT IN (r.oid, m.relowner) AND pg_has_role(r.oid, o.oid, 'MEMBER')
    AND (o.rolname LIKE 'pg\_%' OR o.rolsuper OR o.rolbypassrls OR o.rolcreaterole)
    AND o.rolname NOT IN (
        'pg_monitor', 'pg_read_all_settings', 'pg_read_all_stats', 'pg_stat_scan_tables', 'pg_checkpoint',
        'pg_signal_backend', 'pg_signal_autovacuum_worker', 'pg_use_reserved_connections'
    )
ORDER BY o.rolname
"""
# The schemas in which a session may look before public, or beside it: pg_catalog, one called like its role, and those
# that the search path of a role or of this database names. Only of roles that may read the trail: where others look, as
# other applications in this database do, is no matter of ours.
_PATHS: Final = """
WITH readers AS (
    SELECT r.oid, r.rolname FROM pg_roles r WHERE EXISTS (
        SELECT FROM pg_roles o
        WHERE pg_has_role(r.oid, o.oid, 'MEMBER') AND has_table_privilege(o.oid, 'public.task_events', 'SELECT')
    )
), paths AS (
    SELECT regexp_split_to_table(split_part(setting, '=', 2), '[", ]+') AS schema
    FROM pg_db_role_setting s, unnest(s.setconfig) AS setting
    WHERE setting LIKE 'search_path=%' AND (s.setrole = 0 OR s.setrole IN (SELECT oid FROM readers))
        AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
)
SELECT oid FROM pg_namespace n
WHERE n.nspname IN ('pg_catalog', 'public') OR n.nspname IN (SELECT schema FROM paths)
    OR n.nspname IN (SELECT rolname FROM readers)
"""
# Tables and functions that a session would find before ours in these schemas ($3).
_IN_FRONT: Final = """
SELECT c.oid::regclass::text AS name FROM pg_class c
WHERE c.relname = ANY ($1::text[]) AND c.relnamespace = ANY ($3::oid[])
    AND c.relnamespace <> 'public'::regnamespace
UNION ALL
SELECT p.oid::regprocedure::text FROM pg_proc p
WHERE p.proname = ANY ($2::text[]) AND p.pronamespace = ANY ($3::oid[])
    AND p.pronamespace <> 'public'::regnamespace
"""
# What in these schemas ($1) could be taken for PostgreSQL's own: functions and operators of the same name. Not those
# that have to be given a value of a type of their own, which no value of PostgreSQL's types turns into by itself, and
# not what an extension brings in C: who is no superuser can make neither, nor make it a part of an extension of theirs.
_LIKE_ITS_OWN: Final = """
WITH types AS (
    SELECT ARRAY(
        SELECT t.oid FROM pg_type t
        WHERE t.typnamespace <> 'pg_catalog'::regnamespace AND t.typtype IN ('b', 'e', 'r', 'm')
            AND t.typcategory <> 'A' AND NOT EXISTS (
                SELECT FROM pg_cast k JOIN pg_type f ON f.oid = k.castsource
                WHERE k.casttarget = t.oid AND k.castcontext = 'i' AND f.typnamespace = 'pg_catalog'::regnamespace
            )
    ) AS apart
)
SELECT 'function ' || p.oid::regprocedure::text AS name FROM types, pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace = ANY ($1::oid[]) AND p.pronamespace <> 'pg_catalog'::regnamespace
    AND EXISTS (SELECT FROM pg_proc o WHERE o.pronamespace = 'pg_catalog'::regnamespace AND o.proname = p.proname)
    AND NOT (string_to_array(p.proargtypes::text, ' ')::oid[])[: p.pronargs - p.pronargdefaults] && types.apart
    AND NOT (l.lanname = 'c' AND EXISTS (
        SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
    ))
UNION ALL
SELECT 'operator ' || o.oid::regoperator::text FROM types, pg_operator o JOIN pg_roles r ON r.oid = o.oprowner
    JOIN pg_proc p ON p.oid = o.oprcode JOIN pg_language l ON l.oid = p.prolang
WHERE o.oprnamespace = ANY ($1::oid[]) AND o.oprnamespace <> 'pg_catalog'::regnamespace
    AND EXISTS (SELECT FROM pg_operator w WHERE w.oprnamespace = 'pg_catalog'::regnamespace AND w.oprname = o.oprname)
    AND NOT ARRAY[o.oprleft, o.oprright] && types.apart
    AND NOT (r.rolsuper AND l.lanname = 'c' AND EXISTS (
        SELECT FROM pg_depend d WHERE d.classid = 'pg_operator'::regclass AND d.objid = o.oid AND d.deptype = 'e'
    ))
"""
# Functions that run with the rights of the tables' owner, or of who has those too, and are none of the trail's own
# ($1), where somebody may call them who has not. Those for event triggers only these can call. Not what an extension
# brings as a superuser: the owner of an extension can add functions to it, but none of a superuser's.
_RUN_AS_ANOTHER: Final = """
SELECT p.oid::regprocedure::text AS name, r.rolname::text AS owner
FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner, pg_class m
WHERE p.prosecdef AND m.oid = 'public.migration'::regclass AND pg_has_role(p.proowner, m.relowner, 'USAGE')
    AND NOT (p.pronamespace IN ('public'::regnamespace, pg_my_temp_schema()) AND p.proname = ANY ($1::text[]))
    AND p.prorettype <> 'event_trigger'::regtype
    AND EXISTS (
        SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) g
        WHERE NOT pg_has_role(g.grantee, m.relowner, 'MEMBER')
    )
    AND NOT (r.rolsuper AND EXISTS (
        SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
    ))
"""
# What runs at changes of tables, or when anybody connects. Not what an extension brings in C, nor what runs as whoever
# makes or drops an extension and at nothing else: nothing of ours does.
_EVENT_TRIGGERS: Final = """
SELECT e.evtname::text AS name, e.evtevent::text AS event
FROM pg_event_trigger e JOIN pg_proc p ON p.oid = e.evtfoid JOIN pg_language l ON l.oid = p.prolang
WHERE e.evtenabled <> 'D'
    AND NOT (l.lanname = 'c' AND EXISTS (
        SELECT FROM pg_depend d WHERE d.classid = 'pg_event_trigger'::regclass AND d.objid = e.oid AND d.deptype = 'e'
    ))
    AND NOT (
        NOT p.prosecdef AND e.evttags <@ ARRAY['CREATE EXTENSION', 'ALTER EXTENSION', 'DROP EXTENSION']
        AND e.evttags IS NOT NULL
    )
"""
# Whether retention still knows its days.
_UPKEEP: Final = "SELECT EXISTS (SELECT FROM public.audit_upkeep)"


async def around(
    connection: Connection, found: list[str], tables: list[str], functions: list[str], role: str = SERVICE_ROLE
) -> list[str]:
    """What is odd around the trail, a sentence each.

    `found` are the trail's tables that are there, `tables` and `functions` the names that the migrations give.
    """

    async def said(sentence: str, query: str, *values: object) -> list[str]:
        return [sentence.format(**row) for row in await connection.fetch(query, *values)]

    schemas = [row["oid"] for row in await connection.fetch(_PATHS)]
    sentences = await said(
        "{name} would be found before the trail's own table or function", _IN_FRONT, tables, functions, schemas
    )
    sentences += await said("The {name} could be taken for one of PostgreSQL's own", _LIKE_ITS_OWN, schemas)
    sentences += await said("{name} is attached to task_events", _FOREIGN)
    sentences += await said("{name} is called like a month, and is no part of the trail", _STRAY, found)
    sentences += await said("Others may call {name}, which runs as {owner}", _RUN_AS_ANOTHER, functions)
    sentences += await said("The event trigger {name} runs at {event}", _EVENT_TRIGGERS)
    powers = await connection.fetchrow(_POWERS, role)
    if powers is not None:
        sentences += [f"The role {role} {power}" for power, has in powers.items() if has]
    sentences += await said(f"The role {role} may act as {{name}}", _ACTS_AS, role)
    return sentences + await _upkeep(connection)


async def _upkeep(connection: Connection) -> list[str]:
    try:
        async with in_transaction(connection):
            there = await connection.fetchval(_UPKEEP)
    except asyncpg.InsufficientPrivilegeError:
        return []  # it is another's: that is told
    return [] if there else ["audit_upkeep has no row any more: no month leaves the trail"]
