"""The assistant's words."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from chat_api.chat import intents as i
from chat_api.chat.intents import Days, Part, Problem, Scope
from chat_api.chat.moments import details, moment, order_words, when_words
from chat_api.chat.tools import Listing
from taskflow_core.domain.task import Task

GREETING: Final = 'Hello! I keep your tasks. Tell me what to add, or say "show my tasks"; "help" lists what I know.'
THANKS: Final = "You're welcome!"
NOTHING_ASKED: Final = "There is nothing waiting for an answer. What shall I do?"
LEFT_ALONE: Final = "All right, I left it as it is."
NOT_UNDERSTOOD: Final = (
    'I did not understand that. Try "add buy milk", "show my tasks" or "complete 1"; "help" lists what I know.'
)
ASK_TITLE: Final = "What should the task be called?"
GONE: Final = 'That task is no longer there. Say "show my tasks" to see what is.'
ONE_OF_THEM: Final = "Please answer with one of the numbers above."

_HELP: Final = (
    '• "add buy milk" makes a task',
    '• "show my tasks", "show pending tasks", "show completed tasks"',
    '• "find milk" searches, "how many tasks do I have?" counts',
    '• "complete 1" or "complete buy milk"; "reopen 1"',
    '• "rename 1 to buy oat milk"',
    '• "delete 1" (I ask before I do)',
)
_HELP_WITH_DATES: Final = (
    '• "add call mum tomorrow at 5pm", "add pay rent every month on the 1st"',
    '• "what is due today?", "show overdue tasks"',
    '• "move 1 to friday", "repeat 1 every monday", "remind me 1 hour before 1"',
    '• "remove the due date of 1"',
    '• "tag 1 with home", "show tasks tagged home", "make 1 high priority"',
)

_PROBLEMS: Final = {
    Problem.NO_TITLE: ASK_TITLE,
    Problem.NO_TASK: 'Which task do you mean? Give its number in the list or words of its title, like "complete 1".',
    Problem.LONG_TITLE: "That is too long for a title: 255 characters at most.",
    Problem.UNREADABLE_DATE: 'I could not read that date. Try "tomorrow at 5pm", "next friday" or "2026-12-24".',
    Problem.NOTHING_TO_COUNT_FROM: (
        'It has no due date to count from, or no time of day. Say when it is due: "move 1 to friday at 5pm".'
    ),
    Problem.REMINDER_NEEDS_DATE: (
        'A reminder counts back from a due date, so say when it is due too: "add call mum tomorrow at 5pm, remind me'
        ' 1 hour before".'
    ),
    Problem.ONE_AT_A_TIME: "One task at a time, please: give one number or title.",
    Problem.AMBIGUOUS_RENAME: 'I could not tell the title from the new one. Try: rename "old title" to "new title".',
}

_NOTHING: Final[dict[Scope, str]] = {
    "all": 'You have no tasks yet. Say "add buy milk" to make one.',
    "pending": "You have no pending tasks. Well done!",
    "completed": "You have no completed tasks yet.",
    "today": "Nothing is due today.",
    "tomorrow": "Nothing is due tomorrow.",
    "week": "Nothing is due in the next seven days.",
    "overdue": "Nothing is overdue.",
    "upcoming": "Nothing is due after today.",
}
_HEADS: Final[dict[Scope, str]] = {
    "all": "📋 **Pending Tasks:**",
    "pending": "📋 **Pending Tasks:**",
    "completed": "✅ **Completed Tasks:**",
    "today": "📅 **Due Today:**",
    "tomorrow": "📅 **Due Tomorrow:**",
    "week": "📅 **Due Within Seven Days:**",
    "overdue": "⏰ **Overdue:**",
    "upcoming": "📅 **Upcoming:**",
}
_KINDS: Final[dict[Scope, str]] = {
    "all": "",
    "pending": "pending ",
    "completed": "completed ",
    "today": "",
    "tomorrow": "",
    "week": "",
    "overdue": "overdue ",
    "upcoming": "upcoming ",
}
_WHEN: Final[dict[Scope, str]] = {
    "today": " due today",
    "tomorrow": " due tomorrow",
    "week": " due in the next seven days",
}


def help_text(*, dates: bool) -> str:
    """What can be said."""
    return "\n".join(["Here is what I understand:", *_HELP, *(_HELP_WITH_DATES if dates else ())])


def problem(kind: Problem) -> str:
    """Why something cannot be done as said."""
    return _PROBLEMS[kind]


def refusal(field: str, message: str) -> str:
    """Why a rule refuses something."""
    return f"That cannot be done: {field.replace('_', ' ')} {message}."


def not_read(words: Sequence[str], why: str) -> str:
    """Words about time that have no reading: nothing was done."""
    reason = f" ({why})" if why else ""
    return (
        f"I could not read {quoted(words)}{reason}, so I changed nothing. Say it in other words, like"
        " “tomorrow at 5pm”, “next friday”, “every 2 weeks” or “2026-12-24”, or put the title in quotes:"
        ' add "…" tomorrow.'
    )


def left_in_title(words: Sequence[str]) -> str:
    """Words that may be about time and were left to the title."""
    return f" I took {quoted(words)} for a part of the title, not for its date."


def choose(options: "Sequence[i.Add | i.Schedule]", now: datetime) -> str:
    """Asks which reading was meant."""
    lines = [f"{number}. {_meant(option, now)}\n" for number, option in enumerate(options, 1)]
    return f"That can mean several things. Answer with a number.\n\n{''.join(lines)}"


def _meant(option: "i.Add | i.Schedule", now: datetime) -> str:
    title = option.title if isinstance(option, i.Add) else (option.ref.said or option.ref.text)
    return f"“{title}”{when_words(option.when, now)}"


def proposal(intent: i.Intent, sentence: str, now: datetime) -> str:
    """Asks whether a message that was not understood meant `sentence`, which is read as `intent`."""
    match intent:
        case i.Add(title, when):
            meant = f"make the task “{title}”{when_words(when, now)}"
        case i.Schedule(ref, when) | i.Remind(ref, when):
            meant = f"change “{ref.said or ref.text}”{when_words(when, now)}"
        case _:
            meant = sentence
    return f"I am not sure that I understood. Do you mean: {meant}? Reply “yes” or “no”."


def quoted(words: Sequence[str]) -> str:
    return ", ".join(f"“{word}”" for word in words)


def another_day(task: Task, now: datetime) -> str:
    """A reminder was asked for that does not go with when the task is due."""
    return (
        f"“{task.title}” is due {moment(task, now)}, and that does not go with it. I changed nothing: say how long"
        " before it I shall remind you, or move it first."
    )


def listing(found: Listing, scope: Scope, now: datetime, days: Days | None = None) -> str:
    """A list with numbers that later messages can use; `now` is in the person's zone."""
    if not found.tasks:
        return _NOTHING[scope] if days is None else _nothing_on(scope, days)
    parts = ["Here are your tasks:\n"]
    number = 1
    open_head = _HEADS[scope if scope != "completed" else "all"] if days is None else f"📅 **Due {days.words}:**"
    for head, tasks in (
        (open_head, [task for task in found.tasks if not task.completed]),
        (_HEADS["completed"], [task for task in found.tasks if task.completed]),
    ):
        if tasks:
            parts.append(f"{head}\n{_numbered(tasks, now, number)}")
            number += len(tasks)
    return "\n".join(parts) + _more(found)


def _nothing_on(scope: Scope, days: Days) -> str:
    return f"Nothing was completed {days.words}." if scope == "completed" else f"Nothing is due {days.words}."


def found(results: Listing, text: str, now: datetime) -> str:
    """What a search brought."""
    if not results.tasks:
        return f"I found no task with “{text}”."
    return f"I found {_tasks(results.total)} with “{text}”:\n\n{_numbered(results.tasks, now)}{_more(results)}"


def which(tasks: Sequence[Task], now: datetime) -> str:
    """Asks which of several tasks was meant."""
    return f"Which one do you mean? Answer with its number.\n\n{_numbered(tasks, now)}"


def counted(found: Listing, scope: Scope, days: Days | None = None) -> str:
    """How many tasks there are."""
    if days is not None:
        kind, done = ("completed ", "") if scope == "completed" else ("", " due")
        return f"You have {_tasks(found.total, kind)}{done} {days.words}."
    return f"You have {_tasks(found.total, _KINDS[scope])}{_WHEN.get(scope, '')}."


def unknown_task(text: str) -> str:
    """No task is called so."""
    return f'I found no task called “{text}”. Say "show my tasks" to see what there is.'


def unknown_number(number: int) -> str:
    """There is no such number."""
    shown = "last" if number < 0 else str(number)
    return f'There is no task {shown} in the list. Say "show my tasks" to see the numbers.'


def added(task: Task, now: datetime) -> str:
    """A task was made."""
    return f"✅ Added “{task.title}”{details(task, now)}."


def completed(task: Task) -> str:
    """A task was completed."""
    return f"✅ Completed “{task.title}”."


def reopened(task: Task, stays: str) -> str:
    """A task was reopened; `stays` is what `moments` says of the next one."""
    return f"“{task.title}” is pending again.{stays}"


def already(task: Task) -> str:
    """A task is what it was to become."""
    return f"“{task.title}” is already {'completed' if task.completed else 'pending'}."


def confirm_delete(task: Task) -> str:
    """Asks before deleting."""
    repeats = " It repeats; the next occurrence still comes." if task.series_id is not None else ""
    return f"⚠️ Are you sure you want to delete “{task.title}”?{repeats} Reply “yes” to delete it or “no” to keep it."


def deleted(task: Task) -> str:
    """A task was deleted."""
    return f"🗑️ Deleted “{task.title}”."


def renamed(before: Task, after: Task) -> str:
    """A task has another title."""
    return f"✏️ Renamed “{before.title}” to “{after.title}”."


def scheduled(task: Task, now: datetime) -> str:
    """A task has another due date, repeat or reminders; its tags and priority are as before."""
    return f"📅 “{task.title}”: {details(task, now).removeprefix(', ') or 'nothing changed'}."


def marked(found: Listing, wanted: i.ListMarked, now: datetime) -> str:
    """Open tasks with some tags, or of a priority."""
    words = "of " + (f"{wanted.priority} priority" if wanted.priority != "none" else "no priority")
    if wanted.tags:
        words = "tagged " + " ".join(f"#{tag.lstrip('#')}" for tag in wanted.tags)
    if not found.tasks:
        return f"You have no open task {words}."
    return f"Here are your tasks {words}:\n\n{_numbered(found.tasks, now)}{_more(found)}"


def cleared(task: Task, what: Part) -> str:
    """Something was taken away."""
    text = {
        "due": "has no due date any more",
        "repeat": "does not repeat any more",
        "reminders": "has no reminders any more",
    }[what]
    return f"“{task.title}” {text}."


def _numbered(tasks: Sequence[Task], now: datetime, first: int = 1) -> str:
    return "".join(
        f"{number}. {'☑' if task.completed else '☐'} {task.title}{_due(task, now)}\n"
        for number, task in enumerate(tasks, first)
    )


def _more(found: Listing) -> str:
    left = found.total - len(found.tasks)
    return f"\n… and {left} more." if left > 0 else ""


def _tasks(count: int, kind: str = "") -> str:
    return f"{count} {kind}task{'' if count == 1 else 's'}"


def _due(task: Task, now: datetime) -> str:
    parts = [part for part in (moment(task, now), *order_words(task)) if part]
    return f" ({', '.join(parts)})" if parts else ""
