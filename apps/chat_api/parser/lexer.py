"""From a sentence to tokens: words with what they can mean, numbers and times as they are written."""

import re
from collections.abc import Iterator
from typing import Any, Final

from chat_api.parser.lexicon import LEXICON
from chat_api.parser.peg import Token
from chat_api.parser.written import DOTTED, meanings
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
            if sentence[end - 1] == "." and DOTTED.fullmatch(sentence[start:end]):
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
            values |= meanings(word)
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
