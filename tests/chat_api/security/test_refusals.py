"""Refused sign-ins: however many there are, few rows tell of them, and none of an address that is nobody's."""

from typing import Any

import httpx
import pytest

from chat_api.security.refusals import NOT_TOLD, Refusals
from taskflow_core.database.pool import Database
from taskflow_core.events.account import Locked, SignInRefused
from taskflow_core.events.topics import CHAT_API
from tests.chat_api.people import add_user
from tests.chat_api.published import security_events
from tests.chat_api.sessions.conftest import AUTH, BOB
from tests.support.clock import MovableClock


@pytest.fixture
def refusals(database: Database, clock: MovableClock) -> Refusals:
    return Refusals(database, clock, most=20)


async def test_many_refusals_of_an_account_are_one_event_with_their_number(
    refusals: Refusals, bob: dict[str, Any], database: Database, clock: MovableClock
) -> None:
    before = len(await security_events(database, bob["id"]))
    first = clock.now()
    for _ in range(1000):
        refusals.note(bob["id"], "wrong")
    refusals.note(bob["id"], "locked")
    await refusals.tell()
    await refusals.tell()
    wrong, locked = (await security_events(database, bob["id"]))[before:]
    assert isinstance(wrong, SignInRefused)
    assert isinstance(locked, Locked)
    assert (wrong.count, locked.count, wrong.actor_id) == (1000, 1, CHAT_API)
    assert first <= wrong.since <= wrong.timestamp


async def test_what_the_routes_refuse_is_counted_and_guesses_write_no_event(
    here: httpx.AsyncClient, bob: dict[str, Any], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[tuple[str, str]] = []
    monkeypatch.setattr(Refusals, "note", lambda _self, user_id, kind: noted.append((user_id, kind)))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    before = await database.fetchval("SELECT count(*) FROM outbox")
    here.cookies.clear()
    headers = {"X-Forwarded-For": "198.51.100.7"}
    statuses: list[int] = []
    for n in range(25):
        body = {"email": BOB["email"], "password": f"a wrong guess {n}"}
        statuses.append((await here.post(f"{AUTH}/login", json=body, headers=headers)).status_code)
    assert set(statuses) == {401, 429}
    assert noted == [(bob["id"], "wrong" if status == 401 else "locked") for status in statuses]
    noted.clear()
    answer = await here.post(f"{AUTH}/login", json={"email": "nobody@example.com", "password": "a wrong guess"})
    assert answer.status_code in {401, 429}
    assert noted == []
    assert await database.fetchval("SELECT count(*) FROM outbox") == before


async def test_a_flood_over_many_accounts_is_told_of_some_and_counted(
    refusals: Refusals, database: Database, clock: MovableClock
) -> None:
    users = [(await add_user(database, clock.now()))[0] for _ in range(50)]
    untold = _not_told()
    for user_id in users:
        for _ in range(3):
            refusals.note(user_id, "locked")
    await refusals.tell()
    assert len(await security_events(database)) == 20
    assert _not_told() - untold == 30 * 3


async def test_an_outage_loses_no_count(
    refusals: Refusals, bob: dict[str, Any], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals.note(bob["id"], "wrong")
    with monkeypatch.context() as patch:
        patch.setattr(database, "transaction", _away)
        with pytest.raises(ConnectionError):
            await refusals.tell()
    refusals.note(bob["id"], "wrong")
    await refusals.tell()
    event = (await security_events(database, bob["id"]))[-1]
    assert isinstance(event, SignInRefused)
    assert event.count == 2


async def test_nothing_is_told_of_an_account_that_is_being_erased(
    refusals: Refusals, bob: dict[str, Any], database: Database
) -> None:
    await database.execute("INSERT INTO erasures (user_hash, user_id) VALUES ('\\x00', $1)", bob["id"])
    before = len(await security_events(database))
    refusals.note(bob["id"], "wrong")
    refusals.note("nobody", "wrong")
    await refusals.tell()
    assert len(await security_events(database)) == before


def _not_told() -> float:
    return next(sample.value for metric in NOT_TOLD.collect() for sample in metric.samples)


def _away() -> None:
    raise ConnectionError
