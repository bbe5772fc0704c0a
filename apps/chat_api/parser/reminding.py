"""Reminders: what the grammar's phrases of them mean."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from chat_api.parser.result import When
from chat_api.parser.values import (
    Clock,
    Context,
    ContradictionError,
    Day,
    Moment,
    PartOfDay,
    Phrase,
    Quantity,
    Remind,
    Unreadable,
)

_MINUTES: Final = {"minute": 1, "hour": 60}


def offset_text(quantity: Quantity) -> str:
    """As the product stores it, an ISO 8601 duration: "PT90M", "P1D"."""
    if quantity.unit in ("day", "week"):
        return f"P{quantity.count * (7 if quantity.unit == 'week' else 1)}D"
    hours, minutes = divmod(quantity.count * _MINUTES[quantity.unit], 60)
    if not hours and not minutes:
        return "PT0S"
    return "PT" + (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")


def _offset_list(_: Context, first: Quantity, others: tuple[Quantity, ...]) -> tuple[Quantity, ...]:
    return (first, *others)


def _remind(_: Context) -> Remind:
    return Remind()


def _remind_before(_: Context, *lists: tuple[Quantity, ...]) -> Remind | Unreadable:
    offsets = tuple(offset for several in lists for offset in several)
    if any(offset.unit in ("month", "year") for offset in offsets):
        return Unreadable("reminder_too_early")
    return Remind(offsets)


def _remind_of(context: Context, offset: Quantity) -> Remind | Unreadable:
    return _remind_before(context, (offset,))


def _also_before(context: Context, *lists: tuple[Quantity, ...]) -> Remind | Unreadable:
    """ "1 hour before", of a reminder that was asked for elsewhere."""
    found = _remind_before(context, *lists)
    return replace(found, depends=True) if isinstance(found, Remind) else found


def _remind_then(_: Context) -> Remind:
    return Remind((Quantity(0, "minute"),))


def _on_day_before(_: Context) -> Remind:
    return Remind(day_before=True)


ACTIONS: Final[dict[str, Callable[..., Any]]] = {
    "offset_list": _offset_list, "remind": _remind, "remind_before": _remind_before,
    "also_before": _also_before, "remind_of": _remind_of, "remind_then": _remind_then, "day_before": _on_day_before,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reminder:
    """A reminder, and the phrases that say when it comes, where it has a time of its own."""

    remind: Remind
    phrases: list[Phrase] = field(default_factory=list[Phrase])


Reader = Callable[[Sequence[Phrase], datetime], list[When]]

_ALL_DAY_REMINDER: Final = time(9)
"""What the reminders of an all-day task count from."""
_MOST_REMINDERS: Final = 10
_LONGEST: Final = timedelta(days=366)


class ReminderWithoutDateError(Exception):
    """A reminder, and nothing that says when the task is due; `offsets` before then, in days and hours."""

    def __init__(self, offsets: tuple[str, ...] = ()) -> None:
        super().__init__("a reminder without a date")
        self.offsets = offsets


def parted(phrases: Sequence[Phrase]) -> tuple[list[Phrase], list[Reminder]]:
    """The phrases of the task, and those of each reminder: the times that follow "remind me"."""
    outside: list[Phrase] = []
    reminders: list[Reminder] = []
    inside = False
    if any(isinstance(phrase, Remind) and phrase.depends for phrase in phrases):
        # "remind me about the meeting on monday 1 hour before": the first words say that, the last ones when.
        phrases = [phrase for phrase in phrases if not (isinstance(phrase, Remind) and phrase.is_bare)]
    for phrase in phrases:
        if isinstance(phrase, Remind):
            reminders.append(Reminder(phrase))
            inside = not phrase.offsets
        elif (
            inside and isinstance(phrase, Clock | PartOfDay | Day | Moment) and not _has(reminders[-1].phrases, phrase)
        ):
            reminders[-1].phrases.append(phrase)
        else:
            inside = False
            outside.append(phrase)
    return outside, reminders


def _has(phrases: list[Phrase], phrase: Phrase) -> bool:
    return any(type(other) is type(phrase) for other in phrases)


def offsets_of(when: When, reminders: Sequence[Reminder], now: datetime, read: Reader) -> tuple[str, ...]:
    """The reminders of a task as ISO 8601 durations before it is due, each once; `read` reads phrases as a time.

    Raises ContradictionError, and ReminderWithoutDateError where nothing says when the task is due.
    """
    found: list[str] = []
    for reminder in reminders:
        remind, phrases = reminder.remind, reminder.phrases
        if remind.offsets:
            found.extend(offset_text(offset) for offset in remind.offsets)
        elif remind.day_before:
            found.append(_day_before(when, phrases, now, read))
        else:
            found.append(_before(when, _reminded_at(when, phrases, now, read), now) if phrases else "PT0S")
    if len(set(found)) > _MOST_REMINDERS:
        raise ContradictionError("too_many_reminders")
    return tuple(dict.fromkeys(found))


def _base(when: When, now: datetime) -> datetime:
    """The wall time that reminders count from."""
    due = when.due
    if due is None:
        raise ReminderWithoutDateError
    if not isinstance(due, datetime):
        return datetime.combine(due, _ALL_DAY_REMINDER)
    return due.astimezone(now.tzinfo).replace(tzinfo=None) if due.tzinfo else due


def _reminded_at(when: When, phrases: Sequence[Phrase], now: datetime, read: Reader) -> datetime:
    """When a reminder with a time of its own comes; without a day, on the day of the task."""
    days = [phrase for phrase in phrases if isinstance(phrase, Day | Moment)]
    if not days:
        phrases = [*phrases, Day(_base(when, now).date())]
    readings = read(phrases, now)
    if len(readings) != 1:
        raise ContradictionError("reminder_time")
    return _base(readings[0], now)


def _day_before(when: When, phrases: Sequence[Phrase], now: datetime, read: Reader) -> str:
    if not phrases:
        return "P1D"
    day = Day(_base(when, now).date() - timedelta(days=1))
    return _before(when, _reminded_at(when, [*phrases, day], now, read), now)


def _before(when: When, moment: datetime, now: datetime) -> str:
    """How long a moment lies before the task is due, as an ISO 8601 duration: whole days, or exact hours."""
    base = _base(when, now)
    days = base.date() - moment.date()
    if base.time() == moment.time() and timedelta(0) < days <= _LONGEST:
        return f"P{days.days}D"
    between = _instant(base, now) - _instant(moment, now)
    if between < timedelta(0) or between > _LONGEST:
        raise ContradictionError("reminder_after_due")
    return offset_text(Quantity(between // timedelta(minutes=1), "minute"))


def _instant(wall: datetime, now: datetime) -> datetime:
    """A wall time of the speaker's as an instant."""
    return wall.replace(tzinfo=now.tzinfo).astimezone(UTC)
