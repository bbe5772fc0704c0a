"""The way of an event, proven from outside: a task is made, its frame comes on the stream, its row is in the trail.

Phase IV's calls (smoke.py) are answered without any of it: a release whose sidecars, broker or consumers stand still
would pass them.
"""

import asyncio
import secrets
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

import httpx
import msgspec

from taskflow_ops.phase_iv.replay import Check

FRAME_SECONDS: Final = 30.0
"""How long a frame may take: a consumer group that has just been made waits for Kafka to give it its partitions."""

ROW_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.5
_ASK_SECONDS: Final = 15.0

Ask = Callable[[], Awaitable[Any]]


class _WrongError(Exception):
    """A step was answered otherwise than it should be; the message says how."""


async def prove_events(client: httpx.AsyncClient) -> list[Check]:
    """Make each step once, as a throwaway user who stays; the task is deleted. Raises nothing of httpx.

    A step that an earlier one failed is left out, since it would fail for the same reason.
    """
    checks: list[Check] = []
    proof = _Proof(client)
    steps: tuple[tuple[str, float, Ask], ...] = (
        ("events: sign up", _ASK_SECONDS, proof.sign_up),
        ("events: open a stream", _ASK_SECONDS, proof.open_stream),
        ("events: create a task", _ASK_SECONDS, proof.create),
        ("events: its frame on the stream", FRAME_SECONDS, proof.frame),
        ("events: its row in the audit trail", ROW_SECONDS, proof.row),
    )
    try:
        for name, seconds, step in steps:
            began = time.perf_counter()
            problem = await _problem(step, seconds)
            checks.append(Check(name, problem, time.perf_counter() - began))
            if problem:
                break
    finally:
        await proof.end()
    return checks


async def _problem(step: Ask, seconds: float) -> str:
    try:
        async with asyncio.timeout(seconds):
            await step()
    except TimeoutError:
        return f"not within {seconds:.0f} s"
    except _WrongError as error:
        return str(error)
    except httpx.HTTPError as error:
        return f"no answer: {str(error) or type(error).__name__}"
    return ""


class _Proof:
    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._headers: dict[str, str] = {}
        self._stream: httpx.Response | None = None
        self._task = ""

    async def sign_up(self) -> None:
        body = {"email": f"events-{uuid.uuid4().hex}@example.com", "password": secrets.token_urlsafe(18)}
        answer = await self._ask("POST", "/api/v1/auth/signup", 201, body)
        self._headers = {"Authorization": f"Bearer {_field(answer, 'token')}"}

    async def open_stream(self) -> None:
        timeout = httpx.Timeout(_ASK_SECONDS, read=None)  # each step has its own deadline
        request = self._client.build_request(
            "GET", "/api/v1/notifications/stream", headers=self._headers, timeout=timeout
        )
        self._stream = await self._client.send(request, stream=True)
        if self._stream.status_code != 200:
            text = (await self._stream.aread()).decode(errors="replace")
            raise _WrongError(f"status {self._stream.status_code} instead of 200: {text[:200]}")

    async def create(self) -> None:
        answer = await self._ask("POST", "/api/v1/tasks", 201, {"title": "Smoke test of events"})
        self._task = _field(answer, "id")

    async def frame(self) -> None:
        assert self._stream is not None, "opened before"
        async for data in _data(self._stream):
            try:
                frame: Any = msgspec.json.decode(data)
            except msgspec.DecodeError as error:
                raise _WrongError(f"a frame is no JSON: {data[:100]}") from error
            tasks = [frame.get("task_id"), *(frame.get("task_ids") or [])] if isinstance(frame, dict) else []  # pyright: ignore
            if self._task in tasks:
                return
        raise _WrongError("the stream ended before")

    async def row(self) -> None:
        while True:
            answer = await self._ask("GET", f"/api/v1/audit/tasks/{self._task}", 200)
            items: list[Any] = answer.get("items", []) if isinstance(answer, dict) else []  # pyright: ignore
            if any(isinstance(item, dict) and item.get("type") == "task.created" for item in items):  # pyright: ignore
                return
            await asyncio.sleep(POLL_SECONDS)

    async def end(self) -> None:
        try:
            async with asyncio.timeout(_ASK_SECONDS):
                if self._stream is not None:
                    await self._stream.aclose()
                if self._task:
                    await self._client.delete(f"/api/v1/tasks/{self._task}", headers=self._headers)
        except (httpx.HTTPError, TimeoutError):
            return  # the report says already what is wrong

    async def _ask(self, method: str, path: str, status: int, body: Any = None) -> Any:
        self._client.cookies.clear()  # the token alone, as a program has it
        answer = await self._client.request(method, path, json=body, headers=self._headers)
        if answer.status_code != status:
            raise _WrongError(f"status {answer.status_code} instead of {status}: {answer.text[:200]}")
        try:
            return answer.json()
        except ValueError as error:
            raise _WrongError(f"no JSON: {answer.text[:200]}") from error


def _field(answer: Any, name: str) -> str:
    try:
        return str(answer[name])
    except (TypeError, KeyError) as error:
        raise _WrongError(f"the answer has no {name}") from error


async def _data(stream: httpx.Response) -> AsyncIterator[str]:
    """The data of each server-sent event."""
    lines: list[str] = []
    async for line in stream.aiter_lines():
        if line.startswith("data:"):
            lines.append(line[5:].removeprefix(" "))
        elif not line and lines:
            yield "\n".join(lines)
            lines = []
