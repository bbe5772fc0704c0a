"""What an edit or a deletion of one occurrence means to its series and to the other occurrences.

| | `this` | `following` | `all` |
|---|---|---|---|
| title, description, reminders, due date | this one | this and the open ones after it | all that are not past |
| pattern, end date, zone | from this one on | from this one on | from this one on |
| mode, catch-up | the series | the series from this one on | the series |
| deletion | this one | this and the open ones after it | all that are not past |

A rule is never one occurrence's: with `this`, too, it changes from this occurrence on, but no other task is taken away.
Past are occurrences that are completed, and those before the chosen one whose time is over: they never change.
Completing is of the chosen one alone. What `following` is for becomes a series of its own, and so does what follows a
rule changed with `this`; the first occurrence of a series keeps its series.

Pure: what is to be written comes back as an `Edit` or a `Removal`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET

from chat_api.commands.fields import SeriesOptions, TaskFields, with_fields
from chat_api.commands.series import Series, UsedSlot, longest
from chat_api.payloads import Scope, TaskPatch
from taskflow.domain.due import Due, parse_due
from taskflow.domain.recurrence import Pattern, Rule, after_closing, after_editing, check_end_date
from taskflow.domain.task import Task
from taskflow.events.model import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What an edit comes to.

    `series` is the chosen occurrence's from now on; `split_from` the one it was split off, as that one ends. The former
    series lets the slots `left` go, `series` has those in `taken`. `others` are other occurrences after the edit,
    `gone` those to delete. `told` is what changed of the series beside its tasks.
    """

    series: Series
    chosen: Task
    split_from: Series | None = None
    left: list[date] = field(default_factory=list[date])
    taken: list[UsedSlot] = field(default_factory=list[UsedSlot])
    others: list[Task] = field(default_factory=list[Task])
    gone: list[Task] = field(default_factory=list[Task])
    told: dict[str, Change] = field(default_factory=dict[str, Change])


@dataclass(frozen=True, slots=True)
class Removal:
    """Occurrences to delete, and their series as it ends."""

    gone: list[Task]
    series: Series


@dataclass(frozen=True, slots=True)
class Occurrences:
    """The chosen occurrence and the open ones beside it, all of one series."""

    chosen: Task
    others: Sequence[Task]

    def later(self) -> list[Task]:
        """The open ones after the chosen one, in order."""
        return sorted((task for task in self.others if slot_of(task) > slot_of(self.chosen)), key=slot_of)

    def earlier(self, now: datetime) -> list[Task]:
        """The open ones before it whose time is not over."""
        before = [task for task in self.others if slot_of(task) < slot_of(self.chosen)]
        return [task for task in before if task.due is not None and task.due.over_at > now]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Replanned:
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
    slots: dict[date, date]
    closed: list[UsedSlot]


def slot_of(task: Task) -> date:
    """The slot of a task that is an occurrence."""
    if task.occurrence_date is None:
        raise ValueError(f"task {task.id} is no occurrence")
    return task.occurrence_date


def plan_removal(series: Series, occurrences: Occurrences, scope: Scope, now: datetime) -> Removal:
    """What to delete with `following` or `all`."""
    earlier = occurrences.earlier(now) if scope == "all" else []
    gone = [*earlier, occurrences.chosen, *occurrences.later()]
    return Removal(gone, _ended_before(series, min(map(slot_of, gone))))


def plan_stop(series: Series, occurrences: Occurrences, fields: TaskFields, scope: Scope, now: datetime) -> Edit:
    """What it comes to that the chosen occurrence no longer repeats: the series ends with it.

    The open ones after it stay with `this`, else they are taken away; with `all` those before it do not repeat either.
    """
    earlier = occurrences.earlier(now) if scope == "all" else []
    return Edit(
        series=replace(series, ended=True),
        chosen=_on_its_own(with_fields(occurrences.chosen, fields)),
        others=[_on_its_own(task) for task in earlier],
        gone=[] if scope == "this" else occurrences.later(),
    )


def plan_edit(
    series: Series,
    used: Sequence[UsedSlot],
    occurrences: Occurrences,
    fields: TaskFields,
    patch: TaskPatch,
    options: SeriesOptions,
    scope: Scope,
    *,
    was_open: bool,
    now: datetime,
) -> Edit | None:
    """What an edit comes to; None when it is of the chosen one alone. `was_open` says whether that was, before it.

    Raises FieldError when the rule cannot be.
    """
    chosen = occurrences.chosen
    texts = {} if scope == "this" else _texts(fields, patch)
    touched = _touches(series, chosen, texts, options)
    new = _replanned(series, used, occurrences, fields, patch, scope, touched=touched)
    if not new.changed and not touched:
        return None
    edited = _series_after(series, new, texts, options, chosen.id if new.splits else series.id)
    kept = [task for task in occurrences.later() if slot_of(task) in new.slots]
    others = [_carried(task, new.slots[slot_of(task)], series, edited, new, texts) for task in kept]
    open_slots = {slot_of(task) for task in others} | ({new.slot} if was_open else set[date]())
    if edited.state.last_slot not in open_slots:
        # The plan takes the last one for open; without it the next is wanted at once, or counts from now.
        edited = replace(edited, state=after_closing(edited.state, edited.state.last_slot, now))
    edited = replace(edited, ended=edited.state.over or (series.ended and not new.changed))
    unfit = [] if scope == "this" else [task for task in occurrences.later() if slot_of(task) not in new.slots]
    if scope == "all":
        others += [_earlier_after(task, series, edited, new, texts) for task in occurrences.earlier(now)]
    return Edit(
        series=edited,
        chosen=_chosen_after(chosen, fields, edited, new),
        split_from=_ended_before(series, slot_of(chosen)) if new.splits else None,
        left=_left(chosen, new, unfit),
        taken=_taken(chosen, new, kept) if new.changed or new.splits else [],
        others=others,
        gone=unfit,
        told=_told(series, edited),
    )


def _texts(fields: TaskFields, patch: TaskPatch) -> dict[str, Any]:
    """What the patch gives of title, description and reminders."""
    texts: dict[str, Any] = {}
    if patch.title is not UNSET:
        texts["title"] = fields.title
    if patch.description is not UNSET:
        texts["description"] = fields.description
    if patch.reminders is not UNSET or patch.reminder_offset is not UNSET:
        texts["reminders"] = fields.reminders
    return texts


def _touches(series: Series, chosen: Task, texts: Mapping[str, Any], options: SeriesOptions) -> bool:
    """Whether anything is given that is not so already."""
    state = series.state
    return (
        any(getattr(series, name) != value or getattr(chosen, name) != value for name, value in texts.items())
        or (options.mode or state.mode) != state.mode
        or (options.catch_up or state.catch_up) != state.catch_up
    )


def _replanned(
    series: Series,
    used: Sequence[UsedSlot],
    occurrences: Occurrences,
    fields: TaskFields,
    patch: TaskPatch,
    scope: Scope,
    *,
    touched: bool,
) -> _Replanned:
    chosen, old = occurrences.chosen, series.state.rule
    slot = slot_of(chosen)
    continued = _continued(series, used, slot)
    rule, all_day = _rule(series, continued, chosen, fields, patch, scope)
    changed = (rule, all_day) != (continued, series.all_day)
    is_first = chosen.id == series.id
    new_slot = rule.start_local.date()
    open_later = {slot_of(task) for task in occurrences.later()}
    blocked = {one.occurrence_date for one in used} - open_later - {slot}
    taken = any(day == new_slot or new_slot <= day < slot for day in blocked)
    if taken and is_first:
        # It cannot become another series; it keeps its slot, and goes on from its new date.
        new_slot = slot
    splits = not is_first and (
        (scope == "following" and (touched or changed)) or (changed and (scope == "this" or taken))
    )
    if not changed and not splits:
        rule = old
    closed = [one for one in used if one.occurrence_date > max(slot, new_slot) and one.occurrence_date in blocked]
    slots: dict[date, date] = {day: day for day in sorted(open_later)}
    if changed:
        avoid = {one.occurrence_date for one in closed}
        slots = _fitted(slots, rule, new_slot, slot, avoid, counts=series.state.mode == "after_completion")
    return _Replanned(
        rule=rule, changed=changed, splits=splits, all_day=all_day, slot=new_slot, slots=slots, closed=closed
    )


def _continued(series: Series, used: Sequence[UsedSlot], slot: date) -> Rule:
    """The series' rule from the chosen occurrence on, with what is left of COUNT."""
    rule = series.state.rule.continued_from(slot)
    count = series.state.rule.pattern.recur.count
    if count is None or series.state.mode == "fixed":
        return rule
    # Counted from completion, what was made counts, not the dates that the rule alone would give.
    left = max(1, count - sum(one.occurrence_date < slot for one in used))
    return replace(rule, pattern=rule.pattern.ending(count=left))


def _rule(
    series: Series, continued: Rule, chosen: Task, fields: TaskFields, patch: TaskPatch, scope: Scope
) -> tuple[Rule, bool]:
    """The rule from the chosen occurrence on as the patch wants it, and whether it is of whole days."""
    due, old = fields.due, series.state.rule
    assert due is not None  # a task that repeats has a due date: fields_after sees to it
    pattern = continued.pattern
    if patch.recurrence_pattern is not UNSET and fields.pattern is not None and fields.pattern != old.pattern:
        pattern = fields.pattern
    end_date = continued.end_date if patch.recurrence_end_date is UNSET else fields.end_date
    zone_given = patch.recurrence_timezone is not UNSET and due.timezone != old.timezone
    moved = patch.due_date is not UNSET and (due.at, due.all_day) != (chosen.due_at, chosen.due_all_day)
    if moved and (scope != "this" or pattern != continued.pattern or zone_given):
        start, all_day = due.local, due.all_day
    elif zone_given:
        start, all_day = _in_zone(series, slot_of(chosen), due.timezone), series.all_day
    else:
        start, all_day = continued.start_local, series.all_day
    timezone = due.timezone if zone_given else old.timezone
    check_end_date(pattern, end_date, start.date())
    return Rule(pattern, start, timezone, end_date), all_day


def _in_zone(series: Series, slot: date, timezone: str) -> datetime:
    """The wall time of a slot in another zone: a whole day keeps its day, any other its instant."""
    if series.all_day:
        return datetime.combine(slot, time.min)
    return series.state.rule.due_on(slot).astimezone(ZoneInfo(timezone)).replace(tzinfo=None)


def _fitted(
    slots: Mapping[date, date], rule: Rule, new_slot: date, slot: date, avoid: set[date], *, counts: bool
) -> dict[date, date]:
    """Where open occurrences after the chosen one go under a changed rule: as far as it moved, or they stay."""
    shift = new_slot - slot
    last = new_slot
    fitted: dict[date, date] = {}
    for day in slots:
        for candidate in (day + shift, day):
            if candidate > last and candidate not in avoid and (counts or rule.slot_on(candidate) is not None):
                fitted[day] = last = candidate
                break
    return fitted


def _series_after(
    series: Series, new: _Replanned, texts: Mapping[str, Any], options: SeriesOptions, series_id: str
) -> Series:
    edited = replace(series, id=series_id, all_day=new.all_day, **texts)
    state, last_slot = series.state, None
    if new.changed or new.splits:
        closed = [one.occurrence_date for one in new.closed]
        state = replace(state, made_count=1 + len(new.slots) + len(closed))
        last_slot = max([new.slot, new.rule.start_local.date(), *new.slots.values(), *closed])
    state = after_editing(
        state,
        rule=new.rule,
        mode=options.mode,
        catch_up=options.catch_up,
        longest_reminder=longest(edited.reminders),
        last_slot=last_slot,
    )
    return replace(edited, state=state)


def _chosen_after(chosen: Task, fields: TaskFields, edited: Series, new: _Replanned) -> Task:
    after = with_fields(chosen, fields)
    if new.changed or new.splits:
        after = msgspec.structs.replace(after, **_rule_columns(new.rule))
    return _placed(after, new.slot, edited)


def _carried(task: Task, slot: date, series: Series, edited: Series, new: _Replanned, texts: Mapping[str, Any]) -> Task:
    """Another occurrence in its slot of the edited series. One that was moved by itself stays where it was put."""
    after = msgspec.structs.replace(task, **texts)
    if new.changed or new.splits:
        due = task.due
        if due is not None and new.changed:
            due = _due_after(task, due, slot, series, new)
            after = msgspec.structs.replace(after, due_date=due.text, due_at=due.at, due_all_day=due.all_day)
        after = msgspec.structs.replace(after, **_rule_columns(new.rule))
    return _placed(after, slot, edited)


def _earlier_after(task: Task, series: Series, edited: Series, new: _Replanned, texts: Mapping[str, Any]) -> Task:
    """An occurrence before the chosen one: it keeps its day, and its series where the chosen one has left it."""
    if new.splits:
        return msgspec.structs.replace(task, **texts)
    return _carried(task, slot_of(task), series, edited, new, texts)


def _due_after(task: Task, due: Due, slot: date, series: Series, new: _Replanned) -> Due:
    as_planned = due.at == series.state.rule.due_on(slot_of(task)) and due.all_day == series.all_day
    if as_planned:
        return Due(at=new.rule.due_on(slot), all_day=new.all_day, timezone=new.rule.timezone)
    return parse_due(due.text, new.rule.timezone)


def _placed(task: Task, slot: date, series: Series) -> Task:
    parent = None if task.id == series.id else series.id
    return msgspec.structs.replace(task, occurrence_date=slot, parent_recurring_task_id=parent)


def _rule_columns(rule: Rule) -> dict[str, Any]:
    pattern: Pattern = rule.pattern
    return {
        "recurrence_pattern": pattern.text,
        "recurrence_end_date": rule.end_date,
        "recurrence_timezone": rule.timezone,
    }


def _on_its_own(task: Task) -> Task:
    """A task that no longer is an occurrence."""
    return msgspec.structs.replace(
        task,
        recurrence_pattern=None,
        recurrence_end_date=None,
        parent_recurring_task_id=None,
        occurrence_date=None,
    )


def _ended_before(series: Series, slot: date) -> Series:
    state = replace(series.state, rule=series.state.rule.ended_before(slot), next=None, make_at=None)
    return replace(series, state=state, ended=True)


def _left(chosen: Task, new: _Replanned, unfit: Sequence[Task]) -> list[date]:
    """Slots the former series lets go: what is elsewhere now, and what a rule, not a person, took away."""
    left = [slot_of(task) for task in unfit]
    if new.splits:
        return [*left, slot_of(chosen), *new.slots, *(one.occurrence_date for one in new.closed)]
    renamed = [day for day, to in new.slots.items() if day != to]
    return [*left, *renamed, *([slot_of(chosen)] if slot_of(chosen) != new.slot else [])]


def _taken(chosen: Task, new: _Replanned, kept: Sequence[Task]) -> list[UsedSlot]:
    taken = [UsedSlot(new.slot, chosen.id), *(UsedSlot(new.slots[slot_of(task)], task.id) for task in kept)]
    return [*taken, *new.closed] if new.splits else taken


def _told(series: Series, edited: Series) -> dict[str, Change]:
    before, after = series.state, edited.state
    changes = {"recurrence_mode": (before.mode, after.mode), "catch_up": (before.catch_up, after.catch_up)}
    return {name: Change(old, new) for name, (old, new) in changes.items() if old != new}
