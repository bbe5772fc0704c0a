"""A daily series half done, and edits and deletions of it with a scope."""

from typing import Any

from taskflow_core.database.pool import Database
from taskflow_core.events.model import TaskDeleted
from tests.chat_api.occurring import Processor, days, everyones, march
from tests.chat_api.people import TASKS, User
from tests.chat_api.published import published_events

LONG = ["3 days"]
"""A reminder for which the occurrences of three days ahead are there."""


async def change(user: User, task: dict[str, Any], scope: str, **fields: Any) -> dict[str, Any]:
    answer = await user.http.patch(f"{TASKS}/{task['id']}", json=fields, params={"scope": scope})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def delete(user: User, task: dict[str, Any], scope: str) -> None:
    answer = await user.http.delete(f"{TASKS}/{task['id']}", params={"scope": scope})
    assert answer.status_code == 204, answer.text


async def daily(user: User, processor: Processor, **fields: Any) -> dict[str, Any]:
    """A daily series on 3 March at noon: the 1st is done, the 2nd overdue, the 3rd too, the 4th to the 6th to come."""
    rule: dict[str, Any] = {"recurrence_pattern": "daily", "reminders": LONG, "catch_up": "all"}
    first = await user.makes(due_date="2027-03-01T09:00:00Z", **rule | fields)
    await processor.runs(march(3, 12))
    await user.changes(first["id"], completed=True)
    await processor.runs()
    assert await days(user) == [1, 2, 3, 4, 5, 6]
    return first


async def titles(user: User) -> dict[int, str]:
    return {int(task["occurrence_date"][8:]): task["title"] for task in await everyones(user)}


async def all_are_published(database: Database, user: User) -> None:
    """Every task is in the last event about it as it stands."""
    last = {event.task_id: event for event in await published_events(database)}
    for task in await everyones(user):
        event = last.pop(task["id"])
        assert not isinstance(event, TaskDeleted)
        snapshot = getattr(event, "task")  # noqa: B009  # the events that are left have one
        assert (event.version, snapshot.title) == (task["version"], task["title"])
        assert snapshot.due_date == task["due_date"]
        assert snapshot.recurrence_pattern == task["recurrence_pattern"]
        assert snapshot.parent_recurring_task_id == task["parent_recurring_task_id"]
        assert str(snapshot.occurrence_date) == str(task["occurrence_date"])
    assert all(isinstance(event, TaskDeleted) for event in last.values())
