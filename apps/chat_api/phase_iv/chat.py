"""The chat's tools over Phase IV's columns: no dates, no events."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec
from msgspec import UNSET

from chat_api.chat.intents import Add, Days, Label, ListMarked, Part, Scope
from chat_api.chat.tools import Listing, Tools
from chat_api.commands.tasks import Changed
from chat_api.parser import Quantity, When
from chat_api.phase_iv import store
from chat_api.phase_iv.store import PhaseIVTask
from chat_api.text_search import contains, folded
from taskflow_core.database.pool import Connection
from taskflow_core.domain.errors import NoTaskToChangeError
from taskflow_core.domain.task import Task

# A page of tasks by their state (any, where it is NULL) and by what their text holds (likewise); how many in all.
_LIST: Final = f"""
SELECT {store.COLUMNS}, count(*) OVER () AS total FROM tasks
WHERE user_id = $1 AND ($2::boolean IS NULL OR completed = $2)
    AND ($3::text IS NULL OR {folded("title")} LIKE $3 OR {folded("description")} LIKE $3)
ORDER BY completed, tasks.created_at DESC, id DESC LIMIT $4
"""  # noqa: S608  # constants

_COMPLETED: Final[dict[Scope, bool]] = {"pending": False, "completed": True}


class PhaseIVTools:
    """The tools of Phase IV."""

    knows_dates = False
    order = None

    def __init__(self, connection: Connection, user_id: str, now: datetime) -> None:
        self._connection = connection
        self._user_id = user_id
        self.now = now.astimezone(UTC)

    @classmethod
    async def begin(cls, connection: Connection, user_id: str, now: datetime) -> Tools:
        """The tools of one user."""
        return cls(connection, user_id, now)

    async def listing(self, scope: Scope, limit: int, days: Days | None = None) -> Listing:
        return await self._list(_COMPLETED.get(scope), None, limit)

    async def search(self, text: str, limit: int) -> Listing:
        return await self._list(None, contains(text), limit)

    async def one(self, task_id: str) -> Task | None:
        task = await store.one(self._connection, self._user_id, task_id)
        return None if task is None else _as_task(task)

    async def several(self, task_ids: Sequence[str]) -> Sequence[Task]:
        return [_as_task(task) for task in await store.several(self._connection, self._user_id, task_ids)]

    async def add(self, new: Add) -> Task:
        task = await store.insert(self._connection, self._user_id, new.title, None, self.now)
        return _as_task(task)

    async def complete(self, task: Task, *, completed: bool) -> Changed:
        return Changed(await self._update(task, None, completed))

    async def delete(self, task: Task) -> None:
        await store.delete(self._connection, self._user_id, task.id)

    async def rename(self, task: Task, title: str) -> Task:
        return await self._update(task, title, None)

    async def schedule(self, task: Task, when: When) -> Task:
        raise AssertionError("without dates nothing is scheduled")

    async def postpone(self, task: Task, by: Quantity) -> Task | None:
        raise AssertionError("without dates nothing is postponed")

    async def clear(self, task: Task, what: Part) -> Task:
        raise AssertionError("without dates nothing is cleared")

    async def marked(self, wanted: ListMarked, limit: int) -> Listing:
        raise AssertionError("without dates nothing is tagged")

    async def label(self, task: Task, wanted: Label) -> Task:
        raise AssertionError("without dates nothing is tagged")

    async def _update(self, task: Task, title: str | None, completed: bool | None) -> Task:
        after = await store.update(
            self._connection,
            self._user_id,
            task.id,
            title=title,
            description=UNSET,
            completed=completed,
            now=self.now,
        )
        if after is None:
            raise NoTaskToChangeError("That task is no longer there.")
        return _as_task(after)

    async def _list(self, completed: bool | None, pattern: str | None, limit: int) -> Listing:
        rows = await self._connection.fetch(_LIST, self._user_id, completed, pattern, limit)
        return Listing([_as_task(store.task(row)) for row in rows], rows[0]["total"] if rows else 0)


def _as_task(task: PhaseIVTask) -> Task:
    return Task(**msgspec.structs.asdict(task))
