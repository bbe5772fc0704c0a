"""`taskflow admin confirm-email`: the way to a new address where no mail is sent."""

import asyncio
import re

import asyncpg
import pytest

from taskflow_cli.main import main
from taskflow_core.opaque import secret_hash
from tests.support.connections import connected

_ASKED = """
INSERT INTO users VALUES ('bob', 'bob@example.com', '-', now(), now());
INSERT INTO account_links (kind, user_id, email, expires_at, mail_at)
VALUES ('email', 'bob', 'robert@example.com', now() + interval '7 days', now());
"""


def run(url: str, script: str) -> list[asyncpg.Record]:
    async def work() -> list[asyncpg.Record]:
        async with connected(url) as connection:
            await connection.execute(script)
            return await connection.fetch("SELECT link_hash, mail_at FROM account_links")

    return asyncio.run(work())


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    monkeypatch.setenv("TASKFLOW_DATABASE_URL", database_url)
    monkeypatch.setenv("TASKFLOW_PUBLIC_ORIGIN", "https://tasks.example.com")


def test_the_link_is_printed_and_not_mailed_any_more(database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(database_url, _ASKED)
    assert main(["admin", "confirm-email", "Bob@example.com"]) == 0
    printed = capsys.readouterr().out
    assert "For bob@example.com (bob) to be robert@example.com" in printed
    [link] = re.findall(r"^https://tasks\.example\.com/#/email/([\w-]{43})$", printed, re.MULTILINE)
    assert [tuple(row) for row in run(database_url, "SELECT 1")] == [(secret_hash(link), None)]


def test_where_nothing_was_asked(database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(database_url, _ASKED.partition("INSERT INTO account_links")[0])
    assert main(["admin", "confirm-email", "bob@example.com"]) == 1
    assert "has asked for no other address" in capsys.readouterr().err
    assert main(["admin", "confirm-email", "nobody@example.com"]) == 1
