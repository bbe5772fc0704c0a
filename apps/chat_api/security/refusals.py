"""Refused sign-ins, counted in memory and told once a minute: whoever guesses writes no row with each guess.

A process tells of an account at most once a minute and kind, and of `most` accounts and kinds a minute in all; the
others are counted in a metric alone, so that no flood of refusals becomes one of writes. What a process has not told
when it is killed is lost, one that stops tells it; where a connection breaks in the moment of a commit, it may be told
twice. Nothing is counted for addresses of no account.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

import structlog
from prometheus_client import Counter

from chat_api.security.telling import about, tell_of_open
from taskflow_core.database.pool import Database
from taskflow_core.domain.clock import Clock
from taskflow_core.events.account import Locked, SignInRefused
from taskflow_core.events.topics import CHAT_API
from taskflow_core.telemetry.metrics import REGISTRY

log = structlog.get_logger(__name__)

SECONDS: Final = 60.0
"""Between two times that a process tells."""

NOT_TOLD: Final = Counter(
    "taskflow_refusals_not_recorded",
    "Refused sign-ins that no event tells of: of more accounts at a time than events are written for",
    registry=REGISTRY,
)

Kind = Literal["wrong", "locked"]


@dataclass(slots=True)
class _Count:
    since: datetime
    until: datetime
    count: int


class Refusals:
    """What one process counts."""

    def __init__(self, database: Database, clock: Clock, *, most: int = 500) -> None:
        self._database = database
        self._clock = clock
        self._most = most
        self._counts: dict[tuple[str, Kind], _Count] = {}

    def note(self, user_id: str, kind: Kind) -> None:
        """Count one: the password was `wrong`, or not looked at after too many attempts."""
        now = self._clock.now()
        self._add((user_id, kind), _Count(now, now, 1))

    async def tell(self) -> None:
        """Tell what was counted. Raises outages; then it is kept for the next time."""
        counted, self._counts = self._counts, {}
        if not counted:
            return
        try:
            async with self._database.transaction() as connection:
                await tell_of_open(connection, [_event(key, count) for key, count in counted.items()])
        except BaseException:  # also when it is cancelled: what was counted is told the next time
            for key, count in counted.items():
                self._add(key, count)
            raise

    def _add(self, key: tuple[str, Kind], more: _Count) -> None:
        known = self._counts.get(key)
        if known is not None:
            known.since, known.until = min(known.since, more.since), max(known.until, more.until)
            known.count += more.count
        elif len(self._counts) < self._most:
            self._counts[key] = more
        else:
            NOT_TOLD.inc(more.count)


def _event(key: tuple[str, Kind], counted: _Count) -> SignInRefused | Locked:
    user_id, kind = key
    made = SignInRefused if kind == "wrong" else Locked
    return made(count=counted.count, since=counted.since, **about(user_id, counted.until, CHAT_API))
