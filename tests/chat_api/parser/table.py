"""The sentences that the parser is held to, and what they mean."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

from chat_api.parser import Reading, When
from taskflow_core.domain.recurrence import Rule, parse_pattern

ZONE: Final = ZoneInfo("Europe/Berlin")
NOW: Final = datetime(2026, 11, 28, 17, 0, tzinfo=ZONE)
"""A Saturday."""
HERE: Final = Path(__file__).parent

Outcome = Literal["read", "asked", "unread"]


@dataclass(frozen=True)
class Row:
    """A sentence and what it means. `said` is the title, the readings to choose from, or the words that are unread."""

    kind: str
    outcome: str
    said: str
    due: str
    repeat: str
    until: str
    reminders: str
    sentence: str


@cache
def own_rows() -> tuple[Row, ...]:
    return tuple(Row(*fields) for fields in _lines("sentences.tsv"))


@cache
def given_rows() -> tuple[Row, ...]:
    """Rows whose outcome is `?` may be asked, unread or read."""
    rows: list[Row] = []
    for title, due, repeat, reminders, sentence in _lines("given.tsv"):
        pattern, _, until = repeat.partition(" until ")
        outcome = "?" if "?" in (due, repeat) else "read"
        rows.append(Row("given", outcome, title, due, pattern, until or "-", reminders, sentence))
    return tuple(rows)


def _lines(name: str) -> list[list[str]]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("# ")]


def due_text(when: When, zone: ZoneInfo = ZONE) -> str:
    """Local, without seconds; a date for all day."""
    due = when.due
    if not isinstance(due, datetime):
        return "-" if due is None else due.isoformat()
    local = due.astimezone(zone).replace(tzinfo=None) if due.tzinfo else due
    return local.isoformat(timespec="minutes")


def dates_of(pattern: str, due: str, until: date | None) -> list[date]:
    """The first dates that a repeat gives."""
    start = datetime.fromisoformat(due)
    return [
        slot.occurrence_date for slot in Rule(parse_pattern(pattern), start, ZONE.key, until).slots(start.date(), 30)
    ]


def outcome_of(reading: Reading) -> Outcome:
    return "asked" if reading.options else "unread" if reading.unread else "read"
