"""`taskflow admin export`, as an operator types it."""

import asyncio
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from taskflow_cli.main import main
from tests.chat_api.people import add_user
from tests.support.connections import opened


@pytest.fixture
def email(monkeypatch: pytest.MonkeyPatch, database_url: str) -> str:
    monkeypatch.setenv("TASKFLOW_DATABASE_URL", database_url)
    monkeypatch.setenv("TASKFLOW_AUDIT_ENCRYPTION_KEY", "a-key-of-keys-for-tests-of-32-or-more-characters")

    async def make() -> str:
        async with opened(database_url) as database:
            _, address = await add_user(database, datetime.now(UTC))
        return address

    return asyncio.run(make())


def test_the_file_is_whole_and_its_owners_alone(email: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "anna.zip"
    assert main(["admin", "export", email.upper(), str(file)]) == 0
    assert f"bytes in {file}" in capsys.readouterr().out
    with zipfile.ZipFile(file) as opened:
        assert json.loads(opened.read("account.json"))["email"] == email
    assert file.stat().st_mode & 0o777 == 0o600
    before = file.read_bytes()
    assert main(["admin", "export", email, str(file)]) == 1
    assert "there already" in capsys.readouterr().err
    assert file.read_bytes() == before


def test_what_it_cannot_do(email: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["admin", "export", "nobody@example.com", str(tmp_path / "x.zip")]) == 1
    assert "address of no account" in capsys.readouterr().err
    assert main(["admin", "export", email, str(tmp_path / "nowhere" / "x.zip")]) == 1
    assert "cannot be written" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_it_wants_the_key_of_the_trail(
    email: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TASKFLOW_AUDIT_ENCRYPTION_KEY")
    assert main(["admin", "export", email, str(tmp_path / "x.zip")]) == 1
    assert "Set TASKFLOW_AUDIT_ENCRYPTION_KEY" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
