"""Percentiles, and lines of tables."""

from collections.abc import Sequence


def percentile(values: Sequence[float], hundredth: int) -> float:
    """The value that so many hundredths of the values lie below; they come in any order."""
    ordered = sorted(values)
    return ordered[len(ordered) * hundredth // 100]


class Table:
    """A table whose first column is `width` wide; the others have a title and a width each."""

    def __init__(self, width: int, *columns: tuple[str, int]) -> None:
        self._width = width
        self._columns = columns

    def head(self, title: str) -> str:
        """The first line."""
        return self.line(title, *(name for name, _ in self._columns))

    def line(self, name: str, *cells: str) -> str:
        """A line: a name, and a cell for each column (fewer leave the last ones out)."""
        widths = [width for _, width in self._columns[: len(cells)]]
        return f"{name:<{self._width}}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))


def each(values: Sequence[float], form: str) -> str:
    """The values of several turns in one cell."""
    return " ".join(format(value, form) for value in values)
