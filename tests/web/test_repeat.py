"""A repeat pattern survives being shown in the form, and reads like a sentence."""

import pytest
from playwright.sync_api import Page

FORM = """async ([pattern, date]) => {
  const { parsePattern, formatPattern } = await import("/static/domain/repeat.js");
  return formatPattern(parsePattern(pattern), date);
}"""

WORDS = """async (pattern) => (await import("/static/domain/repeat.js")).patternLabel(pattern)"""


@pytest.mark.parametrize(
    "pattern",
    [
        "daily",
        "weekly:MON",
        "weekly:MON,WED,FRI",
        "monthly:1",
        "monthly:31",
        "custom:3d",
        "RRULE:FREQ=MONTHLY;BYDAY=2TU",
    ],
)
def test_what_the_form_shows_is_what_it_sends(modules: Page, pattern: str) -> None:
    assert modules.evaluate(FORM, [pattern, "2026-11-25"]) == pattern


@pytest.mark.parametrize(
    ("loose", "sent"),
    [
        ("daily:", "daily"),
        ("weekly:fri, mon", "weekly:MON,FRI"),
        ("weekly:", "weekly:WED"),
        ("monthly:", "monthly:25"),
        ("FREQ=YEARLY;BYMONTH=6", "RRULE:FREQ=YEARLY;BYMONTH=6"),
        (None, None),
    ],
)
def test_loose_patterns_are_completed_from_the_due_date(modules: Page, loose: str | None, sent: str | None) -> None:
    assert modules.evaluate(FORM, [loose, "2026-11-25"]) == sent


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("daily", "Every day"),
        ("weekly:WED", "Every Wednesday"),
        ("weekly:MON,WED,FRI", "Every Mon, Wed and Fri"),
        ("weekly:MON,TUE,WED,THU,FRI", "Every weekday"),
        ("monthly:15", "Every month on day 15"),
        ("monthly:31", "Every month on the last day"),
        ("custom:3d", "Every 3 days"),
        ("RRULE:FREQ=YEARLY", "Every year"),
        ("RRULE:FREQ=MONTHLY;BYDAY=2TU", "Custom repeat"),
    ],
)
def test_patterns_have_words(modules: Page, pattern: str, words: str) -> None:
    assert modules.evaluate(WORDS, pattern) == words
