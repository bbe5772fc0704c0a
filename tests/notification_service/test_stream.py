"""The stream as a client sees it: who may read, what comes, in what form, and how it ends."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncGenerator

import pytest

from notification_service.endpoint import PATH
from tests.notification_service.rig import (
    Running,
    completed,
    created,
    deleted,
    quick,
    reminded,
    serving,
    updated,
)
from tests.support.waiting import eventually


@pytest.fixture
async def running() -> AsyncGenerator[Running]:
    async with serving(quick()) as made:
        yield made


class TestWhoMayRead:
    async def test_a_stream_needs_a_token(self, running: Running):
        reader = await running.request(PATH)
        assert reader.status == 401
        assert json.loads(reader.body)["code"] == "MISSING_AUTH_HEADER"

    async def test_a_header_a_cookie_or_the_url_may_carry_it(self, running: Running):
        token = running.token("anna")
        for path, headers in (
            (PATH, [f"Authorization: Bearer {token}"]),
            (PATH, [f"Cookie: taskflow_session={token}"]),
            (f"{PATH}?token={token}", []),
        ):
            reader = await running.request(path, headers)
            assert reader.status == 200
            assert reader.headers["content-type"] == "text/event-stream; charset=utf-8"
            reader.reset()

    async def test_an_answer_carries_nothing_of_those_before_it(self, running: Running):
        readers = [await running.connect(f"user-{n}") for n in range(5)]
        assert len({reader.header_count for reader in readers}) == 1, "one set of headers each"
        assert len({reader.headers["x-correlation-id"] for reader in readers}) == 5

    async def test_an_expired_or_forged_token_is_refused(self, running: Running):
        assert (await running.connect("anna", seconds=-5)).status == 401
        forged = await running.request(f"{PATH}?token={running.token('anna')[:-3]}abc")
        assert forged.status == 401
        assert json.loads(forged.body)["code"] == "INVALID_SIGNATURE"

    async def test_no_log_shows_a_token(self, caplog: pytest.LogCaptureFixture):
        caplog.set_level(logging.DEBUG)
        async with serving(quick(), access_log=True) as running:
            token = running.token("anna")
            for query in (f"?token={token}", f"?a=1&token={token}&last_event_id=x", f"?%74oken={token}", "?token=x"):
                await running.request(PATH + query)
                await running.request("/api/v1/notifications/elsewhere" + query)
        lines = [record.getMessage() for record in caplog.records if record.name == "uvicorn.access"]
        assert len(lines) == 8
        assert any(f"{PATH}?a=1&last_event_id=x" in line for line in lines)
        assert not [line for line in lines if token[-20:] in line or "token=" in line]

    async def test_each_user_gets_only_their_own(self, running: Running):
        anna, ben = await running.connect("anna"), await running.connect("ben")
        await running.publish(created("anna", "a"), created("ben", "b"), created("carl", "c"))
        assert (await anna.frame())["task_id"] == "a"
        assert (await ben.frame())["task_id"] == "b"
        assert await anna.quiet()

    async def test_a_fourth_stream_is_one_too_many(self, running: Running):
        readers = [await running.connect("anna") for _ in range(3)]
        fourth = await running.connect("anna")
        assert fourth.status == 429
        assert int(fourth.headers["retry-after"]) > 0
        assert json.loads(fourth.body)["detail"]["code"] == "TOO_MANY_STREAMS"
        readers[0].reset()
        await eventually(lambda: len(running.hub) == 2)
        assert (await running.connect("anna")).status == 200


class TestFrames:
    async def test_a_change_comes_with_its_task(self, running: Running):
        anna = await running.connect("anna")
        event = updated("anna", title="Water the cactus")
        await running.publish(event)
        frame = await anna.frame()
        assert frame["id"] == event.event_id == anna.ids[-1]
        assert {k: frame[k] for k in ("type", "task_id", "version")} == {
            "type": "task.updated",
            "task_id": "task-1",
            "version": 2,
        }
        assert frame["task"]["title"] == "Water the cactus"
        assert frame["task"]["description"] == "All of them"
        assert 1000 <= anna.retries[0] <= 4000

    async def test_a_deletion_comes_without(self, running: Running):
        anna = await running.connect("anna")
        await running.publish(deleted("anna"))
        frame = await anna.frame()
        assert (frame["type"], frame["task"]) == ("task.deleted", None)

    async def test_a_reminder_says_what_it_reminds_of(self, running: Running):
        anna = await running.connect("anna")
        await running.publish(reminded("anna"))
        frame = await anna.frame()
        assert frame["type"] == "task.reminder.triggered"
        assert frame["reminder"]["offset"] == "PT1H"
        assert frame["reminder"]["late"] is False

    async def test_every_stream_of_a_user_gets_it(self, running: Running):
        readers = [await running.connect("anna") for _ in range(3)]
        await running.publish(created("anna"))
        for reader in readers:
            assert (await reader.frame())["type"] == "task.created"

    async def test_an_event_that_comes_twice_is_sent_once(self, running: Running):
        anna = await running.connect("anna")
        event = created("anna")
        await running.publish(event)
        await running.publish(event, updated("anna"))
        assert [f["type"] for f in await anna.frames(2)] == ["task.created", "task.updated"]
        assert await anna.quiet()

    async def test_older_versions_are_left_out_but_reminders_are_not(self, running: Running):
        anna = await running.connect("anna")
        await running.publish(completed("anna", version=3), updated("anna", version=2), reminded("anna", version=1))
        assert [f["type"] for f in await anna.frames(2)] == ["task.completed", "task.reminder.triggered"]

    async def test_what_is_deleted_stays_deleted(self, running: Running):
        anna = await running.connect("anna")
        await running.publish(deleted("anna", version=4), updated("anna", version=4), created("anna", "other"))
        assert [f["type"] for f in await anna.frames(2)] == ["task.deleted", "task.created"]

    async def test_an_idle_stream_shows_life(self):
        async with serving(quick(stream_heartbeat_seconds=1)) as running:
            anna = await running.connect("anna")
            assert await anna.quiet(2.2)
            assert anna.comments >= 1


async def test_a_server_that_gives_no_way_to_the_connection_serves_streams_all_the_same():
    async with serving(quick(), http="h11") as running:
        anna = await running.connect("anna", seconds=3)
        events = [created("anna"), updated("anna"), deleted("anna")]
        await running.publish(*events)
        assert [f["id"] for f in await anna.frames(3)] == [event.event_id for event in events]
        assert [f["type"] for f in await anna.rest()] == ["expiring"]
        ben = await running.connect("ben")
        ben.reset()
        await eventually(lambda: len(running.hub) == 0)


class TestLimit:
    async def test_what_is_above_the_rate_comes_as_a_batch(self, running: Running):
        anna = await running.connect("anna")
        events = [created("anna", f"t{n}") for n in range(25)] + [reminded("anna", "t3")]
        began = time.monotonic()
        await running.publish(*events)
        assert [f["task_id"] for f in await anna.frames(10)] == [f"t{n}" for n in range(10)]
        batch = await anna.frame()
        assert time.monotonic() - began >= 0.95
        assert (batch["type"], batch["count"], batch["reminders"]) == ("batch", 16, 1)
        assert batch["task_ids"] == [*(f"t{n}" for n in range(10, 25)), "t3"]
        assert batch["id"] == events[-1].event_id == anna.ids[-1]
        await running.publish(created("anna", "later"))
        assert (await anna.frame())["task_id"] == "later"

    async def test_never_more_than_the_rate_in_any_second(self, running: Running):
        anna = await running.connect("anna")
        arrivals: list[float] = []
        told = 0

        async def read() -> None:
            nonlocal told
            while told < 120:
                frame = await anna.frame()
                arrivals.append(time.monotonic())
                told += frame.get("count", 1)

        reading = asyncio.create_task(read())
        for n in range(120):
            await running.publish(created("anna", f"t{n}"))
            await asyncio.sleep(0.02)
        await reading
        assert told == 120
        for start in range(len(arrivals) - 10):
            assert arrivals[start + 10] - arrivals[start] > 0.9, "eleven messages within a second"

    async def test_a_flood_is_a_reset(self, running: Running):
        anna = await running.connect("anna")
        events = [created("anna", f"t{n}") for n in range(600)]
        await running.publish(*events)
        frame = (await anna.frames(11))[-1]
        assert (frame["type"], frame["reason"]) == ("reset", "flood")
        assert frame["id"] == events[-1].event_id


class TestTheEnd:
    async def test_a_token_that_ends_is_announced_and_closes_the_stream(self, running: Running):
        anna = await running.connect("anna", seconds=2)
        frames = await anna.rest()
        assert [f["type"] for f in frames] == ["expiring"]
        assert frames[0]["expires_at"] > frames[0]["time"]
        assert await anna.reader.read() == b""
        assert len(running.hub) == 0

    async def test_a_server_that_stops_ends_its_streams_with_a_hint(self):
        async with serving(quick()) as running:
            readers = [await running.connect(f"user-{n}") for n in range(20)]
            for reader in readers:
                reader.retries.clear()
            running.server.should_exit = True
            began = time.monotonic()
            for reader in readers:
                assert await reader.rest() == []
            assert time.monotonic() - began < 3, "nobody is waited for until the server has had enough"
            hints = [reader.retries[-1] for reader in readers]
            assert all(500 <= hint <= 5000 for hint in hints)
            assert len(set(hints)) > 5, "each comes back after a while of its own"

    async def test_a_service_that_stops_takes_no_new_streams(self, running: Running):
        running.hub.stop()
        reader = await running.connect("anna")
        assert reader.status == 503
        assert json.loads(reader.body)["detail"]["code"] == "STOPPING"
        assert "retry-after" in reader.headers
