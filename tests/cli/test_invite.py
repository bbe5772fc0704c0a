"""`taskflow admin invite`, as an operator types it."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from taskflow_cli.main import main
from taskflow_core.opaque import secret_hash
from tests.support.connections import connected


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    monkeypatch.setenv("TASKFLOW_DATABASE_URL", database_url)
    monkeypatch.setenv("TASKFLOW_PUBLIC_ORIGIN", "https://tasks.example.com")


def stored(url: str) -> list[asyncpg.Record]:
    async def read() -> list[asyncpg.Record]:
        async with connected(url) as connection:
            return await connection.fetch("SELECT * FROM account_links ORDER BY created_at")

    return asyncio.run(read())


def test_the_link_is_printed_and_its_hash_is_stored(database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["admin", "invite"]) == 0
    assert main(["admin", "invite", "Carla@Example.com", "--days", "1"]) == 0
    printed = capsys.readouterr().out
    first, second = re.findall(r"^https://tasks\.example\.com/#/invitation/([\w-]{43})$", printed, re.MULTILINE)
    assert "For anybody, once" in printed
    assert "For carla@example.com, once" in printed
    rows = stored(database_url)
    assert [row["link_hash"] for row in rows] == [secret_hash(first), secret_hash(second)]
    assert [row["email"] for row in rows] == [None, "carla@example.com"]
    left = [row["expires_at"] - datetime.now(UTC) for row in rows]
    assert timedelta(days=6) < left[0] < timedelta(days=8)
    assert left[1] < timedelta(days=1, hours=1)


def test_without_an_origin_it_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TASKFLOW_PUBLIC_ORIGIN")
    assert main(["admin", "invite"]) == 0
    printed = capsys.readouterr().out
    assert "\n/#/invitation/" in printed
    assert "TASKFLOW_PUBLIC_ORIGIN is not set" in printed


@pytest.mark.parametrize("words", [["no address"], ["x@example.com\n"], ["--days", "0"], ["--days", "9999"]])
def test_what_makes_none(database_url: str, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["admin", "invite", *words]) == 1
    assert capsys.readouterr().err
    assert not stored(database_url)
