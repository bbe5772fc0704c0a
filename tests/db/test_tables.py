"""The described tables are the real ones, and docs/database.md tells of each."""

import re
from pathlib import Path

import asyncpg
from piccolo.table import Table

from taskflow_db.tables import PHASE_IV_TABLES, TABLES, owners, table_name

DOCS = Path(__file__).parents[2] / "docs" / "database.md"

# Tables that are not partitions of others.
_TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
"""
_COLUMNS = """
SELECT attname, format_type(atttypid, atttypmod) AS type, attnotnull FROM pg_attribute
WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
_KEY = """
SELECT attname FROM pg_attribute, pg_constraint
WHERE conrelid = $1::regclass AND contype = 'p' AND attrelid = conrelid AND attnum = ANY(conkey)
"""


def columns(table: type[Table]) -> list[tuple[str, str, bool, bool]]:
    """Name, type, whether required, whether part of the key."""
    meta = table._meta  # pyright: ignore[reportPrivateUsage]
    added = "id" if not any(c._meta.primary_key for c in meta.non_default_columns) else None  # pyright: ignore[reportPrivateUsage]
    return [
        (c._meta.name, c.column_type, not c._meta.null, c._meta.primary_key)  # pyright: ignore[reportPrivateUsage]
        for c in meta.columns
        if c._meta.name != added  # pyright: ignore[reportPrivateUsage]  # Piccolo adds a key where none is said
    ]


async def test_every_table_is_described(owner: asyncpg.Connection) -> None:
    real = {row["relname"] for row in await owner.fetch(_TABLES)}
    assert real == {table_name(table) for table in TABLES} | {"migration"}


async def test_columns_are_as_described(owner: asyncpg.Connection) -> None:
    for table in TABLES:
        described = columns(table)
        # PostgreSQL itself says what the described types are called.
        body = ", ".join(f'"{name}" {kind} {"NOT NULL" if required else ""}' for name, kind, required, _ in described)
        await owner.execute(f"CREATE TEMPORARY TABLE described ({body})")
        try:
            assert await owner.fetch(_COLUMNS, table_name(table)) == await owner.fetch(_COLUMNS, "pg_temp.described")
        finally:
            await owner.execute("DROP TABLE pg_temp.described")
        key = {row["attname"] for row in await owner.fetch(_KEY, table_name(table))}
        assert key == {name for name, _, _, in_key in described if in_key}, table_name(table)


async def test_phase_iv_knows_none_of_our_tables_and_ours_none_of_its(owner: asyncpg.Connection) -> None:
    ours = [table_name(table) for table in TABLES if table not in PHASE_IV_TABLES]
    keys = await owner.fetch(
        "SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY($1::text[]::regclass[])", ours
    )
    assert not keys, "a foreign key would let Phase IV's statements fail on us, or cascade"
    of_tasks = await owner.fetch(
        "SELECT pg_get_constraintdef(oid) AS it FROM pg_constraint WHERE contype = 'f' AND conrelid = 'tasks'::regclass"
    )
    assert [row["it"] for row in of_tasks] == ["FOREIGN KEY (user_id) REFERENCES users(id)"], "Phase IV's own"
    its = [table_name(table) for table in PHASE_IV_TABLES]
    triggers = await owner.fetch(
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = ANY($1::text[]::regclass[])", its
    )
    assert not triggers


def test_the_documentation_names_each_table_with_its_owner() -> None:
    chapter = DOCS.read_text(encoding="utf-8").split("\n## ")[1]
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", chapter, re.MULTILINE)
    documented = {name: tuple(owner.strip().split(", ")) for name, owner in rows}
    assert documented == {table_name(table): owners(table) for table in TABLES}
