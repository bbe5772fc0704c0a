"""Runs of phrases, and whether they count: what they say, where they stand, and what they stand beside."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from chat_api.parser import neighbours
from chat_api.parser.lexicon import ORDINARY
from chat_api.parser.peg import Matcher, Token
from chat_api.parser.values import (
    Clock,
    Day,
    Lasting,
    Moment,
    Phrase,
    Quantity,
    Remind,
    Repeat,
    Span,
    Times,
    Unreadable,
    Weight,
)

_JOINTS: Final = frozenset((",", ";", ":", "-", "and", "&"))
_STOPS: Final = frozenset((",", ";", ":", "-"))
_BARE: Final = ("weekday", "weekdays", "named", "month", "part", "time")
_BARE_WORDS: Final = frozenset(("today", "tomorrow", "tonight", "noon", "midnight", "christmas", "easter"))


@dataclass(frozen=True, slots=True)
class Item:
    """The tokens from `start` to before `end`: a phrase, or one other token."""

    start: int
    end: int
    phrase: Phrase | None = None
    joins: bool = False
    mark: bool = False

    @property
    def is_title(self) -> bool:
        """Whether it is a word of the title, whatever else counts."""
        return self.phrase is None and not self.joins and not self.mark


@dataclass(frozen=True, slots=True)
class Run:
    """Phrases in a row: tokens from `start` to before `end`, the items from `first` to `last`.

    `counts`: they are about time and not the title's. `noted`: they might have been. `owned` ones are
    the title's for certain: "the 5pm show".
    """

    start: int
    end: int
    first: int
    last: int
    phrases: tuple[tuple[Item, Phrase], ...]
    counts: bool = False
    noted: bool = False
    owned: bool = False

    @property
    def unreadable(self) -> Unreadable | None:
        """What in it cannot be read."""
        unreadable = [phrase for _, phrase in self.phrases if isinstance(phrase, Unreadable)]
        alone = len(self.phrases) == 1
        return next((phrase for phrase in unreadable if not (phrase.beside and alone)), None)

    @property
    def is_adjective(self) -> bool:
        """Whether it is a word like "daily", which may say that something repeats."""
        return not self.counts and isinstance(self.phrases[0][1], Repeat) and len(self.phrases) == 1


def items_of(tokens: Sequence[Token], matcher: Matcher) -> list[Item]:
    """The tokens with the longest phrase at each place; each token is in one item."""
    items: list[Item] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        found = None if token.glued or not token.symbols else matcher.match("phrase", at)
        if found is not None and not (found[0] < len(tokens) and tokens[found[0]].glued):
            items.append(Item(at, found[0], _weighed(tokens[at : found[0]], found[1])))
        else:
            mark = "tag" in token.values or "priority" in token.values
            items.append(Item(at, at + 1, None, token.key in _JOINTS, mark))
        at = items[-1].end
    return items


def _weighed(tokens: Sequence[Token], phrase: Phrase) -> Phrase:
    if len(tokens) == 1 and tokens[0].key in ORDINARY and isinstance(phrase, Day):
        return replace(phrase, weight=Weight.COMPANION)
    return phrase


def runs_of(tokens: Sequence[Token], items: Sequence[Item]) -> tuple[list[Item], list[Run]]:
    """The items, durations counted as words of the title, and the runs of phrases among them."""
    settled = _durations_aside(items)
    groups = _groups(settled)
    title_case = all(token.capital for token in tokens if token.key.isalpha())
    words = [at for at, item in enumerate(settled) if item.is_title]
    runs: list[Run] = []
    for first, last in groups:
        in_front, behind = not words or first < words[0], not words or last > words[-1]
        place = _Place(tokens, settled, first, last, in_front, behind, title_case)
        runs.append(place.judged())
    return settled, runs


def _groups(items: Sequence[Item]) -> list[tuple[int, int]]:
    """First and last item of each run; between two phrases of one there are joints and marks only."""
    groups: list[tuple[int, int]] = []
    open_ = False
    for at, item in enumerate(items):
        if item.phrase is not None:
            if open_:
                groups[-1] = (groups[-1][0], at)
            else:
                groups.append((at, at))
            open_ = True
        elif not item.joins and not item.mark:
            open_ = False
    return groups


def _durations_aside(items: Sequence[Item]) -> list[Item]:
    """How long something takes belongs to the title: "read 30 minutes every day"; how long it repeats does not."""
    settled = list(items)
    asked = any(isinstance(item.phrase, Remind) and not item.phrase.depends for item in items)
    for first, last in _groups(items):
        among = [items[at].phrase for at in range(first, last + 1)]
        repeats = any(isinstance(phrase, Repeat) for phrase in among)
        for at in range(first, last + 1):
            if _is_duration(items[at].phrase, repeats) or (not asked and _depends(items[at].phrase)):
                settled[at] = replace(items[at], phrase=None)
    return settled


def _depends(phrase: Phrase | None) -> bool:
    return isinstance(phrase, Remind) and phrase.depends


def _is_duration(phrase: Phrase | None, repeats: bool) -> bool:
    if isinstance(phrase, Lasting):
        return not repeats or phrase.quantity.exact is not None
    return isinstance(phrase, Quantity) or (isinstance(phrase, Times) and not repeats)


@dataclass(frozen=True, slots=True)
class _Place:
    """A run where it stands: in front of the title, behind it, or amid it."""

    tokens: Sequence[Token]
    items: Sequence[Item]
    first: int
    last: int
    in_front: bool
    behind: bool
    title_case: bool

    def judged(self) -> Run:
        items = [(item, item.phrase) for item in self.items[self.first : self.last + 1] if item.phrase is not None]
        start, end = self.items[self.first].start, self.items[self.last].end
        run = Run(start, end, self.first, self.last, tuple(items))
        if run.unreadable:
            return replace(run, noted=True)
        owner = self._owner()
        if owner or self._is_name(start, end):
            return replace(run, noted=owner not in neighbours.NAMING, owned=True)
        weight = _weight(self.tokens, run)
        if weight is Weight.ANYWHERE or (weight is Weight.EDGE and self._at_an_edge()):
            return replace(run, counts=True)
        return replace(run, noted=self._may_be_time(run, weight))

    def _owner(self) -> str:
        """The word before a bare day or time that makes it a word of the title, if there is one."""
        if self.first == 0:
            return ""
        before, token = self.items[self.first - 1], self.tokens[self.items[self.first].start]
        bare = token.key in _BARE_WORDS or any(kind in token.values for kind in _BARE)
        key = self.tokens[before.end - 1].key
        owns = before.is_title and (key in neighbours.OWNING or key in neighbours.NAMING)
        return key if bare and owns else ""

    def _is_name(self, start: int, end: int) -> bool:
        """ "The Day After Tomorrow": several words with capitals that have none otherwise."""
        capitals = sum(token.capital and not token.values for token in self.tokens[start:end])
        return start > 0 and capitals > 1 and not self.title_case

    def _at_an_edge(self) -> bool:
        if self.behind:
            return True
        following = self.items[self.last + 1]
        key = self.tokens[following.start].key
        if self.in_front:
            return following.joins and key in _STOPS
        return key in neighbours.CONNECTING and not self._after_a_name()

    def _after_a_name(self) -> bool:
        """ "Super Bowl Sunday with friends"."""
        start = self.items[self.first].start
        return start > 1 and self.tokens[start - 1].capital and self.tokens[start].capital

    def _may_be_time(self, run: Run, weight: Weight) -> bool:
        if isinstance(run.phrases[0][1], Unreadable):
            token = self.tokens[run.start]
            return self.behind and ("month" in token.values or token.key in ("in", "after", "before", "until"))
        if run.is_adjective or "slash" in self.tokens[run.start].values:
            return self.behind and not run.is_adjective
        return weight is not Weight.COMPANION or self.behind


def _weight(tokens: Sequence[Token], run: Run) -> Weight:
    phrases = [phrase for _, phrase in run.phrases]
    if isinstance(phrases[0], Unreadable):
        return Weight.COMPANION
    timed = any(isinstance(phrase, Clock | Repeat | Remind | Moment) for phrase in phrases)
    if timed and len({type(phrase) for phrase in phrases}) > 1:
        return Weight.ANYWHERE
    return max(_weight_of(tokens, item, phrase) for item, phrase in run.phrases)


def _weight_of(tokens: Sequence[Token], item: Item, phrase: Phrase) -> Weight:
    match phrase:
        case Clock() | Day() | Repeat():
            return phrase.weight
        case Moment() | Remind():
            return Weight.ANYWHERE
        case Span():
            return Weight.ANYWHERE if tokens[item.start].key in ("from", "between") else Weight.EDGE
        case _:
            return Weight.EDGE


def left_over(tokens: Sequence[Token], items: Sequence[Item], run: Run) -> tuple[int, int] | None:
    """The tokens right before or behind a run that are about time as well, and were not read; None without any."""
    before = _skipped(tokens, items, run.first - 1, -1)
    if before is not None and _is_left_before(tokens, before):
        return before.start, run.end
    behind = _skipped(tokens, items, run.last + 1, 1)
    if behind is not None and _is_left_behind(tokens, behind):
        return run.start, behind.end
    return None


def _skipped(tokens: Sequence[Token], items: Sequence[Item], at: int, step: int) -> Item | None:
    """The item at a place, or beyond the stops and marks that stand there."""
    while 0 <= at < len(items) and (items[at].mark or tokens[items[at].start].key in _STOPS):
        at += step
    return items[at] if 0 <= at < len(items) else None


def _is_duration_item(tokens: Sequence[Token], item: Item) -> bool | None:
    """Of an item that says how long: whether that is measured in hours or said with "for"; None of others."""
    last = tokens[item.end - 1]
    if item.end - item.start == 1 and "glued" not in last.values:
        return None
    quantity = last.values.get("glued")
    short = quantity.exact is not None if quantity else last.values.get("unit") in ("minute", "hour")
    return short or tokens[item.start].key == "for"


def _is_left_before(tokens: Sequence[Token], item: Item) -> bool:
    if (fine := _is_duration_item(tokens, item)) is not None:
        return not fine
    token = tokens[item.end - 1]
    if token.key in neighbours.BEFORE:
        return True
    return token.key not in ORDINARY and any(kind in token.values for kind in neighbours.CLASSES_BEFORE)


def _is_left_behind(tokens: Sequence[Token], item: Item) -> bool:
    if (fine := _is_duration_item(tokens, item)) is not None:
        return not fine
    token = tokens[item.start]
    if token.key in neighbours.BEHIND:
        return True
    if token.key in neighbours.LEADING and item.end < len(tokens):
        token = tokens[item.end]
    return token.key not in ORDINARY and any(kind in token.values for kind in neighbours.CLASSES_BEHIND)
