"""Unpublished changes: what Phase IV did to a task, found by comparing its row with its shadow, as events.

Phase IV writes its own columns and leaves no events. Whoever locks a task first publishes what is missing, with raised
versions: the reconciliation of a whole table, and every use case for the one task at hand. Such an event happened when
the row says, and was observed when it is published.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from chat_api.commands.actor import Actor
from chat_api.commands.task_events import changed, created
from taskflow_core.domain.task import Task
from taskflow_core.events.model import Event


def unpublished_changes(
    row: Task, shadow: Mapping[str, Any] | None, actor: Actor, at: datetime
) -> tuple[Task, list[Event]]:
    """What must be published before `row`, as it stands, is what everyone knows; and `row` with its version then.

    `shadow` holds version, title, description and completed as last published; None where nothing ever was. The events
    carry the row's own times; a row that claims to be of the future is believed to be of now, `at`.
    """
    made_at = min(row.created_at, at)
    changed_at = min(row.updated_at, at)
    if shadow is None:
        # Whatever became of it since, it came to be open.
        known = msgspec.structs.replace(row, version=1, completed=False)
        task, since = changed(known, row, actor, changed_at, observed_at=at)
        return task, [created(known, actor, made_at, at), *since]
    published = msgspec.structs.replace(
        row,
        version=shadow["version"],
        title=shadow["title"],
        description=shadow["description"],
        completed=shadow["completed"],
    )
    return changed(published, row, actor, changed_at, observed_at=at)
