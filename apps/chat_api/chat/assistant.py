"""The assistant: acts on what a message means and words the answer."""

from collections.abc import Sequence
from typing import Final

from chat_api.chat import intents as i
from chat_api.chat import mark_replies, replies
from chat_api.chat.context import NOTHING, Context, decode
from chat_api.chat.grammar import understand
from chat_api.chat.intents import Problem
from chat_api.chat.lookup import same_title
from chat_api.chat.moments import next_stays
from chat_api.chat.reminders import Fit, reminders_of
from chat_api.chat.resolving import MOST_SHOWN, Reply, Resolver, UnclearError, numbered
from chat_api.chat.tools import Tools
from chat_api.chat.words import Speaker
from chat_api.conversations import Message
from taskflow_core.database.pool import Connection, in_transaction
from taskflow_core.domain.errors import DomainError, FieldError
from taskflow_core.domain.task import Task

LOOKS_BACK: Final = 10
"""Messages in which the last numbered list is looked for."""


class Assistant:
    """Answers one message of a person, within the transaction of that message.

    `past` are the last messages of the conversation, newest first.
    """

    def __init__(self, connection: Connection, user_id: str, tools: Tools, past: Sequence[Message]) -> None:
        self._connection = connection
        self._tools = tools
        self._past = past
        answers = [decode(message.tool_calls) for message in past if message.role == "assistant"]
        self._last = answers[0] if answers else NOTHING
        shown = next((answer for answer in answers if answer.shown), NOTHING).shown
        topic = next((answer for answer in answers if answer.topic), NOTHING).topic
        self._shown, self._topic = shown, topic
        self._tasks = Resolver(connection, user_id, tools, shown, topic)

    async def answer(self, message: str) -> Reply:
        """Act on `message`. What a rule refuses is answered in words, with nothing changed."""
        intent = self._understood(message)
        try:
            async with in_transaction(self._connection):
                return await self._act(intent)
        except UnclearError as unclear:
            return unclear.reply
        except FieldError as error:
            return Reply(replies.refusal(error.field, error.message))
        except DomainError as error:
            return Reply(error.message)

    def _understood(self, message: str) -> i.Intent:
        return understand(message, Speaker(self._tools.now, self._tools.order), dates=self._tools.knows_dates)

    async def _act(self, intent: i.Intent, chosen: Task | None = None) -> Reply:
        """Do what is meant; `chosen` is the task, where the person has picked it already."""
        match intent:
            case i.Greeting() | i.Thanks() | i.Help() | i.Refused() | i.NotRead() | i.Choose():
                return self._talk(intent)
            case i.Yes() | i.No() | i.Pick() | i.Unknown():
                return await self._go_on(intent)
            case i.ListTasks() | i.Count() | i.Search() | i.ListMarked():
                return await self._look_up(intent)
            case i.Add():
                return await self._add(intent)
            case i.Remind():
                return await self._remind(intent, chosen)
            case i.Rename():
                return await self._rename(intent, chosen)
            case i.Reopen(ref):
                return await self._set_completed(
                    chosen or await self._tasks.resolve(ref, completed=True), completed=False
                )
            case _:
                return await self._change(intent, chosen or await self._tasks.resolve(intent.ref))

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
            case i.NotRead(words, why):
                return Reply(replies.not_read(words, why), unread=words)
            case i.Choose(options):
                return Reply(replies.choose(options, self._tools.now), (), Context(asked="reading"))

    async def _go_on(self, intent: i.FollowUp) -> Reply:
        """What is said in answer to a question asked before."""
        match intent:
            case i.Yes(deletes):
                if deletes and not self._last.asked:
                    return await self._act(i.Delete(i.Ref("it", is_pronoun=True)))
                return await self._confirmed()
            case i.No():
                return Reply(replies.LEFT_ALONE if self._last.asked else replies.NOTHING_ASKED)
            case i.Pick(ref):
                return await self._picked(ref)
            case i.Unknown(text):
                return await self._unknown(text)

    async def _look_up(self, intent: i.LookUp) -> Reply:
        match intent:
            case i.ListTasks(scope, days):
                return await self._list(scope, days)
            case i.Count(scope, days):
                found = await self._tools.listing(scope, 1, days)
                return Reply(replies.counted(found, scope, days), ("list_tasks",))
            case i.ListMarked():
                results = await self._tools.marked(intent, MOST_SHOWN)
                text = replies.marked(results, intent, self._tools.now)
                return Reply(text, ("list_tasks",), _shown(results.tasks))
            case i.Search(text):
                results = await self._tools.search(text, MOST_SHOWN)
                shown = _shown(results.tasks)
                return Reply(replies.found(results, text, self._tools.now), ("list_tasks",), shown)

    async def _change(self, intent: i.OfOneTask, task: Task) -> Reply:
        match intent:
            case i.Complete():
                return await self._set_completed(task, completed=True)
            case i.Delete():
                return Reply(replies.confirm_delete(task), (), Context(topic=task.id, asked="delete"))
            case i.Schedule(_, when):
                return self._scheduled(await self._tools.schedule(task, when))
            case i.Postpone(_, by):
                after = await self._tools.postpone(task, by)
                if after is None:
                    return Reply(replies.problem(Problem.NOTHING_TO_COUNT_FROM), (), Context(topic=task.id))
                return self._scheduled(after)
            case i.Label():
                after = await self._tools.label(task, intent)
                return Reply(mark_replies.labelled(task, after, intent), ("update_task",), Context(topic=task.id))
            case i.Clear(_, what):
                after = await self._tools.clear(task, what)
                return Reply(replies.cleared(after, what), ("update_task",), Context(topic=task.id))

    def _scheduled(self, task: Task) -> Reply:
        return Reply(replies.scheduled(task, self._tools.now), ("update_task",), Context(topic=task.id))

    async def _add(self, intent: i.Add) -> Reply:
        task = await self._tools.add(intent)
        text = replies.added(task, self._tools.now)
        if intent.unread:
            text += replies.left_in_title(intent.unread)
        return Reply(text, ("add_task",), Context(topic=task.id), intent.unread)

    async def _remind(self, intent: i.Remind, chosen: Task | None) -> Reply:
        """Of the task that is named, where there is one; else of a new one, where it is said when."""
        task = chosen or await self._reminded(intent)
        if task is None:
            return await self._add(i.Add(intent.ref.text, intent.when, (), intent.tags, intent.priority))
        fit = reminders_of(task, intent.when, self._tools.now)
        if fit is Fit.ANOTHER_DAY:
            return Reply(replies.another_day(task, self._tools.now), (), Context(topic=task.id))
        return self._scheduled(await self._tools.schedule(task, fit))

    async def _reminded(self, intent: i.Remind) -> Task | None:
        """The task there is, None where a new one is meant. Raises UnclearError where it names none, or several."""
        try:
            task = await self._tasks.resolve(intent.ref)
        except UnclearError as unclear:
            if unclear.reply.context.asked or not intent.may_add or intent.ref.is_pronoun:
                raise
            return None
        # "remind me about the dentist on friday" is of that task when it is called just so.
        counts_back = intent.when.reminders != ("PT0S",)
        return task if counts_back or intent.ref.is_pronoun or same_title(task.title, intent.ref.text) else None

    async def _list(self, scope: i.Scope, days: i.Days | None) -> Reply:
        if not self._tools.knows_dates and scope not in ("all", "pending", "completed"):
            scope = "pending"
        found = await self._tools.listing(scope, MOST_SHOWN, days)
        return Reply(replies.listing(found, scope, self._tools.now, days), ("list_tasks",), _shown(found.tasks))

    def propose(self, sentence: str) -> Reply:
        """Ask whether the message meant `sentence`, which is of the chat's own language; nothing is done yet."""
        intent = self._understood(sentence)
        context = Context(shown=self._shown, topic=self._topic, asked="proposal", proposal=sentence)
        return Reply(replies.proposal(intent, sentence, self._tools.now), (), context)

    async def _accepted(self, sentence: str) -> Reply:
        """Do what was proposed; where its words mean another day by now, that is asked anew."""
        again = self.propose(sentence)
        return await self._act(self._understood(sentence)) if again.text == self._past[0].content else again

    async def _confirmed(self) -> Reply:
        if self._last.proposal is not None:
            return await self._accepted(self._last.proposal)
        doomed = self._last.topic or next(iter(self._last.shown), None)
        if self._last.asked != "delete" or doomed is None:
            return Reply(replies.NOTHING_ASKED if not self._last.asked else self._again())
        task = await self._tools.one(doomed)
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
        if self._last.asked == "reading":
            return await self._chosen(ref.number)
        if self._last.asked != "which":
            return Reply(replies.NOT_UNDERSTOOD, unread=(ref.text,))
        task_id = numbered(self._last.shown, ref.number)
        if task_id is None:
            return Reply(replies.ONE_OF_THEM, (), self._last)
        task = await self._tools.one(task_id)
        return Reply(replies.GONE) if task is None else await self._act(self._understood(self._asked_about()), task)

    async def _chosen(self, number: int | None) -> Reply:
        """The reading that a number names of what was said before."""
        asked = self._understood(self._asked_about())
        options = asked.options if isinstance(asked, i.Choose) else ()
        if number is None or number == 0 or not -len(options) <= number <= len(options):
            return Reply(replies.ONE_OF_THEM, (), self._last)
        return await self._act(options[number - 1 if number > 0 else number])

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
        topic = Context(topic=task.id)
        if task.completed == completed:
            return Reply(replies.already(task), (), topic)
        after = await self._tools.complete(task, completed=completed)
        if completed:
            return Reply(replies.completed(after.task), ("complete_task",), topic)
        stays = next_stays(after.next_kept, self._tools.now)
        return Reply(replies.reopened(after.task, stays), ("update_task",), topic)

    async def _rename(self, intent: i.Rename, chosen: Task | None) -> Reply:
        """Rename by the first way to read the sentence that names a task."""
        unclear: UnclearError | None = None
        for ref, title in intent.options:
            try:
                task = chosen or await self._tasks.resolve(ref)
            except UnclearError as error:
                unclear = unclear or error
                if error.reply.context.asked:
                    break
                continue
            after = await self._tools.rename(task, title)
            text = replies.renamed(task, after) + mark_replies.left_aside(intent.unread)
            return Reply(text, ("update_task",), Context(topic=task.id), intent.unread)
        raise unclear or UnclearError(Reply(replies.problem(Problem.AMBIGUOUS_RENAME)))

    async def _unknown(self, text: str) -> Reply:
        if self._last.asked == "title" and text:
            return await self._titled(text)
        if self._last.asked in ("which", "reading"):
            return Reply(replies.ONE_OF_THEM, (), self._last)
        return Reply(replies.NOT_UNDERSTOOD, unread=(text,) if text else ())

    async def _titled(self, text: str) -> Reply:
        """The title that was asked for, with what it says of time, and with what was said before the question."""
        whole = self._understood(f"{self._asked_about()} {text}")
        return await self._act(whole if isinstance(whole, i.Add | i.Rename) else self._understood(f"add {text}"))


def _shown(tasks: Sequence[Task]) -> Context:
    """A numbered list; of one task alone it speaks."""
    return Context(shown=[task.id for task in tasks], topic=tasks[0].id if len(tasks) == 1 else None)
