"""Measures one run of the processor over many due series: `.venv/bin/python -m e2e.bench.series [10000]`.

They are all due at once, as after a night in which nothing ran. The run asks chat-api for them in batches of 100; that
makes each occurrence with its slot, its shadow and its event in a transaction of its own. Goal: 10,000 in under 60 s.

Both are in one process; it starts an embedded PostgreSQL for itself, and wants an idle machine.
"""

import asyncio
import sys
from time import perf_counter, process_time
from typing import Any

import httpx

from chat_api.app import create_service
from e2e.bench.storage import migrated_postgres, opened
from recurring_task_processor.chat_api import Occurrences
from recurring_task_processor.processor import Processor, RunResult
from taskflow_core.database.pool import Database
from taskflow_core.domain.clock import SystemClock
from taskflow_core.service.auth import API_TOKEN_HEADER
from taskflow_core.service.composition import Runtime
from taskflow_core.settings import Settings
from taskflow_core.telemetry import logs

TOKEN = "a-token-for-the-bench-of-32-or-more-characters"
SERIES = 10_000
GOAL = 60.0

# Series of a hundred users, begun yesterday: daily, with a reminder, the next occurrence due since this morning.
FILL = """
WITH people AS (
    INSERT INTO users (id, email, hashed_password, created_at, updated_at)
    SELECT 'user-' || n, n || '@example.com', '-', now(), now() FROM generate_series(0, 99) AS n RETURNING id
), begun AS (
    INSERT INTO tasks (id, user_id, title, completed, created_at, updated_at, due_date, due_all_day, recurrence_pattern,
        recurrence_timezone, occurrence_date, reminder_config)
    SELECT 'task-' || n, 'user-' || n % 100, 'Water the plants', false, now(), now(), now() - interval '20 hours',
        false, 'daily', 'UTC', (now() AT TIME ZONE 'UTC' - interval '20 hours')::date, '["PT10M"]'
    FROM generate_series(1, $1::integer) AS n
    RETURNING id, user_id, title, due_date, occurrence_date, reminder_config
), used AS (
    INSERT INTO series_slots (series_id, occurrence_date, task_id) SELECT id, occurrence_date, id FROM begun
)
INSERT INTO task_series (series_id, user_id, title, reminder_config, pattern, timezone, start_local, all_day, last_slot,
    next_slot, next_due, make_at)
SELECT id, user_id, title, reminder_config, 'daily', 'UTC', due_date AT TIME ZONE 'UTC', false, occurrence_date,
    occurrence_date + 1, due_date + interval '1 day', due_date
FROM begun
"""
MADE = "SELECT count(*) FROM tasks WHERE parent_recurring_task_id IS NOT NULL"
EVENTS = "SELECT count(*) FROM outbox WHERE topic = 'taskflow.tasks.created'"


def main() -> None:
    """Print how long it took; exit with 1 when the goal is missed or anything was not made once."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else SERIES
    logs.configure("ERROR")
    with migrated_postgres() as server:
        sys.exit(0 if asyncio.run(_measure(server.app_url, count)) else 1)


async def _measure(url: str, count: int) -> bool:
    settings = Settings(database_url=url, auth_secret=TOKEN, api_token=TOKEN, bus="embedded")
    async with opened(url) as database:
        return await _measured(settings, database, count)


async def _measured(settings: Settings, database: Database, count: int) -> bool:
    clock = SystemClock()
    await database.execute(FILL, count)
    async with httpx.AsyncClient() as unused:
        chat_api: Any = create_service(Runtime(settings=settings, database=database, clock=clock, chat_api=unused)).app
    headers = {API_TOKEN_HEADER: TOKEN}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(chat_api), base_url="http://chat-api", headers=headers
    ) as client:
        processor = Processor(database, clock, Occurrences(client))
        began, cpu = perf_counter(), process_time()
        run = await processor.run()
        seconds, cpu = perf_counter() - began, process_time() - cpu
    made, events = await database.fetchval(MADE), await database.fetchval(EVENTS)
    each = 1e3 / count
    print(f"{count:,} due series in one run: {seconds:.1f} s (goal: under {GOAL * count / SERIES:.0f} s)")
    print(f"a series: {seconds * each:.2f} ms, of which {cpu * each:.2f} ms of CPU outside PostgreSQL")
    print(f"{run.made:,} made, {made:,} in the table, {events:,} events")
    whole = run == RunResult(series=count, made=count, failed=0) and made == events == count
    return whole and seconds < GOAL * count / SERIES


if __name__ == "__main__":
    main()
