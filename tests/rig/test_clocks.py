"""Processes whose clock libfaketime moves: the real thing, beside the tests that inject a clock.

They need Debian's package libfaketime, which `.ci/run` installs; without it they fail and say so.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from taskflow_core.database.pool import Database
from taskflow_core.domain.clock import SystemClock
from taskflow_core.events.envelope import encode, wrap
from taskflow_core.events.topics import topic_of
from tests.audit_logger.making import created, record, verdict
from tests.reminder_service.world import World
from tests.support.waiting import eventually

REPLICA = Path(__file__).parents[1] / "reminder_service" / "replica_process.py"
_PUBLISH = """
INSERT INTO embedded_deliveries (consumer_group, seq, event_id, task_id, topic, payload)
VALUES ('reminder-service', $1, $2::uuid, $3, $4, $5)
"""
_AUDIT_LOGGER = """
import asyncio, os, signal
from audit_logger.app import create_service
from taskflow_core.service.host import Host
from taskflow_core.settings import load
from taskflow_core.telemetry import logs

async def serve():
    logs.configure("INFO")
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with Host(load(os.environ), [create_service]).running():
        await stop.wait()

asyncio.run(serve())
"""


def faketime() -> Path:
    """The library that programs are loaded with."""
    for found in Path("/usr/lib").glob("*/faketime/libfaketime.so.1"):
        return found
    pytest.fail("libfaketime is missing: apt-get install libfaketime")


def moved(by: str) -> dict[str, str]:
    """The environment of a process whose clock is moved, for example by "+5m"."""
    return dict(os.environ) | {"LD_PRELOAD": str(faketime()), "FAKETIME": by, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def _settings(database_url: str) -> dict[str, str]:
    return {
        "TASKFLOW_DATABASE_URL": database_url,
        "TASKFLOW_BUS": "embedded",
        "BETTER_AUTH_SECRET": "a-secret-for-tests-of-32-or-more-characters",
        "TASKFLOW_AUDIT_ENCRYPTION_KEY": "a-key-of-keys-for-tests-of-32-or-more-characters",
    }


@contextmanager
def reminder_service(database_url: str, by: str) -> Generator[None]:
    """A replica that is loaded with libfaketime."""
    with subprocess.Popen(
        [sys.executable, str(REPLICA)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=moved(by) | _settings(database_url),
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("start\n")
        process.stdin.flush()
        assert process.stdout.readline()
        try:
            yield
        finally:
            process.stdin.close()
            process.wait(timeout=20)


def test_the_library_moves_the_clock() -> None:
    script = "from datetime import datetime, UTC; print(datetime.now(UTC).timestamp())"
    shown = subprocess.run([sys.executable, "-c", script], env=moved("+5m"), capture_output=True, text=True, check=True)
    ahead = float(shown.stdout) - SystemClock().now().timestamp()
    assert 290 < ahead < 310


@pytest.mark.parametrize("by", ["+5m", "-5m", "-1d", "+1000d"])
async def test_a_replica_whose_clock_is_off_sends_each_reminder_at_its_time(
    database: Database, database_url: str, by: str
) -> None:
    world = World(database, SystemClock())
    await world.new_user()
    now: datetime = await database.fetchval("SELECT clock_timestamp()")
    soon, later = now + timedelta(seconds=8), now + timedelta(minutes=3)
    with reminder_service(database_url, by):
        for position, event in enumerate(await world.create_many([soon, later], "PT0S"), 1):
            payload = encode(wrap(event, "chat-api")).decode()
            await database.execute(_PUBLISH, position, event.event_id, event.task_id, topic_of(event), payload)

        async def sent() -> bool:
            return bool(await world.sent())

        await eventually(sent, within=100)
        arrived: datetime = await database.fetchval("SELECT clock_timestamp()")
    [event] = await world.sent()
    assert soon <= event.fired_at <= arrived, "neither early nor in the future"


async def test_an_audit_logger_that_is_a_thousand_days_ahead_takes_nothing_away(
    database: Database, database_url: str
) -> None:
    """Nor does it when it is right again, of what is younger than the retention."""
    now = SystemClock().now()
    await record(database, *(created(f"task-{days}", at=now - timedelta(days=days)) for days in (0, 150, 240, 450)))
    await record(database, created("task-old", at=now - timedelta(days=1500)))
    for by, said, left in (("+1000d", "audit_retention_waits", 0), ("+0d", "audit_month_detached", 1)):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _AUDIT_LOGGER, env=moved(by) | _settings(database_url), stderr=asyncio.subprocess.PIPE
        )
        try:
            assert process.stderr is not None
            async with asyncio.timeout(100):
                while said not in (line := (await process.stderr.readline()).decode()):
                    assert line, "it has ended"
            assert await database.fetchval("SELECT count(*) FROM audit_pruned") == left
        finally:
            process.terminate()
            await asyncio.wait_for(process.wait(), timeout=20)
    answer = await verdict(database, key=None)
    assert (answer.finding, answer.rows, answer.pruned) == (None, 4, 1)
