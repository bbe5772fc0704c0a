"""Reading one line of English, as the page's line for new tasks and the chat read it. Nothing is stored."""

from datetime import date, datetime
from typing import Annotated, Final, Literal

import msgspec
from litestar import post
from litestar.params import JSONBody
from msgspec import Meta

from chat_api.commands.texts import storable
from chat_api.parser import Option, Order, Reading, Span, Unread, When, parse
from chat_api.parser.spoken import reminder_words, repeat_words
from chat_api.parser.why import Why
from chat_api.payloads import Timezone
from chat_api.preferences import reading_preferences
from taskflow_core.domain.zones import zone
from taskflow_core.service.auth import SignedInRequest, signed_in
from taskflow_core.service.litestar_app import SECURITY, FromRuntime
from taskflow_core.service.openapi import answers

MOST_KEPT: Final = 50


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """Characters of the text, from `start` to before `end`, counted in Unicode code points."""

    start: int
    end: int


class Sentence(msgspec.Struct, frozen=True, kw_only=True):
    """A line to read; `date_order` and `timezone` instead of the user's own."""

    text: Annotated[str, Meta(min_length=1, max_length=1000, examples=["call mum on friday at 9 #family"])]
    timezone: Timezone | None = None
    date_order: Annotated[Order | None, Meta(description="Whether 4/12 is in December; default: the user's")] = None
    kept: Annotated[
        list[Stretch], Meta(max_length=MOST_KEPT, description="Words here are the title's, and are not read")
    ] = []


class DueSaid(msgspec.Struct, frozen=True, kw_only=True):
    """`value` is what a new task takes as `due_date`: a date, a local time, or an instant ("in 2 hours")."""

    value: str
    all_day: bool
    spans: list[Stretch]


class RepeatSaid(msgspec.Struct, frozen=True, kw_only=True):
    """`value` is a `recurrence_pattern`, `until` the `recurrence_end_date`, `words` the same for people."""

    value: str
    until: date | None
    words: str
    spans: list[Stretch]


class RemindersSaid(msgspec.Struct, frozen=True, kw_only=True):
    """`values` are `reminders`, `words` the same for people."""

    values: list[str]
    words: str
    spans: list[Stretch]


class TagSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A word that begins with #, as a new task takes it."""

    value: str
    spans: list[Stretch]


class PrioritySaid(msgspec.Struct, frozen=True, kw_only=True):
    """`!high` and its kin, as a new task takes it."""

    value: Literal["none", "low", "medium", "high"]
    spans: list[Stretch]


class UnreadWords(msgspec.Struct, frozen=True, kw_only=True):
    """Words about time that have no reading; `why` in words, and `reason` as a name that stays. `doubtful` ones may as
    well be words of the title.
    """

    text: str
    why: str
    reason: Why
    doubtful: bool
    spans: list[Stretch]


class Possibility(msgspec.Struct, frozen=True, kw_only=True):
    """One of the ways to read a line that has several."""

    title: str
    due: DueSaid | None
    repeat: RepeatSaid | None
    reminders: RemindersSaid | None


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """A line, read. With `unread` words, or several `options`, nothing is said of time and the title is all of it.

    `title` is empty where the line says no more than when, tags and priority. `reminder_without_date`: it asks to be
    reminded and does not say when the task is due.
    """

    title: str
    title_spans: list[Stretch]
    due: DueSaid | None
    repeat: RepeatSaid | None
    reminders: RemindersSaid | None
    tags: list[TagSaid]
    priority: PrioritySaid | None
    understood: bool
    unread: list[UnreadWords]
    options: list[Possibility]
    reminder_without_date: bool


@post(
    "/api/v1/parse",
    status_code=200,
    guards=[signed_in],
    security=SECURITY,
    tags=["tasks"],
    responses=answers(401, 403, 413, 422, 429, 503, s200=Parsed),
    summary="Read one line: title, due date, repeat, reminders, tags, priority",
)
async def parse_line(request: SignedInRequest, runtime: FromRuntime, data: JSONBody[Sentence]) -> Parsed:
    """Reads; makes nothing."""
    text = storable("text", data.text)
    async with runtime.database.acquire() as connection:
        timezone, order = await reading_preferences(connection, request.user.user_id)
    now = runtime.clock.now().astimezone(zone(data.timezone or timezone, "timezone"))
    kept = [Span(stretch.start, stretch.end) for stretch in data.kept]
    return parsed(parse(text, now, data.date_order or order, kept), now)


def parsed(reading: Reading, now: datetime) -> Parsed:
    """A reading as clients get it; `now` is what it was read at."""
    due, repeat, reminders = _said(reading.when, reading.spans, now)
    return Parsed(
        title=reading.title,
        title_spans=_stretches(reading.spans.get("title", ())),
        due=due,
        repeat=repeat,
        reminders=reminders,
        tags=[TagSaid(value=tag, spans=_stretches(spans)) for tag, spans in reading.tags],
        priority=reading.priority and PrioritySaid(value=reading.priority[0], spans=_stretches(reading.priority[1])),
        understood=not reading.unread,
        unread=[_unread(one) for one in reading.unread],
        options=[_possibility(option, reading, now) for option in reading.options],
        reminder_without_date=reading.reminder_without_date,
    )


def _unread(one: Unread) -> UnreadWords:
    spans = _stretches([one.span])
    return UnreadWords(text=one.text, why=one.words, reason=one.why, doubtful=one.doubtful, spans=spans)


def _possibility(option: Option, reading: Reading, now: datetime) -> Possibility:
    due, repeat, reminders = _said(option.when, reading.spans, now)
    return Possibility(title=option.title, due=due, repeat=repeat, reminders=reminders)


def _said(
    when: When, spans: dict[str, tuple[Span, ...]], now: datetime
) -> tuple[DueSaid | None, RepeatSaid | None, RemindersSaid | None]:
    due = when.due
    if due is None:
        return None, None, None
    timed = isinstance(due, datetime)
    day = (due.astimezone(now.tzinfo) if due.tzinfo else due).date() if isinstance(due, datetime) else due
    value = due.isoformat(timespec="minutes" if due.tzinfo is None else "seconds") if timed else due.isoformat()
    said = DueSaid(value=value.replace("+00:00", "Z"), all_day=not timed, spans=_stretches(spans.get("due", ())))
    repeat = reminders = None
    if when.repeat is not None:
        words = repeat_words(when.repeat, day, when.repeat_until)
        stretches = _stretches(spans.get("repeat", ()))
        repeat = RepeatSaid(value=when.repeat, until=when.repeat_until, words=words, spans=stretches)
    if when.reminders:
        stretches = _stretches(spans.get("reminders", ()))
        words = reminder_words(when.reminders)
        reminders = RemindersSaid(values=list(when.reminders), words=words, spans=stretches)
    return said, repeat, reminders


def _stretches(spans: "list[Span] | tuple[Span, ...]") -> list[Stretch]:
    return [Stretch(start=span.start, end=span.end) for span in spans]
