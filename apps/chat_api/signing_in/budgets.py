"""Budgets: how many attempts there may be for a key in a span of time. What is taken is given back by a success.

A budget begins with the first attempt and is whole again when its span is over. An attempt takes from its budgets
before anything is checked, so that attempts that come together, to several replicas, cannot all go through; what is
taken by one whose process dies in between ages out. Whoever is refused takes nothing and leaves no row.
"""

import math
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from taskflow_core.database.pool import Database
from taskflow_core.domain.clock import Clock

# Takes one from each budget ($1 keys, $2 how many they have, $3 when they end if they begin at $4), if each has one
# left. Returns when those that are used up are whole again, else null. Rows are locked in the order of the keys given.
# A row that ends later than any may has been written before the clock was set back: it counts for nothing.
_CHARGE: Final = """
WITH asked AS (
    SELECT * FROM unnest($1::bytea[], $2::integer[], $3::timestamptz[]) WITH ORDINALITY AS its (key, most, ends, place)
), used_up AS (
    SELECT max(budget.ends_at) AS until FROM asked JOIN sign_in_budgets AS budget USING (key)
    WHERE budget.used >= most AND budget.ends_at > $4 AND budget.ends_at <= asked.ends + interval '1 minute'
), taken AS (
    INSERT INTO sign_in_budgets AS budget (key, used, ends_at)
    SELECT key, 1, ends FROM asked WHERE (SELECT until FROM used_up) IS NULL ORDER BY place
    ON CONFLICT (key) DO UPDATE SET
        used = CASE WHEN budget.ends_at > $4 AND budget.ends_at <= excluded.ends_at + interval '1 minute'
            THEN budget.used + 1 ELSE 1 END,
        ends_at = CASE WHEN budget.ends_at > $4 AND budget.ends_at <= excluded.ends_at + interval '1 minute'
            THEN budget.ends_at ELSE excluded.ends_at END
    RETURNING key, used, ends_at
)
SELECT max(until) FROM (
    SELECT until FROM used_up UNION ALL SELECT ends_at FROM taken JOIN asked USING (key) WHERE taken.used > most
) AS refused
"""
# Gives one back to each budget ($1), everything to those that a success wipes clean ($2); locks in the same order.
_GIVE_BACK: Final = """
WITH held AS MATERIALIZED (
    SELECT budget.key, wiped FROM unnest($1::bytea[], $2::boolean[]) WITH ORDINALITY AS asked (key, wiped, place)
    JOIN sign_in_budgets AS budget USING (key) ORDER BY place FOR UPDATE OF budget
)
UPDATE sign_in_budgets AS budget SET used = CASE WHEN wiped THEN 0 ELSE greatest(used - 1, 0) END
FROM held WHERE held.key = budget.key
"""
# Budgets that are whole again.
_PURGE: Final = """
DELETE FROM sign_in_budgets WHERE key IN (
    SELECT key FROM sign_in_budgets WHERE ends_at < $1 LIMIT 1000 FOR UPDATE SKIP LOCKED
)
"""


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """`most` attempts in `seconds` for whatever `key` is the hash of. `wiped`: a success forgets all failures."""

    key: bytes
    most: int
    seconds: int = 60
    wiped: bool = False


class SharedBudgets:
    """Those of all replicas, in PostgreSQL. Outages are raised: nobody gets by without being counted.

    Budgets are always given in the same order, the widest first: so two attempts never wait for one another.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def charge(self, budgets: Sequence[Budget]) -> int:
        """Take one from each, and return 0; or take none, and return the seconds until each has one again."""
        now = self._clock.now()
        ends = [now + timedelta(seconds=budget.seconds) for budget in budgets]
        keys, most = [budget.key for budget in budgets], [budget.most for budget in budgets]
        return _seconds(await self._database.fetchval(_CHARGE, keys, most, ends, now), now)

    async def give_back(self, budgets: Sequence[Budget]) -> None:
        """Undo a charge."""
        keys, wiped = [budget.key for budget in budgets], [budget.wiped for budget in budgets]
        await self._database.execute(_GIVE_BACK, keys, wiped)

    async def purge(self) -> None:
        """Delete what counts for nothing any more."""
        while await self._database.execute(_PURGE, self._clock.now()) == "DELETE 1000":
            pass


class LocalBudgets:
    """The same for one process, in its memory: at most `most_kept`, of which the oldest give way."""

    def __init__(self, clock: Clock, *, most_kept: int = 10_000) -> None:
        self._clock = clock
        self._most_kept = most_kept
        self._kept: OrderedDict[bytes, tuple[int, datetime]] = OrderedDict()

    async def charge(self, budgets: Sequence[Budget]) -> int:
        """See SharedBudgets."""
        now = self._clock.now()
        found = [self._of(budget, now) for budget in budgets]
        used_up = [ends for (used, ends), budget in zip(found, budgets, strict=True) if used >= budget.most]
        if used_up:
            return _seconds(max(used_up), now)
        for (used, ends), budget in zip(found, budgets, strict=True):
            self._kept[budget.key] = used + 1, ends
            if len(self._kept) > self._most_kept:
                self._kept.popitem(last=False)
        return 0

    async def give_back(self, budgets: Sequence[Budget]) -> None:
        """See SharedBudgets."""
        for budget in budgets:
            used, ends = self._kept.pop(budget.key, (0, None))
            if ends is not None and used > 1 and not budget.wiped:
                self._kept[budget.key] = used - 1, ends

    def _of(self, budget: Budget, now: datetime) -> tuple[int, datetime]:
        whole = 0, now + timedelta(seconds=budget.seconds)
        used, ends = self._kept.get(budget.key, whole)
        return (used, ends) if now < ends <= whole[1] else whole


def _seconds(until: datetime | None, now: datetime) -> int:
    return 0 if until is None else max(1, math.ceil((until - now).total_seconds()))
