"""Marks beside a title: "complete milk #home" means the milk that has the tag."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, TypeVar

from chat_api.chat import intents as i
from chat_api.chat.words import Words
from chat_api.parser.lexer import PRIORITIES, tag_in
from taskflow_core.domain.priority import Priority
from taskflow_core.domain.tags import tag_key
from taskflow_core.domain.task import Task

_AROUND: Final = ".,;:?()"
Ref = TypeVar("Ref", bound=i.Complete | i.Reopen | i.Delete | i.Schedule | i.Postpone | i.Clear)


def parted(words: Words) -> tuple[Words, Words]:
    """The words without marks, and the marks; what stands in quotation marks is a title, whatever it holds."""
    quoted = words.in_quotes()
    marks = [at for at, raw in enumerate(words.raw) if is_mark(raw) and at not in quoted]
    if not marks:
        return words, words[:0]
    taken = set(marks)
    return _at(words, [at for at in range(len(words)) if at not in taken]), _at(words, marks)


def behind(words: Words) -> tuple[Words, Words]:
    """The words up to the marks at their end, and those marks."""
    end = len(words)
    while end and is_mark(words.raw[end - 1]):
        end -= 1
    return words[:end], words[end:]


def is_mark(raw: str) -> bool:
    """Whether a word is a tag or a priority: "#home", "!high". "#2" is a number."""
    return tag_in(raw.strip(_AROUND) or "-") is not None or _priority(raw) is not None


def narrowed(ref: i.Ref, marks: Words) -> i.Ref:
    """A reference to one of the tasks that have the marks as well."""
    if not len(marks):
        return ref
    tags = [tag for raw in marks.raw if (tag := tag_in(raw.strip(_AROUND) or "-"))]
    priorities = [priority for raw in marks.raw if (priority := _priority(raw))]
    return replace(
        ref,
        tags=(*ref.tags, *tags),
        priorities=(*ref.priorities, *priorities),
        said=f"{ref.said or ref.text} {marks.text}".strip(),
    )


def with_marks(intent: i.Intent | None, marks: Words) -> i.Intent | None:
    """What was asked, of a task that has the marks; None where it names no task."""
    match intent:
        case i.Complete() | i.Reopen() | i.Delete() | i.Schedule() | i.Postpone() | i.Clear():
            return _of_marked(intent, marks)
        case i.Choose(options):
            schedules = [_of_marked(option, marks) for option in options if isinstance(option, i.Schedule)]
            return i.Choose(tuple(schedules)) if len(schedules) == len(options) else None
        case _:
            return None


def has(task: Task, ref: i.Ref) -> bool:
    """Whether a task has the marks of a reference."""
    keys = {tag_key(tag) for tag in task.tags}
    return all(tag_key(tag) in keys for tag in ref.tags) and all(one == task.priority for one in ref.priorities)


def _of_marked(intent: Ref, marks: Words) -> Ref:
    return replace(intent, ref=narrowed(intent.ref, marks))


def _priority(raw: str) -> Priority | None:
    return PRIORITIES.get(raw.casefold().rstrip(_AROUND))


def _at(words: Words, places: Sequence[int]) -> Words:
    return Words(tuple(words.raw[at] for at in places), tuple(words.keys[at] for at in places))
