"""What holds for any sentence: words of the product read the same again, quotes are kept, nothing breaks or is slow."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat_api.chat.grammar import understand
from chat_api.chat.moments import when_words
from chat_api.chat.words import Speaker
from chat_api.parser import Reading, When, parse, parse_quantity, parse_when
from chat_api.parser.peg import Matcher
from chat_api.parser.spoken import OWN_RULE
from chat_api.parser.titles import plain
from tests.chat_api.parser.table import NOW, dates_of, given_rows, own_rows

SENTENCES = [row.sentence for row in (*own_rows(), *given_rows())]
READ = [row.sentence for row in own_rows() if row.outcome == "read" and row.due != "-"]
# What depends on the date alone through the day of the week.
OF_THE_WEEK = [
    sentence
    for sentence in READ
    if not re.search(
        r"\d[-/.]\d|\d(st|nd|rd|th)\b|\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|month|year|quarter|eom|eoy|annual"
        r"|christmas|xmas|easter|valentine|halloween|first|second|third|fourth|last|until|14-12)",
        sentence.lower(),
    )
]
WORDS = sorted({word for sentence in SENTENCES for word in sentence.split()})
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2030, 12, 31, 23, 59)).map(lambda at: at.replace(tzinfo=UTC))


def same(first: When, second: When) -> bool:
    """Whether two sentences give the same dates and reminders."""
    if (first.due, first.repeat_until, sorted(first.reminders)) != (
        second.due,
        second.repeat_until,
        sorted(second.reminders),
    ):
        return False
    if first.repeat is None or second.repeat is None or first.due is None:
        return first.repeat == second.repeat
    due = first.due.isoformat()
    return dates_of(first.repeat, due, first.repeat_until) == dates_of(second.repeat, due, first.repeat_until)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(READ), MOMENTS)
def test_what_the_product_says_in_words_reads_the_same(sentence: str, now: datetime) -> None:
    now = now.replace(second=0, microsecond=0)
    reading = parse(sentence, now)
    words = when_words(reading.when, now)
    if reading.when.due is None or OWN_RULE in words or "yesterday" in words:
        return  # it is asked about at this time, or said without words for it
    again = parse(f'"a title"{words}', now)
    local = reading.when
    if isinstance(local.due, datetime) and local.due.tzinfo is not None:
        local = local.replaced(due=local.due.astimezone(now.tzinfo).replace(tzinfo=None))
    assert again.title == "a title", words
    assert any(same(local, when) for when in [again.when, *(one.when for one in again.options)]), (words, again)


@settings(deadline=None)
@given(st.text(st.characters(exclude_characters="\"'“”„«»‘’", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1))
def test_a_title_in_quotes_is_kept(title: str) -> None:
    if plain(title):
        assert parse(f'"{title}" tomorrow at 5pm', NOW).title == plain(title)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(OF_THE_WEEK), MOMENTS)
def test_a_week_later_everything_is_a_week_later(sentence: str, now: datetime) -> None:
    first, second = parse(sentence, now), parse(sentence, now + timedelta(days=7))
    assert (first.title, first.when.repeat, first.when.reminders) == (
        second.title,
        second.when.repeat,
        second.when.reminders,
    )
    assert shifted(first.when.due) == second.when.due
    assert [shifted(one.when.due) for one in first.options] == [one.when.due for one in second.options]


def shifted(due: date | datetime | None) -> date | datetime | None:
    return None if due is None else due + timedelta(days=7)


def sound(text: str, reading: Reading) -> None:
    """What a reading never is: dated and unread at once, or about words that are not there."""
    if reading.unread or reading.options:
        assert reading.when == When()
    spans = [span for several in reading.spans.values() for span in several] + [one.span for one in reading.unread]
    assert all(0 <= span.start < span.end <= len(text) for span in spans)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300) | st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join), MOMENTS)
def test_no_text_breaks_it(text: str, now: datetime) -> None:
    sound(text, parse(text, now))
    parse_when(text, now)
    parse_quantity(text, now)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["", "add ", "remind me ", "move it to ", "show ", "postpone 1 by ", "repeat x ", "complete "]),
    st.text(max_size=100) | st.lists(st.sampled_from(WORDS), max_size=10).map(" ".join),
)
def test_no_message_breaks_the_chat(verb: str, text: str) -> None:
    understand(verb + text, Speaker(NOW))


@pytest.mark.parametrize(
    "piece", ["tomorrow ", "every monday and ", "a week from ", "from 1 to ", "mon, ", "on friday x ", "'a "]
)
def test_the_work_grows_with_the_length_and_no_faster(piece: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = 0
    original: Any = Matcher._pattern  # pyright: ignore[reportPrivateUsage]

    def counting(self: Matcher, *args: Any) -> Any:
        nonlocal tried
        tried += 1
        return original(self, *args)

    monkeypatch.setattr(Matcher, "_pattern", counting)
    counts: list[int] = []
    for times in (100, 400):
        tried = 0
        parse(piece * times, NOW)
        counts.append(tried)
    assert counts[1] <= 4.5 * counts[0] + 100


def test_clocks_that_change_and_the_edges_of_the_calendar() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    before = datetime(2026, 10, 24, 23, 0, tzinfo=berlin)
    reading = parse("call mum in 4 hours", before)
    assert reading.when.due == datetime(2026, 10, 25, 1, 0, tzinfo=UTC)
    assert parse("call mum tomorrow at 02:30", before).when.due == datetime(2026, 10, 25, 2, 30)
    last = datetime(2199, 12, 31, 23, 0, tzinfo=berlin)
    for sentence in (
        "x next month",
        "x tomorrow",
        "x every month",
        "x end of next year",
        "x next week",
        "x in january",
    ):
        parse(sentence, last)
