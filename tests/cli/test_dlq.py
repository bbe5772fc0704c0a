"""`taskflow dlq`: what was given up, why, and another try."""

import asyncio
import uuid

import pytest

from taskflow_cli.main import main
from taskflow_core.bus.dead_letters import DeadLetter, add_dead_letters
from tests.support.connections import opened

EVENT = uuid.UUID("8a9f3c5e-0000-4000-8000-000000000001")


def letter(group: str) -> DeadLetter:
    return DeadLetter(
        event_id=EVENT,
        consumer_group=group,
        topic="taskflow.tasks.created",
        task_id="t-1",
        payload='{"id": 1}',
        reason=f"{group} could not",
        attempts=3,
    )


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    """One event that two groups gave up."""
    monkeypatch.setenv("TASKFLOW_DATABASE_URL", database_url)

    async def make() -> None:
        async with opened(database_url) as database, database.transaction() as connection:
            await add_dead_letters(connection, [letter("audit-logger"), letter("reminder-service")])

    asyncio.run(make())


@pytest.mark.usefixtures("letters")
class TestDeadLetters:
    def test_list_has_a_line_for_each(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["dlq", "list"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) == 2
        assert all(str(EVENT) in line for line in lines)
        assert main(["dlq", "list", "--group", "audit-logger"]) == 0
        assert "audit-logger could not" in capsys.readouterr().out

    def test_show_tells_all_there_is(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["dlq", "show", str(EVENT)]) == 0
        said = capsys.readouterr().out
        assert "reason    reminder-service could not" in said
        assert 'payload   {"id": 1}' in said

    def test_replay_reaches_the_group_named_and_no_other(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["dlq", "replay", "--group", "audit-logger"]) == 0
        assert "another try of 1" in capsys.readouterr().out
        assert main(["dlq", "list"]) == 0
        asked = [line for line in capsys.readouterr().out.splitlines() if "replay asked" in line]
        assert len(asked) == 1
        assert "audit-logger" in asked[0]

    def test_replaying_everything_must_be_said(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["dlq", "replay"]) == 1
        assert "--all" in capsys.readouterr().err
        assert main(["dlq", "replay", "--all"]) == 0
        assert "another try of 2" in capsys.readouterr().out

    def test_an_event_nobody_gave_up_is_said_to_be_none(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["dlq", "show", str(uuid.uuid4())]) == 1
        assert main(["dlq", "replay", str(uuid.uuid4())]) == 1
        assert "taskflow dlq list" in capsys.readouterr().err


def test_where_there_are_none_it_says_so(
    monkeypatch: pytest.MonkeyPatch, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TASKFLOW_DATABASE_URL", database_url)
    assert main(["dlq", "list"]) == 0
    assert capsys.readouterr().out == "No dead letters.\n"
