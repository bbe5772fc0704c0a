"""Events, rows and verdicts as the tests of the audit trail need them."""

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from audit_logger.encryption.keys import Keys
from audit_logger.encryption.wrapping import Wrapper
from audit_logger.evidence.archive import Archive
from audit_logger.evidence.findings import Finding
from audit_logger.evidence.signing import Signer
from audit_logger.handlers import Audit
from audit_logger.retention.leaving import drop_what_may_go
from audit_logger.trail.writing import Trail
from audit_logger.verification.checkpoints import Checkpoints
from audit_logger.verification.verify import Verdict, verify
from taskflow_core.bus.port import SUCCESS
from taskflow_core.database.pool import Connection, Database
from taskflow_core.domain.task import Task
from taskflow_core.events.account import AnyEvent
from taskflow_core.events.model import (
    Change,
    Event,
    ReminderTriggered,
    TaskCompleted,
    TaskCreated,
    TaskDeleted,
    TaskUpdated,
)
from tests.support.connections import connected

KEY = "a-key-for-tests-of-32-or-more-characters"
ENCRYPTION_KEY = "a-key-of-keys-for-tests-of-32-or-more-characters"


def task(task_id: str, *, user: str = "anna", version: int = 1, **fields: Any) -> Task:
    """An open task."""
    now = datetime.now(UTC)
    base: dict[str, Any] = {"title": "Water the plants", "description": None, "completed": False}
    return Task(id=task_id, user_id=user, version=version, created_at=now, updated_at=now, **(base | fields))


def common(task_id: str, *, user: str = "anna", version: int = 1, at: datetime | None = None) -> dict[str, Any]:
    """What every event has."""
    return {
        "event_id": str(uuid.uuid4()),
        "timestamp": at or datetime.now(UTC),
        "user_id": user,
        "actor_id": user,
        "task_id": task_id,
        "version": version,
        "correlation_id": uuid.uuid4().hex,
    }


def created(
    task_id: str | None = None, *, user: str = "anna", at: datetime | None = None, **fields: Any
) -> TaskCreated:
    """A task came to be."""
    task_id = task_id or str(uuid.uuid4())
    return TaskCreated(task=task(task_id, user=user, **fields), **common(task_id, user=user, at=at))


def life(task_id: str, *, user: str = "anna", description: str | None = None) -> list[Event]:
    """All five events of a task, a second apart."""
    begin = datetime.now(UTC) - timedelta(minutes=1)
    made = task(task_id, user=user, description=description)

    def at(nth: int) -> dict[str, Any]:
        return common(task_id, user=user, version=nth, at=begin + timedelta(seconds=nth))

    return [
        TaskCreated(task=made, **at(1)),
        TaskUpdated(
            changes={"title": Change("Water the plants", "Water the cactus"), "description": Change(description, None)},
            task=made,
            **at(2),
        ),
        ReminderTriggered(
            reminder_id=str(uuid.uuid4()), due_date=begin, offset="PT1H", scheduled_at=begin, fired_at=begin, **at(3)
        ),
        TaskCompleted(completed_at=begin, task=made, **at(4)),
        TaskDeleted(deleted_at=begin, **at(5)),
    ]


def keys(database: Database, *secrets: str) -> Keys:
    """Users' keys, wrapped as the settings of tests say unless other secrets are given."""
    return Keys(database, Wrapper(secrets or (ENCRYPTION_KEY,)))


def trail(database: Database) -> Trail:
    """The trail's writing half."""
    return Trail(database, keys(database))


async def record(database: Database, *events: AnyEvent) -> None:
    """Have the handler record events."""
    outcomes = await Audit(trail(database))(events)
    assert list(outcomes) == [SUCCESS] * len(events)


async def checkpoint(database: Database, directory: Path | None = None, *, key: str | None = KEY) -> None:
    """Make a checkpoint."""
    archive = Archive(None if directory is None else str(directory))
    assert await Checkpoints(database, Signer(key), archive).make(datetime.now(UTC))


async def verdict(database: Database, directory: Path | None = None, *, key: str | None = KEY) -> Verdict:
    """What verifying finds, as the services' role sees the trail."""
    async with database.acquire() as connection:
        return await verify(connection, Signer(key), Archive(None if directory is None else str(directory)))


async def finding(database: Database, directory: Path | None = None) -> Finding:
    """What is wrong with a trail that has something wrong with it."""
    found = (await verdict(database, directory)).finding
    assert found is not None
    return found


async def tamper(admin_url: str, *statements: str) -> None:
    """What an intruder with all rights would do: past the triggers."""
    async with connected(admin_url) as connection:
        names = await connection.fetch("SELECT relid::text FROM pg_partition_tree('task_events')")
        relations = [row["relid"] for row in names]
        await connection.execute("".join(f"ALTER TABLE {r} DISABLE TRIGGER audit_append_only;" for r in relations))
        for statement in statements:
            await connection.execute(statement)


async def drop(connection: Connection) -> list[str]:
    """Drop what has had its days of grace, written or not. Returns the tables."""
    done = await drop_what_may_go(connection, Signer(KEY), None, unexported=True)
    return [line.removeprefix("Dropped ").removesuffix(".") for line in done]


async def let_days_go_by(owner_url: str, count: int) -> None:
    """As if what is detached had been for `count` days more, with upkeep on each of them."""
    async with connected(owner_url) as connection:
        await connection.execute("UPDATE audit_pruned SET detached_at = detached_at - make_interval(days => $1)", count)
        await connection.execute(
            "INSERT INTO audit_upkeep_days SELECT day - $1::integer FROM audit_upkeep_days UNION "
            "SELECT (now() AT TIME ZONE 'UTC')::date - n FROM generate_series(0, $1 - 1) n ON CONFLICT DO NOTHING",
            count,
        )
