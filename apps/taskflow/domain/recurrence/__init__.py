"""How tasks repeat: patterns, the dates they give in a time zone, and which occurrence a series makes next.

    pattern = parse_pattern("weekly:MON,WED")              # raises InvalidPattern, which names the part at fault
    rule = Rule(pattern, datetime(2026, 3, 2, 9), "Europe/Berlin", end_date=None)
    rule.slot_after(date(2026, 3, 2))                      # Slot(occurrence_date=2026-03-04, due=2026-03-04 08:00 UTC)

Pure: no clock, no database. `pattern` reads what people write, `whitelist` and `rrule` are RFC 5545's rules, `days` is
their date arithmetic, `occurrences` puts days into a zone, `series` says what is to be made next.
"""

from taskflow.domain.recurrence.errors import InvalidPattern
from taskflow.domain.recurrence.occurrences import MAX_PREVIEW, Rule, Slot, preview
from taskflow.domain.recurrence.pattern import MAX_TEXT, Pattern, check_end_date, parse_pattern
from taskflow.domain.recurrence.series import (
    EARLY,
    CatchUp,
    Mode,
    SeriesState,
    after_closing,
    after_editing,
    after_making,
    after_moving,
    after_reopening,
    begin,
    next_to_make,
)

__all__ = [
    "EARLY",
    "MAX_PREVIEW",
    "MAX_TEXT",
    "CatchUp",
    "InvalidPattern",
    "Mode",
    "Pattern",
    "Rule",
    "SeriesState",
    "Slot",
    "after_closing",
    "after_editing",
    "after_making",
    "after_moving",
    "after_reopening",
    "begin",
    "check_end_date",
    "next_to_make",
    "parse_pattern",
    "preview",
]
