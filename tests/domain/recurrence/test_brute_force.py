"""Slots agree with a day-by-day count that knows nothing of how they are found, over zones, years and rules.

The count below takes each day from the start on and asks by the letter of RFC 5545, section 3.3.10, whether the rule
gives it; the due instant is found by trying each UTC offset that the zone has around that day.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby, islice
from zoneinfo import ZoneInfo, available_timezones

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from taskflow_core.domain import zones as domain_zones
from taskflow_core.domain.recurrence import InvalidPattern, Pattern, Rule, Slot, parse_pattern
from taskflow_core.domain.recurrence.rrule import WEEKDAYS, Frequency, Recur

FEW_CPUS = settings(deadline=None, database=None, max_examples=150)
DAY = timedelta(days=1)

# --- the count -------------------------------------------------------------------------------------------------------


def counted_days(recur: Recur, start: date, until: date) -> list[date]:
    """Return the days from `start` to `until` that the rule gives, by looking at each of them."""
    begin = min(start.replace(day=1), start - timedelta(days=start.weekday() + 7))
    begin = begin.replace(month=1, day=1) if recur.freq is Frequency.YEARLY else begin
    span = (until.replace(month=12, day=31) - begin).days + 8
    found: list[date] = []
    for _, days in groupby((begin + n * DAY for n in range(span)), key=lambda day: period(recur, day)):
        fitting = [day for day in days if counts(recur, start, day) and fits(recur, start, day)]
        size = len(fitting)
        if recur.by_set_pos:
            places = {at - 1 if at > 0 else size + at for at in recur.by_set_pos}
            fitting = [day for at, day in enumerate(fitting) if at in places]
        found.extend(fitting)
    return [day for day in found if start <= day <= until]


def period(recur: Recur, day: date) -> int:
    """Return the number of the period that the day lies in."""
    if recur.freq is Frequency.DAILY:
        return day.toordinal()
    if recur.freq is Frequency.WEEKLY:
        return (day - timedelta(days=(day.weekday() - recur.week_start) % 7)).toordinal() // 7
    return day.year * 12 + day.month if recur.freq is Frequency.MONTHLY else day.year


def counts(recur: Recur, start: date, day: date) -> bool:
    return (period(recur, day) - period(recur, start)) % recur.interval == 0


def fits(recur: Recur, start: date, day: date) -> bool:
    """Return whether the day passes every BYxxx part, with what the rule leaves open taken from the start."""
    if not fits_start(recur, start, day) or not fits_month_and_year(recur, day):
        return False
    if recur.by_week_no and not week_numbers(day, recur.week_start) & set(recur.by_week_no):
        return False
    within_month = recur.freq is Frequency.MONTHLY or bool(recur.by_month)
    return not recur.by_day or any(
        day.weekday() == weekday and nth(day, n, within_month) for weekday, n in recur.by_day
    )


def fits_start(recur: Recur, start: date, day: date) -> bool:
    """Return whether the day is as the start is in what no part of the rule says."""
    yearly = recur.freq is Frequency.YEARLY
    if not recur.chooses_days:
        if recur.freq is Frequency.WEEKLY and day.weekday() != start.weekday():
            return False
        if (yearly or recur.freq is Frequency.MONTHLY) and day.day != start.day:
            return False
        return not yearly or bool(recur.by_month) or day.month == start.month
    only_weeks = recur.by_week_no and not (recur.by_day or recur.by_month_day or recur.by_year_day)
    return not only_weeks or day.weekday() == start.weekday()


def fits_month_and_year(recur: Recur, day: date) -> bool:
    if recur.by_month and day.month not in recur.by_month:
        return False
    if recur.by_month_day and not {day.day, day.day - last_of_month(day).day - 1} & set(recur.by_month_day):
        return False
    this_year = (date(day.year, 12, 31) - date(day.year, 1, 1)).days + 1
    return not recur.by_year_day or bool({yday(day), yday(day) - this_year - 1} & set(recur.by_year_day))


def yday(day: date) -> int:
    return day.timetuple().tm_yday


def last_of_month(day: date) -> date:
    """Return the last day of the day's month."""
    return (day.replace(day=28) + 4 * DAY).replace(day=1) - DAY


def nth(day: date, n: int, within_month: bool) -> bool:
    """Return whether the day is the n-th of its weekday in its month or year, from the end for n < 0."""
    if n == 0:
        return True
    other, count = day, 0
    while (other.year, other.month if within_month else 0) == (day.year, day.month if within_month else 0):
        count += 1
        other -= 7 * DAY if n > 0 else -7 * DAY
    return count == abs(n)


def week_numbers(day: date, week_start: int) -> set[int]:
    """Return the number of the day's week in the year that has most of its days, counted from either end."""
    first = day - timedelta(days=(day.weekday() - week_start) % 7)
    year = (first + 3 * DAY).year
    number = (yday(first + 3 * DAY) - 1) // 7 + 1
    weeks = 0
    while (first + 3 * DAY + weeks * 7 * DAY).year == year:
        weeks += 1
    return {number, -weeks}


def instant_of(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """Return the first instant at which the zone's clocks show this time, or where it lands when they skip it."""
    local = datetime.combine(day, wall)
    around = [datetime.combine(day, time(12), UTC) + timedelta(hours=hours) for hours in range(-40, 41)]
    offsets = [offset for instant in around if (offset := instant.astimezone(zone).utcoffset()) is not None]
    tried = sorted((local - offset).replace(tzinfo=UTC) for offset in dict.fromkeys(offsets))
    shown = [instant for instant in tried if instant.astimezone(zone).replace(tzinfo=None) == local]
    if shown:
        return shown[0]
    # Skipped: by as much as the clocks jump, the reading behind the gap of an offset in force before it.
    landed = [
        instant
        for instant in tried
        if (now := instant.astimezone(zone)).replace(tzinfo=None) > local
        and (instant - (now.replace(tzinfo=None) - local)).astimezone(zone).utcoffset() != now.utcoffset()
    ]
    return landed[0]


# --- what is tried ---------------------------------------------------------------------------------------------------

ZONES = st.sampled_from(sorted(available_timezones() - {"localtime", "posixrules", "Factory"}))
STARTS = st.datetimes(datetime(1971, 1, 1), datetime(2099, 12, 31)).map(lambda at: at.replace(second=0, microsecond=0))
WEEKDAY_NAMES = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


def signed(most: int, size: int) -> st.SearchStrategy[str]:
    number = st.integers(1, most) | st.integers(-most, -1)
    return st.lists(number, min_size=1, max_size=size).map(lambda numbers: ",".join(map(str, numbers)))


def plain(most: int, size: int) -> st.SearchStrategy[str]:
    return st.lists(st.integers(1, most), min_size=1, max_size=size).map(lambda numbers: ",".join(map(str, numbers)))


def by_day(most: int) -> st.SearchStrategy[str]:
    number = st.sampled_from(["", "", *(f"{n}" for n in range(-most, most + 1) if n)])
    return st.lists(st.tuples(number, st.sampled_from(WEEKDAYS)).map("".join), min_size=1, max_size=4).map(",".join)


@st.composite
def rrules(draw: st.DrawFn) -> Pattern:
    """Rules of every frequency with any of the parts that go with it; those that give no day are left out."""
    freq = draw(st.sampled_from(list(Frequency)))
    allowed: dict[str, st.SearchStrategy[str]] = {
        "BYMONTH": plain(12, 4),
        "BYDAY": by_day({Frequency.MONTHLY: 5, Frequency.YEARLY: 8}.get(freq, 0)),
    }
    if freq is not Frequency.WEEKLY:
        allowed["BYMONTHDAY"] = signed(31, 6)
    if freq is Frequency.YEARLY:
        allowed["BYYEARDAY"] = signed(366, 8)
        allowed["BYWEEKNO"] = signed(53, 6)
        allowed["BYDAY"] |= by_day(53)
    chosen = draw(st.sets(st.sampled_from(sorted(allowed)), max_size=2))
    parts = {"FREQ": freq.value} | {name: draw(allowed[name]) for name in sorted(chosen)}
    parts["INTERVAL"] = str(draw(st.integers(1, 5)))
    if chosen and draw(st.booleans()):
        parts["BYSETPOS"] = draw(signed(4, 3))
    parts["WKST"] = draw(st.sampled_from(WEEKDAYS))
    try:
        return parse_pattern("RRULE:" + ";".join(f"{name}={value}" for name, value in parts.items()))
    except InvalidPattern:
        return draw(st.sampled_from(["daily", "weekly", "monthly:31"]).map(parse_pattern))


SHORT_FORMS = (
    st.just("daily")
    | st.just("weekly")
    | st.sets(st.sampled_from(WEEKDAY_NAMES), min_size=1).map(lambda days: "weekly:" + ",".join(sorted(days)))
    | st.integers(1, 31).map("monthly:{}".format)
    | st.just("monthly")
    | st.tuples(st.integers(1, 90), st.sampled_from("dw")).map(lambda every: f"custom:{every[0]}{every[1]}")
).map(parse_pattern)


def seen(slots: Iterator[Slot], until: date) -> list[date]:
    days: list[date] = []
    for slot in slots:
        if slot.occurrence_date > until:
            break
        days.append(slot.occurrence_date)
    return days


def years(recur: Recur) -> int:
    return 9 if recur.freq is Frequency.YEARLY else 2


# --- the properties --------------------------------------------------------------------------------------------------


@FEW_CPUS
@given(pattern=rrules(), start=STARTS)
@example(pattern=parse_pattern("RRULE:FREQ=YEARLY;BYWEEKNO=1,-1;BYDAY=MO,SU"), start=datetime(2018, 1, 1))
@example(pattern=parse_pattern("RRULE:FREQ=YEARLY;BYWEEKNO=53"), start=datetime(2020, 12, 31))
@example(pattern=parse_pattern("RRULE:FREQ=DAILY;INTERVAL=3;BYMONTHDAY=29;BYMONTH=2"), start=datetime(2023, 2, 1))
def test_a_rule_gives_the_days_that_the_count_gives(pattern: Pattern, start: datetime) -> None:
    first = start.date()
    until = min(first + years(pattern.recur) * 365 * DAY, date(2110, 1, 1))
    expected = sorted({first, *counted_days(pattern.anchored(first).recur, first, until)})
    assert seen(Rule(pattern, start, "UTC").iter_slots(first), until) == expected


@FEW_CPUS
@given(pattern=SHORT_FORMS, start=STARTS)
def test_a_short_form_gives_the_days_it_says(pattern: Pattern, start: datetime) -> None:
    first = start.date()
    until = first + 800 * DAY
    expected = [day for n in range(801) if (day := first + n * DAY) == first or says(pattern.text, first, day)]
    assert seen(Rule(pattern, start, "UTC").iter_slots(first), until) == expected


def says(text: str, first: date, day: date) -> bool:
    """Return whether a short form begun on `first` means `day`, as its table in pattern.py describes it."""
    word, _, rest = text.partition(":")
    if word == "weekly":
        return WEEKDAY_NAMES[day.weekday()] in (rest or WEEKDAY_NAMES[first.weekday()])
    if word == "monthly":
        return day.day == min(int(rest or first.day), last_of_month(day).day)
    every = int(rest[:-1]) * (7 if rest[-1] == "w" else 1) if word == "custom" else 1
    return (day - first).days % every == 0


@FEW_CPUS
@given(pattern=SHORT_FORMS | rrules(), start=STARTS, zone=ZONES)
@example(pattern=parse_pattern("daily"), start=datetime(2026, 3, 28, 2, 30), zone="Europe/Berlin")
@example(pattern=parse_pattern("daily"), start=datetime(2026, 10, 24, 2, 30), zone="Europe/Berlin")
@example(pattern=parse_pattern("daily"), start=datetime(2026, 4, 3, 1, 45), zone="Australia/Lord_Howe")
@example(pattern=parse_pattern("daily"), start=datetime(2011, 12, 28, 9, 0), zone="Pacific/Apia")
@example(pattern=parse_pattern("daily"), start=datetime(2018, 11, 2, 0, 0), zone="America/Sao_Paulo")
@example(pattern=parse_pattern("daily"), start=datetime(2026, 2, 10, 3, 0), zone="Africa/Casablanca")
@example(pattern=parse_pattern("daily"), start=datetime(2015, 8, 12, 23, 45), zone="Asia/Pyongyang")
def test_a_slot_is_due_when_the_clocks_of_its_zone_say_so(pattern: Pattern, start: datetime, zone: str) -> None:
    for slot in islice(Rule(pattern, start, zone).iter_slots(start.date()), 12):
        assert slot.due == instant_of(slot.occurrence_date, start.time(), ZoneInfo(zone))
        assert slot.due.tzinfo is UTC


@pytest.mark.parametrize("zone", sorted(available_timezones() - {"localtime", "posixrules", "Factory"})[::16])
def test_every_change_of_the_clocks_in_thirty_years_is_met(zone: str) -> None:
    tz = ZoneInfo(zone)
    day, changes = datetime(2000, 1, 1, tzinfo=UTC), list[datetime]()
    while day.year < 2030:
        if day.astimezone(tz).utcoffset() != (day + DAY).astimezone(tz).utcoffset():
            changes.append(day)
        day += DAY
    for change in changes[:40]:
        for wall in (time(0), time(0, 30), time(1, 59), time(2), time(2, 30), time(3), time(23, 45)):
            rule = Rule(parse_pattern("daily"), datetime.combine(change.date() - 3 * DAY, wall), zone)
            for slot in rule.slots(change.date() - DAY, 3):
                assert slot.due == instant_of(slot.occurrence_date, wall, tz)
                # The rest of the domain reads wall times the same way.
                assert slot.due == domain_zones.instant(datetime.combine(slot.occurrence_date, wall), tz)


@FEW_CPUS
@given(pattern=SHORT_FORMS | rrules(), start=STARTS, zone=ZONES, ahead=st.integers(0, 3000), late=st.integers(0, 86400))
def test_looking_forward_backward_and_at_a_date_agree(
    pattern: Pattern, start: datetime, zone: str, ahead: int, late: int
) -> None:
    rule = Rule(pattern, start, zone)
    after = rule.slot_after(start.date() + ahead * DAY)
    if after is None:
        return
    assert rule.slot_on(after.occurrence_date) == after
    assert rule.slots(after.occurrence_date, 1) == [after]
    found = rule.slot_at_or_before(after.due)
    # Where a zone leaves out a whole day, two slots fall on one instant: the later one is found.
    assert found is not None
    assert found.due == after.due
    following = rule.slot_after(found.occurrence_date)
    instant = after.due + timedelta(seconds=late)
    if following is None or instant < following.due:
        assert rule.slot_at_or_before(instant) == found
    assert rule.slot_on(after.occurrence_date - DAY) is None or ahead == (after.occurrence_date - start.date()).days - 1


@FEW_CPUS
@given(pattern=rrules() | SHORT_FORMS, start=STARTS, count=st.integers(1, 40))
def test_count_counts_the_start_and_nothing_after_the_last(pattern: Pattern, start: datetime, count: int) -> None:
    pattern = parse_pattern(f"RRULE:{pattern.anchored(start.date()).rrule}")
    counted = pattern.ending(count=count)
    first = start.date()
    assert parse_pattern(counted.text) == counted
    slots, endless = Rule(counted, start, "UTC").slots(first, 100), Rule(pattern, start, "UTC").slots(first, count)
    assert within_count(slots, first) == within_count(endless, first)
    assert len(slots) <= count


def within_count(slots: list[Slot], start: date) -> list[Slot]:
    """Leave out what lies so far ahead that COUNT is no longer counted there: two hundred years."""
    return [slot for slot in slots if slot.occurrence_date.year < start.year + 200]


@FEW_CPUS
@given(pattern=rrules() | SHORT_FORMS, start=STARTS, zone=ZONES, length=st.integers(0, 1000))
def test_an_end_date_an_until_date_and_an_until_instant_end_alike(
    pattern: Pattern, start: datetime, zone: str, length: int
) -> None:
    end = start.date() + length * DAY
    by_end_date = Rule(pattern, start, zone, end_date=end)
    expected = by_end_date.slots(start.date(), 1001)
    assert expected[-1].occurrence_date <= end
    anchored = parse_pattern(f"RRULE:{pattern.anchored(start.date()).rrule}").recur
    last = datetime.combine(end, start.time())
    for until in (end, last, instant_of(end, start.time(), ZoneInfo(zone))):
        ended = replace(anchored, until=until)
        rule = Rule(parse_pattern(f"RRULE:{ended.text}"), start, zone)
        assert rule.slots(start.date(), 1001)[: len(expected)] == expected
        after = rule.slot_after(expected[-1].occurrence_date)
        # A zone that leaves out a day puts the next slot on the very instant of UNTIL.
        assert after is None or after.due == until


@FEW_CPUS
@given(pattern=rrules() | SHORT_FORMS, start=STARTS)
def test_another_engine_reads_the_canonical_rrule_as_we_do(pattern: Pattern, start: datetime) -> None:
    recur, first = pattern.recur, start.date()
    numbered = {n != 0 for _, n in recur.by_day}
    # dateutil takes a BYWEEKNO alone for whole weeks and numbers the weeks at a year's ends by that year only; of
    # BYDAY=MO,1TU it wants both at once; a sixth weekday of a month makes it raise IndexError.
    assume(not recur.by_week_no and len(numbered) < 2)
    assume(not (recur.by_month and any(abs(n) > 5 for _, n in recur.by_day)))
    # In the week of the start it counts BYSETPOS from the start on rather than from the week's beginning.
    assume(not (recur.by_set_pos and recur.freq is Frequency.WEEKLY))
    rule = Rule(pattern, start, "UTC")
    until = first + years(recur) * 365 * DAY
    theirs = rrulestr(f"{rule.rrule};UNTIL={until:%Y%m%d}T235959", dtstart=start)
    assert seen(rule.iter_slots(first), until) == sorted({first, *(at.date() for at in theirs)})


@FEW_CPUS
@given(pattern=rrules() | SHORT_FORMS, start=STARTS, zone=ZONES, ahead=st.integers(0, 30), end=st.integers(0, 60))
@example(pattern=parse_pattern("monthly"), start=datetime(2027, 1, 31, 9), zone="UTC", ahead=1, end=0)
def test_a_split_series_has_the_slots_of_the_whole(
    pattern: Pattern, start: datetime, zone: str, ahead: int, end: int
) -> None:
    rule = Rule(pattern if end == 0 else pattern.anchored(start.date()).ending(count=end), start, zone)
    slots = rule.slots(start.date(), 60)
    at = min(ahead, len(slots) - 1)
    split = slots[at].occurrence_date
    assert rule.ended_before(split).slots(start.date(), 60) == slots[:at]
    rest = rule.continued_from(split).slots(split, 60 - at)
    assert within_count(rest, start.date()) == within_count(slots[at:], start.date())
    assert rule.continued_from(split).slot_on(split) == slots[at]
