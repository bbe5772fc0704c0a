"""`taskflow db`: the schema, brought up to date, asked about, and taken back."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from taskflow_cli.main import main
from taskflow_db import runner
from taskflow_db.runner import MIGRATIONS
from tests.support.connections import connected


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch, empty_database_url: str) -> None:
    monkeypatch.setenv("TASKFLOW_DATABASE_URL", empty_database_url)
    monkeypatch.delenv("TASKFLOW_MIGRATION_DATABASE_URL", raising=False)


@pytest.mark.usefixtures("empty")
def test_up_and_back_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["db", "status"]) == 1, "scripts can ask"
    assert f"missing  {MIGRATIONS[0]}" in capsys.readouterr().out

    assert main(["db", "upgrade"]) == 0
    assert f"applied {MIGRATIONS[-1]}" in capsys.readouterr().out
    assert main(["db", "upgrade"]) == 0
    assert capsys.readouterr().out == "The schema is up to date.\n"
    assert main(["db", "status"]) == 0
    assert main(["db", "wait"]) == 0
    capsys.readouterr()

    assert main(["db", "downgrade", "--yes"]) == 0
    assert "The database is Phase IV's." in capsys.readouterr().out
    assert main(["db", "status"]) == 1


async def _fill(url: str) -> None:
    """Two tasks, one with a due date, and a row of our own; a column that a release of Phase IV added."""
    async with connected(url) as connection:
        await connection.execute(
            "INSERT INTO users VALUES ('u', 'u@example.com', 'x', now(), now());"
            "INSERT INTO tasks (id, user_id, title, completed, created_at, updated_at, due_date) VALUES "
            "('1', 'u', 'one', false, now(), now(), now()), ('2', 'u', 'two', false, now(), now(), NULL);"
            "INSERT INTO user_preferences (user_id, timezone) VALUES ('u', 'UTC');"
            "ALTER TABLE users ADD COLUMN nickname text"
        )


class TestTakingBack:
    """All of Phase V goes only when somebody who was told what that is has said so."""

    @pytest.fixture(autouse=True)
    def full(self, empty: None, empty_database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["db", "upgrade"]) == 0
        asyncio.run(_fill(empty_database_url))
        capsys.readouterr()

    @pytest.fixture
    def types(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None], None]:
        """types("a name"): what somebody at a terminal types; None is Ctrl-D."""

        def somebody(text: str | None) -> None:
            def answer(_: str) -> str:
                if text is None:
                    raise EOFError
                return text

            monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
            monkeypatch.setattr("builtins.input", answer)

        return somebody

    def test_without_a_terminal_nothing_goes_unless_it_is_said(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["db", "downgrade"]) == 1
        told = capsys.readouterr()
        assert "no terminal to ask on" in told.err
        assert main(["db", "status"]) == 0, "all is there"

    def test_what_goes_is_told_with_its_rows(self, capsys: pytest.CaptureFixture[str]) -> None:
        main(["db", "downgrade"])
        words = [line.split() for line in capsys.readouterr().out.splitlines()]
        assert ["1", "tasks.due_date"] in words
        assert ["0", "tasks.recurrence_pattern"] in words
        assert ["1", "user_preferences"] in words
        assert ["0", "task_events"] in words
        assert words.index(["2", "tasks"]) > words.index(["1", "tasks.due_date"]), "among what stays"
        assert not [line for line in words if "users.nickname" in line]

    def test_the_name_of_the_database_lets_it_go_on(
        self, types: Callable[[str | None], None], empty_database_url: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for typed in ("yes", "", None):
            types(typed)
            assert main(["db", "downgrade"]) == 1
            assert capsys.readouterr().out.endswith("Nothing was changed.\n")
        types(empty_database_url.rsplit("/", 1)[1].split("?")[0])
        assert main(["db", "downgrade"]) == 0
        assert "The database is Phase IV's." in capsys.readouterr().out
        assert main(["db", "downgrade"]) == 0, "nothing is left to be asked about"

    def test_users_keys_go_only_when_that_is_said_too(
        self, empty_database_url: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        async def write(statement: str) -> None:
            async with connected(empty_database_url) as connection:
                await connection.execute(statement)

        asyncio.run(write("INSERT INTO audit_keys (user_hash, key_id, wrapped) VALUES ('h', gen_random_uuid(), 'k')"))
        assert main(["db", "downgrade", "--yes"]) == 1
        assert "--lose-keys" in capsys.readouterr().err
        with pytest.raises(runner.MigrationError, match="would be lost"):  # not by another way in either
            asyncio.run(runner.downgrade(empty_database_url))
        assert main(["db", "status"]) == 0, "all is there"
        asyncio.run(write("UPDATE audit_sealing SET seq = 1, done_at = NULL"))
        with pytest.raises(runner.MigrationError, match="done once"):
            asyncio.run(runner.downgrade(empty_database_url))
        assert main(["db", "downgrade", "--yes", "--lose-keys"]) == 0
        assert main(["db", "status"]) == 1

    def test_a_key_that_was_destroyed_is_lost_already(self, empty_database_url: str) -> None:
        async def write() -> None:
            async with connected(empty_database_url) as connection:
                await connection.execute("INSERT INTO audit_keys (user_hash, destroyed_at) VALUES ('h', now())")

        asyncio.run(write())
        assert main(["db", "downgrade", "--yes"]) == 0

    def test_a_table_too_large_to_count_is_told_by_and_large(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        async def too_slow(*_: object) -> None:
            return None

        monkeypatch.setattr("taskflow_db.losses._counted", too_slow)
        main(["db", "downgrade"])
        assert ["about", "0", "task_events"] in [line.split() for line in capsys.readouterr().out.splitlines()]


@pytest.mark.usefixtures("empty")
def test_waiting_ends_and_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["db", "wait", "--within", "0.3"]) == 1
    assert MIGRATIONS[0] in capsys.readouterr().err


def test_a_database_that_is_away_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("TASKFLOW_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    assert main(["db", "status"]) == 1
    assert "does not answer" in capsys.readouterr().err


def test_an_upgrade_can_wait_for_the_database(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TASKFLOW_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    assert main(["db", "upgrade", "--within", "0.2"]) == 1
    assert "waited 0 s; the database did not answer" in capsys.readouterr().err


def test_without_any_database_it_says_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.delenv("TASKFLOW_DATABASE_URL", raising=False)
    monkeypatch.delenv("TASKFLOW_MIGRATION_DATABASE_URL", raising=False)
    monkeypatch.setenv("TASKFLOW_HOME", str(tmp_path))
    assert main(["db", "status"]) == 1
    assert "make up" in capsys.readouterr().err
