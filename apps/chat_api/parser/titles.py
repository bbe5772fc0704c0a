"""The title: what a sentence says besides the phrases about time, as it was written."""

import unicodedata
from collections.abc import Sequence
from typing import Final

from chat_api.parser import neighbours
from chat_api.parser.peg import Token
from chat_api.parser.result import Span
from chat_api.parser.runs import Run
from chat_api.parser.values import Remind

_EDGES: Final = " ,;:-–—"
_ALONE: Final = frozenset(",.;:!?()[]{}-–— ")
_BRACKETS: Final = {"(": ")", "[": "]"}
_DROPPED: Final = ("Cc", "Cs", "Zl", "Zp")
_DIRECTION: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def plain(text: str) -> str:
    """`text` on one line: runs of spaces, line ends and control characters become one space, the ends are trimmed.

    Marks that turn the direction of writing, and what UTF-8 cannot hold, are left out: a title must not be able to
    rewrite the line it stands in.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    chars = (
        " " if unicodedata.category(char) in _DROPPED else char
        for char in text
        if char not in _DIRECTION and not "\ud800" <= char <= "\udfff"
    )
    return " ".join("".join(chars).split())


def title_of(
    text: str, tokens: Sequence[Token], runs: Sequence[Run], marks: Sequence[Span] = ()
) -> tuple[str, tuple[Span, ...]]:
    """The title that is left without `runs` and `marks`, with the stretches of `text` that it consists of."""
    spans = _left(text, [*(_taken(text, tokens, run) for run in runs), *((mark.start, mark.end) for mark in marks)])
    pieces = [plain(text[span.start : span.end]).strip(_EDGES) for span in spans]
    if len(pieces) == 1 and (quoted := _quoted(tokens, spans[0])):
        return quoted, spans
    return " ".join(pieces), spans


def _left(text: str, taken: Sequence[tuple[int, int]]) -> tuple[Span, ...]:
    spans: list[Span] = []
    at = 0
    for start, end in [*sorted(taken), (len(text), len(text))]:
        piece = _trimmed(text, at, start) if at < start else None
        if piece is not None:
            spans.append(piece)
        at = max(at, end)
    return tuple(spans)


def _trimmed(text: str, start: int, end: int) -> Span | None:
    """The stretch without spaces and dangling punctuation at its ends; None where nothing else is in it."""
    if all(char in _ALONE or char.isspace() for char in text[start:end]):
        return None
    while text[start] in _EDGES or text[start].isspace():
        start += 1
    while text[end - 1] in _EDGES or text[end - 1].isspace():
        end -= 1
    return Span(start, end)


def _taken(text: str, tokens: Sequence[Token], run: Run) -> tuple[int, int]:
    """Where a run begins and ends, with brackets around it, and with what leads from "remind me" to the title."""
    first, last = run.start, run.end
    if any(isinstance(phrase, Remind) for _, phrase in run.phrases):
        if first == 1 and tokens[0].key in neighbours.LEAD:
            first = 0
        if first == 0 and last < len(tokens) and tokens[last].key in neighbours.AFTER_LEAD:
            last += 1
    start, end = tokens[first].start, tokens[last - 1].end
    if start > 0 and end < len(text) and _BRACKETS.get(text[start - 1]) == text[end]:
        return start - 1, end + 1
    return start, end


def _quoted(tokens: Sequence[Token], span: Span) -> str:
    """What stands in the quotation marks that a stretch consists of; empty where there is more, or none."""
    for token in tokens:
        if (token.start, token.end) == (span.start, span.end) and "quoted" in token.values:
            return plain(token.values["quoted"])
    return ""
