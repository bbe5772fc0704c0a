"""What arrives on the bus and cannot be read: one dead letter, and nothing else of it, whatever is wrong with it."""

import base64
import json
import uuid
from collections.abc import AsyncGenerator, Sequence
from typing import Any, Literal

import httpx
import pytest

from taskflow_core.bus.dapr.inbox import Inbox
from taskflow_core.bus.dapr.routes import EventRoutes
from taskflow_core.bus.dead_letters import DeadLetter, Replayer, letters, request_replay
from taskflow_core.bus.embedded import EmbeddedTransport
from taskflow_core.bus.port import SUCCESS, Message, Outcome, Subscription
from taskflow_core.database.pool import Database
from taskflow_core.events.envelope import LARGEST_EVENT, encode, wrap
from taskflow_core.events.model import Event
from taskflow_core.events.topics import AUDIT_LOGGER, CHAT_API, TASK_CREATED, TASK_TOPICS
from tests.bus.making import created, messages
from tests.support.adversarial import DEEP, VALUES
from tests.support.waiting import eventually

TOKEN = "t" * 32

Route = Literal["events", "dead letters"]
PATHS: dict[Route, str] = {"events": "/internal/events", "dead letters": "/internal/events/dead-letters"}


class Consumer:
    """A group that takes whatever can be read, and the routes of its service."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.handled: list[str] = []
        self.subscription = Subscription(group=AUDIT_LOGGER, topics=TASK_TOPICS, handler=self._handle)
        routes = EventRoutes(Inbox(database, [self.subscription]), TOKEN)
        transport = httpx.ASGITransport(app=routes)  # pyright: ignore[reportArgumentType]  # Litestar's ASGI types
        self.sidecar = httpx.AsyncClient(
            transport=transport, base_url="http://service", headers={"dapr-api-token": TOKEN}
        )

    async def _handle(self, events: Sequence[Event]) -> Sequence[Outcome]:
        self.handled += [event.event_id for event in events]
        return [SUCCESS for _ in events]

    async def deliver(self, route: Route, *payloads: bytes) -> dict[str, str]:
        """The sidecar's delivery of these bytes, each an entry called by its position; the statuses it gets."""
        if route == "dead letters":
            payloads = tuple(b'"%b"' % base64.b64encode(payload) for payload in payloads)
        entries = [b'{"entryId":"%d","event":%b,"metadata":null}' % entry for entry in enumerate(payloads)]
        return await self.post(
            route, b'{"id":"x","entries":[%b],"topic":"%b"}' % (b",".join(entries), TASK_CREATED.encode())
        )

    async def post(self, route: Route, body: bytes) -> dict[str, str]:
        answer = await self.sidecar.post(PATHS[route], content=body)
        assert answer.status_code == 200, answer.text
        return {one["entryId"]: one["status"] for one in answer.json()["statuses"]}

    async def dead(self) -> list[DeadLetter]:
        return await letters(self.database, group=AUDIT_LOGGER)


@pytest.fixture
async def consumer(database: Database) -> AsyncGenerator[Consumer]:
    made = Consumer(database)
    async with made.sidecar:
        yield made


def event_with(**changes: Any) -> dict[str, Any]:
    """An event's envelope with some of it changed."""
    envelope = json.loads(encode(wrap(created(), CHAT_API)))
    data = {**envelope["data"], **changes.pop("data", {})}
    return {**envelope, **changes, "data": data}


def payload_with(value: bytes, place: str = '"HERE"') -> bytes:
    """An event with `value` in a field that nobody reads."""
    return json.dumps(event_with(data={"extra": "HERE"})).encode().replace(place.encode(), value)


NO_JSON: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b" \n ",
    "a byte order mark": b"\xef\xbb\xbf" + payload_with(b"1"),
    "UTF-16": payload_with(b"1").decode().encode("utf-16"),
    "half of it": payload_with(b"1")[:-20],
    "more behind it": payload_with(b"1") + b"}",
    "brackets that nobody closes": payload_with(b"[" * 100_000),
}
"""What only the dead-letter topic can bring: of what is delivered as JSON the sidecar has seen to the brackets."""

UNREADABLE: dict[str, bytes] = {
    **{f"{name}, in a field that nobody reads": payload_with(value) for name, value in VALUES.items()},
    "more than an event may have": payload_with(b'"%b"' % (b"x" * LARGEST_EVENT)),
    "null": b"null",
    "a list of it": b"[" + payload_with(b"1") + b"]",
    "a NUL in its task's id": json.dumps(event_with(data={"task_id": "a\x00b"}, subject="a\x00b")).encode(),
    "a NUL in its title": json.dumps(event_with(data={"task": {"title": "a\x00b"}})).encode(),
    "a time without a zone": json.dumps(event_with(time="2026-11-28T10:00:00")).encode(),
    "a time behind the calendar's end": json.dumps(event_with(time="9999-12-31T23:59:59-23:59")).encode(),
    "a time before its beginning": json.dumps(event_with(data={"timestamp": "0001-01-01T00:00:00+23:59"})).encode(),
    "no such day": json.dumps(event_with(time="2026-02-30T10:00:00Z")).encode(),
    "the data of a binary CloudEvent alone": json.dumps(event_with()["data"]).encode(),
    "data in base64": json.dumps({**event_with(), "data": None, "data_base64": "e30="}).encode(),
    "another's event": b'{"specversion":"1.0","id":"1","source":"x","type":"y","data":{}}',
}


@pytest.mark.parametrize("route", PATHS)
async def test_each_is_one_dead_letter_and_its_neighbours_are_handled(
    consumer: Consumer, route: Route, subtests: pytest.Subtests
) -> None:
    payloads = UNREADABLE if route == "events" else UNREADABLE | NO_JSON
    for name, payload in payloads.items():
        with subtests.test(name=name):
            await consumer.database.execute("DELETE FROM dead_letters")
            before, after = created(), created()
            consumer.handled.clear()
            whole = [encode(wrap(before, CHAT_API)), payload, encode(wrap(after, CHAT_API))]
            for _ in range(2):
                assert await consumer.deliver(route, *whole) == {"0": "SUCCESS", "1": "SUCCESS", "2": "SUCCESS"}
            assert set(consumer.handled) == {before.event_id, after.event_id}
            [letter] = await consumer.dead()
            assert letter.reason


@pytest.mark.parametrize("route", PATHS)
async def test_so_is_an_event_whose_id_is_no_uuid(consumer: Consumer, route: Route) -> None:
    assert await consumer.deliver(route, json.dumps(event_with(id="1")).encode()) == {"0": "SUCCESS"}
    assert (consumer.handled, len(await consumer.dead())) == ([], 1)


@pytest.mark.parametrize("value", [DEEP, b'"\xff"', b'"\\ud800"'])
@pytest.mark.parametrize("route", PATHS)
async def test_it_is_kept_under_its_own_id_where_that_can_be_read(
    consumer: Consumer, route: Route, value: bytes
) -> None:
    payload = payload_with(value)
    await consumer.deliver(route, payload)
    [letter] = await consumer.dead()
    assert str(letter.event_id).encode() in payload
    assert letter.task_id is not None
    assert letter.task_id.encode() in payload


async def test_replayed_it_fails_once_more_and_others_do_not(consumer: Consumer) -> None:
    await consumer.deliver("dead letters", *(UNREADABLE | NO_JSON).values())
    wanted = len(await consumer.dead())
    assert await request_replay(consumer.database, group=AUDIT_LOGGER) == wanted
    assert await Replayer(consumer.database, consumer.subscription).replay_requested() == wanted
    assert len(await consumer.dead()) == wanted, "each is kept still"


MALFORMED: dict[str, bytes] = {
    "no id": b'{"event":%b}',
    "a number for an id": b'{"entryId":1,"event":%b}',
    "an id that is no text": b'{"entryId":"\xff","event":%b}',
}


async def test_an_entry_that_cannot_be_answered_is_one_dead_letter_under_its_events_id(
    consumer: Consumer, subtests: pytest.Subtests
) -> None:
    for name, entry in MALFORMED.items():
        with subtests.test(name=name):
            await consumer.database.execute("DELETE FROM dead_letters")
            event, good = created(), created()
            entries = b'{"entryId":"g","event":%b},' % encode(wrap(good, CHAT_API)) + entry % encode(
                wrap(event, CHAT_API)
            )
            body = b'{"entries":[%b],"topic":"%b"}' % (entries, TASK_CREATED.encode())
            assert await consumer.post("events", body) == {"g": "SUCCESS"}
            assert good.event_id in consumer.handled
            assert [str(letter.event_id) for letter in await consumer.dead()] == [event.event_id]


@pytest.mark.parametrize("entry", [b"1", b"null", b'"x"', b"[]", b"{}", b'{"entryId":"0"}', DEEP])
@pytest.mark.parametrize("route", PATHS)
async def test_what_is_no_entry_at_all_is_one_dead_letter(consumer: Consumer, route: Route, entry: bytes) -> None:
    await consumer.post(route, b'{"topic":"%b","entries":[%b]}' % (TASK_CREATED.encode(), entry))
    assert len(await consumer.dead()) == 1


@pytest.mark.parametrize(
    "body",
    [
        *(
            b"",
            b"\xff",
            b"null",
            b"[]",
            b"{",
            b'{"topic":"x"}',
            b'{"topic":"x","entries":1}',
            b'{"topic":"x","entries":[',
        ),
        *(DEEP, b"[" * 100_000, '{"entries":[]}'.encode("utf-16"), payload_with(b"1")),
    ],
)
@pytest.mark.parametrize("route", PATHS)
async def test_what_is_no_delivery_is_422(consumer: Consumer, route: Route, body: bytes) -> None:
    answer = await consumer.sidecar.post(PATHS[route], content=body)
    assert answer.status_code == 422
    assert {"loc", "msg", "type"} <= set(answer.json()["detail"][0])


async def test_base64_that_is_none_is_taken_as_it_stands(consumer: Consumer) -> None:
    event = created()
    entries = b'{"entryId":"0","event":"&&&"},{"entryId":"1","event":%b}' % encode(wrap(event, CHAT_API))
    body = b'{"topic":"dead","entries":[%b]}' % entries
    assert await consumer.post("dead letters", body) == {"0": "SUCCESS", "1": "SUCCESS"}
    assert consumer.handled == [event.event_id]
    assert len(await consumer.dead()) == 1


async def test_in_one_process_it_is_one_dead_letter_too(consumer: Consumer) -> None:
    """The embedded transport has them from a text column, so they are text; all else may be wrong with them."""
    texts = [p.decode() for p in (UNREADABLE | NO_JSON).values() if _is_text(p)]
    good = messages([created()])[0]
    bad = [Message(str(uuid.uuid4()), TASK_CREATED, f"t{i}", text, i + 2) for i, text in enumerate(texts)]
    transport = EmbeddedTransport(consumer.database, [consumer.subscription])
    async with transport.consume():
        await transport.publish([*bad, good])

        async def all_settled() -> bool:
            return await consumer.database.fetchval("SELECT count(*) FROM embedded_deliveries") == 0

        await eventually(all_settled)
    assert consumer.handled == [good.event_id]
    assert len(await consumer.dead()) == len(bad)


def _is_text(payload: bytes) -> bool:
    try:
        return "\x00" not in payload.decode()
    except UnicodeDecodeError:
        return False
