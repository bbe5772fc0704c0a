"""`taskflow outbox`: what is on its way, what Phase IV did, and publishing again what a transport lost."""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from taskflow_cli.main import main
from taskflow_core.bus import outbox
from taskflow_core.bus.dead_letters import DeadLetter, add_dead_letters
from taskflow_core.database.pool import Database
from taskflow_core.events.topics import CHAT_API
from tests.bus.making import created
from tests.chat_api.people import add_user
from tests.support.connections import opened

Doing = Callable[[Callable[[Database], Awaitable[Any]]], Any]

_ADD_TASK = """
INSERT INTO tasks (id, user_id, title, description, completed, created_at, updated_at)
VALUES ($1, $2, 'Water the plants', NULL, false, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')
"""


@pytest.fixture
def doing(monkeypatch: pytest.MonkeyPatch, database_url: str) -> Doing:
    """doing(work): what `work` does with the database that the command will read."""
    monkeypatch.setenv("TASKFLOW_DATABASE_URL", database_url)

    def do(work: Callable[[Database], Awaitable[Any]]) -> Any:
        async def inside() -> Any:
            async with opened(database_url) as database:
                return await work(database)

        return asyncio.run(inside())

    return do


def status(capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    assert main(["outbox", "status", "--json", *options]) == 0
    return json.loads(capsys.readouterr().out.splitlines()[-1])


async def one_event(database: Database) -> str:
    event = created()
    async with database.transaction() as connection:
        await outbox.append(connection, CHAT_API, [event])
    return event.event_id


async def taken(database: Database) -> None:
    """The transport took all there is, a minute ago."""
    await database.execute("UPDATE outbox SET published_at = now() - interval '1 minute', publish_count = 1")


async def unpublished(database: Database) -> int:
    return await database.fetchval("SELECT count(*) FROM outbox WHERE published_at IS NULL")


class TestStatus:
    def test_nothing_is_on_its_way(self, doing: Doing, capsys: pytest.CaptureFixture[str]) -> None:
        assert status(capsys) == {"waiting": [], "dead_letters": {}, "unpublished_changes": None}
        assert main(["outbox", "status"]) == 0
        assert capsys.readouterr().out == "Every event is in the audit trail.\n"

    def test_an_event_is_unpublished_then_unrecorded(self, doing: Doing, capsys: pytest.CaptureFixture[str]) -> None:
        doing(one_event)
        (waiting,) = status(capsys)["waiting"]
        assert (waiting["producer"], waiting["unpublished"], waiting["unrecorded"]) == (CHAT_API, 1, 0)
        doing(taken)
        (waiting,) = status(capsys)["waiting"]
        assert (waiting["unpublished"], waiting["unrecorded"]) == (0, 1)
        assert 0 <= waiting["oldest_seconds"] < 60

    def test_what_the_audit_group_gave_up_is_a_dead_letter_and_no_longer_on_its_way(
        self, doing: Doing, capsys: pytest.CaptureFixture[str]
    ) -> None:
        async def given_up(database: Database) -> None:
            letter = DeadLetter(
                event_id=uuid.UUID(await one_event(database)),
                consumer_group="audit-logger",
                topic="taskflow.tasks.created",
                task_id="t-1",
                payload="{}",
                reason="could not",
                attempts=3,
            )
            async with database.transaction() as connection:
                await add_dead_letters(connection, [letter])

        doing(given_up)
        assert status(capsys) == {"waiting": [], "dead_letters": {"audit-logger": 1}, "unpublished_changes": None}


class TestReconcile:
    def test_it_publishes_what_phase_iv_did_once(self, doing: Doing, capsys: pytest.CaptureFixture[str]) -> None:
        async def phase_iv(database: Database) -> None:
            user_id, _ = await add_user(database, datetime.now(UTC))
            await database.execute(_ADD_TASK, str(uuid.uuid4()), user_id)

        doing(phase_iv)
        assert status(capsys, "--unpublished-changes")["unpublished_changes"] == 1
        assert status(capsys, "--untold")["untold"] == 1, "an operator's tool of before asks so, and reads it so"
        assert main(["outbox", "reconcile"]) == 0
        assert "1 tasks new or changed, 0 gone" in capsys.readouterr().out
        assert status(capsys, "--unpublished-changes")["unpublished_changes"] == 0
        assert main(["outbox", "reconcile"]) == 0
        assert doing(unpublished) == 1


class TestRepublish:
    def test_what_a_transport_lost_is_published_again(self, doing: Doing, capsys: pytest.CaptureFixture[str]) -> None:
        doing(one_event)
        doing(taken)
        assert main(["outbox", "republish", "--older-than", "30"]) == 0
        assert "1 events are published again" in capsys.readouterr().out
        assert doing(unpublished) == 1

    def test_what_was_published_just_now_is_given_its_time(
        self, doing: Doing, capsys: pytest.CaptureFixture[str]
    ) -> None:
        doing(one_event)
        doing(taken)
        assert main(["outbox", "republish", "--older-than", "3600"]) == 0
        assert "nothing so old" in capsys.readouterr().out
        assert doing(unpublished) == 0
