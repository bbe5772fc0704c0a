"""The rule of a series from one occurrence on, as an edit makes it, and the slot of each later occurrence under it.

Pure; `scopes` says what comes of it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import UNSET

from chat_api.commands.fields import SeriesOptions, TaskFields
from chat_api.commands.inputs import Scope, TaskChanges
from chat_api.commands.series import Series, UsedSlot
from taskflow_core.domain.recurrence import Pattern, Rule, check_end_date
from taskflow_core.domain.task import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What an edit of one occurrence asks for: its fields afterwards, and which of them the client gave."""

    fields: TaskFields
    changes: TaskChanges
    options: SeriesOptions
    scope: Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrences:
    """The chosen occurrence of a series and the open ones beside it; `used` are the slots that the series ever made."""

    series: Series
    chosen: Task
    others: Sequence[Task]
    used: Sequence[UsedSlot] = ()

    def later(self) -> list[Task]:
        """The open ones after the chosen one, in order."""
        return sorted((task for task in self.others if slot_of(task) > slot_of(self.chosen)), key=slot_of)

    def earlier(self, now: datetime) -> list[Task]:
        """The open ones before it whose time is not over."""
        before = [task for task in self.others if slot_of(task) < slot_of(self.chosen)]
        return [task for task in before if task.due is not None and task.due.over_at > now]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replan:
    """The rule from the chosen occurrence on, and which slot each occurrence has under it.

    `changed` says whether the rule is another one, `splits` whether it is of a new series. `slot` is the chosen one's;
    `slots` maps those of the open ones after it, as they were, to what they are; those that no longer fit are missing.
    `closed` are later slots whose task is completed or gone: they stay as they are, and used.
    """

    rule: Rule
    changed: bool
    splits: bool
    all_day: bool
    slot: date
    slots: Mapping[date, date]
    closed: Sequence[UsedSlot]

    @property
    def renews(self) -> bool:
        """Whether the chosen occurrence and those after it get another rule or another series."""
        return self.changed or self.splits


def slot_of(task: Task) -> date:
    """The slot of a task that is an occurrence."""
    if task.occurrence_date is None:
        raise ValueError(f"task {task.id} is no occurrence")
    return task.occurrence_date


def replan(occurrences: Occurrences, request: Request, *, touched: bool) -> Replan:
    """The rule after `request`. `touched` says whether it changes anything of the series beside its rule.

    Raises FieldError when the rule cannot be.
    """
    series, chosen = occurrences.series, occurrences.chosen
    slot, is_first = slot_of(chosen), chosen.id == series.id
    continued = _continued(occurrences, slot)
    rule, all_day = _rule(occurrences, continued, request)
    changed = (rule, all_day) != (continued, series.all_day)
    new_slot = rule.start_local.date()
    open_later = sorted(slot_of(task) for task in occurrences.later())
    blocked = {one.occurrence_date for one in occurrences.used}.difference(open_later, [slot])
    occupied = any(day == new_slot or new_slot <= day < slot for day in blocked)
    if occupied and is_first:
        # It cannot become another series; it keeps its slot, and goes on from its new date.
        new_slot = slot
    splits = not is_first and _splits(request.scope, changed=changed, touched=touched, occupied=occupied)
    after = max(slot, new_slot)
    closed = [one for one in occurrences.used if one.occurrence_date > after and one.occurrence_date in blocked]
    slots = {day: day for day in open_later}
    if changed:
        avoid = {one.occurrence_date for one in closed}
        counts = series.state.mode == "after_completion"
        slots = _fitted(open_later, rule, new_slot, new_slot - slot, avoid, counts=counts)
    return Replan(
        rule=rule if changed or splits else series.state.rule,
        changed=changed,
        splits=splits,
        all_day=all_day,
        slot=new_slot,
        slots=slots,
        closed=closed,
    )


def _splits(scope: Scope, *, changed: bool, touched: bool, occupied: bool) -> bool:
    """Whether an occurrence that is not the first begins a series of its own."""
    if scope == "following":
        return touched or changed
    return changed and (scope == "this" or occupied)


def _continued(occurrences: Occurrences, slot: date) -> Rule:
    """The series' rule from the chosen occurrence on, with what is left of COUNT."""
    state = occurrences.series.state
    rule, count = state.rule.continued_from(slot), state.rule.pattern.recur.count
    if count is None or state.mode == "fixed":
        return rule
    # Counted from completion, what was made counts, not the dates that the rule alone would give.
    left = max(1, count - sum(one.occurrence_date < slot for one in occurrences.used))
    return replace(rule, pattern=rule.pattern.ending(count=left))


def _rule(occurrences: Occurrences, continued: Rule, request: Request) -> tuple[Rule, bool]:
    """The rule from the chosen occurrence on as the edit wants it, and whether it is of whole days."""
    series, changes, due = occurrences.series, request.changes, request.fields.due
    assert due is not None  # a task that repeats has a due date: fields_after sees to it
    pattern = _pattern(series, continued, request)
    end_date = continued.end_date if changes.recurrence_end_date is UNSET else request.fields.end_date
    timezone = series.state.rule.timezone if changes.recurrence_timezone is UNSET else due.timezone
    another_zone = timezone != series.state.rule.timezone
    start, all_day = continued.start_local, series.all_day
    if _is_moved(occurrences.chosen, request) and (
        request.scope != "this" or pattern != continued.pattern or another_zone
    ):
        start, all_day = due.local, due.all_day
    elif another_zone:
        start = _in_zone(series, slot_of(occurrences.chosen), timezone)
    check_end_date(pattern, end_date, start.date())
    return Rule(pattern, start, timezone, end_date), all_day


def _pattern(series: Series, continued: Rule, request: Request) -> Pattern:
    wanted = None if request.changes.recurrence_pattern is UNSET else request.fields.pattern
    return continued.pattern if wanted is None or wanted == series.state.rule.pattern else wanted


def _is_moved(chosen: Task, request: Request) -> bool:
    due = request.fields.due
    if request.changes.due_date is UNSET or due is None:
        return False
    return (due.at, due.all_day) != (chosen.due_at, chosen.due_all_day)


def _in_zone(series: Series, slot: date, timezone: str) -> datetime:
    """The wall time of a slot in another zone: a whole day keeps its day, any other its instant."""
    if series.all_day:
        return datetime.combine(slot, time.min)
    return series.state.rule.due_on(slot).astimezone(ZoneInfo(timezone)).replace(tzinfo=None)


def _fitted(
    days: Sequence[date], rule: Rule, first: date, shift: timedelta, avoid: Collection[date], *, counts: bool
) -> dict[date, date]:
    """Where open occurrences after the one at `first` go under a changed rule: as far as it moved, or they stay."""
    last = first
    fitted: dict[date, date] = {}
    for day in days:
        for candidate in (day + shift, day):
            if candidate > last and candidate not in avoid and (counts or rule.slot_on(candidate) is not None):
                fitted[day] = last = candidate
                break
    return fitted
