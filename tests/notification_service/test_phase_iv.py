"""After two days of Phase IV: open pages see what it did as news, and readers of before are replayed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from audit_logger.handlers import Audit
from chat_api.commands.reconcile import Reconciled, reconcile
from taskflow_core.database.pool import Database
from taskflow_core.events.envelope import decode
from taskflow_core.events.model import Event
from taskflow_core.settings import Settings
from tests.audit_logger.making import trail
from tests.notification_service.making import at, keep_task
from tests.notification_service.replaying import back, ids
from tests.notification_service.rig import created, quick, serving
from tests.support.phase_iv import release_on

_TIMES = "UPDATE tasks SET created_at = $2, updated_at = $3 WHERE id = $1"


async def test_open_pages_and_readers_that_come_back(settings: Settings, database: Database) -> None:
    settings = msgspec.structs.replace(settings, auth_secret=quick().auth_secret)
    now = datetime.now(UTC)
    audit = Audit(trail(database))
    seen = at(created("anna", "kept"), now - timedelta(days=2, hours=1))
    await keep_task(database, "anna", "kept", 1)
    await keep_task(database, "anna", "gone", 1)
    await database.execute("UPDATE task_shadow s SET description = t.description FROM tasks t WHERE t.id = s.task_id")
    await audit([seen])

    async with release_on(database.url, secret=settings.auth_secret) as release:
        made = await release.create("anna", "Made and done there")
        await release.complete(made)
        await release.complete("kept")
        await release.delete("gone")
    for task_id in (made, "kept"):
        times = [(now - timedelta(days=days)).replace(tzinfo=None) for days in (2, 1)]
        await database.execute(_TIMES, task_id, *times)

    async with serving(settings, database) as first, serving(settings, database) as second:
        page = await first.connect("anna")
        assert await reconcile(database, datetime.now(UTC)) == Reconciled(changed=2, deleted=1)
        rows = await database.fetch("UPDATE outbox SET published_at = now(), publish_count = 1 RETURNING seq, payload")
        told = [decode(row["payload"]).data for row in sorted(rows, key=lambda row: row["seq"])]
        await first.publish(*(event for event in told if isinstance(event, Event)))
        frames = await page.frames(4)
        assert sorted(_gist(frame) for frame in frames) == sorted(
            [
                (made, "task.created", 1, now - timedelta(days=2)),
                (made, "task.completed", 2, now - timedelta(days=1)),
                ("kept", "task.completed", 2, now - timedelta(days=1)),
                ("gone", "task.deleted", 2, told[-1].observed),
            ]
        )

        async def is_replayed() -> None:
            """From before it, and from the middle of it, by another instance that was told nothing."""
            reader = await back(second, "anna", seen.event_id)
            assert sorted(ids(await reader.frames(4))) == sorted(event.event_id for event in told)
            again = await back(second, "anna", told[0].event_id)
            assert set(ids(await again.frames(3))) >= {event.event_id for event in told[1:]}
            for one in (reader, again):
                assert await one.quiet(0.1)
                one.reset()

        await is_replayed()
        await audit(told)
        await is_replayed()


def _gist(frame: dict[str, Any]) -> tuple[str, str, int, datetime]:
    return frame["task_id"], frame["type"], frame["version"], datetime.fromisoformat(frame["time"])
