"""What acts when the services write to tables that are none of the trail's, and triggers that act as the owner."""

from typing import Final

from taskflow_core.database.pool import Connection
from taskflow_db.tables import TABLES, table_name

# Tables besides the trail's ($2) that are written to where the services' role ($1) writes, whichever application's:
# those it may write to, their children, and those that a foreign key changes along with them. Where there is no such
# role, the owner writes, and only our own tables ($3) are looked at: others may be another application's.
# `events` is which changes that can be, in the bits of pg_trigger.tgtype: INSERT 4, DELETE 8, UPDATE 16, TRUNCATE 32.
_WRITTEN: Final = """
WITH RECURSIVE reached AS (
    SELECT c.oid, 60 AS events
    FROM pg_class c JOIN pg_class m ON m.oid = 'public.migration'::regclass
        LEFT JOIN pg_roles r ON r.rolname = $1 AND r.oid <> m.relowner
    WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'f', 'v') AND c.relpersistence <> 't' AND CASE
        WHEN r.oid IS NULL THEN c.relnamespace = 'public'::regnamespace AND c.relname = ANY ($3::text[])
        ELSE has_schema_privilege(r.oid, c.relnamespace, 'USAGE') AND (
            has_table_privilege(r.oid, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
            OR has_any_column_privilege(r.oid, c.oid, 'INSERT, UPDATE')
        ) END
    UNION
    SELECT next.oid, next.events FROM reached, LATERAL (
        SELECT i.inhrelid AS oid, reached.events FROM pg_inherits i WHERE i.inhparent = reached.oid
        UNION ALL
        SELECT n.conrelid, CASE WHEN reached.events & 8 = 0 THEN 0 WHEN n.confdeltype = 'c' THEN 8
            WHEN n.confdeltype IN ('n', 'd') THEN 16 ELSE 0 END
            | CASE WHEN reached.events & 16 <> 0 AND n.confupdtype IN ('c', 'n', 'd') THEN 16 ELSE 0 END
        FROM pg_constraint n WHERE n.confrelid = reached.oid AND n.contype = 'f'
    ) AS next
    WHERE next.events <> 0
), written AS (
    SELECT c.oid, c.oid::regclass::text AS name, c.relrowsecurity, bit_or(reached.events) AS events
    FROM reached JOIN pg_class c ON c.oid = reached.oid
    WHERE NOT (c.relnamespace = 'public'::regnamespace AND c.relname = ANY ($2::text[]))
    GROUP BY c.oid, c.relrowsecurity
)
"""
# What runs there at a change, or takes rows away from it. PostgreSQL's own triggers keep foreign keys and put off
# unique ones. A foreign table may lead to any other, the trail's among them.
_AT_WRITES: Final = f"""{_WRITTEN}
SELECT 'trigger ' || t.tgname AS what, name FROM written JOIN pg_trigger t ON t.tgrelid = written.oid
WHERE NOT (t.tgisinternal AND t.tgfoid < 16384) AND t.tgenabled <> 'D' AND t.tgtype & events <> 0
UNION ALL
SELECT 'rule ' || r.rulename, name FROM written JOIN pg_rewrite r ON r.ev_class = written.oid
WHERE r.ev_enabled <> 'D'
    AND CASE r.ev_type WHEN '2' THEN events & 16 WHEN '3' THEN events & 4 WHEN '4' THEN events & 8 ELSE 0 END <> 0
UNION ALL
SELECT 'policy ' || p.polname, name FROM written JOIN pg_policy p ON p.polrelid = written.oid
WHERE written.relrowsecurity
UNION ALL
SELECT 'foreign server ' || s.srvname, name FROM written JOIN pg_foreign_table f ON f.ftrelid = written.oid
    JOIN pg_foreign_server s ON s.oid = f.ftserver
ORDER BY 1, 2
"""  # noqa: S608  # constants
# Functions that somebody made, which defaults, checks, domains, indexes, statistics and partitions there call, by
# operators too. Not what an extension brings in C, unless it may run what it is given: as dblink's functions do. And
# those of PostgreSQL's own that run what they are given, or change settings: no dependency is noted for its own.
_CALLED: Final = rf"""{_WRITTEN}, types AS (
    SELECT written.name, a.atttypid AS oid FROM written JOIN pg_attribute a ON a.attrelid = written.oid
    WHERE a.attnum > 0 AND NOT a.attisdropped AND events & 20 <> 0
    UNION
    SELECT types.name, inner_type.oid FROM types JOIN pg_type t ON t.oid = types.oid, LATERAL (
        SELECT unnest(ARRAY[t.typbasetype, t.typelem]) AS oid
        UNION ALL
        SELECT a.atttypid FROM pg_attribute a
        WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
        UNION ALL
        SELECT g.rngsubtype FROM pg_range g WHERE g.rngtypid = t.oid
    ) AS inner_type
    WHERE inner_type.oid <> 0
), parts AS (
    SELECT written.name, part.* FROM written, LATERAL (
        SELECT 'pg_attrdef'::regclass AS classid, d.oid, d.adbin::text AS tree
        FROM pg_attrdef d WHERE d.adrelid = written.oid
        UNION ALL
        SELECT 'pg_constraint'::regclass, n.oid, n.conbin::text FROM pg_constraint n WHERE n.conrelid = written.oid
        UNION ALL
        SELECT 'pg_class'::regclass, i.indexrelid, concat(i.indexprs, i.indpred)
        FROM pg_index i WHERE i.indrelid = written.oid
        UNION ALL
        SELECT 'pg_statistic_ext'::regclass, s.oid, s.stxexprs::text
        FROM pg_statistic_ext s WHERE s.stxrelid = written.oid
        UNION ALL
        SELECT 'pg_class'::regclass, p.partrelid, p.partexprs::text
        FROM pg_partitioned_table p WHERE p.partrelid = written.oid
    ) AS part
    WHERE events & 20 <> 0
    UNION ALL
    SELECT types.name, 'pg_type'::regclass, t.oid, t.typdefaultbin::text
    FROM types JOIN pg_type t ON t.oid = types.oid
    UNION ALL
    SELECT types.name, 'pg_constraint'::regclass, n.oid, n.conbin::text
    FROM types JOIN pg_constraint n ON n.contypid = types.oid
), calls AS (
    SELECT parts.name, CASE WHEN d.refclassid = 'pg_proc'::regclass THEN d.refobjid ELSE o.oprcode::oid END AS called
    FROM parts JOIN pg_depend d ON d.classid = parts.classid AND d.objid = parts.oid
        LEFT JOIN pg_operator o ON d.refclassid = 'pg_operator'::regclass AND o.oid = d.refobjid
    WHERE parts.classid <> 'pg_type'::regclass OR parts.tree IS NOT NULL
    UNION
    SELECT parts.name, own.match[1]::oid FROM parts, regexp_matches(parts.tree, ':funcid (\d+)', 'g') AS own (match)
    UNION
    SELECT written.name, a.amproc::oid
    FROM written JOIN pg_index i ON i.indrelid = written.oid JOIN pg_opclass c ON c.oid = ANY (i.indclass)
        JOIN pg_amproc a ON a.amprocfamily = c.opcfamily
    WHERE events & 20 <> 0
)
SELECT DISTINCT p.oid::regprocedure::text AS what, calls.name
FROM calls JOIN pg_proc p ON p.oid = calls.called JOIN pg_language l ON l.oid = p.prolang
WHERE p.oid >= 16384
    AND NOT (
        l.lanname = 'c' AND NOT (p.provolatile = 'v' AND 'text'::regtype = ANY (p.proargtypes)) AND EXISTS (
            SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e'
        )
    )
    OR p.pronamespace = 'pg_catalog'::regnamespace
    AND p.proname ~ '^((query|cursor|table|schema|database)_to_xml|ts_rewrite$|ts_stat$|set_config$)'
ORDER BY 1, 2
"""  # noqa: S608  # constants
# Functions with the rights of the tables' owner, or of who has those too, that a trigger of another table calls: for
# that nobody needs the right to. Where somebody has it all the same, that is told already. Not what an extension brings
# as a superuser.
_TRIGGERED: Final = f"""{_WRITTEN}
SELECT p.oid::regprocedure::text AS what, r.rolname::text AS owner, min(c.oid::regclass::text) AS name
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
    JOIN pg_roles r ON r.oid = p.proowner, pg_class m
WHERE p.prosecdef AND t.tgenabled <> 'D' AND m.oid = 'public.migration'::regclass
    AND pg_has_role(p.proowner, m.relowner, 'USAGE')
    AND NOT EXISTS (
        SELECT FROM written WHERE written.oid = c.oid AND t.tgtype & written.events <> 0
    )
    AND NOT (c.relnamespace = 'public'::regnamespace AND c.relname = ANY ($2::text[]))
    AND NOT EXISTS (
        SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) g
        WHERE NOT pg_has_role(g.grantee, m.relowner, 'MEMBER')
    )
    AND NOT (r.rolsuper AND EXISTS (
        SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
    ))
GROUP BY p.oid, r.rolname
ORDER BY 1
"""  # noqa: S608  # constants
# Subscriptions that write into the trail's tables ($1).
_SUBSCRIBED: Final = """
SELECT s.subname::text AS what, c.oid::regclass::text AS name
FROM pg_subscription s JOIN pg_subscription_rel r ON r.srsubid = s.oid JOIN pg_class c ON c.oid = r.srrelid
WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY ($1::text[])
ORDER BY 1, 2
"""
_OURS: Final = sorted(table_name(table) for table in TABLES)


async def acting(connection: Connection, found: list[str], role: str) -> list[str]:
    """What acts at writes and should not, a sentence each.

    `found` are the trail's tables that are there: these are compared with the migrations.
    """

    async def said(sentence: str, query: str, *values: object) -> list[str]:
        return [sentence.format(**row) for row in await connection.fetch(query, *values)]

    writes = role, found, _OURS
    return [
        *await said("The {what} on {name} acts when the services write", _AT_WRITES, *writes),
        *await said("{what} is called when the services write to {name}", _CALLED, *writes),
        *await said("A trigger on {name} calls {what}, which runs as {owner}", _TRIGGERED, *writes),
        *await said("The subscription {what} writes into {name}", _SUBSCRIBED, found),
    ]
