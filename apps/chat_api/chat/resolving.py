"""Finds the task that a person means: by its number in the last list, as what was last spoken of, or by its title."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chat_api.chat import intents as i
from chat_api.chat import mark_replies, replies
from chat_api.chat.context import NOTHING, Context, encode
from chat_api.chat.intents import Problem
from chat_api.chat.lookup import find, same_title
from chat_api.chat.marks import has
from chat_api.chat.tools import Tools
from chat_api.conversations import Message
from taskflow_core.database.pool import Connection
from taskflow_core.domain.task import Task

MOST_SHOWN: Final = 50
"""Tasks in one answer."""

_MOST_CHOICES: Final = 10


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its words, the names of the tools that ran, what it leaves open, and what was not understood."""

    text: str
    tool_calls: tuple[str, ...] = ()
    context: Context = NOTHING
    unread: tuple[str, ...] = ()

    def message(self) -> Message:
        """As it is stored."""
        return Message("assistant", self.text, encode(self.tool_calls, self.context))


class UnclearError(Exception):
    """A reference that names no task, or several: carries the answer."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply


class Resolver:
    """Finds a person's tasks; `shown` are those of the list last shown, `topic` is the one last spoken of."""

    def __init__(
        self, connection: Connection, user_id: str, tools: Tools, shown: Sequence[str], topic: str | None
    ) -> None:
        self._connection = connection
        self._user_id = user_id
        self._tools = tools
        self._shown = shown
        self._topic = topic

    async def resolve(self, ref: i.Ref, *, completed: bool = False) -> Task:
        """The one task that `ref` names. Raises UnclearError with the answer where it names none, or several."""
        if ref.is_pronoun:
            return self._with_marks(ref, await self._spoken_of())
        if ref.number is not None and not ref.quoted:
            return self._with_marks(ref, await self._of_number(ref.number))
        tasks = await self._marked(ref, completed) or await self._called(ref.said or ref.text, completed)
        fitting = [task for task in tasks if task.completed == completed] or tasks
        if not fitting:
            raise await self._unknown(ref, completed)
        if len(fitting) > 1:
            asked = Context(shown=[task.id for task in fitting], asked="which")
            raise UnclearError(Reply(replies.which(fitting, self._tools.now), (), asked))
        return fitting[0]

    async def _called(self, text: str, completed: bool) -> Sequence[Task]:
        ids = await find(self._connection, self._user_id, text, completed=completed, most=_MOST_CHOICES)
        return await self._tools.several(ids)

    async def _marked(self, ref: i.Ref, completed: bool) -> Sequence[Task]:
        """The tasks that are called so and have the marks that were said; those titled just so, if there are any."""
        if not ref.is_marked or not self._tools.knows_dates:
            return []
        if not ref.text:
            return await self._of_marks(ref, completed)
        ids = await find(self._connection, self._user_id, ref.text, completed=completed, exactly=False)
        tasks = [task for task in await self._tools.several(ids) if has(task, ref)]
        return ([task for task in tasks if same_title(task.title, ref.text)] or tasks)[:_MOST_CHOICES]

    async def _of_marks(self, ref: i.Ref, completed: bool) -> Sequence[Task]:
        """All tasks that have the marks."""
        if len(set(ref.priorities)) > 1:
            return []
        priority = ref.priorities[0] if ref.priorities else None
        return (await self._tools.marked(i.ListMarked(ref.tags, priority, completed), _MOST_CHOICES)).tasks

    def _with_marks(self, ref: i.Ref, task: Task) -> Task:
        if ref.is_marked and self._tools.knows_dates and not has(task, ref):
            raise UnclearError(Reply(mark_replies.not_marked(task.title, ref)))
        return task

    async def _unknown(self, ref: i.Ref, completed: bool) -> UnclearError:
        if ref.text and ref.is_marked and self._tools.knows_dates and await self._called(ref.text, completed):
            return UnclearError(Reply(mark_replies.not_marked(ref.text, ref)))
        return UnclearError(Reply(replies.unknown_task(ref.said or ref.text)))

    async def _spoken_of(self) -> Task:
        """What "it" means: the task last spoken of."""
        if self._topic is None:
            raise UnclearError(Reply(replies.problem(Problem.NO_TASK)))
        return await self._still_there(self._topic)

    async def _of_number(self, number: int) -> Task:
        """The task with a number in the list last shown; without any list, in the one that would be shown."""
        numbers = self._shown or [task.id for task in (await self._tools.listing("all", MOST_SHOWN)).tasks]
        task_id = numbered(numbers, number)
        if task_id is None:
            raise UnclearError(Reply(replies.unknown_number(number)))
        return await self._still_there(task_id)

    async def _still_there(self, task_id: str) -> Task:
        task = await self._tools.one(task_id)
        if task is None:
            raise UnclearError(Reply(replies.GONE))
        return task


def numbered(shown: Sequence[str], number: int | None) -> str | None:
    """The id that a number names: from 1, or from the end when negative."""
    if number is None or number == 0 or abs(number) > len(shown):
        return None
    return shown[number - 1 if number > 0 else number]
