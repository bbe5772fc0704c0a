"""What the assistant can do to a person's tasks; each phase has its own way."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from msgspec import UNSET

from chat_api import queries
from chat_api.chat.due_days import day_of, moved
from chat_api.chat.intents import Add, Days, Label, ListMarked, Part, Scope
from chat_api.commands import tasks as commands
from chat_api.commands.actor import Actor
from chat_api.commands.inputs import NewTask, TaskChanges
from chat_api.commands.tasks import Changed
from chat_api.parser import Order, Quantity, When
from chat_api.parser.dates import shift
from chat_api.preferences import reading_preferences
from chat_api.queries import TaskFilter
from chat_api.quotas import Quota
from taskflow_core.database.pool import Connection
from taskflow_core.domain.errors import FieldError
from taskflow_core.domain.priority import Priority
from taskflow_core.domain.tags import parse_tags, tag_key
from taskflow_core.domain.task import Task
from taskflow_core.domain.zones import day_start


@dataclass(frozen=True)
class Listing:
    """The first tasks of a list, and how many it has in all."""

    tasks: list[Task]
    total: int


class Tools(Protocol):
    """A person's tasks, within the transaction of one message."""

    @property
    def now(self) -> datetime:
        """The present, in the person's zone."""
        ...

    @property
    def knows_dates(self) -> bool:
        """Whether tasks can be due, repeat and remind."""
        ...

    @property
    def order(self) -> Order | None:
        """How the person writes day and month; None where they have not said."""
        ...

    async def listing(self, scope: Scope, limit: int, days: Days | None = None) -> Listing:
        """Tasks of a scope, of some days alone: open ones due then, or completed ones that were completed then.

        `all` is the open ones, as the page orders them, before the completed ones.
        """
        ...

    async def search(self, text: str, limit: int) -> Listing:
        """Tasks with `text` in their title or description."""
        ...

    async def marked(self, wanted: ListMarked, limit: int) -> Listing:
        """Open tasks, or completed ones, with all of some tags, and of a priority."""
        ...

    async def one(self, task_id: str) -> Task | None:
        """A task, or None for one that is gone."""
        ...

    async def several(self, task_ids: Sequence[str]) -> Sequence[Task]:
        """Those of some tasks that are not gone, in the order asked for."""
        ...

    async def add(self, new: Add) -> Task:
        """Make a task."""
        ...

    async def complete(self, task: Task, *, completed: bool) -> Changed:
        """Complete or reopen a task."""
        ...

    async def delete(self, task: Task) -> None:
        """Delete a task."""
        ...

    async def rename(self, task: Task, title: str) -> Task:
        """Give a task another title."""
        ...

    async def schedule(self, task: Task, when: When) -> Task:
        """Set when a task is due, repeats or is reminded of."""
        ...

    async def postpone(self, task: Task, by: Quantity) -> Task | None:
        """Move a task's due date by so much from where it is; None for one that has none, or no time of day."""
        ...

    async def clear(self, task: Task, what: Part) -> Task:
        """Take a task's due date, repeat or reminders away."""
        ...

    async def label(self, task: Task, wanted: Label) -> Task:
        """Give a task tags or a priority, or take them away."""
        ...


ToolsFor = Callable[[Connection, str, datetime], Awaitable[Tools]]
"""Gives a user's tools, in a transaction, at a time."""


class TaskTools:
    """The tools of Phase V: its commands and queries."""

    knows_dates = True

    def __init__(
        self, connection: Connection, user_id: str, now: datetime, timezone: str, order: Order | None, quota: Quota
    ) -> None:
        self._connection = connection
        self._user_id = user_id
        self._timezone = timezone
        self._quota = quota
        self._zone = ZoneInfo(timezone)
        self.now = now.astimezone(self._zone)
        self.order: Order | None = order

    @classmethod
    async def begin(cls, connection: Connection, user_id: str, now: datetime, *, quota: Quota) -> Tools:
        """The tools of one user, whose tasks count against `quota`."""
        return cls(connection, user_id, now, *await reading_preferences(connection, user_id), quota)

    async def listing(self, scope: Scope, limit: int, days: Days | None = None) -> Listing:
        if days is not None:
            return await self._page(self._of_days(scope, days), limit)
        if scope == "pending":
            return _as_the_page_does(await self._page(self._filter(scope), limit))
        if scope != "all":
            return await self._page(self._filter(scope), limit)
        pending = await self.listing("pending", limit)
        completed = await self.listing("completed", max(1, limit - len(pending.tasks)))
        tasks = [*pending.tasks, *completed.tasks][:limit]
        return Listing(tasks, pending.total + completed.total)

    async def search(self, text: str, limit: int) -> Listing:
        return await self._page(TaskFilter(q=text), limit)

    async def marked(self, wanted: ListMarked, limit: int) -> Listing:
        keys = [tag_key(tag) for tag in parse_tags(wanted.tags)]
        priorities: list[Priority] = [] if wanted.priority is None else [wanted.priority]
        criteria = TaskFilter(completed=wanted.completed, tags=keys, priorities=priorities, sort="due")
        return _as_the_page_does(await self._page(criteria, limit))

    async def one(self, task_id: str) -> Task | None:
        return await queries.one(self._connection, self._user_id, task_id)

    async def several(self, task_ids: Sequence[str]) -> Sequence[Task]:
        return await queries.several(self._connection, self._user_id, task_ids)

    async def add(self, new: Add) -> Task:
        when = new.when
        wanted = NewTask(
            title=new.title,
            due_date=None if when.due is None else when.due.isoformat(),
            recurrence_pattern=when.repeat,
            recurrence_end_date=when.repeat_until,
            reminders=list(when.reminders) or None,
            tags=list(new.tags) or None,
            priority=new.priority,
        )
        return await commands.create(self._connection, self._user_id, wanted, self._actor, self.now, self._quota)

    async def complete(self, task: Task, *, completed: bool) -> Changed:
        return await self._changed(task, TaskChanges(completed=completed))

    async def delete(self, task: Task) -> None:
        await commands.delete(self._connection, self._user_id, task.id, self._actor, self.now)

    async def rename(self, task: Task, title: str) -> Task:
        return await self._change(task, TaskChanges(title=title))

    async def schedule(self, task: Task, when: When) -> Task:
        changes: dict[str, Any] = {}
        if when.due is not None:
            changes["due_date"] = moved(task, when, self._zone).isoformat()
        if when.repeat is not None:
            keeps = task.due is not None and not when.starts
            changes["recurrence_pattern"] = (
                when.repeat_on(day_of(task.due, self._zone)) if keeps and task.due else when.repeat
            )
            changes["recurrence_end_date"] = when.repeat_until
            if keeps and not isinstance(when.due, datetime):
                del changes["due_date"]  # a rule laid on a task leaves it where it is
        if when.reminders:
            changes["reminders"] = [*task.reminders, *when.reminders]
        return await self._change(task, TaskChanges(**changes))

    async def postpone(self, task: Task, by: Quantity) -> Task | None:
        due = task.due
        if due is None or (due.all_day and by.exact is not None):
            return None
        if by.exact is not None:
            return await self._change(task, TaskChanges(due_date=(due.at + by.exact).isoformat()))
        day = shift(day_of(due, self._zone), by)
        if day is None:
            raise FieldError("due_date", "lies beyond the year 2199", "OUT_OF_RANGE")
        moved = day if due.all_day else datetime.combine(day, due.at.astimezone(self._zone).time())
        return await self._change(task, TaskChanges(due_date=moved.isoformat()))

    async def label(self, task: Task, wanted: Label) -> Task:
        gone = {tag_key(tag) for tag in parse_tags(wanted.remove)}
        kept = [] if wanted.clear else [tag for tag in task.tags if tag_key(tag) not in gone]
        tags = UNSET if wanted.priority is not None else [*kept, *wanted.add]
        priority = UNSET if wanted.priority is None else wanted.priority
        return await self._change(task, TaskChanges(tags=tags, priority=priority))

    async def clear(self, task: Task, what: Part) -> Task:
        match what:
            case "due":
                return await self._change(task, TaskChanges(due_date=None))
            case "repeat":
                return await self._change(task, TaskChanges(recurrence_pattern=None))
            case "reminders":
                return await self._change(task, TaskChanges(reminders=None))

    @property
    def _actor(self) -> Actor:
        return Actor.here(self._user_id)

    async def _change(self, task: Task, changes: TaskChanges) -> Task:
        return (await self._changed(task, changes)).task

    async def _changed(self, task: Task, changes: TaskChanges) -> Changed:
        return await commands.change(self._connection, self._user_id, task.id, changes, self._actor, self.now)

    async def _page(self, criteria: TaskFilter, limit: int) -> Listing:
        page = await queries.page(
            self._connection,
            self._user_id,
            criteria,
            timezone=self._timezone,
            now=self.now,
            limit=limit,
            cursor=None,
        )
        total = len(page.items)
        if page.cursor is not None:
            total = await queries.count(
                self._connection, self._user_id, criteria, timezone=self._timezone, now=self.now
            )
        return Listing([*page.items], total)

    def _filter(self, scope: Scope) -> TaskFilter:
        match scope:
            case "all":
                return TaskFilter()
            case "pending":
                return TaskFilter(completed=False, sort="due")
            case "completed":
                return TaskFilter(completed=True)
            case "today" | "overdue" | "upcoming":
                return TaskFilter(completed=False, due=scope, sort="due")
            case "tomorrow":
                return self._days(1, 2)
            case "week":
                return self._days(0, 7)

    def _of_days(self, scope: Scope, days: Days) -> TaskFilter:
        """Open tasks due on some days, or what was completed on them."""
        first = day_start(days.first, self._zone)
        end = day_start(days.last + timedelta(days=1), self._zone)
        if scope == "completed":
            return TaskFilter(completed=True, changed_after=first, changed_before=end)
        return TaskFilter(completed=False, due_after=first, due_before=end, sort="due")

    def _days(self, first: int, end: int) -> TaskFilter:
        """Open tasks due from the day `first` days from today to before the day `end` days from today."""
        today = self.now.date()
        return TaskFilter(
            completed=False,
            due_after=day_start(today + timedelta(days=first), self._zone),
            due_before=day_start(today + timedelta(days=end), self._zone),
            sort="due",
        )


def _as_the_page_does(listing: Listing) -> Listing:
    """Those with a due date by it, then the newest first."""
    dated = [task for task in listing.tasks if task.due_at is not None]
    others = [task for task in listing.tasks if task.due_at is None]
    return Listing([*dated, *sorted(others, key=lambda task: task.created_at, reverse=True)], listing.total)
