"""A clock that tests move."""

from datetime import UTC, datetime, timedelta


class MovableClock:
    """The machine's time until it is moved or frozen, then as far from it as the test says."""

    def __init__(self) -> None:
        self._offset = timedelta()
        self._frozen: datetime | None = None

    def now(self) -> datetime:
        """The present of the test, aware, in UTC."""
        return self._frozen if self._frozen is not None else datetime.now(UTC) + self._offset

    def advance(self, by: timedelta) -> None:
        """Moves forward, or back when negative."""
        if self._frozen is not None:
            self._frozen += by
        else:
            self._offset += by

    def freeze(self, at: datetime) -> None:
        """Stands still at an aware instant; advance() still moves it."""
        self._frozen = at.astimezone(UTC)

    def run_from(self, at: datetime) -> None:
        """Goes on from an aware instant at the machine's pace."""
        self._frozen = None
        self._offset = at.astimezone(UTC) - datetime.now(UTC)
