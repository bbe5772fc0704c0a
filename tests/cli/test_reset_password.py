"""`taskflow admin reset-password`, as an operator types it."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest

from chat_api.sessions.disabling import disable
from taskflow_cli.main import main
from taskflow_core.opaque import secret_hash
from tests.chat_api.people import add_user
from tests.support.connections import opened


def on(url: str, disabled: bool = False, read: bool = False) -> str | bytes:
    """The address of a new user, who may be disabled; or the hash that is stored."""

    async def work() -> str | bytes:
        async with opened(url) as database:
            if read:
                return await database.fetchval("SELECT link_hash FROM account_links")
            _, email = await add_user(database, datetime.now(UTC))
            if disabled:
                await disable(database, email, lasts=timedelta(days=7), rounds=4)
            return email

    return asyncio.run(work())


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    monkeypatch.setenv("TASKFLOW_DATABASE_URL", database_url)
    monkeypatch.setenv("TASKFLOW_PUBLIC_ORIGIN", "https://tasks.example.com")


def test_the_link_is_printed_and_its_hash_is_stored(database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    email = str(on(database_url))
    assert main(["admin", "reset-password", email.upper()]) == 0
    printed = capsys.readouterr().out
    assert f"For {email} (" in printed
    [link] = re.findall(r"^https://tasks\.example\.com/#/reset/([\w-]{43})$", printed, re.MULTILINE)
    assert on(database_url, read=True) == secret_hash(link)


def test_of_whom_there_is_none(database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["admin", "reset-password", "nobody@example.com"]) == 1
    assert "address of no account" in capsys.readouterr().err
    assert main(["admin", "reset-password", str(on(database_url, disabled=True))]) == 1
    assert "is disabled" in capsys.readouterr().err
    assert on(database_url, read=True) is None
