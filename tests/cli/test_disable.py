"""`taskflow admin disable` and `enable`, as an operator types them."""

import asyncio
from datetime import UTC, datetime

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


def test_each_says_what_it_did(email: str, capsys: pytest.CaptureFixture[str]) -> None:
    said: list[str] = []
    for action in ("enable", "disable", "disable", "enable"):
        assert main(["admin", action, email.upper()]) == 0
        said.append(capsys.readouterr().out.split(") ")[1])
    assert said == [
        "was not disabled.\n",
        "is disabled; 0 sessions ended.\n",
        "was disabled already; 0 sessions ended.\n",
        "is enabled.\n",
    ]


def test_an_address_of_nobody(email: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["admin", "disable", "nobody@example.com"]) == 1
    assert "address of no account" in capsys.readouterr().err
