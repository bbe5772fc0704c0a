"""A repeat survives being shown in the form, is what the server makes of it, and reads like a sentence."""

import random
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

import pytest
from playwright.sync_api import Page

from taskflow_core.domain.recurrence import InvalidPattern, Rule, parse_pattern
from tests.web.conftest import MODULES_URL, NewContext, serve_modules

CHOICES = """async (given) => {
  const { choiceOf, patternOf } = await import("/static/domain/repeat-choice.js");
  return given.map(([pattern, date]) => choiceOf(pattern, date));
}"""
FORM = """async (given) => {
  const { choiceOf, patternOf } = await import("/static/domain/repeat-choice.js");
  return given.map(([pattern, date]) => patternOf(choiceOf(pattern, date), date));
}"""
PRESETS = """async (dates) => {
  const { freshChoice, patternOf, presetsFor } = await import("/static/domain/repeat-choice.js");
  return dates.map((date) => presetsFor(date).map((kind) => [kind, patternOf({ ...freshChoice(date), kind }, date)]));
}"""
EVERY = """async (given) => {
  const { freshChoice, patternOf } = await import("/static/domain/repeat-choice.js");
  return given.map(([date, parts]) => patternOf({ ...freshChoice(date), ...parts, kind: "every" }, date));
}"""
READ = """async (patterns) => patterns.map((await import("/static/domain/repeat-rule.js")).readPattern)"""
DATED = """async (given) => {
  const { patternLabel } = await import("/static/domain/repeat-words.js");
  return given.map(([pattern, date]) => patternLabel(pattern, date));
}"""
WORDS = """async (patterns) => {
  const { patternLabel } = await import("/static/domain/repeat-words.js");
  return patterns.map((pattern) => patternLabel(pattern));
}"""

DAYS = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]
WORKDAYS = DAYS[:5]
ASKED = 12
FAR = 366 * 40
"""How many days ahead dates are compared."""


def server_dates(pattern: str, start: date) -> list[date]:
    """The first dates that the server makes of a pattern."""
    rule = Rule(parse_pattern(pattern), datetime.combine(start, datetime.min.time()), "UTC")
    dates = [slot.occurrence_date for slot in rule.slots(start, ASKED)]
    return [day for day in dates if day <= start + timedelta(days=FAR)]


def said_dates(repeat: dict[str, Any], start: date, asked: int = ASKED) -> list[date]:
    """The first dates of what the page says, counted day by day; the one it begins on always is one."""
    most = asked if repeat["times"] is None else min(asked, repeat["times"])
    end = date.fromisoformat(repeat["until"]) if repeat["until"] else date.max
    following = (day for day in days_after(start) if day <= end and fits(repeat, start, day))
    return [start, *islice(following, most - 1)]


def days_after(start: date) -> Iterator[date]:
    for number in range(1, FAR + 1):
        yield start + timedelta(days=number)


def fits(repeat: dict[str, Any], start: date, day: date) -> bool:
    unit, every = repeat["unit"], repeat["every"]
    if unit == "day":
        return (day - start).days % every == 0
    if unit == "week":
        weeks = ((day - timedelta(days=day.weekday())) - (start - timedelta(days=start.weekday()))).days // 7
        return weeks % every == 0 and DAYS[day.weekday()] in (repeat["days"] or [DAYS[start.weekday()]])
    if unit == "month":
        months = (day.year - start.year) * 12 + day.month - start.month
        return months % every == 0 and fits_month(repeat, start, day)
    month = repeat["month"] or start.month
    return (day.year - start.year) % every == 0 and day.month == month and fits_month(repeat, start, day)


def fits_month(repeat: dict[str, Any], start: date, day: date) -> bool:
    last = monthrange(day.year, day.month)[1]
    dates: list[int] = repeat["dates"]
    if dates:
        longest = 31 if repeat["exact"] else last
        return any(day.day == (last if one == -1 else min(one, longest)) for one in dates)
    if not repeat["nth"]:
        return day.day == start.day
    nth: list[int] = repeat["nth"]
    same = [one for one in range(1, last + 1) if DAYS[day.replace(day=one).weekday()] in repeat["days"]]
    return any(len(same) >= abs(one) and day.day == same[one - (one > 0)] for one in nth)


# --- what the server makes of it -------------------------------------------------------------------------------------


def test_what_is_said_of_any_rule_is_what_the_server_makes_of_it(modules: Page) -> None:
    chance = random.Random(2026)
    rules = [any_rule(chance) for _ in range(3000)]
    rules = [rule for rule in rules if is_known(rule)]
    rules += [parse_pattern(rule).text for rule in rules]
    read = modules.evaluate(READ, rules)
    said = [(rule, repeat) for rule, repeat in zip(rules, read, strict=True) if repeat is not None]
    assert len(said) > len(rules) / 5
    for rule, repeat in said:
        start = date(2027, 1, 1) + timedelta(days=chance.randrange(700))
        # Of what lasts to the end of its month, where it began on an end, the server has more to tell than is said.
        start = start.replace(day=min(start.day, 28))
        if repeat["until"] and repeat["until"] < str(start):
            continue
        assert said_dates(repeat, start) == server_dates(rule, start), (rule, start)


def any_rule(chance: random.Random) -> str:
    """A rule that somebody may have written, nonsense among them."""
    freq = chance.choice(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])
    parts = [f"FREQ={freq}"]
    if chance.random() < 0.4:
        parts.append(f"INTERVAL={chance.choice([1, 2, 3, 5])}")
    if chance.random() < 0.6:
        numbers = ["", "", "1", "2", "4", "5", "-1", "-2"] if freq in ("MONTHLY", "YEARLY") else [""]
        number = chance.choice(numbers)
        days = chance.choice([["MO"], ["TU", "TH"], ["MO", "TU", "WE", "TH", "FR"], ["SU"], ["SA", "SU"]])
        parts.append("BYDAY=" + ",".join(f"{number}{day}" for day in days))
    for name, values, likely in (
        ("BYMONTHDAY", ["1", "15", "1,15", "-1", "28", "31", "28,29,30", "-2", "15,-1"], 0.25),
        ("BYMONTH", ["2", "11", "3,9"], 0.25),
        ("BYSETPOS", ["1", "-1", "2", "1,-1"], 0.15),
        ("WKST", ["SU", "MO"], 0.1),
        ("COUNT", ["1", "4"], 0.1),
        ("UNTIL", ["20291231", "20291231T090000Z"], 0.1),
        ("BYYEARDAY", ["100"], 0.03),
    ):
        if chance.random() < likely:
            parts.append(f"{name}={chance.choice(values)}")
    return "RRULE:" + ";".join(parts)


def is_known(rule: str) -> bool:
    try:
        parse_pattern(rule)
    except InvalidPattern:
        return False
    return True


def test_each_preset_is_what_it_says(modules: Page) -> None:
    dates = [date(2027, 1, 1) + timedelta(days=number) for number in range(800)]
    offered: list[list[list[str]]] = modules.evaluate(PRESETS, [str(day) for day in dates])
    read: list[dict[str, Any]] = modules.evaluate(READ, [pattern for presets in offered for _, pattern in presets])
    repeats = iter(read)
    seen: set[str] = set()
    for day, presets in zip(dates, offered, strict=True):
        for kind, pattern in presets:
            repeat = next(repeats)
            if (day.month, day.day) != (2, 29) or kind != "yearly":
                assert said_dates(repeat, day, 3) == server_dates(pattern, day)[:3], (kind, day)
        kinds = {kind for kind, _ in presets}
        assert ("last" in kinds) == (day.day > monthrange(day.year, day.month)[1] - 7)
        assert ("nth" in kinds) == (day.day <= 28)
        assert ("monthly" in kinds) == (day.day < 31)
        seen |= kinds
    assert seen == {"daily", "workdays", "weekly", "fortnightly", "monthly", "nth", "last", "last-day", "yearly"}


def test_every_so_many_is_what_it_says(modules: Page) -> None:
    chance = random.Random(7)
    given: list[tuple[date, dict[str, Any]]] = []
    for _ in range(400):
        start = date(2027, 1, 1) + timedelta(days=chance.randrange(700))
        parts = {
            "every": chance.choice([1, 2, 3, 4, 11]),
            "unit": chance.choice(["day", "week", "month", "month", "year"]),
            "days": chance.sample(DAYS, chance.randrange(1, 8)),
            "inMonth": chance.choice(["date", "nth", "last-day"]),
            "date": chance.randrange(1, 32),
            "nth": chance.choice([1, 2, 3, 4, 5, -1]),
            "day": chance.choice(DAYS),
        }
        given.append((start, parts))
    patterns = modules.evaluate(EVERY, [[str(start), parts] for start, parts in given])
    for (start, parts), pattern in zip(given, patterns, strict=True):
        expected: dict[str, Any] = {"days": [], "dates": [], "nth": [], "month": 0, "times": None, "until": ""}
        expected["exact"] = False
        expected |= {"unit": parts["unit"], "every": parts["every"]}
        if parts["unit"] == "week":
            expected["days"] = parts["days"]
        if parts["unit"] == "month" and parts["inMonth"] == "nth":
            expected |= {"days": [parts["day"]], "nth": [parts["nth"]]}
        elif parts["unit"] == "month":
            on = 31 if parts["inMonth"] == "last-day" else parts["date"]
            expected["dates"] = [-1 if on == 31 else on]
        if parts["unit"] != "year" or (start.month, start.day) != (2, 29):
            assert said_dates(expected, start) == server_dates(pattern, start), (parts, start, pattern)
    # It opens as what it was saved as, by the server's own text too.
    opened = [[parse_pattern(pattern).text, str(start)] for (start, _), pattern in zip(given, patterns, strict=True)]
    again = modules.evaluate(FORM, opened)
    choices = modules.evaluate(CHOICES, opened)
    for (start, _), pattern, reopened, choice in zip(given, patterns, again, choices, strict=True):
        assert server_dates(reopened, start) == server_dates(pattern, start)
        assert choice["kind"] != "custom"


@pytest.mark.parametrize(
    "pattern",
    [
        "daily",
        "weekly:MON",
        "weekly:WED",
        "weekly:MON,WED,FRI",
        "weekly:MON,TUE,WED,THU,FRI",
        "monthly:1",
        "monthly:25",
        "monthly:30",
        "monthly:31",
        "custom:3d",
        "RRULE:FREQ=YEARLY",
        "RRULE:FREQ=MONTHLY;BYDAY=2TU",
        "RRULE:FREQ=MONTHLY;BYDAY=5TU",
        "RRULE:FREQ=MONTHLY;BYMONTHDAY=31",
        "RRULE:FREQ=YEARLY;BYMONTHDAY=29;BYMONTH=2",
        "RRULE:FREQ=MONTHLY;BYDAY=-1WE",
        "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=WE",
        "RRULE:FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
        "RRULE:FREQ=DAILY;COUNT=10",
    ],
)
def test_what_the_form_shows_is_what_it_sends(modules: Page, pattern: str) -> None:
    assert modules.evaluate(FORM, [[pattern, "2026-11-25"]]) == [pattern]


@pytest.mark.parametrize(
    ("loose", "sent"),
    [
        ("daily:", "daily"),
        ("weekly:fri, mon", "weekly:MON,FRI"),
        ("weekly:", "weekly:WED"),
        ("monthly:", "monthly:25"),
        ("custom:1w", "weekly:WED"),
        ("custom:2w", "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=WE"),
        ("FREQ=YEARLY;BYMONTH=6", "RRULE:FREQ=YEARLY;BYMONTH=6"),
        (None, ""),
    ],
)
def test_loose_patterns_are_completed_from_the_due_date(modules: Page, loose: str | None, sent: str) -> None:
    assert modules.evaluate(FORM, [[loose, "2026-11-25"]]) == [sent]


# --- in words --------------------------------------------------------------------------------------------------------

SENTENCES = [
    ("daily", "Every day", "Jeden Tag"),
    ("custom:2d", "Every second day", "Jeden zweiten Tag"),
    ("custom:3d", "Every 3 days", "Alle 3 Tage"),
    ("weekly", "Every week", "Jede Woche"),
    ("weekly:WED", "Every Wednesday", "Jeden Mittwoch"),
    ("weekly:MON,WED,FRI", "Every Mon, Wed and Fri", "Jeden Mo, Mi und Fr"),
    ("weekly:MON,TUE,WED,THU,FRI", "Every weekday", "Jeden Werktag (Mo–Fr)"),
    ("RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU", "Every day", "Jeden Tag"),
    ("custom:2w", "Every second week", "Jede zweite Woche"),
    ("RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "Every second week on Tuesday", "Jede zweite Woche am Dienstag"),
    ("RRULE:FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,TH", "Every 3 weeks on Mon and Thu", "Alle 3 Wochen am Mo und Do"),
    (
        "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TU,WE,TH,FR",
        "Every second week from Monday to Friday",
        "Jede zweite Woche von Montag bis Freitag",
    ),
    ("monthly", "Every month", "Jeden Monat"),
    ("monthly:15", "Every month on the 15th", "Jeden Monat am 15."),
    ("monthly:22", "Every month on the 22nd", "Jeden Monat am 22."),
    ("monthly:30", "Every month on the 30th (or the last day)", "Jeden Monat am 30. (oder letzten Tag)"),
    ("monthly:31", "Every month on the last day", "Jeden Monat am letzten Tag"),
    ("RRULE:FREQ=MONTHLY;BYMONTHDAY=1,15", "Every month on the 1st and 15th", "Jeden Monat am 1. und 15."),
    (
        "RRULE:FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=-1",
        "Every 3 months on the last day",
        "Alle 3 Monate am letzten Tag",
    ),
    ("RRULE:FREQ=MONTHLY;BYDAY=2TU", "Every month on the second Tuesday", "Jeden Monat am zweiten Dienstag"),
    ("RRULE:FREQ=MONTHLY;BYDAY=-1FR", "Every month on the last Friday", "Jeden Monat am letzten Freitag"),
    (
        "RRULE:FREQ=MONTHLY;BYDAY=1MO,3MO",
        "Every month on the first and third Monday",
        "Jeden Monat am ersten und dritten Montag",
    ),
    (
        "RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        "Every month on the last weekday",
        "Jeden Monat am letzten Werktag (Mo–Fr)",
    ),
    ("RRULE:FREQ=YEARLY", "Every year", "Jedes Jahr"),
    ("RRULE:FREQ=YEARLY;INTERVAL=2", "Every second year", "Jedes zweite Jahr"),
    ("RRULE:FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24", "Every year on 24 December", "Jedes Jahr am 24. Dezember"),
    (
        "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
        "Every year on the fourth Thursday of November",
        "Jedes Jahr am vierten Donnerstag im November",
    ),
    ("RRULE:FREQ=DAILY;COUNT=10", "Every day, 10 times", "Jeden Tag, 10-mal"),
    (
        "RRULE:FREQ=WEEKLY;UNTIL=20261224;BYDAY=TH",
        "Every Thursday, until 24 Dec 2026",
        "Jeden Donnerstag, bis 24. Dez. 2026",
    ),
    ("RRULE:FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", *["FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13"] * 2),
    ("RRULE:FREQ=MONTHLY;BYMONTHDAY=31,-3", *["FREQ=MONTHLY;BYMONTHDAY=31,-3"] * 2),
    ("", "", ""),
]


SKIPPING = [
    (
        "RRULE:FREQ=MONTHLY;BYMONTHDAY=31",
        "2027-01-31",
        "Every month on the 31st (not in months without that day)",
        "Jeden Monat am 31. (nicht in Monaten ohne diesen Tag)",
    ),
    (
        "RRULE:FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=4",
        "2027-01-30",
        "Every month on the 15th and 30th (not in months without that day), 4 times",
        "Jeden Monat am 15. und 30. (nicht in Monaten ohne diesen Tag), 4-mal",
    ),
    (
        "RRULE:FREQ=MONTHLY;INTERVAL=2",
        "2027-01-29",
        "Every second month on the 29th (not in months without that day)",
        "Jeden zweiten Monat am 29. (nicht in Monaten ohne diesen Tag)",
    ),
    (
        "RRULE:FREQ=MONTHLY;BYDAY=5FR",
        "2027-01-29",
        "Every month on the fifth Friday (not in months without that day)",
        "Jeden Monat am fünften Freitag (nicht in Monaten ohne diesen Tag)",
    ),
    (
        "RRULE:FREQ=YEARLY;BYMONTH=1;BYDAY=5FR",
        "2027-01-29",
        "Every year on the fifth Friday of January (not in years without that day)",
        "Jedes Jahr am fünften Freitag im Januar (nicht in Jahren ohne diesen Tag)",
    ),
    (
        "RRULE:FREQ=YEARLY",
        "2028-02-29",
        "Every year on 29 February (leap years only)",
        "Jedes Jahr am 29. Februar (nur in Schaltjahren)",
    ),
    (
        "RRULE:FREQ=YEARLY;INTERVAL=2;BYMONTH=2;BYMONTHDAY=29",
        "2028-02-29",
        "Every second year on 29 February (leap years only)",
        "Jedes zweite Jahr am 29. Februar (nur in Schaltjahren)",
    ),
    (
        "RRULE:FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=31",
        "2027-12-31",
        "Every year on 31 December",
        "Jedes Jahr am 31. Dezember",
    ),
    ("monthly:30", "2027-01-30", "Every month on the 30th (or the last day)", "Jeden Monat am 30. (oder letzten Tag)"),
    ("RRULE:FREQ=MONTHLY", "2027-01-28", "Every month", "Jeden Monat"),
]


def test_what_is_skipped_is_said(modules: Page) -> None:
    given = [[pattern, date] for pattern, date, _, _ in SKIPPING]
    assert modules.evaluate(DATED, given) == [english for _, _, english, _ in SKIPPING]


def test_repeats_read_like_sentences(modules: Page) -> None:
    patterns = [pattern for pattern, _, _ in SENTENCES]
    assert modules.evaluate(WORDS, patterns) == [english for _, english, _ in SENTENCES]


def test_repeats_read_like_german_sentences(new_context: NewContext) -> None:
    context = new_context(base_url=MODULES_URL, locale="de-DE")
    context.route(f"{MODULES_URL}/**", serve_modules)
    page = context.new_page()
    page.goto("/")
    assert page.evaluate(WORDS, [pattern for pattern, _, _ in SENTENCES]) == [german for _, _, german in SENTENCES]
    given = [[pattern, date] for pattern, date, _, _ in SKIPPING]
    assert page.evaluate(DATED, given) == [german for _, _, _, german in SKIPPING]
