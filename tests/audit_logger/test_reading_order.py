"""A page of the trail is read through an index in its order, also before the statistics know what was added."""

import re
from datetime import UTC, datetime

import pytest

from audit_logger.trail.queries import IN_ORDER, EventFilter, statement
from taskflow_core.database.pool import Database, in_transaction
from tests.support.connections import connected

# Rows that no statistics know of: one user in twenty, as many of each type.
FILL = """
INSERT INTO task_events
SELECT gen_random_uuid(), now() - make_interval(secs => n), now(),
    (ARRAY['task.updated', 'audit.read', 'account.signed_in'])[1 + n % 3], NULL, 'user-' || n % 20,
    'root', 1, 'c-' || n, '{}', n, sha256(n::text::bytea)
FROM generate_series(1, 3000) AS n
"""


@pytest.mark.parametrize(
    ("criteria", "most"),
    [
        (EventFilter(), 51),
        (EventFilter(type="audit.read"), 51),
        (EventFilter(type="account.signed_in"), 102),  # every other one is a read
        (EventFilter(about="account"), 51),
        (EventFilter(about="tasks"), 160),
        (EventFilter(user="user-7"), 51),
        (EventFilter(user="user-7", about="account"), 51),
        (EventFilter(user="user-7", type="audit.read"), 102),
    ],
)
async def test_a_page_reads_little_more_than_it_shows_whatever_the_statistics_say(
    database: Database, owner_url: str, criteria: EventFilter, most: int
) -> None:
    await assert_it_reads(database, owner_url, criteria, most)


async def test_nor_does_a_page_until_now(database: Database, owner_url: str) -> None:
    await assert_it_reads(database, owner_url, EventFilter(until=datetime.now(UTC)), 51)


async def assert_it_reads(database: Database, owner_url: str, criteria: EventFilter, most: int) -> None:
    """At most so many rows for the first page."""
    async with connected(owner_url) as owner:
        await owner.execute("ANALYZE task_events")  # of a trail that is empty
    await database.execute(FILL)
    query, values = statement(criteria, None, 51)
    async with database.acquire() as connection, in_transaction(connection, readonly=True):
        await connection.execute(IN_ORDER)
        plan = [row[0] for row in await connection.fetch("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) " + query, *values)]
    read = sum(
        int(float(rows)) for line in plan for rows in re.findall(r"on task_events_\w+.*actual.*rows=([\d.]+)", line)
    )
    left_out = sum(int(rows) for line in plan for rows in re.findall(r"Rows Removed by Filter: (\d+)", line))
    assert 0 < read + left_out <= most + 10, "\n".join(plan)
