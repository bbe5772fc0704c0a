"""What the catalogue says about the trail's objects: kinds, owners, partitions, triggers, rights."""

import re
from typing import Final

import asyncpg
import msgspec

from taskflow_core.database.pool import Connection, in_transaction
from taskflow_db import trail_schema
from taskflow_db.trail_schema import SERVICE_ROLE

# The months that are detached and not dropped.
_DETACHED: Final = "SELECT relation FROM public.audit_pruned WHERE dropped_at IS NULL"
# The trail's tables: those by name, what is attached to it, and what is detached. Whoever owns the list of migrations
# should own them all.
_TABLES: Final = """
SELECT c.relname AS name, c.relkind::text AS kind, c.relpersistence::text AS persistence,
    pg_get_userbyid(c.relowner)::text AS owner,
    (SELECT pg_get_userbyid(m.relowner)::text FROM pg_class m WHERE m.oid = 'public.migration'::regclass)
        AS wanted_owner,
    CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END AS bound,
    ARRAY(SELECT i.inhparent::regclass::text FROM pg_inherits i WHERE i.inhrelid = c.oid) AS parents,
    ARRAY(SELECT i.inhrelid::regclass::text FROM pg_inherits i WHERE i.inhparent = c.oid) AS children,
    EXISTS (
        SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid AND i.inhparent = to_regclass('public.task_events')
    ) AS attached
FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND (
    c.relname = ANY ($1::text[])
    OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass('public.task_events'))
    OR c.relname = ANY ($2::text[])
)
ORDER BY c.relname
"""
# Triggers, those that PostgreSQL calls its own included: the trail has none of these.
_TRIGGERS: Final = """
SELECT c.relname AS relation, t.tgname AS name, concat_ws(
    ' ', t.tgtype::text, t.tgenabled::text, t.tgfoid::regprocedure::text, t.tgqual::text, nullif(t.tgattr::text, '')
) AS how
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY ($1::text[])
"""
# What the one trigger is: before a statement (2) that deletes (8), updates (16) or truncates (32), also for replicas.
_APPEND_ONLY: Final = "58 A public.audit_refuse_change()"
# Rights that others than the owner have on tables, and on functions.
_TABLE_RIGHTS: Final = """
SELECT c.relname AS name, coalesce(r.rolname, 'PUBLIC') AS role,
    g.privilege_type || CASE WHEN g.is_grantable THEN ' with grant option' ELSE '' END AS may
FROM pg_class c, aclexplode(c.relacl) g LEFT JOIN pg_roles r ON r.oid = g.grantee
WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY ($1::text[]) AND g.grantee <> c.relowner
UNION
SELECT c.relname, r.rolname, 'SELECT'
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid, aclexplode(a.attacl) g JOIN pg_roles r ON r.oid = g.grantee
WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY ($1::text[]) AND g.grantee <> c.relowner
    AND g.privilege_type = 'SELECT' AND NOT g.is_grantable
"""
_FUNCTION_RIGHTS: Final = """
SELECT p.proname AS name, coalesce(r.rolname, 'PUBLIC') AS role,
    g.privilege_type || CASE WHEN g.is_grantable THEN ' with grant option' ELSE '' END AS may
FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) g LEFT JOIN pg_roles r ON r.oid = g.grantee
WHERE p.pronamespace = 'public'::regnamespace AND p.proname = ANY ($1::text[]) AND g.grantee <> p.proowner
"""
# Functions of others than the owner of the tables.
_FUNCTION_OWNERS: Final = """
SELECT p.proname AS name, pg_get_userbyid(p.proowner) AS owner FROM pg_proc p, pg_class m
WHERE p.pronamespace = 'public'::regnamespace AND p.proname = ANY ($1::text[]) AND p.proowner <> m.relowner
    AND m.oid = 'public.migration'::regclass
"""
# Whether there is a services' role beside the owner.
_HAS_ROLE: Final = """
SELECT EXISTS (
    SELECT FROM pg_roles r, pg_class m
    WHERE r.rolname = $1 AND m.oid = 'public.migration'::regclass AND r.oid <> m.relowner
)
"""
_MONTH: Final = re.compile(r"task_events_(\d{4,5})_(\d\d)")


class Relation(msgspec.Struct, frozen=True, kw_only=True):
    """A table of the trail: what it is, whose, and how it is attached; `wanted_…` is what it should be."""

    name: str
    kind: str
    persistence: str
    owner: str
    wanted_owner: str
    bound: str | None
    wanted_bound: str | None
    parents: list[str]
    children: list[str]

    @property
    def is_month(self) -> bool:
        """Whether it is a part of the trail, attached or detached."""
        return self.name not in trail_schema.TABLE_RIGHTS

    @property
    def is_detached(self) -> bool:
        """Whether it has left the trail."""
        return self.is_month and self.wanted_bound is None


async def tables(connection: Connection) -> list[Relation]:
    """The trail's tables that are there."""
    try:
        async with in_transaction(connection):
            detached = [row["relation"] for row in await connection.fetch(_DETACHED)]
    except (asyncpg.InsufficientPrivilegeError, asyncpg.UndefinedTableError):
        detached = []  # it is another's, or gone: that is told
    return [
        Relation(
            name=row["name"],
            kind=row["kind"],
            persistence=row["persistence"],
            owner=row["owner"],
            wanted_owner=row["wanted_owner"],
            bound=row["bound"],
            wanted_bound=_bound(row["name"]) if row["attached"] or row["name"] == trail_schema.DEFAULT else None,
            parents=row["parents"],
            children=[] if row["name"] == trail_schema.TRAIL else row["children"],
        )
        for row in await connection.fetch(_TABLES, sorted(trail_schema.TABLE_RIGHTS), detached)
    ]


async def triggers(connection: Connection, found: list[Relation]) -> list[str]:
    """Triggers that are missing, changed, disabled or too many."""
    there: dict[str, dict[str, str]] = {one.name: {} for one in found}
    for row in await connection.fetch(_TRIGGERS, list(there)):
        there[row["relation"]][row["name"]] = row["how"]
    sentences: list[str] = []
    for one in found:
        of_it = there[one.name]
        if one.is_month or one.name in trail_schema.APPEND_ONLY or one.name == trail_schema.DEFAULT:
            guard = of_it.pop("audit_append_only", None)
            if guard is None:
                sentences.append(f"{one.name} lacks the trigger audit_append_only: rows can be changed there")
            elif guard != _APPEND_ONLY:
                sentences.append(f"The trigger audit_append_only of {one.name} is disabled or changed ({guard})")
        sentences += [f"{one.name} has the trigger {name}, which no migration makes" for name in sorted(of_it)]
    return sentences


async def rights_of_tables(connection: Connection, found: list[Relation]) -> tuple[list[str], list[str]]:
    """Rights that somebody has and should not, and those that the services' role lacks; and who else may read.

    A role by its name that may do nothing but read, as one that makes backups, can change nothing.
    """
    has_role = await connection.fetchval(_HAS_ROLE, SERVICE_ROLE)
    wanted = {
        (one.name, SERVICE_ROLE, may)
        for one in found
        for may in (trail_schema.TABLE_RIGHTS.get(one.name, ()) if has_role else ())
    }
    detached = {one.name for one in found if one.is_detached}
    there = {
        (row["name"], row["role"], row["may"])
        for row in await connection.fetch(_TABLE_RIGHTS, [one.name for one in found])
    }
    more = {role for _, role, may in there - wanted if may != "SELECT"}
    # Whoever detaches a month may read it, to write it to a file.
    read = {
        (name, role, may)
        for name, role, may in there - wanted
        if may == "SELECT" and role != "PUBLIC" and (name in detached or role not in {SERVICE_ROLE, *more})
    }
    readers = [
        f"{role} may read {names}" for role, _, names in _together({one for one in read if one[0] not in detached})
    ]
    return _rights(wanted, there - read), readers


async def rights_of_functions(connection: Connection, names: list[str]) -> list[str]:
    """The same of functions, and functions of another's."""
    has_role = await connection.fetchval(_HAS_ROLE, SERVICE_ROLE)
    wanted = {(name, SERVICE_ROLE, "EXECUTE") for name in trail_schema.SERVICE_FUNCTIONS if has_role}
    there = {(row["name"], row["role"], row["may"]) for row in await connection.fetch(_FUNCTION_RIGHTS, names)}
    owners = await connection.fetch(_FUNCTION_OWNERS, names)
    return [
        *_rights(wanted, there),
        *(f"The function {row['name']} belongs to {row['owner']}, who owns none of the tables" for row in owners),
    ]


def _rights(wanted: set[tuple[str, str, str]], there: set[tuple[str, str, str]]) -> list[str]:
    return [
        *(f"{role} has {may} on {names}, which no migration grants" for role, may, names in _together(there - wanted)),
        *(f"{role} lacks {may} on {names}" for role, may, names in _together(wanted - there)),
    ]


def _together(rights: set[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Each role once for what it has the same rights on: who was given all on every table is one sentence."""
    of_each: dict[tuple[str, str], list[str]] = {}
    for name, role, may in sorted(rights):
        of_each.setdefault((role, name), []).append(may)
    alike: dict[tuple[str, str], list[str]] = {}
    for (role, name), mays in of_each.items():
        alike.setdefault((role, ", ".join(mays)), []).append(name)
    return sorted((role, mays, ", ".join(names)) for (role, mays), names in alike.items())


def _bound(name: str) -> str | None:
    """How the partition of a name is attached, as PostgreSQL writes it in UTC; None for a name that no month has."""
    if name == trail_schema.DEFAULT:
        return "DEFAULT"
    month = _MONTH.fullmatch(name)
    if month is None:
        return None
    begin = int(month[1]), int(month[2])
    end = (begin[0] + 1, 1) if begin[1] == 12 else (begin[0], begin[1] + 1)
    first, last = (f"{year:04}-{number:02}-01 00:00:00+00" for year, number in (begin, end))
    return f"FOR VALUES FROM ('{first}') TO ('{last}')"
