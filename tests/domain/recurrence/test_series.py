"""Which occurrence a series makes next, and when: never twice, never too late, and none piles up."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskflow_core.domain.recurrence import (
    EARLY,
    CatchUp,
    Mode,
    Rule,
    SeriesState,
    after_closing,
    after_editing,
    after_making,
    after_moving,
    after_reopening,
    begin,
    next_to_make,
    parse_pattern,
)

INTERVAL = timedelta(minutes=5)
DAY = timedelta(days=1)
NONE = timedelta(0)


def rule(text: str, start: datetime = datetime(2026, 3, 2, 9), end_date: date | None = None) -> Rule:
    return Rule(parse_pattern(text), start, "UTC", end_date)


def series(
    text: str = "daily",
    *,
    mode: Mode = "fixed",
    catch_up: CatchUp = "latest",
    longest: timedelta = NONE,
    end_date: date | None = None,
) -> SeriesState:
    """Return a series whose first occurrence is Monday, March 2, 2026 at 9:00 UTC."""
    return begin(rule(text, end_date=end_date), mode=mode, catch_up=catch_up, longest_reminder=longest)


def at(day: int, hour: int = 9, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def made(state: SeriesState, now: datetime) -> tuple[SeriesState, list[int]]:
    """Let the processor look once, in batches of two, and return the days of March that it made (April 1 is 32)."""
    days: list[int] = []
    while slots := next_to_make(state, now, limit=2):
        days += [(slot.occurrence_date - date(2026, 2, 28)).days for slot in slots]
        state = after_making(state, slots)
    return state, days


# --- fixed -----------------------------------------------------------------------------------------------------------


def test_the_next_one_is_made_when_the_time_of_the_last_one_comes() -> None:
    state = series()
    assert made(state, at(2, 8, 59)) == (state, [])
    state, days = made(state, at(2))
    assert days == [3]
    assert made(state, at(2, 23)) == (state, [])
    assert (state.last_slot, state.made_count, state.make_at) == (date(2026, 3, 3), 2, at(3))


def test_the_next_one_is_made_at_once_when_the_open_one_is_completed_or_deleted() -> None:
    state, days = made(after_closing(series(), date(2026, 3, 2), at(1, 20)), at(1, 20))
    assert days == [3]
    state, days = made(after_closing(state, date(2026, 3, 3), at(1, 21)), at(1, 21))
    assert days == [4]


def test_closing_one_that_is_not_the_last_makes_nothing() -> None:
    state, _ = made(series(), at(2))
    assert after_closing(state, date(2026, 3, 2), at(2, 10)) == state


def test_completing_late_does_not_put_off_what_is_due() -> None:
    state = series()
    assert after_closing(state, date(2026, 3, 2), at(5)).make_at == at(2)


def test_reopening_makes_nothing_and_completing_again_neither() -> None:
    first = date(2026, 3, 2)
    state, _ = made(after_closing(series(), first, at(1)), at(1))
    assert after_reopening(state, first) == state
    assert after_closing(state, first, at(1, 10)) == state


def test_reopening_before_the_next_one_was_made_takes_the_closing_back() -> None:
    assert after_reopening(after_closing(series(), date(2026, 3, 2), at(1)), date(2026, 3, 2)) == series()


def test_an_occurrence_moved_earlier_has_its_time_earlier_and_moved_later_holds_up_nothing() -> None:
    first = date(2026, 3, 2)
    assert after_moving(series(), first, at(1)).make_at == at(1)
    assert after_moving(series(), first, at(6)).make_at == at(2)
    assert after_moving(series(), date(2026, 3, 1), at(1)) == series()


def test_a_slot_made_twice_counts_once() -> None:
    state = series()
    slots = next_to_make(state, at(2))
    once = after_making(state, slots)
    assert after_making(once, slots) == once


# --- reminders -------------------------------------------------------------------------------------------------------


def test_an_occurrence_is_made_before_its_longest_reminder() -> None:
    state = series("weekly", longest=timedelta(days=9))
    # March 9 is to be reminded of on February 28, before the series began: it is made at once.
    state, days = made(state, at(1))
    assert days == [9]
    assert state.make_at == at(7) - EARLY
    assert EARLY >= 2 * INTERVAL


def test_several_are_open_when_reminders_are_longer_than_the_interval() -> None:
    state, days = made(series(longest=timedelta(days=3)), at(2))
    assert days == [3, 4, 5]
    assert state.make_at == at(3) - EARLY


def test_a_reminder_shorter_than_the_interval_changes_nothing() -> None:
    assert series(longest=timedelta(hours=1)).make_at == series().make_at


# --- after an outage -------------------------------------------------------------------------------------------------


def test_after_an_outage_the_missed_ones_become_one() -> None:
    state, days = made(series(), at(9, 12))
    assert days == [9, 10]
    assert state.made_count == 3


def test_after_an_outage_all_are_made_where_that_is_wanted() -> None:
    _, days = made(series(catch_up="all"), at(9, 12))
    assert days == [3, 4, 5, 6, 7, 8, 9, 10]


def test_what_is_made_early_for_its_reminders_is_not_taken_for_missed() -> None:
    _, days = made(series(longest=timedelta(days=2)), at(9, 12))
    assert days == [9, 10, 11]


def test_the_last_one_is_made_even_when_the_series_ended_during_the_outage() -> None:
    state, days = made(series(end_date=date(2026, 3, 5)), at(20))
    assert days == [5]
    assert state.over


def test_a_long_outage_is_caught_up_in_batches() -> None:
    assert len(next_to_make(series(catch_up="all"), at(2, month=12), limit=100)) == 100
    assert next_to_make(series(), at(9), limit=0) == []


# --- after completion ------------------------------------------------------------------------------------------------


def test_after_completion_nothing_is_made_before_it_however_late() -> None:
    state = series("custom:3d", mode="after_completion")
    assert state.make_at is None
    assert made(state, at(30)) == (state, [])
    assert not state.over


@pytest.mark.parametrize(
    ("text", "completed", "next_day"),
    [
        ("custom:3d", at(10, 22), 13),
        ("daily", at(10), 11),
        ("weekly", at(10), 17),
        ("weekly:MON,FRI", at(10), 13),
        ("monthly:15", at(10), 15),
        ("monthly", at(10), 31 + 10),
        ("RRULE:FREQ=MONTHLY;BYDAY=2TU", at(11), 31 + 14),
    ],
)
def test_after_completion_the_next_one_counts_from_the_day_it_was_completed(
    text: str, completed: datetime, next_day: int
) -> None:
    state = after_closing(series(text, mode="after_completion"), date(2026, 3, 2), completed)
    state, days = made(state, completed)
    assert days == [next_day]
    assert state.make_at is None


def test_completing_early_does_not_make_the_same_slot_again() -> None:
    state, _ = made(after_closing(series("custom:3d", mode="after_completion"), date(2026, 3, 2), at(10)), at(10))
    assert state.last_slot == date(2026, 3, 13)
    state = after_closing(state, date(2026, 3, 13), at(10, 12))
    assert state.next is not None
    assert state.next.occurrence_date == date(2026, 3, 16)


def test_the_day_of_completion_is_that_of_the_series_zone() -> None:
    tokyo = begin(Rule(parse_pattern("daily"), datetime(2026, 3, 2, 9), "Asia/Tokyo"), mode="after_completion")
    state = after_closing(tokyo, date(2026, 3, 2), at(4, 16))
    assert state.next is not None
    assert state.next.occurrence_date == date(2026, 3, 6)


def test_reopening_before_the_next_one_was_made_waits_for_completion_again() -> None:
    first = date(2026, 3, 2)
    state = series("custom:3d", mode="after_completion")
    closed = after_closing(state, first, at(10))
    assert after_closing(closed, first, at(11)) == closed
    assert after_reopening(closed, first) == state


def test_after_completion_ends_by_count_and_by_end_date() -> None:
    state = series("RRULE:FREQ=DAILY;COUNT=2", mode="after_completion")
    state, days = made(after_closing(state, date(2026, 3, 2), at(10)), at(10))
    assert days == [11]
    assert state.over
    assert after_closing(state, state.last_slot, at(12)) == state

    state = series("custom:3d", mode="after_completion", end_date=date(2026, 3, 12))
    assert not state.over
    assert after_closing(state, date(2026, 3, 2), at(10)).next is None
    assert after_closing(state, date(2026, 3, 2), at(9)).next is not None


# --- editing ---------------------------------------------------------------------------------------------------------


def test_an_edited_rule_goes_on_after_the_last_slot_made() -> None:
    state, _ = made(series(), at(2))
    edited = after_editing(state, rule=rule("weekly:FRI"))
    assert edited.next is not None
    assert edited.next.occurrence_date == date(2026, 3, 6)
    assert edited.make_at == at(3)


def test_occurrences_taken_away_by_an_edit_can_be_filled_again() -> None:
    state, _ = made(series("monthly"), at(2))
    assert state.last_slot == date(2026, 4, 2)
    edited = after_editing(state, rule=rule("daily"), last_slot=date(2026, 3, 10))
    assert edited.next is not None
    assert edited.next.occurrence_date == date(2026, 3, 11)


def test_a_taken_slot_met_again_is_passed_over_at_once() -> None:
    # How the keeper of the rows treats a slot that its unique key knows already.
    state, _ = made(series(), at(2))
    slots = next_to_make(state, at(3))
    state = after_closing(after_making(state, slots), slots[-1].occurrence_date, at(3))
    assert [slot.occurrence_date for slot in next_to_make(state, at(3))] == [date(2026, 3, 5)]


def test_mode_reminders_and_catch_up_can_be_changed() -> None:
    state, _ = made(series(), at(2))
    assert after_editing(state, mode="after_completion").make_at is None
    assert after_editing(state, longest_reminder=timedelta(days=2)).make_at == at(2) - EARLY
    changed = after_editing(after_editing(state, mode="after_completion", catch_up="all"), mode="fixed")
    assert changed == after_editing(state, catch_up="all")


def test_a_shortened_series_is_over() -> None:
    assert after_editing(series(), rule=rule("daily", end_date=date(2026, 3, 2))).over
    assert not series().over


def test_what_is_completed_early_counts_from_that_day() -> None:
    state = series("custom:7d", mode="after_completion")  # its first occurrence is on 1 March
    state = after_closing(state, state.last_slot, at(1) - 12 * DAY)
    assert state.next is not None
    assert state.next.occurrence_date == (at(1) - 5 * DAY).date()
    state = after_making(state, [state.next])
    early = state.last_slot
    state = after_closing(state, early, at(1) - 7 * DAY, [early, at(1).date()])
    assert state.next is not None
    assert state.next.occurrence_date == at(8).date(), "1 March was used: the one after it"


# --- whatever happens ------------------------------------------------------------------------------------------------

HAPPENINGS = st.lists(
    st.tuples(st.sampled_from(["wait", "outage", "complete", "complete old", "reopen", "move"]), st.integers(1, 40)),
    max_size=40,
)


@settings(deadline=None, database=None, max_examples=150)
@given(
    text=st.sampled_from(["daily", "weekly:MON,THU", "monthly:31", "custom:3d", "RRULE:FREQ=DAILY;COUNT=30"]),
    mode=st.sampled_from(["fixed", "after_completion"]),
    catch_up=st.sampled_from(["latest", "all"]),
    longest=st.sampled_from([NONE, timedelta(hours=1), timedelta(days=1, hours=3), timedelta(days=10)]),
    happenings=HAPPENINGS,
)
def test_no_slot_is_made_twice_and_there_is_always_one_ahead(
    text: str, mode: Mode, catch_up: CatchUp, longest: timedelta, happenings: list[tuple[str, int]]
) -> None:
    state = series(text, mode=mode, catch_up=catch_up, longest=longest)
    now, slots = at(1), [state.last_slot]
    open_slots = {state.last_slot}
    for what, much in happenings:
        last = state.last_slot
        if what in ("wait", "outage"):
            now += much * (timedelta(hours=6) if what == "wait" else DAY)
        elif what == "complete":
            state = after_closing(state, last, now, slots)
            open_slots.discard(last)
        elif what == "complete old":
            state = after_closing(state, slots[0], now, slots)
            open_slots.discard(slots[0])
        elif what == "reopen":
            state = after_reopening(state, last)
            open_slots.add(last)
        else:
            state = after_moving(state, last, state.rule.due_on(last) + (much - 20) * DAY)

        missed = 0
        while batch := next_to_make(state, now, limit=3):
            missed += sum(slot.due <= now for slot in batch)
            state = after_making(state, batch)
            slots += [slot.occurrence_date for slot in batch]
            open_slots.update(slot.occurrence_date for slot in batch)

        assert len(slots) == len(set(slots))
        assert mode == "after_completion" or slots == sorted(slots)
        assert state.made_count == len(slots)
        assert state.make_at is None or state.make_at > now
        if mode == "fixed":
            assert missed <= 1 or catch_up == "all"
            # An open occurrence ahead, and every one made whose reminder comes before the processor looks again.
            assert state.over or (state.rule.due_on(state.last_slot) > now and state.last_slot in open_slots)
            assert state.next is None or longest == NONE or state.next.due - longest > now + INTERVAL
        else:
            assert state.over or state.last_slot in open_slots
        if mode == "fixed" and catch_up == "all":
            assert slots == [slot.occurrence_date for slot in state.rule.slots(slots[0], len(slots))]
        if "COUNT" in text:
            assert len(slots) <= 30
