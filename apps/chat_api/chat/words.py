"""What a person said, word by word: as written, and as the grammar compares it."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chat_api.parser import Order
from chat_api.parser.titles import plain

_EDGES: Final = '.,!?;:"“”„«»()…'
_BEHIND_QUOTES: Final = ".,!?;:"
_DASHES: Final = "-–—"
QUOTES: Final = '"“„«'
_OPENING: Final = {'"': '"', "“": "”", "„": "“", "«": "»", "'": "'", "‘": "’"}


def key(word: str) -> str:
    """How the grammar compares a word: without case, without punctuation at its ends; empty for a lone dash."""
    folded = word.casefold().replace("’", "'").strip(_EDGES)
    return "" if folded.strip(_DASHES) == "" else folded


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks: the present in their zone, and how they write day and month."""

    now: datetime
    order: Order | None = None


@dataclass(frozen=True)
class Words:
    """A run of words: `raw` as written, `keys` as compared, of equal length."""

    raw: tuple[str, ...]
    keys: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> "Words":
        """The words of `text`, which may hold anything."""
        raw = tuple(plain(text).split())
        return cls(raw, tuple(key(word) for word in raw))

    def __len__(self) -> int:
        return len(self.raw)

    def __getitem__(self, span: slice) -> "Words":
        return Words(self.raw[span], self.keys[span])

    @property
    def text(self) -> str:
        """As written, one space between words."""
        return " ".join(self.raw)

    def starts(self, phrases: Iterable[Sequence[str]], at: int = 0) -> int:
        """How many words the first of `phrases` that these words begin with, from `at` on, takes; 0 for none."""
        for phrase in phrases:
            if self.keys[at : at + len(phrase)] == tuple(phrase):
                return len(phrase)
        return 0

    def ends(self, phrases: Iterable[Sequence[str]]) -> int:
        """How many words the first of `phrases` that these words end with takes; 0 for none."""
        for phrase in phrases:
            if phrase and self.keys[-len(phrase) :] == tuple(phrase):
                return len(phrase)
        return 0

    def quoted(self) -> tuple[str, "Words"] | None:
        """The text in the quotation marks these words begin with, and the words after it; None without quotes."""
        closing = _OPENING.get(self.raw[0][0]) if self.raw else None
        if closing is None:
            return None
        for index, word in enumerate(self.raw):
            body = word.rstrip(_BEHIND_QUOTES)
            if body.endswith(closing) and (index > 0 or len(body) > 2):
                inside = " ".join((*self.raw[:index], body))[1:-1].strip()
                return (inside, self[index + 1 :]) if inside else None
        return None

    def in_quotes(self) -> set[int]:
        """Which of the words stand in quotation marks. Each word is looked at a few times, however many marks there
        are."""
        bodies = [word.rstrip(_BEHIND_QUOTES) for word in self.raw]
        closings: dict[str, list[int]] = {}
        for at, body in enumerate(bodies):
            closings.setdefault(body[-1:], []).append(at)
        found: set[int] = set()
        at = 0
        while at < len(self.raw):
            ends = closings.get(_OPENING.get(self.raw[at][0], " "), [])
            # A word of a mark, or two, alone does not close what begins with it.
            nth = bisect_left(ends, at if len(bodies[at]) > 2 else at + 1)
            end = ends[nth] + 1 if nth < len(ends) else at
            if end > at and " ".join((*self.raw[at : end - 1], bodies[end - 1]))[1:-1].strip():
                found.update(range(at, end))
                at = end
            else:
                at += 1
        return found


def phrases(*texts: str) -> tuple[tuple[str, ...], ...]:
    """`texts` split into words, the longest first, as `starts` and `ends` want them."""
    return tuple(sorted((tuple(text.split()) for text in texts), key=len, reverse=True))


def among(text: str) -> frozenset[str]:
    """The words of `text` as a set."""
    return frozenset(text.split())
