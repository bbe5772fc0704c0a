"""How tasks repeat: patterns, the dates they give in a time zone, and which occurrence a series makes next.

    pattern = parse_pattern("weekly:MON,WED")              # raises InvalidPattern, which names the part at fault
    rule = Rule(pattern, datetime(2026, 3, 2, 9), "Europe/Berlin", end_date=None)
    rule.slot_after(date(2026, 3, 2))                      # Slot(occurrence_date=2026-03-04, due=2026-03-04 08:00 UTC)

Pure: no clock, no database. `pattern` reads what people write, `parser` and `rrule` are RFC 5545's rules, `days` and
`periods` are their date arithmetic, `occurrences` puts days into a zone, `series` says what is to be made next.
"""

from taskflow_core.domain.recurrence.errors import InvalidPattern
from taskflow_core.domain.recurrence.occurrences import Rule, Slot
from taskflow_core.domain.recurrence.pattern import MAX_TEXT, Pattern, check_end_date, parse_pattern
from taskflow_core.domain.recurrence.series import (
    EARLY,
    MOST_CAUGHT_UP,
    CatchUp,
    Mode,
    SeriesState,
    after_closing,
    after_editing,
    after_making,
    after_moving,
    after_reopening,
    after_taken,
    after_unmaking,
    begin,
    misses_too_many,
    next_to_make,
)

__all__ = [
    "EARLY",
    "MAX_TEXT",
    "MOST_CAUGHT_UP",
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
    "after_taken",
    "after_unmaking",
    "begin",
    "check_end_date",
    "misses_too_many",
    "next_to_make",
    "parse_pattern",
]
