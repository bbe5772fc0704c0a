"""How much a task matters: four steps, `none` unless somebody said otherwise."""

from typing import Final, Literal, get_args

Priority = Literal["none", "low", "medium", "high"]

PRIORITIES: Final[tuple[Priority, ...]] = get_args(Priority)
"""From the least to the most."""


def rank(priority: Priority) -> int:
    """The place of a priority among them: 0 for none, 3 for high."""
    return PRIORITIES.index(priority)
