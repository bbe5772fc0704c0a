"""`taskflow admin delete-account`, `erasures` and `apply-erasures`, as an operator types them."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from taskflow_cli.main import main
from tests.chat_api.people import add_user
from tests.support.connections import opened


@pytest.fixture
def email(monkeypatch: pytest.MonkeyPatch, database_url: str) -> str:
    monkeypatch.setenv("TASKFLOW_DATABASE_URL", database_url)

    async def make() -> str:
        async with opened(database_url) as database:
            _, address = await add_user(database, datetime.now(UTC))
        return address

    return asyncio.run(make())


def said(capsys: pytest.CaptureFixture[str], *words: str, status: int = 0) -> str:
    """What a command prints."""
    assert main(["admin", *words]) == status
    output = capsys.readouterr()
    return output.err if status else output.out


def test_an_account_is_closed_and_listed(email: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "0 erasures" in said(capsys, "erasures")
    assert "is closed" in said(capsys, "delete-account", email.upper(), "--yes")
    assert "1 erasures, 1 of them at work" in said(capsys, "erasures")
    listed = said(capsys, "erasures", "--json")
    assert set(json.loads(listed)) == {"mark", "asked_at", "done_at", "last_error"}
    assert "address of no account" in said(capsys, "delete-account", email, "--yes", status=1)
    file = tmp_path / "erasures.jsonl"
    file.write_text(listed, encoding="utf-8")
    assert "1 erasures, 1 accounts closed again" in said(capsys, "apply-erasures", str(file))


def test_nobody_is_asked_without_a_terminal(email: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no terminal" in said(capsys, "delete-account", email, status=1)
    assert "0 erasures" in said(capsys, "erasures")


def test_the_address_has_to_be_typed(
    email: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    typed = ["another@example.com", f" {email} "]

    def asked(_: str) -> str:
        return typed.pop(0)

    monkeypatch.setattr("builtins.input", asked)
    assert "Nothing was changed" in said(capsys, "delete-account", email, status=1)
    assert "is closed" in said(capsys, "delete-account", email)


def test_what_is_no_list(email: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert email
    assert "cannot be read" in said(capsys, "apply-erasures", str(tmp_path / "nowhere"), status=1)
    file = tmp_path / "other"
    file.write_text("{}", encoding="utf-8")
    assert "is not what" in said(capsys, "apply-erasures", str(file), status=1)
