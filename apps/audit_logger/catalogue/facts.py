"""What PostgreSQL's catalogue says of tables and functions, as facts that can be compared."""

from typing import Final

from taskflow_core.database.pool import Connection

Facts = dict[str, str]
"""What there is, in words, and how it is."""

# The schemas compared: the one everything is in, and this session's temporary one, where the reference is made.
PUBLIC: Final = "public"
REFERENCE: Final = "pg_temp"

# A schema by its name. The temporary one has a name of its own in each session.
_SCHEMA: Final = """
SELECT CASE WHEN $1::text = 'pg_temp' THEN pg_my_temp_schema() ELSE to_regnamespace($1::text)::oid END
"""
# Columns, constraints and indexes of tables; names of constraints and indexes differ from table to table.
_TABLES: Final = r"""
SELECT c.relname AS relation, 'the column ' || a.attname AS what, concat_ws(
    ' ', format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'not null' END,
    'default ' || pg_get_expr(d.adbin, d.adrelid), 'identity ' || nullif(a.attidentity::text, ''),
    'generated ' || nullif(a.attgenerated::text, ''), 'collation ' || nullif(a.attcollation, 0::oid)::text
) AS how
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relnamespace = $1::oid AND c.relname = ANY ($2::text[])
UNION ALL
SELECT c.relname, 'the constraint ' || pg_get_constraintdef(n.oid),
    CASE WHEN n.convalidated THEN '' ELSE 'not valid' END
FROM pg_class c JOIN pg_constraint n ON n.conrelid = c.oid AND n.contype <> 'n'
WHERE c.relnamespace = $1::oid AND c.relname = ANY ($2::text[])
UNION ALL
SELECT c.relname, 'the index ' || regexp_replace(
    pg_get_indexdef(i.indexrelid), '^CREATE (UNIQUE |)INDEX (\S+|"[^"]*") ON (ONLY |)\S+ ', '\1'
), CASE WHEN i.indisvalid AND i.indisready THEN '' ELSE 'not valid' END
FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid
WHERE c.relnamespace = $1::oid AND c.relname = ANY ($2::text[])
UNION ALL
SELECT c.relname, 'the rule ' || r.rulename, pg_get_ruledef(r.oid)
FROM pg_class c JOIN pg_rewrite r ON r.ev_class = c.oid
WHERE c.relnamespace = $1::oid AND c.relname = ANY ($2::text[])
UNION ALL
SELECT c.relname, 'the policy ' || p.polname, p.polcmd::text || coalesce(pg_get_expr(p.polqual, p.polrelid), '')
FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid
WHERE c.relnamespace = $1::oid AND c.relname = ANY ($2::text[])
UNION ALL
SELECT c.relname, 'row-level security', CASE WHEN c.relforcerowsecurity THEN 'forced' ELSE 'on' END
FROM pg_class c
WHERE c.relnamespace = $1::oid AND c.relname = ANY ($2::text[]) AND (c.relrowsecurity OR c.relforcerowsecurity)
UNION ALL
SELECT c.relname, 'the right ' || g.privilege_type || ' on the column ' || a.attname, ''
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid, aclexplode(a.attacl) g
WHERE c.relnamespace = $1::oid AND c.relname = ANY ($2::text[])
    -- What a role by its name may read is told with the rights on tables.
    AND NOT (g.privilege_type = 'SELECT' AND NOT g.is_grantable AND g.grantee <> 0)
"""
# Functions by their names: what they take and answer, do, and as whom.
_FUNCTIONS: Final = """
SELECT p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' AS name, concat_ws(
    ' ', l.lanname, pg_get_function_result(p.oid), p.prokind::text, p.provolatile::text, p.proparallel::text,
    p.prosecdef::text, p.proisstrict::text, p.proleakproof::text, p.proconfig::text,
    p.procost::text, p.prorows::text, p.prosupport::text,
    pg_get_expr(p.proargdefaults, 0), p.prosrc, p.probin, pg_get_function_sqlbody(p.oid)
) AS how
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace = $1::oid AND p.proname = ANY ($2::text[])
"""
# The names of a schema's tables, and of its functions.
_TABLE_NAMES: Final = "SELECT relname AS name FROM pg_class WHERE relnamespace = $1::oid AND relkind IN ('r', 'p')"
_FUNCTION_NAMES: Final = "SELECT DISTINCT proname AS name FROM pg_proc WHERE pronamespace = $1::oid"


async def table_facts(connection: Connection, schema: str, relations: list[str]) -> dict[str, Facts]:
    """What is so of each of the tables that are there."""
    found: dict[str, Facts] = {}
    for row in await connection.fetch(_TABLES, await _oid(connection, schema), relations):
        found.setdefault(row["relation"], {})[row["what"]] = row["how"]
    return found


async def function_facts(connection: Connection, schema: str, names: list[str]) -> Facts:
    """What is so of each function of these names."""
    rows = await connection.fetch(_FUNCTIONS, await _oid(connection, schema), names)
    return {f"the function {row['name']}": row["how"] for row in rows}


async def names(connection: Connection, schema: str) -> tuple[list[str], list[str]]:
    """The names of a schema's tables and functions."""
    oid = await _oid(connection, schema)
    tables, functions = [await connection.fetch(query, oid) for query in (_TABLE_NAMES, _FUNCTION_NAMES)]
    return sorted(row["name"] for row in tables), sorted(row["name"] for row in functions)


async def _oid(connection: Connection, schema: str) -> int:
    oid: int = await connection.fetchval(_SCHEMA, schema)
    return oid
