"""Every sentence of the tables is read as it is meant, or asked about, or its words are named: none is read wrongly."""

from collections import Counter
from datetime import date

import pytest

from chat_api.parser import Order, Reading, parse
from tests.chat_api.parser.table import NOW, Row, dates_of, due_text, given_rows, outcome_of, own_rows

KINDS = sorted({row.kind for row in own_rows()})


def wrong(row: Row) -> str:
    """How a sentence is read otherwise than the table says; empty when it is not."""
    reading = parse(row.sentence, NOW)
    outcome = outcome_of(reading)
    if row.outcome == "?":
        return "" if outcome != "read" or can_be_said(reading) else f"{row.sentence}: {reading}"
    if outcome != row.outcome:
        return f"{row.sentence}: {outcome}, not {row.outcome}: {reading}"
    said = {"read": reads_the_same, "asked": asks_the_same, "unread": names_the_same}[outcome](row, reading)
    return "" if said else f"{row.sentence}: {reading}"


def can_be_said(reading: Reading) -> bool:
    return reading.when.repeat is not None


def reads_the_same(row: Row, reading: Reading) -> bool:
    when = reading.when
    until = date.fromisoformat(row.until) if row.until != "-" else None
    if (reading.title or "-", due_text(when), when.repeat_until) != (row.said, row.due, until):
        return False
    if (when.repeat is None) != (row.repeat == "-"):
        return False
    if when.repeat and dates_of(when.repeat, row.due, until) != dates_of(row.repeat, row.due, until):
        return False
    return row.reminders == (" ".join(when.reminders) or ("no date" if reading.reminder_without_date else "-"))


def asks_the_same(row: Row, reading: Reading) -> bool:
    options = [f"{one.title}; {due_text(one.when)}; {one.when.repeat or '-'}" for one in reading.options]
    return " | ".join(options) == row.said and reading.when.due is None


def names_the_same(row: Row, reading: Reading) -> bool:
    undated = (reading.when.due, reading.when.repeat, reading.when.reminders) == (None, None, ())
    return " | ".join(one.text for one in reading.unread) == row.said and undated


@pytest.mark.parametrize("kind", KINDS)
def test_our_own_sentences(kind: str) -> None:
    assert [found for row in own_rows() if row.kind == kind and (found := wrong(row))] == []


def test_the_sentences_that_were_given() -> None:
    assert len(given_rows()) >= 84
    assert [found for row in given_rows() if (found := wrong(row))] == []


def test_there_are_enough_of_each_kind() -> None:
    counts = Counter(row.kind for row in own_rows())
    assert counts.total() >= 400
    assert min(counts.values()) >= 20
    assert len({row.sentence for row in own_rows()}) == counts.total()


def test_what_is_not_read_loses_nothing() -> None:
    for row in own_rows():
        reading = parse(row.sentence, NOW)
        for one in reading.unread:
            assert row.sentence[one.span.start : one.span.end] == one.text
            assert one.text in reading.title or reading.title == row.sentence.strip('" ')


def test_the_order_of_day_and_month_is_the_persons() -> None:
    orders: list[tuple[Order, str]] = [("dmy", "2026-12-04T10:00"), ("mdy", "2027-04-12T10:00")]
    for order, due in orders:
        reading = parse("visit 4/12 10am", NOW, order)
        assert (reading.title, due_text(reading.when), reading.options) == ("visit", due, ())
        assert due_text(parse("visit 25/12", NOW, order).when) == "2026-12-25", "there is only one way"
