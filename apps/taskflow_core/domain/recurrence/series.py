"""Which occurrence of a series is to be made next, and when: a state that fits a database row, and what changes it.

Everything here is pure. The keeper of the rows holds a `SeriesState` per series and, in the transaction of what
happened, replaces it by the result of one function:

| what happened | call |
|---|---|
| a person made a repeating task, the first occurrence | `begin` |
| the processor looks whether something is due | `next_to_make`, for series with `make_at` <= now |
| these slots were made, or turned out to be taken already | `after_making` |
| one of them was taken already | `after_taken` |
| an occurrence was completed or deleted | `after_closing` |
| a completed occurrence was reopened | `after_reopening` |
| the next one, made since, is taken away again | `after_unmaking` |
| an occurrence was given another due date | `after_moving` |
| rule, reminders, mode or catch-up were edited | `after_editing` |

A slot is never made twice. `next` lies after `last_slot`, except where a series counts from a completion that came
early, and where `after_editing` looks back; so whoever makes slots keeps them under a unique key. When a slot turns out
to be taken there (made once and perhaps deleted), call `after_making` with it and then `after_taken`: it counts as
made, has no open task, and the following one is due at once.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from taskflow_core.domain.recurrence.occurrences import Rule, Slot

__all__ = [
    "EARLY",
    "MOST_CAUGHT_UP",
    "CatchUp",
    "Mode",
    "SeriesState",
    "after_closing",
    "after_editing",
    "after_making",
    "after_moving",
    "after_reopening",
    "after_taken",
    "after_unmaking",
    "begin",
    "misses_too_many",
    "next_to_make",
]

Mode = Literal["fixed", "after_completion"]
"""`fixed` follows the rule's dates; `after_completion` counts anew from the day on which the last one was closed."""

CatchUp = Literal["latest", "all"]
"""After an outage: `latest` makes the last missed slot and the next one, `all` every missed slot, the MOST_CAUGHT_UP
latest at most."""

MOST_CAUGHT_UP = 500
"""How many missed slots are made of a series: more than a year of days."""

EARLY = timedelta(minutes=15)
"""How long before its longest reminder an occurrence is made: three processing intervals of the default 5 minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesState:
    """What a series is and how far it has come.

    `longest_reminder` is an upper bound of the time between an occurrence's earliest reminder and its due time.
    `last_slot` is the latest slot made and `made_count` how many were. `next` is the slot to make next and `make_at`
    (aware, UTC) the instant from which it is to be made, both None when there is nothing to wait for: the series is
    over (`over`), or goes on after completion. Kept as columns, `next` is next_slot and next_due; a row whose
    `make_at` is NULL never is due.
    """

    rule: Rule
    mode: Mode = "fixed"
    catch_up: CatchUp = "latest"
    longest_reminder: timedelta = timedelta(0)
    last_slot: date
    made_count: int = 1
    next: Slot | None = None
    make_at: datetime | None = None

    @property
    def over(self) -> bool:
        """Whether no slot will ever be made again, whatever happens to the open occurrences.

        Only the rule's own end makes it so (end date, UNTIL, COUNT); that a person stopped the series is not known
        here.
        """
        if self.next is not None:
            return False
        if self.mode == "fixed":
            return True
        return _used_up(self) or self.rule.ends_by(self.last_slot)


def begin(
    rule: Rule, *, mode: Mode = "fixed", catch_up: CatchUp = "latest", longest_reminder: timedelta = timedelta(0)
) -> SeriesState:
    """Return the state of a series whose first occurrence, the rule's start, has just been made by its owner."""
    return _planned(
        SeriesState(
            rule=rule,
            mode=mode,
            catch_up=catch_up,
            longest_reminder=longest_reminder,
            last_slot=rule.start_local.date(),
        )
    )


def next_to_make(state: SeriesState, now: datetime, limit: int = 100) -> list[Slot]:
    """Return the slots to be made at `now`, oldest first, at most `limit`; empty when nothing is due.

    In a fixed series the next slot is due when the time of the one before has come, or when that one was closed, and in
    any case early enough for the longest reminder. Slots that were missed (their own due time has passed) are all
    given, those before the MOST_CAUGHT_UP latest left out, or only the last of them, as `catch_up` says; the slot after
    that comes with them, so that there always is an open occurrence ahead. After completion there is one at a time.

    Pass what was made to `after_making`. More may be due after `limit`: call again until it is empty.
    """
    slot = state.next
    if slot is None or state.make_at is None or state.make_at > now or limit < 1:
        return []
    if state.mode == "after_completion":
        return [slot]
    if slot.due <= now:
        slot = _first_made_up(state, slot, now)
    made = [slot]
    while len(made) < limit:
        following = state.rule.slot_after(slot.occurrence_date)
        if following is None or _make_at(state, slot.due, following) > now:
            break
        made.append(following)
        slot = following
    return made


def misses_too_many(state: SeriesState, now: datetime) -> bool:
    """Whether more slots than MOST_CAUGHT_UP have been missed at `now` of a series that is to make all of them."""
    slot = state.next
    if slot is None or state.mode != "fixed" or state.catch_up != "all" or slot.due > now:
        return False
    return _first_made_up(state, slot, now) != slot


def after_making(state: SeriesState, slots: Sequence[Slot]) -> SeriesState:
    """Return the state after these slots, given by `next_to_make`, exist. Slots not after the last one change nothing.

    A fixed series then waits for the slot after them; one that counts from completion waits for the next closing.
    """
    counted = state.mode == "after_completion"
    new = [slot for slot in slots if slot.occurrence_date > state.last_slot or (counted and slot == state.next)]
    if not new:
        return state
    last = max(new)
    return _planned(replace(state, last_slot=last.occurrence_date, made_count=state.made_count + len(new)), last.due)


def after_closing(state: SeriesState, slot: date, at: datetime, taken: Collection[date] = ()) -> SeriesState:
    """Return the state after the occurrence in `slot` was completed or deleted at the instant `at`.

    A series that counts from completion goes on from the day of `at`, also where that comes before `slot`: what is done
    two weeks early is due again that much earlier. It passes over `slot` and over `taken`, slots that it has used.

    Only the latest occurrence matters: with it gone the next one is to be made at once. Closing an older one, or one
    a second time after it was reopened, changes nothing, for the one after it already exists.
    """
    if slot != state.last_slot:
        return state
    if state.mode == "fixed":
        return _brought_forward(state, at)
    if state.next is not None or _used_up(state):
        return state
    rule = state.rule.counted_from(at)
    following = rule.slot_after(state.rule.local_date(at))
    while following is not None and (following.occurrence_date == slot or following.occurrence_date in taken):
        following = rule.slot_after(following.occurrence_date)
    return replace(state, next=following, make_at=None if following is None else at)


def after_taken(state: SeriesState, slot: date, at: datetime) -> SeriesState:
    """Return the state after `slot`, which was to be made at the instant `at`, turned out to have been used before.

    Call it after `after_making`. Without an open occurrence the next one is due at once, and lies after this one.
    """
    if state.mode == "fixed":
        return after_closing(state, slot, at)
    if slot != state.last_slot or state.next is not None or _used_up(state):
        return state
    following = state.rule.counted_from(at).slot_after(max(slot, state.rule.local_date(at)))
    return replace(state, next=following, make_at=None if following is None else at)


def after_reopening(state: SeriesState, slot: date) -> SeriesState:
    """Return the state after the completed occurrence in `slot` was reopened: a next one not yet made waits again."""
    return _planned(state, _last_due(state)) if slot == state.last_slot else state


def after_unmaking(state: SeriesState, last: date) -> SeriesState:
    """Return the state without its latest occurrence, as if it had not been made: `last` is the open one before it."""
    without = replace(state, last_slot=last, made_count=state.made_count - 1)
    return _planned(without, _last_due(without))


def after_moving(state: SeriesState, slot: date, due: datetime) -> SeriesState:
    """Return the state after the occurrence in `slot` was given the due time `due`; it keeps its slot.

    Moved earlier, its time comes earlier and so does the next one's making. Moved later, the series goes on as it would
    have: nobody's Tuesday waits for a Monday that was put off to Friday.
    """
    return _brought_forward(state, due) if slot == state.last_slot and state.mode == "fixed" else state


def after_editing(
    state: SeriesState,
    *,
    rule: Rule | None = None,
    mode: Mode | None = None,
    catch_up: CatchUp | None = None,
    longest_reminder: timedelta | None = None,
    last_slot: date | None = None,
) -> SeriesState:
    """Return the state after the series itself was edited; None keeps what there was.

    The next slot is the new rule's first after the last one made, or after `last_slot` where the caller took away
    occurrences that no longer fit and wants their time filled again. It is taken for open: when that occurrence is
    closed by now, call `after_closing` with it next.
    """
    edited = replace(
        state,
        rule=rule or state.rule,
        mode=mode or state.mode,
        catch_up=catch_up or state.catch_up,
        longest_reminder=state.longest_reminder if longest_reminder is None else longest_reminder,
        last_slot=last_slot or state.last_slot,
    )
    return _planned(edited, _last_due(edited))


def _planned(state: SeriesState, last_due: datetime | None = None) -> SeriesState:
    """Return the state with `next` and `make_at` as the rule alone gives them; `last_due` is the last slot's."""
    following = state.rule.slot_after(state.last_slot) if state.mode == "fixed" else None
    if following is None:
        return replace(state, next=None, make_at=None)
    return replace(state, next=following, make_at=_make_at(state, last_due or _last_due(state), following))


def _first_made_up(state: SeriesState, first: Slot, now: datetime) -> Slot:
    """Return the first missed slot that is made, from `first` on, which is missed itself."""
    latest = state.rule.slot_at_or_before(now) or first
    if state.catch_up == "latest":
        return latest
    # There is one a day at most: nearly always this is all there is to see.
    if (latest.occurrence_date - first.occurrence_date).days < MOST_CAUGHT_UP:
        return first
    slot: Slot | None = latest
    for _ in range(MOST_CAUGHT_UP - 1):
        if slot is None or slot <= first:
            return first
        slot = state.rule.slot_at_or_before(slot.due - timedelta.resolution)
    return first if slot is None else max(first, slot)


def _brought_forward(state: SeriesState, at: datetime) -> SeriesState:
    if state.make_at is None or state.make_at <= at:
        return state
    return replace(state, make_at=at)


def _make_at(state: SeriesState, last_due: datetime, following: Slot) -> datetime:
    if not state.longest_reminder:
        return last_due
    return min(last_due, following.due - state.longest_reminder - EARLY)


def _last_due(state: SeriesState) -> datetime:
    return state.rule.due_on(state.last_slot)


def _used_up(state: SeriesState) -> bool:
    count = state.rule.pattern.recur.count
    return count is not None and state.made_count >= count
