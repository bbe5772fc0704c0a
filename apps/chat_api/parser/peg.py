"""Matches a grammar that is written as text: ordered rules over tokens, each rule tried once at each place.

A rule is a name and its patterns, each with the action that makes its value:

    day:
        today|tod                     => from_today 0
        in {quantity} [time]          => after_now
        <weekday>                     => next_weekday

| in a pattern | matches |
|---|---|
| `on`, `on\\|by` | this word, one of these words |
| `[on\\|by the]` | these words in order, or nothing |
| `<weekday>` | a token of this class; its value goes to the action |
| `{quantity}` | another rule; its value goes to the action |
| `<weekday>?`, `{day}?` | the same or nothing; the action then gets None |
| `{listed}+`, `{listed}*` | one or more, any number; the action gets a tuple |

An action may stand with words that it gets before the values (`from_today 0`). One that gives None refuses the match.
`=> nothing` has no action: a rule of such patterns alone has no value, and none goes to an action for it.
Of a rule's patterns that match, the longest counts. What was found at a place is kept, so the work grows with the
number of tokens and no faster, whatever they are.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Found = tuple[int, Any]
"""Where a match ends, and its value."""

_STEP: Final = re.compile(r"(?P<skip>\[[^\]]+\])|(?P<kind>[<{])(?P<name>[a-z_0-9]+)[>}](?P<many>[?+*]?)|(?P<word>\S+)")
_MOST_IN_A_LIST: Final = 12


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a sentence, from `start` to before `end`.

    `symbols` are what a grammar can know it by: its `key`, where any pattern has that word, and `<class>` for each of
    the classes in `values`. `glued` continues the word of the token before it; `capital` began with one as written.
    """

    start: int
    end: int
    key: str
    symbols: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    glued: bool = False
    capital: bool = False


@dataclass(frozen=True, slots=True)
class _Step:
    kind: Literal["word", "skip", "class", "rule"]
    name: str = ""
    words: tuple[frozenset[str], ...] = ()
    many: str = ""

    @property
    def may_be_empty(self) -> bool:
        return self.kind == "skip" or self.many in ("?", "*")


@dataclass(frozen=True, slots=True)
class _Pattern:
    steps: tuple[_Step, ...]
    action: Callable[..., Any] | None
    given: tuple[Any, ...]


class Grammar:
    """Rules by name. A value of the type `spoilt` is what any pattern comes to that holds it, whatever its action.

    Raises ValueError, when made, for a rule or action that does not exist.
    """

    def __init__(self, text: str, actions: Mapping[str, Callable[..., Any]], spoilt: type[Any]) -> None:
        self.spoilt: Final = spoilt
        self._rules: dict[str, list[_Pattern]] = {}
        patterns: list[_Pattern] = []
        for line in text.splitlines():
            body = line.partition("#")[0].strip()
            if body.endswith(":") and "=>" not in body:
                patterns = self._rules.setdefault(body[:-1], [])
            elif body:
                patterns.append(_pattern(body, actions))
        self._check()
        self.words: Final = frozenset(word for step in self._steps() for words in step.words for word in words)
        self.without_value: Final = frozenset(
            name for name, patterns in self._rules.items() if all(pattern.action is None for pattern in patterns)
        )
        self._first: dict[str, frozenset[str]] = {}
        for name in self._rules:
            self._first_of(name, ())
        # Symbols are of the grammar's own words and classes, so there is an end to their combinations.
        self._known: dict[tuple[str, tuple[str, ...]], list[_Pattern]] = {}
        self._starting: dict[str, dict[str, list[_Pattern]]] = {name: self._by_symbol(name) for name in self._rules}

    def _steps(self) -> list[_Step]:
        return [step for patterns in self._rules.values() for pattern in patterns for step in pattern.steps]

    def _check(self) -> None:
        missing = {step.name for step in self._steps() if step.kind == "rule"} - set(self._rules)
        if missing:
            raise ValueError(f"rules without patterns: {', '.join(sorted(missing))}")

    def _first_of(self, name: str, within: tuple[str, ...]) -> frozenset[str]:
        """The symbols that a rule can begin with. Raises ValueError for a rule that begins with itself."""
        if name in within:
            raise ValueError(f"{name} begins with itself")
        if name not in self._first:
            found = [self._first_of_pattern(pattern, (*within, name)) for pattern in self._rules[name]]
            self._first[name] = frozenset().union(*found)
        return self._first[name]

    def _first_of_pattern(self, pattern: _Pattern, within: tuple[str, ...]) -> frozenset[str]:
        symbols: set[str] = set()
        for step in pattern.steps:
            if step.kind == "class":
                symbols.add(f"<{step.name}>")
            elif step.kind == "rule":
                symbols |= self._first_of(step.name, within)
            else:
                symbols |= step.words[0]
            if not step.may_be_empty:
                break
        return frozenset(symbols)

    def _by_symbol(self, name: str) -> dict[str, list[_Pattern]]:
        table: dict[str, list[_Pattern]] = {}
        for pattern in self._rules[name]:
            for symbol in self._first_of_pattern(pattern, (name,)):
                table.setdefault(symbol, []).append(pattern)
        return table

    def starting(self, rule: str, token: Token) -> list[_Pattern]:
        """The patterns of a rule that can begin with a token."""
        key = (rule, token.symbols)
        if key not in self._known:
            table = self._starting[rule]
            # By identity: each once, however many symbols of the token begin it.
            found = {id(pattern): pattern for symbol in token.symbols for pattern in table.get(symbol, ())}
            self._known[key] = list(found.values())
        return self._known[key]


class Matcher:
    """Matches of a grammar in some tokens; `context` is handed to every action first."""

    def __init__(self, grammar: Grammar, tokens: Sequence[Token], context: Any) -> None:
        self._grammar = grammar
        self._tokens = tokens
        self._context = context
        self._found: dict[tuple[str, int], Found | None] = {}

    def match(self, rule: str, at: int) -> Found | None:
        """The longest match of `rule` at token `at`, or None."""
        if at >= len(self._tokens):
            return None
        key = (rule, at)
        if key in self._found:
            return self._found[key]
        best: Found | None = None
        for pattern in self._grammar.starting(rule, self._tokens[at]):
            found = self._pattern(pattern, at)
            if found is not None and (best is None or found[0] > best[0]):
                best = found
        self._found[key] = best
        return best

    def _pattern(self, pattern: _Pattern, at: int) -> Found | None:
        values: list[Any] = [*pattern.given]
        for step in pattern.steps:
            if step.kind == "word":
                if at >= len(self._tokens) or self._tokens[at].key not in step.words[0]:
                    return None
                at += 1
            elif step.kind == "skip":
                at = self._skipped(step, at)
            else:
                after = self._captured(step, at, values)
                if after is None:
                    return None
                at = after
        if pattern.action is None:
            return at, None
        bad = next((value for value in values if isinstance(value, self._grammar.spoilt)), None)
        value = pattern.action(self._context, *values) if bad is None else bad
        return None if value is None else (at, value)

    def _skipped(self, step: _Step, at: int) -> int:
        tokens = self._tokens
        end = at + len(step.words)
        if end <= len(tokens) and all(tokens[at + n].key in words for n, words in enumerate(step.words)):
            return end
        return at

    def _captured(self, step: _Step, at: int, values: list[Any]) -> int | None:
        """Where the step ends, its value appended to `values`; None where it does not match."""
        if step.many in ("+", "*"):
            several: list[Any] = []
            while len(several) < _MOST_IN_A_LIST and (found := self._one(step, at)):
                at = found[0]
                several.append(found[1])
            values.append(tuple(several))
            return at if several or step.many == "*" else None
        found = self._one(step, at)
        if found is None and not step.many:
            return None
        if step.kind == "class" or step.name not in self._grammar.without_value:
            values.append(found and found[1])
        return found[0] if found else at

    def _one(self, step: _Step, at: int) -> Found | None:
        if step.kind == "rule":
            return self.match(step.name, at)
        if at < len(self._tokens) and step.name in self._tokens[at].values:
            return at + 1, self._tokens[at].values[step.name]
        return None


def _pattern(line: str, actions: Mapping[str, Callable[..., Any]]) -> _Pattern:
    written, _, action = (part.strip() for part in line.partition("=>"))
    name, *given = action.split()
    if name != "nothing" and name not in actions:
        raise ValueError(f"no action {name!r} in {line!r}")
    steps = tuple(_step(match) for match in _STEP.finditer(written))
    values = tuple(int(word) if word.lstrip("-").isdigit() else word for word in given)
    return _Pattern(steps, actions.get(name), values)


def _step(match: re.Match[str]) -> _Step:
    if match["skip"]:
        return _Step("skip", words=tuple(frozenset(word.split("|")) for word in match["skip"][1:-1].split()))
    if match["word"]:
        return _Step("word", words=(frozenset(match["word"].split("|")),))
    return _Step("class" if match["kind"] == "<" else "rule", match["name"], (), match["many"])
