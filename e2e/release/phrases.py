"""The release's chat: a few patterns, no model. Its sentences are no contract; the names of the tools are."""

import re
from collections.abc import Callable, Sequence
from typing import Final

from sqlmodel import Session, col, select

from e2e.release.tables import Task, now

Reply = tuple[str, list[str]]

_HELP: Final = "I can list, add, complete, rename, count, search and delete your tasks."


def answer(session: Session, user_id: str, text: str) -> Reply:
    """What it says to `text`, and the tools it used."""
    for pattern, act in _PATTERNS:
        found = pattern.search(text.strip())
        if found:
            return act(session, user_id, found)
    return _HELP, []


def _of(session: Session, user_id: str) -> Sequence[Task]:
    return session.exec(select(Task).where(Task.user_id == user_id).order_by(col(Task.created_at))).all()


def _named(session: Session, user_id: str, title: str) -> Task | None:
    wanted = title.strip().lower()
    return next((task for task in _of(session, user_id) if wanted in task.title.lower()), None)


def _list(session: Session, user_id: str, found: re.Match[str]) -> Reply:
    which = (found.group("which") or "").lower()
    tasks = [
        task
        for task in _of(session, user_id)
        if which not in ("pending", "completed") or task.completed == (which == "completed")
    ]
    lines = [f"{number}. {'✓' if task.completed else '☐'} {task.title}" for number, task in enumerate(tasks, 1)]
    return "\n".join(["Here are your tasks:", *lines]) if lines else "You have no tasks.", ["list_tasks"]


def _count(session: Session, user_id: str, _: re.Match[str]) -> Reply:
    tasks = _of(session, user_id)
    done = sum(task.completed for task in tasks)
    return f"Total tasks: {len(tasks)}, completed: {done}, pending: {len(tasks) - done}", ["list_tasks"]


def _search(session: Session, user_id: str, found: re.Match[str]) -> Reply:
    wanted = found.group("title").lower()
    titles = [task.title for task in _of(session, user_id) if wanted in task.title.lower()]
    return "\n".join(titles) or "Nothing found.", ["list_tasks"]


def _add(session: Session, user_id: str, found: re.Match[str]) -> Reply:
    task = Task(user_id=user_id, title=found.group("title").strip()[:255])
    session.add(task)
    return f"Added task: '{task.title}'", ["add_task"]


def _complete(session: Session, user_id: str, found: re.Match[str]) -> Reply:
    task = _named(session, user_id, found.group("title"))
    if task is None:
        return "I found no such task.", []
    task.completed, task.updated_at = True, now()
    return f"Completed '{task.title}'", ["complete_task"]


def _rename(session: Session, user_id: str, found: re.Match[str]) -> Reply:
    task = _named(session, user_id, found.group("title"))
    if task is None:
        return "I found no such task.", []
    task.title, task.updated_at = found.group("new").strip()[:255], now()
    return f"Renamed to '{task.title}'", ["update_task"]


def _confirm(session: Session, user_id: str, found: re.Match[str]) -> Reply:
    task = _named(session, user_id, found.group("title"))
    return ("I found no such task." if task is None else f"Shall I delete '{task.title}'? (yes/no)"), []


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


_PATTERNS: Final[tuple[tuple[re.Pattern[str], Callable[[Session, str, re.Match[str]], Reply]], ...]] = (
    (_pattern(r"^(?:list|show)\b.*?\b(?:(?P<which>all|pending|completed) )?tasks?$"), _list),
    (_pattern(r"^(?:count|how many)\b.*\btasks?\b"), _count),
    (_pattern(r"^(?:search|find)(?: for)? (?P<title>.+)$"), _search),
    (_pattern(r"^add(?: a)?(?: task)?(?: to)? (?P<title>.+)$"), _add),
    (_pattern(r"^(?:complete|finish|mark) (?P<title>.+?)(?: as (?:done|complete))?$"), _complete),
    (_pattern(r"^(?:rename|change) (?P<title>.+?) to (?P<new>.+)$"), _rename),
    (_pattern(r"^(?:delete|remove) (?P<title>.+)$"), _confirm),
)
