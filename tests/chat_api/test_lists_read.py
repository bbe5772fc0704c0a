"""What lists by tag and priority read: a user's own tasks by an index, however many others have."""

import json
from collections.abc import Iterator
from typing import Any, cast

import pytest

from chat_api.queries import TaskFilter, page
from chat_api.tag_counts import tag_counts
from taskflow_core.database.pool import Connection, Database
from tests.chat_api.people import User
from tests.support.clock import MovableClock

# Users with as many tasks, each with the same tags and priorities as everybody's.
_CROWD = """
INSERT INTO tasks (id, user_id, title, completed, created_at, updated_at, tags, tag_keys, priority)
SELECT md5(u || '-' || n), CASE u WHEN 0 THEN $1 ELSE md5(u::text) END, 'Task', n % 5 = 0, t, t,
    CASE n % 2 WHEN 0 THEN '{Home}'::text[] END, CASE n % 2 WHEN 0 THEN '{home}'::text[] END, nullif(n % 4, 0)
FROM generate_series(0, $2::int) AS u, generate_series(1, CASE u WHEN 0 THEN $3::int ELSE $4::int END) AS n,
    LATERAL (SELECT timestamp '2026-01-01' + n * interval '1 minute' AS t) AS at
"""
_USERS = """
INSERT INTO users (id, email, hashed_password, created_at, updated_at)
SELECT md5(u::text), u || '@crowd.example', '-', now(), now() FROM generate_series(1, $1::int) AS u
"""
OTHERS, THEIRS, HERS = 20, 1_000, 40


class Explaining:
    """A connection that keeps the plan of each query, with what it read."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.plans: list[dict[str, Any]] = []

    async def fetch(self, query: str, *args: Any) -> Any:
        plan = await self._connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", *args)
        self.plans.append((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])
        return await self._connection.fetch(query, *args)

    def scans(self) -> list[dict[str, Any]]:
        """The nodes that read tasks."""
        return [node for plan in self.plans for node in nodes(plan) if node.get("Relation Name") == "tasks"]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A plan's nodes, itself first."""
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def rows_read(node: dict[str, Any]) -> float:
    """How many rows a node read, those that it threw away with them."""
    thrown = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return (node["Actual Rows"] + thrown) * node["Actual Loops"]


@pytest.fixture
async def crowd(database: Database, anna: User) -> None:
    """Anna has few tasks, and others have many."""
    await database.execute(_USERS, OTHERS)
    await database.execute(_CROWD, anna.id, OTHERS, HERS, THEIRS)
    await database.execute("ANALYZE tasks")


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        (TaskFilter(tags=["home"]), 20),
        (TaskFilter(tags=["home"], sort="priority"), 20),
        (TaskFilter(priorities=["high"]), 10),
        (TaskFilter(priorities=["none", "low"], completed=False, sort="due"), 16),
        (TaskFilter(sort="priority"), 40),
        (TaskFilter(q="#home"), 20),
    ],
    ids=["tag", "tag, by priority", "priority", "priorities", "by priority", "words"],
)
async def test_a_list_reads_no_more_than_the_users_tasks(
    database: Database, anna: User, clock: MovableClock, criteria: TaskFilter, found: int
) -> None:
    async with database.acquire() as connection:
        explaining = Explaining(connection)
        asked = cast("Connection", explaining)
        answer = await page(asked, anna.id, criteria, timezone="UTC", now=clock.now(), limit=50, cursor=None)
    assert len(answer.items) == found
    assert_bounded(explaining)


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize("begins", ["", "ho"])
async def test_tags_are_counted_among_the_users_tagged_tasks(database: Database, anna: User, begins: str) -> None:
    async with database.acquire() as connection:
        explaining = Explaining(connection)
        answer = await tag_counts(cast("Connection", explaining), anna.id, begins=begins, limit=200)
    assert [(one.tag, one.open, one.tasks) for one in answer.items] == [("Home", 16, 20)]
    assert_bounded(explaining)


def assert_bounded(explaining: Explaining) -> None:
    """By an index, and of the user's tasks alone."""
    scans = explaining.scans()
    assert scans
    assert {scan["Node Type"] for scan in scans} <= {"Index Scan", "Index Only Scan", "Bitmap Heap Scan"}
    assert max(map(rows_read, scans)) <= HERS
