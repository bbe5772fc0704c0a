"""A task that was deleted and restored is there again for whoever watches, in whatever order the topics bring it."""

from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import msgspec

from audit_logger.handlers import Audit
from chat_api.commands import tasks
from chat_api.commands.actor import Actor
from chat_api.commands.inputs import NewTask
from chat_api.commands.restoring import restore
from chat_api.quotas import quotas
from taskflow_core.database.pool import Database
from taskflow_core.events.model import Event
from taskflow_core.settings import Settings
from tests.audit_logger.making import trail
from tests.chat_api.people import add_user
from tests.chat_api.published import published_events
from tests.notification_service.replaying import back
from tests.notification_service.rig import quick, serving


async def deleted_and_restored(settings: Settings, database: Database) -> list[Event]:
    """What chat-api tells of it: created, deleted, created."""
    user_id, _ = await add_user(database, datetime.now(UTC))
    quota, actor, now = quotas(settings).tasks, Actor.here(user_id), datetime.now(UTC)
    async with database.transaction() as connection:
        made = await tasks.create(connection, user_id, NewTask(title="A", description="All of it"), actor, now, quota)
    async with database.transaction() as connection:
        await tasks.delete(connection, user_id, made.id, actor, now)
    async with database.transaction() as connection:
        await restore(connection, user_id, made.id, "this", actor, now, quota, days=30)
    await database.execute("UPDATE outbox SET published_at = now(), publish_count = 1")
    told = await published_events(database, made.id)
    assert [(one.event_type, one.version) for one in told] == [
        ("task.created", 1),
        ("task.deleted", 2),
        ("task.created", 3),
    ]
    return told


async def test_a_stream_ends_with_the_task_whatever_came_first(settings: Settings, database: Database) -> None:
    settings = msgspec.structs.replace(settings, auth_secret=quick().auth_secret)
    async with serving(settings, database) as running:
        for order in permutations(range(3)):
            told = await deleted_and_restored(settings, database)
            page = await running.connect(told[0].user_id)
            await running.publish(*(told[place] for place in order))
            sent: list[dict[str, Any]] = []
            while not sent or sent[-1]["version"] != 3:
                sent.append(await page.frame())
            assert await page.quiet(0.1), "nothing older comes after it"
            assert [frame["version"] for frame in sent] == sorted(frame["version"] for frame in sent)
            assert (sent[-1]["task"]["title"], sent[-1]["task"]["description"]) == ("A", "All of it")
            page.reset()


async def test_who_comes_back_is_told_of_it(settings: Settings, database: Database) -> None:
    """From the outbox, from the trail, and from a trail that recorded the two the other way round."""
    settings = msgspec.structs.replace(settings, auth_secret=quick().auth_secret)
    audit = Audit(trail(database))
    async with serving(settings, database) as running:
        for order in ([1, 2], [2, 1]):
            told = await deleted_and_restored(settings, database)
            await audit(told[:1])
            for recorded in ([], order):
                await audit([told[place] for place in recorded])
                reader = await back(running, told[0].user_id, told[0].event_id)
                frames = await reader.frames(2)
                assert sorted(frame["version"] for frame in frames) == [2, 3]
                there = next(frame for frame in frames if frame["version"] == 3)
                assert (there["type"], there["task"]["version"]) == ("task.created", 3)
                reader.reset()
