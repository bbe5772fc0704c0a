"""What acts when the services write to tables that are none of the trail's, and who else may do what they may."""

from typing import Final

from taskflow_core.database.pool import Connection

# Tables besides the trail's ($2) that the services' role ($1) may write to; where there is none, the owner's in public.
_WRITTEN: Final = """
WITH written AS (
    SELECT c.oid, c.oid::regclass::text AS name, c.relkind
    FROM pg_class c JOIN pg_class m ON m.oid = 'public.migration'::regclass
        LEFT JOIN pg_roles r ON r.rolname = $1 AND r.oid <> m.relowner
    WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't'
        AND NOT (c.relnamespace = 'public'::regnamespace AND c.relname = ANY ($2::text[]))
        AND CASE WHEN r.oid IS NULL THEN c.relowner = m.relowner AND c.relnamespace = 'public'::regnamespace
            ELSE has_table_privilege(r.oid, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
                OR has_any_column_privilege(r.oid, c.oid, 'INSERT, UPDATE') END
)
"""
# What runs there at a change, or takes rows away from it: triggers, rules and policies. A trigger's function of
# PostgreSQL's own does no harm. Foreign tables may lead to any other, the trail's among them.
_AT_WRITES: Final = f"""{_WRITTEN}
SELECT 'trigger ' || t.tgname AS what, name FROM written JOIN pg_trigger t ON t.tgrelid = written.oid
WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND t.tgfoid >= 16384
UNION ALL
SELECT 'rule ' || r.rulename, name FROM written JOIN pg_rewrite r ON r.ev_class = written.oid WHERE r.ev_enabled <> 'D'
UNION ALL
SELECT 'policy ' || p.polname, name FROM written JOIN pg_policy p ON p.polrelid = written.oid
    JOIN pg_class c ON c.oid = written.oid WHERE c.relrowsecurity
UNION ALL
SELECT 'foreign server ' || s.srvname, name FROM written JOIN pg_foreign_table f ON f.ftrelid = written.oid
    JOIN pg_foreign_server s ON s.oid = f.ftserver
"""  # noqa: S608  # constants
# Functions that somebody made, which defaults, checks, domains and indexes there call, by operators too. Not what an
# extension brings in C.
_CALLED: Final = f"""{_WRITTEN}, parts AS (
    SELECT written.name, part.* FROM written, LATERAL (
        SELECT 'pg_attrdef'::regclass AS classid, d.oid FROM pg_attrdef d WHERE d.adrelid = written.oid
        UNION ALL
        SELECT 'pg_constraint'::regclass, n.oid FROM pg_constraint n WHERE n.conrelid = written.oid
        UNION ALL
        SELECT 'pg_constraint'::regclass, n.oid FROM pg_attribute a JOIN pg_constraint n ON n.contypid = a.atttypid
        WHERE a.attrelid = written.oid AND NOT a.attisdropped
        UNION ALL
        SELECT 'pg_class'::regclass, i.indexrelid FROM pg_index i WHERE i.indrelid = written.oid
    ) AS part
)
SELECT DISTINCT p.oid::regprocedure::text AS what, parts.name
FROM parts JOIN pg_depend d ON d.classid = parts.classid AND d.objid = parts.oid
    LEFT JOIN pg_operator o ON d.refclassid = 'pg_operator'::regclass AND o.oid = d.refobjid
    JOIN pg_proc p ON p.oid = CASE WHEN d.refclassid = 'pg_proc'::regclass THEN d.refobjid ELSE o.oprcode::oid END
    JOIN pg_language l ON l.oid = p.prolang
WHERE p.oid >= 16384
    AND NOT (l.lanname = 'c' AND EXISTS (
        SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e'
    ))
"""  # noqa: S608  # constants
# Functions with the rights of the tables' owner, or of who has those too, that a trigger calls: for that nobody needs
# the right to. The trail's own ($1) are compared with the migrations.
_TRIGGERED: Final = """
SELECT p.oid::regprocedure::text AS name, r.rolname::text AS owner, min(t.tgrelid::regclass::text) AS relation
FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_roles r ON r.oid = p.proowner, pg_class m
WHERE p.prosecdef AND t.tgenabled <> 'D' AND m.oid = 'public.migration'::regclass
    AND pg_has_role(p.proowner, m.relowner, 'USAGE')
    AND NOT (p.pronamespace = 'public'::regnamespace AND p.proname = ANY ($1::text[]))
GROUP BY p.oid, r.rolname
"""
# Views of the trail's tables ($1), and of such views, that have the owner's rights, and tables with rules that write
# there; with the rights that others have on them.
_SEEN_THROUGH: Final = r"""
WITH RECURSIVE through AS (
    SELECT c.oid FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY ($1::text[])
    UNION
    SELECT r.ev_class FROM through JOIN pg_depend d
        ON d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = through.oid
        JOIN pg_rewrite r ON r.oid = d.objid
), doors AS (
    SELECT c.* FROM through JOIN pg_class c ON c.oid = through.oid, pg_class m
    WHERE m.oid = 'public.migration'::regclass AND pg_has_role(c.relowner, m.relowner, 'USAGE')
        AND NOT (c.relnamespace = 'public'::regnamespace AND c.relname = ANY ($1::text[]))
        AND NOT EXISTS (
            SELECT FROM unnest(c.reloptions) AS option WHERE option ~* '^security_invoker=(on|tr?u?e?|y?e?s|1)$'
        )
), rights AS (
    SELECT doors.oid, doors.relowner, g.grantee, g.privilege_type FROM doors, aclexplode(doors.relacl) g
    UNION
    SELECT doors.oid, doors.relowner, g.grantee, g.privilege_type
    FROM doors JOIN pg_attribute a ON a.attrelid = doors.oid, aclexplode(a.attacl) g
)
SELECT rights.oid::regclass::text AS name, coalesce(r.rolname::text, 'PUBLIC') AS role,
    string_agg(privilege_type, ', ' ORDER BY privilege_type) AS may
FROM rights JOIN pg_class m ON m.oid = 'public.migration'::regclass LEFT JOIN pg_roles r ON r.oid = rights.grantee
WHERE NOT pg_has_role(rights.grantee, m.relowner, 'MEMBER')
GROUP BY rights.oid, r.rolname ORDER BY 1, 2
"""
# Roles that may act as the services' ($1). $2 is what says so: where a server tells being a member from that, SET.
_ACT_AS_SERVICES: Final = """
SELECT r.rolname::text AS name FROM pg_roles r, pg_roles s, pg_class m
WHERE s.rolname = $1 AND m.oid = 'public.migration'::regclass AND s.oid <> m.relowner AND r.oid <> s.oid
    AND NOT r.rolsuper AND NOT pg_has_role(r.oid, m.relowner, 'MEMBER')
    AND (pg_has_role(r.oid, s.oid, 'USAGE') OR pg_has_role(r.oid, s.oid, $2))
ORDER BY r.rolname
"""
# Subscriptions that write into the trail's tables ($2), or into others that the services write to.
_SUBSCRIBED: Final = f"""{_WRITTEN}
SELECT DISTINCT s.subname::text AS name, c.oid::regclass::text AS relation
FROM pg_subscription s JOIN pg_subscription_rel r ON r.srsubid = s.oid JOIN pg_class c ON c.oid = r.srrelid
WHERE c.oid IN (SELECT oid FROM written)
    OR c.relnamespace = 'public'::regnamespace AND c.relname = ANY ($2::text[])
"""  # noqa: S608  # constants
_DEEP: Final = (
    "session_replication_role",
    "session_preload_libraries",
    "local_preload_libraries",
    "dynamic_library_path",
)
"""Settings by which triggers are passed over, or other programs are loaded."""
_HARMLESS_LIBRARIES: Final = ("", "auto_explain", "pg_stat_statements", "pg_hint_plan")
# Where a role that matters, or everybody, has one of them set.
_SET_DEEP: Final = """
SELECT DISTINCT coalesce(r.rolname::text, 'everybody') AS role, setting
FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole
    JOIN pg_class m ON m.oid = 'public.migration'::regclass, unnest(s.setconfig) AS setting
WHERE split_part(setting, '=', 1) = ANY ($2::text[]) AND btrim(split_part(setting, '=', 2), '" ') <> ALL ($3::text[])
    AND setting <> 'session_replication_role=origin'
    AND (s.setrole IN (0, m.relowner) OR r.rolname = $1)
    AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
"""
_HAS_PARAMETERS: Final = "SELECT to_regclass('pg_catalog.pg_parameter_acl') IS NOT NULL"
# Where the services' role may set one of them itself.
_MAY_SET_DEEP: Final = """
SELECT DISTINCT p.parname::text AS name FROM pg_parameter_acl p, aclexplode(p.paracl) g, pg_roles r, pg_class m
WHERE p.parname = ANY ($2::text[]) AND r.rolname = $1 AND m.oid = 'public.migration'::regclass AND r.oid <> m.relowner
    AND (g.grantee = 0 OR pg_has_role(r.oid, g.grantee, 'MEMBER'))
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
"""
_SET_ROLE_SINCE: Final = 16
"""The release of PostgreSQL from which on a member need not be allowed to act as the role."""


async def acting(
    connection: Connection, found: list[str], functions: list[str], role: str
) -> tuple[list[str], list[str]]:
    """What is odd, a sentence each; and who may read the trail through a view and do no more.

    `found` are the trail's tables that are there, `functions` the names that the migrations give.
    """

    async def said(sentence: str, query: str, *values: object) -> list[str]:
        return [sentence.format(**row) for row in await connection.fetch(query, *values)]

    member = "SET" if connection.get_server_version().major >= _SET_ROLE_SINCE else "MEMBER"
    sentences = await said("The {what} acts on changes of {name}, which the services write to", _AT_WRITES, role, found)
    sentences += await said("{name}, which the services write to, calls {what}", _CALLED, role, found)
    sentences += await said("A trigger of {relation} calls {name}, which runs as {owner}", _TRIGGERED, functions)
    sentences += await said(f"The role {{name}} may act as {role}", _ACT_AS_SERVICES, role, member)
    sentences += await said("The subscription {name} writes into {relation}", _SUBSCRIBED, role, found)
    sentences += await said("{setting} is set for {role}", _SET_DEEP, role, list(_DEEP), list(_HARMLESS_LIBRARIES))
    if await connection.fetchval(_HAS_PARAMETERS):
        sentences += await said(f"The role {role} may set {{name}}", _MAY_SET_DEEP, role, list(_DEEP))
    sentences += await said("The cast from {source} to {target} is none of PostgreSQL's", _CASTS)
    readers: list[str] = []
    for row in await connection.fetch(_SEEN_THROUGH, found):
        if row["may"] == "SELECT" and row["role"] not in {"PUBLIC", role}:
            readers.append(f"{row['role']} may read {row['name']}, a view of the trail's tables")
        else:
            sentences.append(f"{row['role']} has {row['may']} on {row['name']}, which acts with the owner's rights")
    return sentences, readers
