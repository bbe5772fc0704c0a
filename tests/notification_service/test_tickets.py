"""One-time tickets: one reader, who may come back; nobody else, though they know the URL."""

import asyncio
import json
import logging
import uuid
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import msgspec
import pytest

from notification_service.endpoint import PATH
from notification_service.positions import mark_id
from notification_service.tickets import COME_BACK_SECONDS, FIRST_USE_SECONDS, MOST_TICKETS, Tickets
from taskflow_core.database.pool import Database
from taskflow_core.domain.clock import SystemClock
from taskflow_core.service.revocations.revocations import Revocations
from taskflow_core.settings import Settings
from tests.chat_api.people import add_user
from tests.notification_service.making import record
from tests.notification_service.replaying import publish
from tests.notification_service.rig import Reader, Running, created, quick, serving
from tests.support.waiting import eventually


async def position(reader: Reader) -> str:
    """The id that a stream gave before any frame."""

    async def read() -> None:
        while not reader.ids:
            assert await reader.quiet(0.05)

    await asyncio.wait_for(read(), 20)
    return reader.ids[-1]


async def gone(running: Running, reader: Reader) -> None:
    """The reader leaves, and the service has noticed."""
    reader.reset()
    await eventually(lambda: len(running.hub) == 0)


def refused(reader: Reader) -> bool:
    return (reader.status, json.loads(reader.body)["code"]) == (401, "INVALID_TICKET")


async def test_a_ticket_opens_a_stream_and_comes_back_where_it_was(running: Running, database: Database) -> None:
    ticket = await running.ticket("anna")
    anna = await running.by_ticket(ticket)
    assert anna.status == 200
    event, later = created("anna", "a"), created("anna", "b")
    await running.publish(event)
    assert (await anna.frame())["id"] == event.event_id
    await record(database, event)
    await gone(running, anna)
    await record(database, later)
    again = await running.by_ticket(ticket, event.event_id)
    assert (await again.frame())["id"] == later.event_id
    await gone(running, again)
    third = await running.by_ticket(ticket, later.event_id)
    assert third.status == 200


async def test_a_reader_to_whom_nothing_happened_comes_back_too(running: Running, database: Database) -> None:
    ticket = await running.ticket("anna")
    reader = await running.by_ticket(ticket)
    event = created("anna", "a")
    for _ in range(3):
        mark = await position(reader)
        await gone(running, reader)
        event = created("anna", str(uuid.uuid4()))
        await record(database, event)
        reader = await running.by_ticket(ticket, mark)
        while (await reader.frame())["id"] != event.event_id:
            pass  # a replay begins a little before
    await gone(running, reader)
    assert (await running.by_ticket(ticket, event.event_id)).status == 200


async def test_so_does_one_that_began_where_another_stream_left_off(running: Running, database: Database) -> None:
    await record(database, seen := created("anna", "a"))
    ticket = await running.ticket("anna")
    first = await running.request(f"{PATH}?ticket={ticket}&last_event_id={seen.event_id}")
    mark = await position(first)
    await gone(running, first)
    assert refused(await running.by_ticket(ticket, seen.event_id)), "it stands in the URL"
    assert (await running.by_ticket(ticket, mark)).status == 200


async def test_nobody_else_gets_in_by_the_url(running: Running, database: Database) -> None:
    await record(database, before := created("anna", "before"), foreign := created("ben", "b"))
    ticket = await running.ticket("anna")
    anna = await running.by_ticket(ticket)
    mark = await position(anna)
    other = await running.by_ticket(await running.ticket("anna"))
    guesses = [
        None,
        "",
        "x",
        before.event_id,
        foreign.event_id,
        str(uuid.uuid4()),
        mark.rpartition("-")[0],
        mark_id(SystemClock().now()),
        f"since-0-{'0' * 32}",
        mark[:-1] + ("0" if mark[-1] != "0" else "1"),
        await position(other),
    ]
    for guess in guesses:
        assert refused(await running.by_ticket(ticket, guess)), guess
        in_the_url = await running.request(f"{PATH}?ticket={ticket}&last_event_id={guess or ''}")
        assert refused(in_the_url), guess
    assert refused(await running.request(f"{PATH}?ticket={ticket}&last_event_id={mark}")), "only a header proves it"
    await running.publish(event := created("anna", "a"))
    assert (await anna.frame())["id"] == event.event_id, "the one reader goes on"


async def test_of_those_who_come_first_at_once_one_is_let_in(running: Running) -> None:
    ticket = await running.ticket("anna")
    readers = await asyncio.gather(*(running.by_ticket(ticket) for _ in range(6)))
    assert sorted(reader.status for reader in readers) == [200] + [401] * 5


async def test_who_comes_back_takes_over_from_a_connection_that_is_left(running: Running) -> None:
    """A phone that changed its network is back long before its old connection is known to be dead."""
    ticket = await running.ticket("anna")
    old = await running.by_ticket(ticket)
    new = await running.by_ticket(ticket, await position(old))
    assert new.status == 200
    assert await old.rest() == []
    assert len(running.hub) == 1


@pytest.fixture
async def instances(settings: Settings, database: Database) -> AsyncGenerator[tuple[Running, Running]]:
    fast = msgspec.structs.replace(settings, auth_secret=quick().auth_secret)
    async with AsyncExitStack() as stack:
        first, second = [await stack.enter_async_context(serving(fast, database)) for _ in range(2)]
        yield first, second


async def test_it_comes_back_to_another_instance_and_the_stream_left_at_the_first_ends(
    instances: tuple[Running, Running],
) -> None:
    first, second = instances
    ticket = await second.ticket("anna")
    old = await first.by_ticket(ticket)
    mark = await position(old)
    assert refused(await second.by_ticket(ticket))
    new = await second.by_ticket(ticket, mark)
    assert new.status == 200
    assert await old.rest(within=5) == []
    await second.publish(event := created("anna"))
    assert (await new.frame())["id"] == event.event_id


async def test_it_comes_back_after_a_restart(settings: Settings, database: Database) -> None:
    fast = msgspec.structs.replace(settings, auth_secret=quick().auth_secret)
    async with serving(fast, database) as before:
        ticket = await before.ticket("anna")
        mark = await position(await before.by_ticket(ticket))
    async with serving(fast, database) as after:
        assert refused(await after.by_ticket(ticket))
        assert (await after.by_ticket(ticket, mark)).status == 200


@pytest.mark.parametrize(
    ("column", "seconds"), [("created_at", FIRST_USE_SECONDS), ("signed_in_until", 3600)], ids=["late", "signed out"]
)
async def test_a_first_use_has_its_time(running: Running, database: Database, column: str, seconds: float) -> None:
    ticket = await running.ticket("anna")
    await database.execute(f"UPDATE stream_tickets SET {column} = {column} - make_interval(secs => {seconds + 1})")
    assert refused(await running.by_ticket(ticket))


@pytest.mark.parametrize(
    ("column", "seconds"), [("seen_at", COME_BACK_SECONDS), ("signed_in_until", 3600)], ids=["late", "signed out"]
)
async def test_so_has_coming_back(running: Running, database: Database, column: str, seconds: float) -> None:
    ticket = await running.ticket("anna")
    reader = await running.by_ticket(ticket)
    mark = await position(reader)
    await gone(running, reader)
    await database.execute(f"UPDATE stream_tickets SET {column} = {column} - make_interval(secs => {seconds + 1})")
    assert refused(await running.by_ticket(ticket, mark))


async def test_a_stream_that_is_open_keeps_its_ticket_good(
    running: Running, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notification_service.tickets._SEEN_SECONDS", 1.0)
    ticket = await running.ticket("anna")
    reader = await running.by_ticket(ticket)
    assert reader.status == 200
    await database.execute("UPDATE stream_tickets SET seen_at = seen_at - interval '50 minutes'")

    async def seen() -> bool:
        return await database.fetchval("SELECT seen_at > now() - interval '1 minute' FROM stream_tickets")

    await eventually(seen)


async def test_a_stream_that_is_refused_gives_its_ticket_back(running: Running) -> None:
    readers = [await running.connect("anna") for _ in range(3)]
    ticket = await running.ticket("anna")
    assert (await running.by_ticket(ticket)).status == 429
    await gone_one(running, readers[0])
    assert (await running.by_ticket(ticket)).status == 200


async def gone_one(running: Running, reader: Reader) -> None:
    before = len(running.hub)
    reader.reset()
    await eventually(lambda: len(running.hub) == before - 1)


async def test_it_ends_with_the_sign_in_that_it_stands_for(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    revocations = Revocations(database, SystemClock())
    user_id, _ = await add_user(database, SystemClock().now())
    fast = msgspec.structs.replace(settings, auth_secret=quick().auth_secret)
    async with serving(fast, database, revocations=revocations) as running:
        unused, used = await running.ticket(user_id), await running.ticket(user_id)
        reader = await running.by_ticket(used)
        mark = await position(reader)
        await database.execute("DELETE FROM users WHERE id = $1", user_id)
        await revocations.read()
        assert [frame["type"] for frame in await reader.rest()] == ["signed_out"]
        for ticket, last_event_id in ((unused, None), (used, mark)):
            refusal = await running.by_ticket(ticket, last_event_id)
            assert (refusal.status, json.loads(refusal.body)["code"]) == (401, "INVALID_TOKEN")


async def test_who_asks_for_one_is_signed_in(running: Running) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{running.port}") as client:
        assert (await client.post(f"{PATH}/ticket")).status_code == 401
        cookie = {"Cookie": f"taskflow_session={running.token('anna')}"}
        assert (await client.post(f"{PATH}/ticket", headers=cookie)).status_code == 403
        assert (await client.post(f"{PATH}/ticket?token={running.token('anna')}")).status_code == 401
        ticket = await running.ticket("anna")
        assert (await client.post(f"{PATH}/ticket?ticket={ticket}")).status_code == 401
        mine = {"Authorization": f"Bearer {running.token('anna')}"}
        answer = await client.post(f"{PATH}/ticket", headers=mine)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.json().keys() == {"ticket", "expires_at"}
        for headers in ({"Authorization": f"Bearer {ticket}"}, {"Cookie": f"taskflow_session={ticket}"}):
            assert (await client.get(PATH, headers=headers)).status_code == 401
        assert (await client.get(f"{PATH}?token={ticket}")).status_code == 401


async def test_what_it_says_counts_before_a_cookie_and_after_a_header(running: Running) -> None:
    good = running.token("anna")
    for headers, status in (([f"Cookie: taskflow_session={good}"], 401), ([f"Authorization: Bearer {good}"], 200)):
        assert (await running.request(f"{PATH}?ticket=x", headers)).status == status


async def test_nothing_of_it_is_kept_or_logged_as_it_is(
    settings: Settings, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    fast = msgspec.structs.replace(settings, auth_secret=quick().auth_secret)
    async with serving(fast, database, access_log=True) as running:
        ticket = await running.ticket("anna")
        for query in (f"?ticket={ticket}", f"?%74icket={ticket}&last_event_id=x", "?ticket=x"):
            await running.request(PATH + query)
            await running.request("/api/v1/notifications/elsewhere" + query)
    lines = [record.getMessage() for record in caplog.records if record.name == "uvicorn.access"]
    assert len(lines) >= 6
    assert not [line for line in lines if ticket in line or "ticket=" in line]
    kept: list[Any] = await database.fetch("SELECT t::text FROM stream_tickets t")
    assert kept
    assert ticket not in str(kept)


def nobody(_: bytes, __: uuid.UUID) -> None:
    raise AssertionError("no stream is open")


async def test_those_that_are_good_for_nothing_go(running: Running, database: Database) -> None:
    newest = [await running.ticket("anna") for _ in range(MOST_TICKETS + 5)][-1]
    count = "SELECT count(*) FROM stream_tickets"
    assert await database.fetchval(count) == MOST_TICKETS
    assert (await running.by_ticket(newest)).status == 200
    await database.execute("UPDATE stream_tickets SET seen_at = now() - interval '2 hours' WHERE holder IS NULL")
    tickets = Tickets(database)
    going = asyncio.create_task(tickets.run(list, nobody))

    async def purged() -> bool:
        return await database.fetchval(count) == 1

    await eventually(purged)
    going.cancel()


async def test_without_the_database_nobody_is_let_in(settings: Settings) -> None:
    async with serving(quick()) as running:
        refusal = await running.by_ticket("x" * 43)
        assert (refusal.status, json.loads(refusal.body)["detail"]["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert refused(await running.by_ticket("x"))


async def test_a_token_in_the_url_still_counts_and_is_said_to_be_deprecated(running: Running) -> None:
    reader = await running.request(f"{PATH}?token={running.token('anna')}")
    assert (reader.status, reader.headers["deprecation"]) == (200, "@1795910400")
    assert "deprecation" not in (await running.connect("ben")).headers


async def test_an_event_that_the_trail_lacks_brings_it_back_too(running: Running, database: Database) -> None:
    ticket = await running.ticket("anna")
    reader = await running.by_ticket(ticket)
    await position(reader)
    await publish(database, event := created("anna", "a"))
    await gone(running, reader)
    assert (await running.by_ticket(ticket, event.event_id)).status == 200
