"""What an expression of PromQL reads: its selectors, and the labels it groups and matches by."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import promql_parser as promql


@dataclass(frozen=True)
class Selector:
    """One metric with its matchers: label, operator, value."""

    name: str
    matchers: tuple[tuple[str, str, str], ...]

    def values(self) -> Iterator[tuple[str, str]]:
        """Labels with each value that is asked for."""
        for label, operator, value in self.matchers:
            if operator == "=":
                yield label, value
            elif operator == "=~":
                yield from ((label, one) for one in value.split("|"))


@dataclass(frozen=True)
class Reading:
    """Everything that an expression reads."""

    selectors: list[Selector] = field(default_factory=list[Selector])
    labels: set[str] = field(default_factory=set[str])
    """Those it groups by and matches on, whatever the metric."""


_OPERATORS = {
    str(promql.MatchOp.Equal): "=",
    str(promql.MatchOp.NotEqual): "!=",
    str(promql.MatchOp.Re): "=~",
    str(promql.MatchOp.NotRe): "!~",
}


def read(expression: str) -> Reading:
    """Raises ValueError for what is no PromQL, or does not fit together by its types."""
    found = Reading()

    def visit(node: promql.Expr) -> None:
        if isinstance(node, promql.VectorSelector):
            matchers = tuple((one.name, _OPERATORS[str(one.op)], one.value) for one in node.matchers.matchers)
            found.selectors.append(Selector(node.name or "", matchers))
        elif isinstance(node, promql.AggregateExpr) and node.modifier is not None:
            found.labels.update(node.modifier.labels)
        elif isinstance(node, promql.BinaryExpr) and node.modifier is not None and node.modifier.matching is not None:
            found.labels.update(node.modifier.matching.labels)

    promql.walk(promql.parse(expression), visit)
    return found
