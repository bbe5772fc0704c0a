"""Events that meet an outage alone, while others of their group pass: then it may be the event, and no outage at all.

An outage costs no attempt, so an event that waits for a lock that nobody lets go, or takes longer than any time-out,
would come again for ever. Here the time adds up that such an event failed while others passed; after ten minutes of it
each further failure is an attempt. In an outage of everything nothing passes, so no time adds up.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from taskflow_core.domain.clock import Clock, SystemClock

PATIENCE: Final = timedelta(minutes=10)
_REMEMBERED: Final = 10_000

Failure = Literal["outage", "waits", "attempt"]


@dataclass(slots=True)
class _Suspect:
    failed_at: datetime
    passed_before: int
    failures: int = 0
    alone: timedelta = timedelta()


class Suspects:
    """Those of one consumer group, as this process knows them; a restart begins anew."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._passed = 0
        self._known: OrderedDict[str, _Suspect] = OrderedDict()

    def __contains__(self, event_id: str) -> bool:
        """Whether it is one."""
        return event_id in self._known

    def passed(self, event_ids: Iterable[str]) -> None:
        """They were dealt with, one way or the other."""
        for event_id in event_ids:
            self._passed += 1
            self._known.pop(event_id, None)

    def failures(self, event_id: str) -> int:
        """How often it has failed alone; 0 for one that is no suspect."""
        known = self._known.get(event_id)
        return known.failures if known else 0

    def failed(self, event_id: str, *, beside_others: bool = False) -> Failure:
        """It met an outage alone. `beside_others`: others passed in the same round.

        "outage" when nothing has passed since it last failed (or it is new): it may be one for all. Else "waits", and
        "attempt" once it has been alone for long enough.
        """
        now = self._clock.now()
        known = self._known.get(event_id)
        if known is None:
            known = self._known[event_id] = _Suspect(now, self._passed)
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        others_passed = self._passed > known.passed_before
        if others_passed:
            known.alone += max(now - known.failed_at, timedelta())
        known.failures += 1
        known.failed_at, known.passed_before = now, self._passed
        if not others_passed:
            return "waits" if beside_others else "outage"
        return "attempt" if known.alone >= PATIENCE else "waits"
