"""The way to chat-api, which alone makes tasks: asks for the occurrences of due series, again if need be."""

import asyncio
from collections.abc import Sequence
from typing import Final

import httpx
import msgspec
import structlog

from taskflow_core.bus.delivery import backoff
from taskflow_core.events.topics import RECURRING_TASK_PROCESSOR
from taskflow_core.service.auth import CALLER_HEADER
from taskflow_core.telemetry import logs

log = structlog.get_logger(__name__)

_TRIES: Final = 4


class ChatApiUnavailableError(ConnectionError):
    """chat-api did not answer, however often it was asked."""


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one series."""

    series_id: str
    task_ids: list[str] = []
    error: str | None = None


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    items: list[Made]


class Occurrences:
    """Asks chat-api for occurrences. Asking twice makes nothing twice: a slot is made once.

    The client brings the token. A sidecar on the way (`by_sidecar`) writes the caller's name itself, from its
    certificate; a second one beside it would be taken for somebody else's.
    """

    def __init__(self, client: httpx.AsyncClient, *, by_sidecar: bool = False) -> None:
        self._client = client
        self._headers = {} if by_sidecar else {CALLER_HEADER: RECURRING_TASK_PROCESSOR}

    async def make(self, series_ids: Sequence[str]) -> list[Made]:
        """Make what is due of these series. Raises ChatApiUnavailableError after several tries, further apart each."""
        reason = ""
        for attempt in range(1, _TRIES + 1):
            try:
                response = await self._client.post(
                    "/internal/occurrences",
                    json={"series_ids": list(series_ids)},
                    headers=self._headers | {"x-correlation-id": logs.correlation_id() or ""},
                )
                if response.status_code == 200:
                    return msgspec.json.decode(response.content, type=_Answer).items
                reason = f"status {response.status_code}: {response.text[:200]}"
            except (httpx.HTTPError, msgspec.MsgspecError) as error:  # no answer, or something else's
                reason = f"{type(error).__name__}: {error}"
            log.warning("chat_api_refused", attempt=attempt, reason=reason)
            if attempt < _TRIES:
                await asyncio.sleep(backoff(attempt))
        raise ChatApiUnavailableError(reason)
