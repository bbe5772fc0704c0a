"""Which notifications a user wants: read when their stream opens, and again every few seconds while it is."""

import asyncio
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

import asyncpg
import msgspec
import structlog

from taskflow_core.database.outages import OUTAGES
from taskflow_core.database.pool import Database
from taskflow_core.events.model import EventType
from taskflow_core.periodic import every

log = structlog.get_logger(__name__)

ALL: Final = "all"
"""The preference of those who have none."""

_REFRESH_SECONDS: Final = 2.0
_SLICE: Final = 1_000
_PATIENCE_SECONDS: Final = 1.0

# The preferences of some users; those without a row want all.
_READ: Final = "SELECT user_id, notifications FROM user_preferences WHERE user_id = ANY($1::text[])"
# Of users whose preference is known, those where it has changed.
_CHANGED: Final = """
SELECT known.user_id, coalesce(p.notifications, 'all') AS notifications
FROM unnest($1::text[], $2::text[]) AS known (user_id, notifications)
LEFT JOIN user_preferences p ON p.user_id = known.user_id
WHERE coalesce(p.notifications, 'all') <> known.notifications
"""

_types = msgspec.json.Decoder(list[str])
_BY_NAME: Final[dict[str, frozenset[EventType] | None]] = {
    ALL: None,
    "reminders": frozenset({"task.reminder.triggered"}),
    "none": frozenset(),
}


@lru_cache(maxsize=256)
def wanted_by(preference: str) -> frozenset[EventType] | None:
    """The types a preference stands for, None for all. What cannot be read means all: better too much than silence."""
    if preference in _BY_NAME:
        return _BY_NAME[preference]
    try:
        return frozenset(_types.decode(preference))  # pyright: ignore[reportReturnType]  # unknown types match nothing
    except msgspec.DecodeError:
        log.warning("preference_unreadable")
        return None


class Preferences:
    """Reads preferences for many users with one query: those who ask while one is under way are in the next."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._asked: list[tuple[str, asyncio.Future[str]]] = []
        self._reading: asyncio.Task[None] | None = None

    async def of(self, user_id: str) -> str:
        """A user's preference; all when the database does not say within a second."""
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._asked.append((user_id, answer))
        if self._reading is None:
            self._reading = asyncio.create_task(self._read(), name="preferences")
        return await answer

    async def watch(self, known: Callable[[], Sequence[tuple[str, str]]], changed: Callable[[str, str], None]) -> None:
        """Call `changed(user, preference)` for every one that differs from `known()`; for ever, until cancelled."""

        async def look() -> None:
            everyone = known()
            for start in range(0, len(everyone), _SLICE):
                some = everyone[start : start + _SLICE]
                for row in await self._database.fetch(_CHANGED, [u for u, _ in some], [p for _, p in some]):
                    changed(row["user_id"], row["notifications"])

        await every(_REFRESH_SECONDS, look, name="preferences")

    async def _read(self) -> None:
        try:
            while self._asked:
                asked, self._asked = self._asked, []
                found = await self._find([user_id for user_id, _ in asked])
                for user_id, answer in asked:
                    if not answer.done():
                        answer.set_result(found.get(user_id, ALL))
        finally:
            self._reading = None

    async def _find(self, user_ids: list[str]) -> dict[str, str]:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                rows = await self._database.fetch(_READ, user_ids)
        except (*OUTAGES, asyncpg.PostgresError) as error:
            # The stream must not wait for the database; `watch` sets it right afterwards.
            log.warning("preferences_unavailable", reason=str(error) or type(error).__name__)
            return {}
        except Exception:
            # Streams must not wait for ever on what should not happen.
            log.exception("preferences_failed")
            return {}
        return {row["user_id"]: row["notifications"] for row in rows}
