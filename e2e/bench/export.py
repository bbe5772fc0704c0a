"""The export of a large account: how long it takes, and what it adds to the memory of the process that makes it.

Goals: 50,000 tasks, each with a description of 1,000 characters and a reminder, add no more than 64 MiB.
"""

import asyncio
import resource
import sys
import time
from datetime import UTC, datetime
from typing import Final

from chat_api.export.export import Exports
from e2e.bench.figures import Table
from e2e.bench.storage import migrated_postgres, opened
from taskflow_cli.own_trail import OwnTrail

SIZES: Final = (500, 50_000)
MOST_MIB: Final = 64.0

_KEY: Final = "a-key-of-keys-for-the-bench-of-32-characters"
_USER: Final = """
INSERT INTO users (id, email, hashed_password, created_at, updated_at) VALUES ($1, $1, '-', $2, $2)
"""
_TASKS: Final = """
INSERT INTO tasks (id, user_id, title, description, completed, created_at, updated_at, due_date, reminder_config)
SELECT gen_random_uuid()::text, $1, 'Task ' || task, string_agg(md5(task || ' ' || part), ''), false,
    $3::timestamptz, $3::timestamptz,    $3::timestamptz + interval '1 day', '["PT1H"]'
FROM generate_series(1, $2::int) AS task, generate_series(1, 32) AS part GROUP BY task
"""


def main() -> int:
    """Measures and prints; the exit status says whether the goal is reached."""
    with migrated_postgres() as postgres:
        return asyncio.run(_measured(postgres.app_url))


async def _measured(url: str) -> int:
    table = Table(16, ("seconds", 10), ("MiB out", 10), ("MiB more", 10))
    print(table.head("tasks"))
    grown = 0.0
    async with opened(url, size=2) as database:
        for size in SIZES:
            user_id = f"user-of-{size}"
            now = datetime.now(UTC)
            await database.execute(_USER, user_id, now.replace(tzinfo=None))
            await database.execute(_TASKS, user_id, size, now)
            before, began, out = _peak_mib(), time.perf_counter(), 0
            async with Exports(database, OwnTrail(database, _KEY)).begun(user_id) as pieces:
                async for piece in pieces:
                    out += len(piece)
            grown = _peak_mib() - before
            seconds = time.perf_counter() - began
            print(table.line(f"{size:,}", f"{seconds:.1f}", f"{out / 2**20:.1f}", f"{grown:.1f}"))
    return 0 if grown <= MOST_MIB else 1


def _peak_mib() -> float:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
