"""What the bus did not bring comes from the audit trail, once, to those who are here."""

from collections.abc import AsyncGenerator

import pytest

from notification_service.catch_up import CatchUp
from taskflow.database.pool import Database
from taskflow.settings import Settings
from tests.audit_logger.making import record
from tests.notification_service.rig import Running, created, deleted, reminded, serving


@pytest.fixture
async def running(settings: Settings, database: Database) -> AsyncGenerator[Running]:
    async with serving(settings, database) as made:
        yield made


async def test_what_did_not_come_is_told_once_and_to_its_user(running: Running, database: Database) -> None:
    anna = await running.connect("anna")
    catch_up = CatchUp(database, running.hub)
    assert not await catch_up.turn(grace=0), "begins here"
    came, lost, gone = created("anna", "a"), reminded("anna", "a", 1), deleted("anna", "b", 5)
    await running.publish(came)
    assert (await anna.frame())["id"] == came.event_id
    await record(database, came, lost, created("ben", "c"), gone)
    await catch_up.turn(grace=60)
    assert await anna.quiet(0.1), "it may still be on its way"
    await catch_up.turn(grace=0)
    frames = await anna.frames(2)
    assert [frame["id"] for frame in frames] == [lost.event_id, gone.event_id]
    assert frames[0]["reminder"]["offset"] == "PT1H"
    assert frames[1]["task"] is None
    await catch_up.turn(grace=0)
    await running.publish(lost, gone)
    assert await anna.quiet(0.1), "not a second time, whoever brings it"


async def test_what_was_recorded_while_nobody_was_here_is_left_to_replays(running: Running, database: Database) -> None:
    catch_up = CatchUp(database, running.hub)
    await catch_up.turn(grace=0)
    await record(database, created("anna", "a"))
    await catch_up.turn(grace=0)
    anna = await running.connect("anna")
    await catch_up.turn(grace=0)
    assert await anna.quiet(0.1)
    await record(database, later := created("anna", "b"))
    await catch_up.turn(grace=0)
    assert (await anna.frame())["id"] == later.event_id
