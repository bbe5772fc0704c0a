"""Asks the second reader: bounded in time, in size, in how many at once, and in how often for one person."""

import asyncio
import time
from collections import Counter as Counts
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

import httpx
import structlog
from prometheus_client import Counter

from chat_api.chat.words import Speaker
from chat_api.second_reader.protocol import LARGEST_ANSWER, call_of, request
from chat_api.second_reader.sentences import sentence_of
from taskflow_core.decoding import UndecodableError
from taskflow_core.settings import Settings
from taskflow_core.telemetry.metrics import REGISTRY

log = structlog.get_logger(__name__)

READINGS: Final = Counter(
    "taskflow_second_readings",
    "Messages given to the second reader, by what came of it: proposed, nothing, failed, not_asked (too many at once,"
    " too many of one person, or it failed just before)",
    ["outcome"],
    registry=REGISTRY,
)

LONGEST_MESSAGE: Final = 500
"""Characters of a message that is given to it."""
AT_ONCE: Final = 8
"""Messages that a process gives to it at once, each of another person."""
AN_HOUR: Final = 60
"""Messages of one person in an hour that a process gives to it."""
REST_SECONDS: Final = 30.0
"""How long a process asks nothing after it failed three times in a row."""

_FAILURES: Final = 3


class SecondReader:
    """The reader that the settings name. `read` never fails: no proposal is an answer too."""

    def __init__(self, client: httpx.AsyncClient, model: str, *, within: float) -> None:
        self._client = client
        self._model = model
        self._within = within
        self._busy: set[str] = set()
        self._hour = 0
        self._asked: Counts[str] = Counts()
        self._failures = 0
        self._rests_until = 0.0

    async def read(self, user_id: str, message: str, speaker: Speaker) -> str | None:
        """A sentence of the chat's own language that `message` may mean, None where there is none."""
        if not self._may_ask(user_id, message):
            READINGS.labels("not_asked").inc()
            return None
        self._busy.add(user_id)
        self._asked[user_id] += 1
        try:
            async with asyncio.timeout(self._within):
                call = call_of(await self._answer(request(self._model, message, speaker.now)))
        except (httpx.HTTPError, UndecodableError, TimeoutError, _TooLargeError) as error:
            self._failed(error)
            return None
        finally:
            self._busy.discard(user_id)
        self._failures = 0
        sentence = None if call is None else sentence_of(call, speaker)
        READINGS.labels("nothing" if sentence is None else "proposed").inc()
        return sentence

    async def aclose(self) -> None:
        """Close its connections."""
        await self._client.aclose()

    def _may_ask(self, user_id: str, message: str) -> bool:
        now = time.monotonic()
        if (hour := int(now // 3600)) != self._hour:
            self._hour = hour
            self._asked.clear()
        return (
            len(message) <= LONGEST_MESSAGE
            and now >= self._rests_until
            and user_id not in self._busy
            and len(self._busy) < AT_ONCE
            and self._asked[user_id] < AN_HOUR
        )

    async def _answer(self, body: bytes) -> bytes:
        content = bytearray()
        headers = {"Content-Type": "application/json"}
        async with self._client.stream("POST", "chat/completions", content=body, headers=headers) as answer:
            answer.raise_for_status()
            async for piece in answer.aiter_bytes():
                content += piece
                if len(content) > LARGEST_ANSWER:
                    raise _TooLargeError
        return bytes(content)

    def _failed(self, error: Exception) -> None:
        """Without the message: people's words are not for logs, and errors may quote what they are about."""
        READINGS.labels("failed").inc()
        self._failures += 1
        status = error.response.status_code if isinstance(error, httpx.HTTPStatusError) else None
        rests = self._failures >= _FAILURES
        if rests:
            self._failures = 0
            self._rests_until = time.monotonic() + REST_SECONDS
        log.warning("second_reader_failed", reason=type(error).__name__, status=status, rests=rests)


class _TooLargeError(Exception):
    """The answer is larger than any that is meant."""


@asynccontextmanager
async def closing(reader: SecondReader | None) -> AsyncGenerator[None]:
    """While entered, the reader may be used."""
    try:
        yield
    finally:
        if reader is not None:
            await reader.aclose()


def second_reader(settings: Settings) -> SecondReader | None:
    """The reader as it is set; None where there is none."""
    url, model = settings.second_reader_url, settings.second_reader_model
    if url is None or model is None:
        return None
    headers = {"Authorization": f"Bearer {settings.second_reader_password}"} if settings.second_reader_password else {}
    client = httpx.AsyncClient(
        base_url=url.rstrip("/") + "/",
        headers=headers,
        timeout=settings.second_reader_seconds,
        limits=httpx.Limits(max_connections=AT_ONCE),
        trust_env=False,
    )
    return SecondReader(client, model, within=settings.second_reader_seconds)
