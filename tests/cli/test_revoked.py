"""`taskflow admin revoked`: what Phase IV would admit, as an operator and `taskflow ops rollback` ask it."""

import asyncio
import json

import pytest

from taskflow_cli.main import main
from tests.support.connections import connected

_REVOKED = """
INSERT INTO revocations (kind, subject, user_id, issued_before, expires_at) VALUES
    ('session', 'a', 'anna', NULL, now() + interval '1 day'),
    ('session', 'b', 'anna', NULL, now() - interval '1 day'),
    ('token', 'c', 'ben', NULL, now() + interval '1 day'),
    ('user', 'anna', 'anna', now(), now() + interval '1 day'),
    ('user', 'ben', 'ben', NULL, now() + interval '1 day');
INSERT INTO disabled_accounts VALUES ('carl', 'hash', 'placeholder', now());
"""


def execute(url: str, script: str) -> None:
    async def run() -> None:
        async with connected(url) as connection:
            await connection.execute(script)

    asyncio.run(run())


def test_what_is_revoked_now_is_counted(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TASKFLOW_DATABASE_URL", database_url)
    assert main(["admin", "revoked"]) == 0
    assert capsys.readouterr().out == "Revoked: nothing.\n"
    execute(database_url, _REVOKED)
    assert main(["admin", "revoked", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"sessions": 2, "accounts": 1, "disabled": 1}
    assert main(["admin", "revoked"]) == 0
    assert "2 sessions, 1 account whose older tokens were all revoked, 1 disabled account" in capsys.readouterr().out


def test_a_database_of_before_is_said_to_be_one(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TASKFLOW_DATABASE_URL", empty_database_url)
    assert main(["admin", "revoked"]) == 1
    assert "taskflow db status" in capsys.readouterr().err
