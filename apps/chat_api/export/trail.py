"""The way to audit-logger, which alone can read what a user wrote in the audit trail."""

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

import httpx
import msgspec

from taskflow_core.events.topics import CHAT_API
from taskflow_core.service.auth import CALLER_HEADER
from taskflow_core.telemetry import logs

EVENTS_AT_ONCE: Final = 500


class TrailUnavailableError(ConnectionError):
    """audit-logger did not answer: an outage. Without the trail an export would not be whole."""


class TrailReader(Protocol):
    """Reads one user's part of the audit trail."""

    async def check(self, user_id: str, until: datetime) -> None:
        """Raise an outage unless it can be read now."""

    def events(self, user_id: str, until: datetime) -> AsyncGenerator[Sequence[object]]:
        """What was recorded until a moment, the oldest first, some at a time. Raises outages."""
        ...


class _Page(msgspec.Struct, frozen=True, kw_only=True):
    items: list[Any]
    next: Any = None


_page: Final = msgspec.json.Decoder(_Page).decode


class AskedTrail:
    """Asks audit-logger's internal route. The client brings the token.

    A sidecar on the way (`by_sidecar`) writes the caller's name itself, from its certificate.
    """

    def __init__(self, client: httpx.AsyncClient, *, by_sidecar: bool) -> None:
        self._client = client
        self._headers = {} if by_sidecar else {CALLER_HEADER: CHAT_API}

    async def check(self, user_id: str, until: datetime) -> None:
        """Raise TrailUnavailableError unless audit-logger answers."""
        await self._ask({"user_id": user_id, "until": until, "limit": 1})

    async def events(self, user_id: str, until: datetime) -> AsyncGenerator[Sequence[object]]:
        """As in `TrailReader`. Raises TrailUnavailableError."""
        after: Any = None
        while True:
            page = await self._ask({"user_id": user_id, "until": until, "after": after, "limit": EVENTS_AT_ONCE})
            yield page.items
            if page.next is None:
                return
            after = page.next

    async def _ask(self, body: dict[str, object]) -> _Page:
        headers = self._headers | {"content-type": "application/json", "x-correlation-id": logs.correlation_id() or ""}
        try:
            answer = await self._client.post("/internal/trail", content=msgspec.json.encode(body), headers=headers)
            if answer.status_code == 200:
                return _page(answer.content)
            reason = f"status {answer.status_code}"
        except (httpx.HTTPError, msgspec.MsgspecError) as error:
            reason = f"{type(error).__name__}: {error}"
        raise TrailUnavailableError(f"audit-logger did not answer: {reason}")
