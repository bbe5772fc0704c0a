"""Who has the rights of the tables' owner or of the services beside them, and what changes how their sessions work."""

from typing import Final

from taskflow_core.database.pool import Connection

# Views of the trail's tables ($1), and views of such views, that look with the rights of the tables' owner, or of who
# has those too; and tables with rules that do. With the rights that others have on them. A view that looks with its
# reader's rights lends none, also not to views of it, but what is materialized of it is read by all. Tables that the
# services' role ($2) writes to are told of already.
_LENDING: Final = """
WITH RECURSIVE through AS (
    SELECT c.oid, 'trail' AS sort FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY ($1::text[])
    UNION
    SELECT c.oid, kind.sort
    FROM through JOIN pg_depend d
        ON d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = through.oid
        JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class c ON c.oid = r.ev_class, LATERAL (
            SELECT CASE WHEN c.relkind NOT IN ('v', 'm') THEN 'table' WHEN EXISTS (
                SELECT FROM unnest(c.reloptions) AS option
                WHERE option ~* '^security_invoker=(on|t|tr|tru|true|y|ye|yes|1)$'
            ) THEN 'reader''s' ELSE 'owner''s' END AS sort
        ) AS kind
    WHERE through.sort <> 'table' AND (through.sort <> 'reader''s' OR kind.sort = 'reader''s' OR c.relkind = 'm')
), lending AS (
    SELECT c.oid, c.relacl
    FROM through JOIN pg_class c ON c.oid = through.oid JOIN pg_class m ON m.oid = 'public.migration'::regclass
    WHERE through.sort IN ('owner''s', 'table') AND pg_has_role(c.relowner, m.relowner, 'USAGE')
        AND NOT (c.relnamespace = 'public'::regnamespace AND c.relname = ANY ($1::text[]))
        AND NOT (through.sort = 'table' AND EXISTS (
            SELECT FROM pg_roles s
            WHERE s.rolname = $2 AND has_table_privilege(s.oid, c.oid, 'INSERT, UPDATE, DELETE')
        ))
), rights AS (
    SELECT lending.oid, g.* FROM lending, aclexplode(lending.relacl) g
    UNION
    SELECT lending.oid, g.* FROM lending JOIN pg_attribute a ON a.attrelid = lending.oid, aclexplode(a.attacl) g
)
SELECT rights.oid::regclass::text AS name, coalesce(r.rolname::text, 'PUBLIC') AS role, string_agg(
    DISTINCT privilege_type || CASE WHEN is_grantable THEN ' with grant option' ELSE '' END, ', '
) AS may
FROM rights JOIN pg_class m ON m.oid = 'public.migration'::regclass LEFT JOIN pg_roles r ON r.oid = rights.grantee
WHERE NOT pg_has_role(rights.grantee, m.relowner, 'MEMBER')
GROUP BY rights.oid, r.rolname ORDER BY 1, 2
"""
# Roles that may act as the services' ($1). $2 is the right that says so beside USAGE: who made a role is a member that
# may do neither, where a server knows SET.
_ACT_AS_SERVICES: Final = """
SELECT r.rolname::text AS name FROM pg_roles r, pg_roles s, pg_class m
WHERE s.rolname = $1 AND m.oid = 'public.migration'::regclass AND s.oid <> m.relowner AND r.oid <> s.oid
    AND NOT r.rolsuper AND NOT pg_has_role(r.oid, m.relowner, 'MEMBER')
    AND (pg_has_role(r.oid, s.oid, 'USAGE') OR pg_has_role(r.oid, s.oid, $2))
ORDER BY r.rolname
"""
_HAS_SET: Final = 16
"""The release of PostgreSQL from which on a member need not be allowed to act as the role."""
# Where triggers are passed over, or other programs loaded ($2, save those of $3), for a role that matters or everybody.
_SET: Final = """
SELECT DISTINCT coalesce(r.rolname::text, 'everybody') AS role, setting
FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole
    JOIN pg_class m ON m.oid = 'public.migration'::regclass, unnest(s.setconfig) AS setting
WHERE split_part(setting, '=', 1) = ANY ($2::text[]) AND setting <> 'session_replication_role=origin'
    AND NOT string_to_array(regexp_replace(split_part(setting, '=', 2), '[" ]', '', 'g'), ',') <@ $3::text[]
    AND (s.setrole IN (0, m.relowner) OR r.rolname = $1)
    AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
ORDER BY 1, 2
"""
_DEEP: Final = [
    "session_replication_role",
    "session_preload_libraries",
    "local_preload_libraries",
    "dynamic_library_path",
]
_HARMLESS_LIBRARIES: Final = ["auto_explain", "pg_stat_statements", "pg_hint_plan"]
_HAS_PARAMETERS: Final = "SELECT to_regclass('pg_catalog.pg_parameter_acl') IS NOT NULL"
# What the services' role ($1) may set that only superusers may: all but what measures, or is anybody's to set.
_MAY_SET: Final = r"""
SELECT DISTINCT p.parname::text AS name, g.privilege_type AS may
FROM pg_parameter_acl p, aclexplode(p.paracl) g, pg_roles r, pg_class m
WHERE r.rolname = $1 AND m.oid = 'public.migration'::regclass AND r.oid <> m.relowner AND NOT r.rolsuper
    AND (g.grantee = 0 OR pg_has_role(r.oid, g.grantee, 'MEMBER'))
    AND NOT (g.privilege_type = 'SET' AND (
        p.parname ~ '^(track_|auto_explain\.|pg_stat_statements\.|log_(min_)?duration|log_lock_waits$|log_temp_files$)'
        OR p.parname IN ('compute_query_id', 'deadlock_timeout', 'temp_file_limit', 'update_process_title')
        OR p.parname IN (SELECT name FROM pg_settings WHERE context = 'user')
    ))
ORDER BY 1, 2
"""
# Casts between PostgreSQL's own types that somebody made, and that apply by themselves. Not an extension's in C.
_CASTS: Final = """
SELECT format_type(k.castsource, NULL) AS source, format_type(k.casttarget, NULL) AS target
FROM pg_cast k JOIN pg_type s ON s.oid = k.castsource JOIN pg_type t ON t.oid = k.casttarget
    LEFT JOIN pg_proc p ON p.oid = k.castfunc LEFT JOIN pg_language l ON l.oid = p.prolang
WHERE k.oid >= 16384 AND k.castcontext IN ('i', 'a') AND s.typnamespace = 'pg_catalog'::regnamespace
    AND t.typnamespace = 'pg_catalog'::regnamespace
    AND NOT (l.lanname IS NOT DISTINCT FROM 'c' AND EXISTS (
        SELECT FROM pg_depend d WHERE d.classid = 'pg_cast'::regclass AND d.objid = k.oid AND d.deptype = 'e'
    ))
ORDER BY 1, 2
"""


async def beside(connection: Connection, found: list[str], role: str) -> tuple[list[str], list[str]]:
    """What is odd, a sentence each; and who may read the trail's tables (`found`) through a view and do no more."""

    async def said(sentence: str, query: str, *values: object) -> list[str]:
        return [sentence.format(**row) for row in await connection.fetch(query, *values)]

    right = "SET" if connection.get_server_version().major >= _HAS_SET else "MEMBER"
    sentences = await said(f"The role {{name}} may act as {role}", _ACT_AS_SERVICES, role, right)
    sentences += await said("{setting} is set for {role}", _SET, role, _DEEP, _HARMLESS_LIBRARIES)
    if await connection.fetchval(_HAS_PARAMETERS):
        sentences += await said(f"The role {role} has {{may}} on the parameter {{name}}", _MAY_SET, role)
    sentences += await said("The cast from {source} to {target} is none of PostgreSQL's", _CASTS)
    readers: list[str] = []
    for row in await connection.fetch(_LENDING, found, role):
        if row["may"] == "SELECT" and row["role"] not in {"PUBLIC", role}:
            readers.append(f"{row['role']} may read {row['name']}, which looks into the trail's tables")
        else:
            sentences.append(f"{row['role']} has {row['may']} on {row['name']}, which acts with the owner's rights")
    return sentences, readers
