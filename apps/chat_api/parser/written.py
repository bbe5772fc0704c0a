"""What a word that begins with a figure may mean: dates, times, numbers and lengths as people write them."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any, Final

from chat_api.parser.lexicon import GLUED_UNITS
from chat_api.parser.values import YEARS, Clock, Quantity, Unit

DOTTED: Final = re.compile(r"(?P<a>\d{1,2})\.(?P<b>\d{1,2})\.(?P<y>\d{4}|\d\d)?")
"""A date as Germans write it, whose last stop belongs to it."""

_HALF: Final = r"(?P<half>am|pm|a\.m|p\.m|a|p)"
_PATTERNS: Final = {
    "iso": re.compile(
        r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})"
        r"(?:t(?P<h>\d\d):?(?P<min>\d\d)(?::\d\d)?(?P<zone>z|[+-]\d\d:?\d\d)?)?"
    ),
    "colon": re.compile(rf"(?P<h>\d{{1,2}})(?P<sep>[:.h])(?P<min>\d\d)(?::\d\d)?(?:{_HALF})?"),
    "half": re.compile(rf"(?P<h>\d{{1,2}}){_HALF}"),
    "slash": re.compile(r"(?P<a>\d{1,2})(?P<sep>[/-])(?P<b>\d{1,2})(?:(?P=sep)(?P<y>\d{4}|\d\d))?"),
    "dotted": DOTTED,
    "ordinal": re.compile(r"(?P<n>\d{1,2})(?:st|nd|rd|th)"), "number": re.compile(r"(?P<n>\d{1,4})"),
    "x": re.compile(r"\d{1,2}x"), "big": re.compile(r"\d{5,9}"),
    "ish": re.compile(r"(?P<h>\d{1,2})(?::(?P<min>\d\d))?ish"),
    "pointday": re.compile(r"(?P<a>\d{1,2})\.(?P<b>\d{1,2})"),
    "decimal": re.compile(r"(?P<whole>\d{1,3})[.,](?P<part>\d)"),
    "glued": re.compile(r"(?P<n>\d{1,4}(?:\.\d)?)(?P<u>[a-z]{1,7})(?:(?P<n2>\d{1,2})(?P<u2>m|min|mins)?)?"),
    "year2": re.compile(r"'(?P<n>\d\d)"),
}  # fmt: skip


def meanings(word: str) -> dict[str, Any]:
    """All that a word may mean, by kind; nothing where it is not written as any of these."""
    values: dict[str, Any] = {}
    for kind, pattern in _PATTERNS.items():
        if match := pattern.fullmatch(word):
            values |= _READ[kind](match)
    return values


def _iso(match: re.Match[str]) -> dict[str, Any]:
    day = dated(int(match["y"]), int(match["m"]), int(match["d"]))
    clock = clocked(int(match["h"]), int(match["min"])) if match["h"] else None
    if day is None or (match["h"] and clock is None):
        return {"impossible": match[0]}
    if match["zone"]:
        return {"zoned": match[0]}
    return {"iso": (day, clock)}


def _colon(match: re.Match[str]) -> dict[str, Any]:
    clock = clocked(int(match["h"]), int(match["min"]), match["half"] or "")
    if clock is not None and match["h"][0] == "0":
        clock = replace(clock, open=False)  # who writes 09:30 has a clock of 24 hours
    if match["sep"] == "." and not match["half"]:
        # 3.30 may be a time, a day of March, or a price: the words before it decide.
        return {"point": (int(match["h"]), int(match["min"]))}
    if clock is None:
        return {"impossible": match[0]} if match["sep"] == ":" and len(match["h"]) == 2 else {}
    if match["half"] or len(match["h"]) == 2 or match["sep"] == "h":
        return {"time": clock}
    # Scores and verses have any number behind the colon, times that people say end in 0 or 5; those of trains do not.
    return {"oddtime" if clock.minute % 5 else "shorttime": clock}


def _half(match: re.Match[str]) -> dict[str, Any]:
    clock = clocked(int(match["h"]), 0, match["half"])
    if len(match["half"]) == 1:
        return {"letter": clock} if clock else {}
    return {"impossible": match[0]} if clock is None else {"time": clock}


def _slash(match: re.Match[str]) -> dict[str, Any]:
    year = int(match["y"]) if match["y"] else 0
    if match["sep"] == "-" and year < 100:
        return {}  # 3-4 is a range
    return {"slash": (int(match["a"]), int(match["b"]), year + (2000 if 0 < year < 100 else 0))}


def _dotted(match: re.Match[str]) -> dict[str, Any]:
    year = int(match["y"] or 0)
    return {"dotted": (int(match["a"]), int(match["b"]), year + (2000 if 0 < year < 100 else 0))}


def _number(match: re.Match[str]) -> dict[str, Any]:
    number, digits = int(match["n"]), len(match["n"])
    values: dict[str, Any] = {"number": number}
    if digits == 4:
        if number in YEARS:
            values["year"] = number
        if clock := clocked(number // 100, number % 100):
            values["military"] = replace(clock, open=False)
    return values


def _ish(match: re.Match[str]) -> dict[str, Any]:
    clock = clocked(int(match["h"]), int(match["min"] or 0))
    return {"ish": clock} if clock else {}


def _decimal(match: re.Match[str]) -> dict[str, Any]:
    return {"decimal": int(match["whole"]) * 10 + int(match["part"])}


def _glued(match: re.Match[str]) -> dict[str, Any]:
    unit = GLUED_UNITS.get(match["u"])
    if unit is None or (match["n2"] and unit != "hour"):
        return {}
    if match["n2"] and not match["u2"] and len(match["n2"]) != 2:
        return {}
    quantity = quantity_of(match["n"], unit)
    if quantity is None:
        return {}
    if match["n2"]:
        quantity = Quantity(int(match["n"].partition(".")[0]) * 60 + int(match["n2"]), "minute")
    return {"glued": quantity}


_SMALLER: Final[dict[Unit, tuple[Unit, int]]] = {
    "hour": ("minute", 60), "day": ("hour", 24), "week": ("day", 7), "year": ("month", 12),
}  # fmt: skip


def quantity_of(number: str, unit: Unit) -> Quantity | None:
    """ "1.5" hours is 90 minutes; of days and more there are whole ones only."""
    whole, _, tenth = number.partition(".")
    if not tenth:
        return Quantity(int(whole), unit)
    if unit not in _SMALLER:
        return None
    name, many = _SMALLER[unit]
    count, rest = divmod((int(whole) * 10 + int(tenth)) * many, 10)
    return None if rest else Quantity(count, name)


def dated(year: int, month: int, day: int) -> date | None:
    """That date, or None where there is no such one, or none that a due date may have."""
    try:
        return date(year, month, day) if year in YEARS else None
    except ValueError:
        return None


def clocked(hour: int, minute: int, half: str = "") -> Clock | None:
    """That time of day, or None for what is none."""
    if minute > 59 or (half and not 1 <= hour <= 12) or hour > 23:
        return None
    if half:
        return Clock(
            hour % 12 + (12 if half[0] == "p" else 0),
            minute,
        )
    return Clock(hour, minute, open=1 <= hour <= 12)


_READ: Final[dict[str, Callable[[re.Match[str]], dict[str, Any]]]] = {
    "iso": _iso, "colon": _colon, "half": _half, "slash": _slash, "dotted": _dotted,
    "ordinal": lambda match: {"ordinal": int(match["n"]), "dayno": int(match["n"])}, "number": _number, "ish": _ish,
    "x": lambda match: {"x": match[0]}, "big": lambda match: {"big": match[0]},
    "pointday": lambda match: {"pointday": (int(match["a"]), int(match["b"]))}, "decimal": _decimal, "glued": _glued,
    "year2": lambda match: {"year": 2000 + int(match["n"])},
}  # fmt: skip
