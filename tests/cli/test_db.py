"""`taskflow db`: the schema, brought up to date, asked about, and taken back."""

from pathlib import Path

import pytest

from taskflow.cli.main import main
from taskflow_db.runner import MIGRATIONS


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
