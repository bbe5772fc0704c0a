"""Hints by NOTIFY that a transaction wants sent once it has committed."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager, suppress
from contextvars import Context, ContextVar
from typing import Final

import asyncpg

from taskflow_core.database.outages import OUTAGES

_ROUND_SECONDS: Final = 0.005
"""Between two rounds of hints: what is appended meanwhile goes out together."""

# Hints, each a channel and a payload.
_NOTIFY: Final = "SELECT pg_notify(c, p) FROM unnest($1::text[], $2::text[]) AS h (c, p)"

_collecting: ContextVar[set[tuple[str, str]] | None] = ContextVar("hints", default=None)
"""What the transaction at work wants said once it has committed."""


def notify_after_commit(channel: str, payload: str) -> None:
    """Have NOTIFY sent once the transaction of Database.transaction() at work has committed; elsewhere never.

    It is a hint: it may come late, once for many, or not at all. Within the transaction it would be certain, and dear:
    PostgreSQL lets those that notify commit one after the other, each with a disk flush of its own.
    """
    hints = _collecting.get()
    if hints is not None:
        hints.add((channel, payload))


@contextmanager
def collected() -> Generator[set[tuple[str, str]]]:
    """What `notify_after_commit` is asked for within the block, to be sent after it."""
    hints: set[tuple[str, str]] = set()
    before = _collecting.get()
    _collecting.set(hints)
    try:
        yield hints
    finally:
        # Not by a token, which another context refuses: the event loop ends a block left unfinished in its own.
        _collecting.set(before)


class Hints:
    """Sends hints in the background, many at a time; `execute` runs a statement on a connection of the pool."""

    def __init__(self, execute: Callable[..., Awaitable[str]]) -> None:
        self._execute = execute
        self._waiting: set[tuple[str, str]] = set()
        self._sending: asyncio.Task[None] | None = None

    def send(self, hints: set[tuple[str, str]]) -> None:
        """Returns at once; nothing is raised where they cannot be sent."""
        self._waiting |= hints
        if self._waiting and (self._sending is None or self._sending.done()):
            # In a context of its own: hints of others are sent along, whatever this one's is fenced by.
            self._sending = asyncio.create_task(self._send(), name="database-hints", context=Context())

    async def close(self) -> None:
        """Stop sending; what waits is dropped."""
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)
            self._sending = None

    async def _send(self) -> None:
        with suppress(*OUTAGES, asyncpg.PostgresError):
            while self._waiting:
                hints, self._waiting = self._waiting, set()
                channels, payloads = zip(*hints, strict=True)
                await self._execute(_NOTIFY, channels, payloads)
                await asyncio.sleep(_ROUND_SECONDS)
