"""An exported month is whole: in a file, on the standard output, on a full disk, and when the command is ended."""

import asyncio
import gzip
import json
import os
import signal
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from audit_logger import cli
from taskflow_core.database.pool import Database
from taskflow_core.settings import Settings
from tests.audit_logger.making import created, record
from tests.support.connections import connected
from tests.support.waiting import eventually

MAY = date(2020, 5, 1)
EVENTS = 7


@pytest.fixture
async def exported(database: Database, settings: Settings) -> Settings:
    """A trail with a few rows of May 2020."""
    await record(database, *(created(f"task-{n}", at=datetime(2020, 5, 5, tzinfo=UTC)) for n in range(EVENTS)))
    await cli.partitions(settings)
    return settings


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


async def export(settings: Settings, path: str, *, to: int = asyncio.subprocess.PIPE) -> asyncio.subprocess.Process:
    """The command, in a process of its own."""
    environment = os.environ | {
        "TASKFLOW_DATABASE_URL": settings.database_url,
        "TASKFLOW_MIGRATION_DATABASE_URL": settings.owner_url,
        "BETTER_AUTH_SECRET": settings.auth_secret,
        "TASKFLOW_BUS": "embedded",
    }
    words = [sys.executable, "-m", "taskflow_cli", "audit", "export", "2020-05", path]
    return await asyncio.create_subprocess_exec(
        *words,
        env=environment,
        stdout=to,
        stderr=asyncio.subprocess.PIPE,
        # A shell starts what runs in the background without it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


@pytest.mark.parametrize("name", ["may.jsonl", "may.jsonl.gz"])
async def test_a_file_holds_every_row(exported: Settings, tmp_path: Path, name: str) -> None:
    assert (await cli.export(exported, MAY, tmp_path / name)).status == 0
    content = (tmp_path / name).read_bytes()
    lines = (gzip.decompress(content) if name.endswith(".gz") else content).splitlines()
    assert [json.loads(line)["chain_seq"] for line in lines] == list(range(1, EVENTS + 1))


async def test_the_standard_output_gets_rows_and_nothing_else(exported: Settings) -> None:
    process = await export(exported, "-")
    out, said = await process.communicate()
    assert process.returncode == 0
    assert [json.loads(line)["chain_seq"] for line in out.splitlines()] == list(range(1, EVENTS + 1))
    assert said.decode() == f"Wrote {EVENTS} rows of 2020-05 to -.\n"


async def test_an_output_that_is_full_is_an_error(exported: Settings) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    process = await export(exported, "-", to=full)
    os.close(full)
    _, said = await process.communicate()
    assert process.returncode == 1
    assert said.decode().strip() == "`taskflow audit export` failed: [Errno 28] No space left on device"


async def test_a_reader_that_goes_is_no_traceback(exported: Settings) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = await export(exported, "-", to=writing)
    os.close(writing)
    _, said = await process.communicate()
    assert (process.returncode, said) == (1, b"")


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
async def test_ended_half_way_it_leaves_nothing(exported: Settings, tmp_path: Path, sent: signal.Signals) -> None:
    async with connected(exported.owner_url) as blocking:
        # Whoever reads a row waits for a lock.
        await blocking.execute(
            "ALTER TABLE task_events_2020_05 ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;"
            "CREATE POLICY slow ON task_events_2020_05 USING (pg_advisory_xact_lock(7) IS NOT NULL);"
            "SELECT pg_advisory_lock(7)"
        )
        process = await export(exported, str(tmp_path / "may.jsonl"))

        async def at_work() -> bool:
            return bool(names(tmp_path))

        await eventually(at_work, within=20)
        process.send_signal(sent)
        _, said = await process.communicate()
    assert (process.returncode, said.decode().strip()) == (130, "Interrupted.")
    assert names(tmp_path) == []


async def test_killed_half_way_it_stands_in_nobodys_way(exported: Settings, tmp_path: Path) -> None:
    (tmp_path / "may.jsonl.k1ll3d.part").write_bytes(b"half of it")
    assert (await cli.export(exported, MAY, tmp_path / "may.jsonl")).status == 0
    assert len((tmp_path / "may.jsonl").read_bytes().splitlines()) == EVENTS
