"""The assistant: acts on what a message means and words the answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chat_api.chat import intents as i
from chat_api.chat import replies
from chat_api.chat.context import NOTHING, Context, decode, encode
from chat_api.chat.grammar import understand
from chat_api.chat.lookup import find
from chat_api.chat.tools import Tools
from chat_api.chat.when import Problem
from chat_api.conversations import Message
from taskflow_core.database.pool import Connection, in_transaction
from taskflow_core.domain.errors import DomainError, FieldError
from taskflow_core.domain.task import Task

MOST_SHOWN: Final = 50
"""Tasks in one answer."""

LOOKS_BACK: Final = 10
"""Messages in which the last numbered list is looked for."""

_MOST_CHOICES: Final = 10


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its words, the names of the tools that ran, and what it leaves open."""

    text: str
    tool_calls: tuple[str, ...] = ()
    context: Context = NOTHING

    def message(self) -> Message:
        """As it is stored."""
        return Message("assistant", self.text, encode(self.tool_calls, self.context))


class _UnclearError(Exception):
    """A reference that names no task, or several: carries the answer."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply


class Assistant:
    """Answers one message of a person, within the transaction of that message.

    `past` are the last messages of the conversation, newest first.
    """

    def __init__(self, connection: Connection, user_id: str, tools: Tools, past: Sequence[Message]) -> None:
        self._connection = connection
        self._user_id = user_id
        self._tools = tools
        self._past = past
        answers = [decode(message.tool_calls) for message in past if message.role == "assistant"]
        self._last = answers[0] if answers else NOTHING
        self._shown = next((answer for answer in answers if answer.shown), NOTHING).shown

    async def answer(self, message: str) -> Reply:
        """Act on `message`. What a rule refuses is answered in words, with nothing changed."""
        intent = self._understood(message)
        try:
            async with in_transaction(self._connection):
                return await self._act(intent)
        except _UnclearError as unclear:
            return unclear.reply
        except FieldError as error:
            return Reply(replies.refusal(error.field, error.message))
        except DomainError as error:
            return Reply(error.message)

    def _understood(self, message: str) -> i.Intent:
        return understand(message, self._tools.now, dates=self._tools.knows_dates)

    async def _act(self, intent: i.Intent, chosen: Task | None = None) -> Reply:
        """Do what is meant; `chosen` is the task, where the person has picked it already."""
        match intent:
            case i.Greeting() | i.Thanks() | i.Help() | i.Refused():
                return self._talk(intent)
            case i.Yes() | i.No() | i.Pick() | i.Unknown():
                return await self._go_on(intent)
            case i.ListTasks() | i.Count() | i.Search():
                return await self._look_up(intent)
            case i.Add(title, when):
                task = await self._tools.add(title, when)
                return Reply(replies.added(task, self._tools.now), ("add_task",), Context(shown=[task.id]))
            case i.Rename(options):
                return await self._rename(options, chosen)
            case i.Reopen(ref):
                return await self._set_completed(chosen or await self._resolve(ref, completed=True), completed=False)
            case _:
                return await self._change(intent, chosen or await self._resolve(intent.ref))

    def _talk(self, intent: i.Talk) -> Reply:
        match intent:
            case i.Greeting():
                return Reply(replies.GREETING)
            case i.Thanks():
                return Reply(replies.THANKS)
            case i.Help():
                return Reply(replies.help_text(dates=self._tools.knows_dates))
            case i.Refused(problem):
                asked = Context(asked="title") if problem is Problem.NO_TITLE else NOTHING
                return Reply(replies.problem(problem), (), asked)

    async def _go_on(self, intent: i.FollowUp) -> Reply:
        """What is said in answer to a question asked before."""
        match intent:
            case i.Yes():
                return await self._confirmed()
            case i.No():
                return Reply(replies.LEFT_ALONE if self._last.asked else replies.NOTHING_ASKED)
            case i.Pick(ref):
                return await self._picked(ref)
            case i.Unknown(text):
                return await self._unknown(text)

    async def _look_up(self, intent: i.LookUp) -> Reply:
        match intent:
            case i.ListTasks(scope):
                return await self._list(scope)
            case i.Count(scope):
                found = await self._tools.listing(scope, 1)
                return Reply(replies.counted(found, scope), ("list_tasks",))
            case i.Search(text):
                results = await self._tools.search(text, MOST_SHOWN)
                shown = Context(shown=[task.id for task in results.tasks])
                return Reply(replies.found(results, text, self._tools.now), ("list_tasks",), shown)

    async def _change(self, intent: i.OfOneTask, task: Task) -> Reply:
        match intent:
            case i.Complete():
                return await self._set_completed(task, completed=True)
            case i.Delete():
                return Reply(replies.confirm_delete(task), (), Context(shown=[task.id], asked="delete"))
            case i.Schedule(_, when):
                after = await self._tools.schedule(task, when)
                return Reply(replies.scheduled(after, self._tools.now), ("update_task",))
            case i.Clear(_, what):
                return Reply(replies.cleared(await self._tools.clear(task, what), what), ("update_task",))

    async def _list(self, scope: i.Scope) -> Reply:
        if not self._tools.knows_dates and scope not in ("all", "pending", "completed"):
            scope = "pending"
        found = await self._tools.listing(scope, MOST_SHOWN)
        shown = Context(shown=[task.id for task in found.tasks])
        return Reply(replies.listing(found, scope, self._tools.now), ("list_tasks",), shown)

    async def _confirmed(self) -> Reply:
        if self._last.asked != "delete" or not self._last.shown:
            return Reply(replies.NOTHING_ASKED if not self._last.asked else self._again())
        task = await self._tools.one(self._last.shown[0])
        if task is None:
            return Reply(replies.GONE)
        await self._tools.delete(task)
        return Reply(replies.deleted(task), ("delete_task",))

    def _again(self) -> str:
        return replies.ASK_TITLE if self._last.asked == "title" else replies.ONE_OF_THEM

    async def _picked(self, ref: i.Ref) -> Reply:
        """A number alone: the choice that was asked for, or else nothing that can be acted upon."""
        if self._last.asked == "title":
            return await self._titled(ref.text)
        if self._last.asked != "which":
            return Reply(replies.NOT_UNDERSTOOD)
        task_id = _numbered(self._last.shown, ref.number)
        if task_id is None:
            return Reply(replies.ONE_OF_THEM, (), self._last)
        task = await self._tools.one(task_id)
        return Reply(replies.GONE) if task is None else await self._act(self._understood(self._asked_about()), task)

    def _asked_about(self) -> str:
        """What the person said before the question that is open; it may have been asked more than once."""
        message = ""
        for past in self._past:
            if past.role == "user":
                message = past.content
            elif decode(past.tool_calls) != self._last:
                break
        return message

    async def _set_completed(self, task: Task, *, completed: bool) -> Reply:
        if task.completed == completed:
            return Reply(replies.already(task))
        after = await self._tools.complete(task, completed=completed)
        if completed:
            return Reply(replies.completed(after), ("complete_task",))
        return Reply(replies.reopened(after), ("update_task",))

    async def _rename(self, options: Sequence[tuple[i.Ref, str]], chosen: Task | None) -> Reply:
        """Rename by the first way to read the sentence that names a task."""
        unclear: _UnclearError | None = None
        for ref, title in options:
            try:
                task = chosen or await self._resolve(ref)
            except _UnclearError as error:
                unclear = unclear or error
                if error.reply.context.asked:
                    break
                continue
            return Reply(replies.renamed(task, await self._tools.rename(task, title)), ("update_task",))
        raise unclear or _UnclearError(Reply(replies.problem(Problem.AMBIGUOUS_RENAME)))

    async def _unknown(self, text: str) -> Reply:
        if self._last.asked == "title" and text:
            return await self._titled(text)
        if self._last.asked == "which":
            return Reply(replies.ONE_OF_THEM, (), self._last)
        return Reply(replies.NOT_UNDERSTOOD)

    async def _titled(self, text: str) -> Reply:
        """The title that was asked for, with what it says of time."""
        return await self._act(self._understood(f"add {text}"))

    async def _resolve(self, ref: i.Ref, *, completed: bool = False) -> Task:
        """The one task that `ref` names. Raises _UnclearError with the answer where it names none, or several."""
        if ref.number is not None and not ref.quoted:
            numbers = self._shown or [task.id for task in (await self._tools.listing("all", MOST_SHOWN)).tasks]
            task_id = _numbered(numbers, ref.number)
            if task_id is not None:
                task = await self._tools.one(task_id)
                if task is None:
                    raise _UnclearError(Reply(replies.GONE))
                return task
        ids = await find(self._connection, self._user_id, ref.text, completed=completed, most=_MOST_CHOICES)
        tasks = await self._tools.several(ids)
        fitting = [task for task in tasks if task.completed == completed] or tasks
        if not fitting:
            missing = replies.unknown_task(ref.text)
            raise _UnclearError(Reply(replies.unknown_number(ref.number) if ref.number is not None else missing))
        if len(fitting) > 1:
            asked = Context(shown=[task.id for task in fitting], asked="which")
            raise _UnclearError(Reply(replies.which(fitting, self._tools.now), (), asked))
        return fitting[0]


def _numbered(shown: Sequence[str], number: int | None) -> str | None:
    """The id that a number names: from 1, or from the end when negative."""
    if number is None or number == 0 or abs(number) > len(shown):
        return None
    return shown[number - 1 if number > 0 else number]
