"""What an edit or a deletion of one occurrence means to its series and to the other occurrences.

| | `this` | `following` | `all` |
|---|---|---|---|
| title, description, reminders, due date | this one | this and the open ones after it | all that are not past |
| tags, priority | this one | this and the open ones after it | all that are not past |
| pattern, end date, zone | from this one on | from this one on | from this one on |
| mode, catch-up | the series | the series from this one on | the series |
| deletion | this one | this and the open ones after it | all that are not past |

A rule is never one occurrence's: with `this`, too, it changes from this occurrence on, but no other task is taken away.
Past are occurrences that are completed, and those before the chosen one whose time is over: they never change.
Completing is of the chosen one alone. What `following` is for becomes a series of its own, and so does what follows a
rule changed with `this`; the first occurrence of a series keeps its series.

Pure: what is to be written comes back as an `Edit` or a `Removal`, for `series_edits` to write.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import msgspec
from msgspec import UNSET

from chat_api.commands.fields import SeriesOptions, TaskFields, with_fields
from chat_api.commands.inputs import Scope
from chat_api.commands.replanning import Occurrences, Replan, Request, replan, slot_of
from chat_api.commands.series import Series, UsedSlot, check_catch_up, longest
from taskflow_core.domain.due import Due, parse_due
from taskflow_core.domain.recurrence import Rule, after_closing, after_editing
from taskflow_core.domain.task import Task
from taskflow_core.events.model import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What an edit comes to.

    `series` is the chosen occurrence's from now on; `split_from` the one it was split off, as that one ends. The former
    series releases some slots, `series` has those in `claimed`. `others` are other occurrences after the edit,
    `removed` those to delete. `series_changes` is what changed of the series beside its tasks.
    """

    series: Series
    chosen: Task
    split_from: Series | None = None
    released: list[date] = field(default_factory=list[date])
    claimed: list[UsedSlot] = field(default_factory=list[UsedSlot])
    others: list[Task] = field(default_factory=list[Task])
    removed: list[Task] = field(default_factory=list[Task])
    series_changes: dict[str, Change] = field(default_factory=dict[str, Change])


@dataclass(frozen=True, slots=True)
class Removal:
    """Occurrences to delete, and their series as it ends."""

    removed: list[Task]
    series: Series


def plan_removal(occurrences: Occurrences, scope: Scope, now: datetime) -> Removal:
    """What to delete with `following` or `all`."""
    earlier = occurrences.earlier(now) if scope == "all" else []
    removed = [*earlier, occurrences.chosen, *occurrences.later()]
    return Removal(removed, _ended_before(occurrences.series, min(map(slot_of, removed))))


def plan_stop(occurrences: Occurrences, request: Request, now: datetime) -> Edit:
    """What it comes to that the chosen occurrence no longer repeats: the series ends with it.

    The open ones after it stay with `this`, else they are taken away; with `all` those before it do not repeat either.
    """
    earlier = occurrences.earlier(now) if request.scope == "all" else []
    return Edit(
        series=replace(occurrences.series, ended=True),
        chosen=on_its_own(with_fields(occurrences.chosen, request.fields)),
        others=[on_its_own(task) for task in earlier],
        removed=[] if request.scope == "this" else occurrences.later(),
    )


def plan_edit(occurrences: Occurrences, request: Request, *, was_open: bool, now: datetime) -> Edit | None:
    """What an edit comes to; None when it is of the chosen one alone. `was_open` says whether that was, before it.

    Raises FieldError when the rule cannot be.
    """
    series, chosen, scope = occurrences.series, occurrences.chosen, request.scope
    texts = {} if scope == "this" else _texts(request)
    touched = _touches(series, chosen, texts, request.options)
    plan = replan(occurrences, request, touched=touched)
    if not plan.changed and not touched:
        return None
    later = occurrences.later()
    fitting = [task for task in later if slot_of(task) in plan.slots]
    unfit = [] if scope == "this" else [task for task in later if slot_of(task) not in plan.slots]
    edited = _series_after(series, plan, texts, request.options, chosen.id if plan.splits else series.id)
    others = [_carried(task, plan.slots[slot_of(task)], series, edited, plan, texts) for task in fitting]
    open_slots = {slot_of(task) for task in others} | ({plan.slot} if was_open else set[date]())
    edited = _state_after(edited, occurrences, plan, open_slots, now)
    if scope == "all":
        others += [_earlier_after(task, series, edited, plan, texts) for task in occurrences.earlier(now)]
    return Edit(
        series=edited,
        chosen=_chosen_after(chosen, request.fields, edited, plan),
        split_from=_ended_before(series, slot_of(chosen)) if plan.splits else None,
        released=_released(chosen, plan, unfit),
        claimed=_claimed(chosen, plan, fitting) if plan.renews else [],
        others=others,
        removed=unfit,
        series_changes=_series_changes(series, edited),
    )


def _texts(request: Request) -> dict[str, Any]:
    """What the client gave of title, description, tags, priority and reminders."""
    fields, changes = request.fields, request.changes
    texts: dict[str, Any] = {}
    if changes.title is not UNSET:
        texts["title"] = fields.title
    if changes.description is not UNSET:
        texts["description"] = fields.description
    for name in ("tags", "priority"):
        if getattr(changes, name) is not UNSET:
            texts[name] = getattr(fields, name)
    if changes.reminders is not UNSET or changes.reminder_offset is not UNSET:
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


def _series_after(
    series: Series, plan: Replan, texts: Mapping[str, Any], options: SeriesOptions, series_id: str
) -> Series:
    edited = replace(series, id=series_id, all_day=plan.all_day, **texts)
    state, last_slot = series.state, None
    if plan.renews:
        closed = [one.occurrence_date for one in plan.closed]
        state = replace(state, made_count=1 + len(plan.slots) + len(closed))
        last_slot = max([plan.slot, plan.rule.start_local.date(), *plan.slots.values(), *closed])
    state = after_editing(
        state,
        rule=plan.rule,
        mode=options.mode,
        catch_up=options.catch_up,
        longest_reminder=longest(edited.reminders),
        last_slot=last_slot,
    )
    return replace(edited, state=state)


def _state_after(
    edited: Series, occurrences: Occurrences, plan: Replan, open_slots: set[date], now: datetime
) -> Series:
    """The edited series with what follows from its last occurrence not being open, and whether it has ended."""
    state = edited.state
    if state.last_slot not in open_slots:
        # The plan takes the last one for open; without it the next is wanted at once, or counts from now.
        state = after_closing(state, state.last_slot, now, {one.occurrence_date for one in occurrences.used})
    ended = state.over or (occurrences.series.ended and not plan.changed)
    if not ended:
        check_catch_up(state, now)
    return replace(edited, state=state, ended=ended)


def _chosen_after(chosen: Task, fields: TaskFields, edited: Series, plan: Replan) -> Task:
    after = with_fields(chosen, fields)
    if plan.renews:
        after = msgspec.structs.replace(after, **_rule_columns(plan.rule))
    return _placed(after, plan.slot, edited)


def _carried(task: Task, slot: date, series: Series, edited: Series, plan: Replan, texts: Mapping[str, Any]) -> Task:
    """Another occurrence in its slot of the edited series. One that was moved by itself stays where it was put."""
    after = msgspec.structs.replace(task, **texts)
    if plan.renews:
        due = task.due
        if due is not None and plan.changed:
            due = _due_after(task, due, slot, series, plan)
            after = msgspec.structs.replace(after, due_date=due.text, due_at=due.at, due_all_day=due.all_day)
        after = msgspec.structs.replace(after, **_rule_columns(plan.rule))
    return _placed(after, slot, edited)


def _earlier_after(task: Task, series: Series, edited: Series, plan: Replan, texts: Mapping[str, Any]) -> Task:
    """An occurrence before the chosen one: it keeps its day, and its series where the chosen one has left it."""
    if plan.splits:
        return msgspec.structs.replace(task, **texts)
    return _carried(task, slot_of(task), series, edited, plan, texts)


def _due_after(task: Task, due: Due, slot: date, series: Series, plan: Replan) -> Due:
    as_planned = due.at == series.state.rule.due_on(slot_of(task)) and due.all_day == series.all_day
    if as_planned:
        return Due(at=plan.rule.due_on(slot), all_day=plan.all_day, timezone=plan.rule.timezone)
    return parse_due(due.text, plan.rule.timezone)


def _placed(task: Task, slot: date, series: Series) -> Task:
    parent = None if task.id == series.id else series.id
    return msgspec.structs.replace(task, occurrence_date=slot, parent_recurring_task_id=parent)


def _rule_columns(rule: Rule) -> dict[str, Any]:
    return {
        "recurrence_pattern": rule.pattern.text,
        "recurrence_end_date": rule.end_date,
        "recurrence_timezone": rule.timezone,
    }


def on_its_own(task: Task) -> Task:
    """`task`, no longer an occurrence."""
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


def _released(chosen: Task, plan: Replan, unfit: Sequence[Task]) -> list[date]:
    """Slots the former series lets go: what is elsewhere now, and what a rule, not a person, took away."""
    released = [slot_of(task) for task in unfit]
    if plan.splits:
        return [*released, slot_of(chosen), *plan.slots, *(one.occurrence_date for one in plan.closed)]
    renamed = [day for day, to in plan.slots.items() if day != to]
    return [*released, *renamed, *([slot_of(chosen)] if slot_of(chosen) != plan.slot else [])]


def _claimed(chosen: Task, plan: Replan, fitting: Sequence[Task]) -> list[UsedSlot]:
    claimed = [UsedSlot(plan.slot, chosen.id), *(UsedSlot(plan.slots[slot_of(task)], task.id) for task in fitting)]
    return [*claimed, *plan.closed] if plan.splits else claimed


def _series_changes(series: Series, edited: Series) -> dict[str, Change]:
    before, after = series.state, edited.state
    changes = {"recurrence_mode": (before.mode, after.mode), "catch_up": (before.catch_up, after.catch_up)}
    return {name: Change(old, new) for name, (old, new) in changes.items() if old != new}
