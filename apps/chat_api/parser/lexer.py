"""From a sentence to tokens: words with what they can mean, numbers and times as they are written."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any, Final

from chat_api.parser.lexicon import GLUED_UNITS, LEXICON
from chat_api.parser.peg import Token
from chat_api.parser.values import YEARS, Clock, Quantity, Unit
from taskflow_core.domain.errors import FieldError
from taskflow_core.domain.priority import Priority
from taskflow_core.domain.tags import parse_tag

_WORD: Final = re.compile(r"\S+")
_OPENING: Final = '([{<"“„«‘*_'
_CLOSING: Final = ')]}>"”“»…*_'
_STOPS: Final = ",;:.!?"
_SPLIT: Final = re.compile(r"[-–—/&+@~]")
_SIGNS: Final = {"–": "-", "—": "-", "@": "@", "~": "~", "&": "&", "+": "&", "-": "-", "/": "/"}
_QUOTES: Final = {'"': '"', "“": "”", "„": "“", "«": "»", "'": "'", "‘": "’"}
_LONGEST: Final = 40
_NO_VALUES: Final[dict[str, Any]] = {}

_HALF: Final = r"(?P<half>am|pm|a\.m|p\.m|a|p)"
_PATTERNS: Final = {
    "iso": re.compile(
        r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})"
        r"(?:t(?P<h>\d\d):?(?P<min>\d\d)(?::\d\d)?(?P<zone>z|[+-]\d\d:?\d\d)?)?"
    ),
    "colon": re.compile(rf"(?P<h>\d{{1,2}})(?P<sep>[:.h])(?P<min>\d\d)(?::\d\d)?(?:{_HALF})?"),
    "half": re.compile(rf"(?P<h>\d{{1,2}}){_HALF}"),
    "slash": re.compile(r"(?P<a>\d{1,2})(?P<sep>[/-])(?P<b>\d{1,2})(?:(?P=sep)(?P<y>\d{4}|\d\d))?"),
    "dotted": re.compile(r"(?P<a>\d{1,2})\.(?P<b>\d{1,2})\.(?P<y>\d{4}|\d\d)?"),
    "ordinal": re.compile(r"(?P<n>\d{1,2})(?:st|nd|rd|th)"), "number": re.compile(r"(?P<n>\d{1,4})"),
    "x": re.compile(r"\d{1,2}x"), "big": re.compile(r"\d{5,9}"),
    "ish": re.compile(r"(?P<h>\d{1,2})(?::(?P<min>\d\d))?ish"),
    "pointday": re.compile(r"(?P<a>\d{1,2})\.(?P<b>\d{1,2})"),
    "decimal": re.compile(r"(?P<whole>\d{1,3})[.,](?P<part>\d)"),
    "glued": re.compile(r"(?P<n>\d{1,4}(?:\.\d)?)(?P<u>[a-z]{1,7})(?:(?P<n2>\d{1,2})(?P<u2>m|min|mins)?)?"),
    "year2": re.compile(r"'(?P<n>\d\d)"),
}  # fmt: skip
_IN_TAGS: Final = "_/-"
PRIORITIES: Final[dict[str, Priority]] = {
    "!high": "high",
    "!medium": "medium",
    "!med": "medium",
    "!low": "low",
    "!none": "none",
}


def quoted_spans(sentence: str) -> list[tuple[int, int]]:
    """The stretches of a sentence in quotation marks, from the opening mark to behind the closing one."""
    spans: list[tuple[int, int]] = []
    last = {closing: sentence.rfind(closing) for closing in set(_QUOTES.values())}
    at = 0
    while at < len(sentence):
        closing = _QUOTES.get(sentence[at])
        begins = at == 0 or sentence[at - 1].isspace() or sentence[at - 1] in "(,:"
        if closing is None or not begins or last[closing] <= at:
            at += 1
            continue
        end = _closed(sentence, at + 1, closing)
        if end is None:
            at += 1
            last[closing] = at - 1  # no such mark closes anything from here on
            continue
        spans.append((at, end))
        at = end
    return spans


def _closed(sentence: str, at: int, closing: str) -> int | None:
    """Behind the first closing mark that ends a word."""
    while (at := sentence.find(closing, at)) >= 0:
        at += 1
        if at == len(sentence) or not sentence[at].isalnum():
            return at
    return None


def key_of(word: str) -> str:
    """How words are compared: without case, with one kind of apostrophe."""
    return word.casefold().replace("’", "'")


class Lexer:
    """Makes tokens, known by the words of a grammar and by their classes."""

    def __init__(self, words: frozenset[str]) -> None:
        self._words = words

    def tokens(self, sentence: str) -> list[Token]:
        """The tokens of a sentence, of any text; what is in quotation marks is one token of the class `quoted`."""
        found: list[Token] = []
        at = 0
        for begin, end in [*quoted_spans(sentence), (len(sentence), len(sentence))]:
            for word in _WORD.finditer(sentence, at, begin):
                found.extend(self._word(sentence, word.start(), word.end()))
            if begin < end:
                found.append(Token(begin, end, "", (), {"quoted": sentence[begin + 1 : end - 1]}))
            at = end
        return found

    def _word(self, sentence: str, start: int, end: int) -> Iterator[Token]:
        while start < end and sentence[start] in _OPENING:
            start += 1
        stop = ""
        while start < end and sentence[end - 1] in _CLOSING + _STOPS:
            if sentence[end - 1] == "." and _PATTERNS["dotted"].fullmatch(sentence[start:end]):
                break
            stop = sentence[end - 1] if sentence[end - 1] in ",;:" else stop
            end -= 1
        if start < end:
            yield from self._core(sentence[start:end], start)
        if stop:
            yield self._token(stop, end, end + 1, {})

    def _core(self, raw: str, start: int) -> Iterator[Token]:
        word = key_of(raw)
        if (tag := tag_in(raw)) is not None:
            yield Token(start, start + len(raw), word, ("<tag>",), {"tag": tag})
            return
        if len(word) != len(raw) or len(raw) > _LONGEST:
            yield Token(start, start + len(raw), word, capital=raw[0].isupper())
            return
        word = _SIGNS.get(word, word)
        values = self._values(word)
        if not values and word not in self._words:
            pieces = self._pieces(word, start)
            if pieces:
                yield from pieces
                return
        yield self._token(word, start, start + len(raw), values, capital=raw[0].isupper())

    def _pieces(self, word: str, start: int) -> list[Token]:
        """The parts of "mon-fri", "3-4pm" or "@5pm", where each can be about time; else none."""
        marks = [match.start() for match in _SPLIT.finditer(word)]
        if not 1 <= len(marks) <= 4:
            return []
        pieces: list[Token] = []
        at = 0
        for mark in [*marks, len(word)]:
            if at < mark:
                values = self._values(word[at:mark])
                if not values:
                    return []
                pieces.append(self._token(word[at:mark], start + at, start + mark, values, glued=at > 0))
            if mark < len(word):
                pieces.append(self._token(_SIGNS[word[mark]], start + mark, start + mark + 1, {}, glued=mark > 0))
            at = mark + 1
        return pieces if len(pieces) > 1 else []

    def _token(
        self, key: str, start: int, end: int, values: dict[str, Any], *, glued: bool = False, capital: bool = False
    ) -> Token:
        symbols = (*([key] if key in self._words else []), *(f"<{kind}>" for kind in values))
        return Token(start, end, key, symbols, values, glued, capital)

    def _values(self, word: str) -> dict[str, Any]:
        values = LEXICON.get(word, _NO_VALUES).copy()
        if word in PRIORITIES:
            values["priority"] = PRIORITIES[word]
        elif word[0] == "'" or (word[0].isdigit() and word.isascii()):
            for kind, pattern in _PATTERNS.items():
                if match := pattern.fullmatch(word):
                    values |= _READ[kind](match)
        return values


def tag_in(raw: str) -> str | None:
    """The tag that a word with # in front says; "#1" is a number, and "#{x}" nothing that anybody puts on a task."""
    if raw[0] != "#" or len(raw) < 2 or raw[1].isdigit() or raw[1] in _IN_TAGS:
        return None
    if any(char.isascii() and not char.isalnum() and char not in _IN_TAGS for char in raw[1:]):
        return None
    try:
        return parse_tag(raw)
    except FieldError:
        return None


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
