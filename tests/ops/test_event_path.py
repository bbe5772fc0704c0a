"""`taskflow ops smoke --events` fails where events stand still, says where, and waits for no longer than it says."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from taskflow_ops import event_path
from taskflow_ops.event_path import prove_events

Answer = Callable[[httpx.Request], httpx.Response]
FRAME = {"type": "task.created", "task_id": "t-1", "version": 1}


class Frames(httpx.AsyncByteStream):
    """A stream that tells these, in pieces, and then stays open, or ends."""

    def __init__(self, *frames: Any, ends: bool = False) -> None:
        text = ": hello\n\nretry: 500\n\n" + "".join(
            f"id: {n}\ndata: {frame if isinstance(frame, str) else json.dumps(frame)}\n\n"
            for n, frame in enumerate(frames)
        )
        self._text, self._ends = text.encode(), ends

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for position in range(0, len(self._text), 7):
            yield self._text[position : position + 7]
        if not self._ends:
            await asyncio.Event().wait()


class Platform:
    """A platform as a client sees it; `stream` and `rows` are what its events come to."""

    def __init__(self) -> None:
        self.deleted = False
        self.streams: list[httpx.AsyncByteStream] = [Frames({"type": "other", "task_id": "t-0"}, FRAME)]
        self.rows: list[list[Any]] = [[], [{"type": "task.created"}]]
        self.status: dict[str, int] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if (status := self.status.get(path)) is not None:
            return httpx.Response(status, json={"detail": "no"})
        if path == "/api/v1/auth/signup":
            return httpx.Response(201, json={"token": "secret"})
        assert request.headers["Authorization"] == "Bearer secret"
        if request.method == "DELETE":
            self.deleted = True
            return httpx.Response(204)
        if path == "/api/v1/tasks":
            return httpx.Response(201, json={"id": "t-1"})
        if path == "/api/v1/notifications/stream":
            return httpx.Response(200, stream=self.streams[0])
        return httpx.Response(200, json={"items": self.rows.pop(0) if len(self.rows) > 1 else self.rows[0]})


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Platform:
    for name, seconds in (("FRAME_SECONDS", 0.2), ("ROW_SECONDS", 0.2), ("POLL_SECONDS", 0.01)):
        monkeypatch.setattr(event_path, name, seconds)
    return Platform()


async def problems(platform: Answer) -> list[tuple[str, str]]:
    """The step that failed and why, or nothing."""
    async with httpx.AsyncClient(transport=httpx.MockTransport(platform), base_url="http://platform") as client:
        return [(check.name, check.problem) for check in await prove_events(client) if check.problem]


async def test_where_events_arrive_all_is_well_and_no_task_stays(platform: Platform) -> None:
    assert await problems(platform) == []
    assert platform.deleted


async def test_a_frame_in_a_batch_counts(platform: Platform) -> None:
    platform.streams = [Frames({"type": "batch", "task_ids": ["t-9", "t-1"]})]
    assert await problems(platform) == []


@pytest.mark.parametrize(
    ("stream", "problem"),
    [
        (Frames(), "not within 0 s"),
        (Frames({"type": "reset", "reason": "gap"}), "not within 0 s"),
        (Frames(ends=True), "the stream ended before"),
        (Frames("no JSON"), "a frame is no JSON: no JSON"),
    ],
    ids=["silent", "reset", "ends", "garbage"],
)
async def test_a_frame_that_does_not_come_is_told(platform: Platform, stream: Frames, problem: str) -> None:
    platform.streams = [stream]
    assert await problems(platform) == [("events: its frame on the stream", problem)]
    assert platform.deleted, "what it made goes all the same"


async def test_a_row_that_does_not_come_is_told(platform: Platform) -> None:
    platform.rows = [[{"type": "task.updated"}]]
    assert await problems(platform) == [("events: its row in the audit trail", "not within 0 s")]


async def test_phase_iv_has_no_stream_and_that_is_told(platform: Platform) -> None:
    platform.status["/api/v1/notifications/stream"] = 404
    ((name, problem),) = await problems(platform)
    assert name == "events: open a stream"
    assert problem.startswith("status 404 instead of 200")


async def test_a_platform_that_is_away_is_told(platform: Platform) -> None:
    def nobody(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody listens")

    assert await problems(nobody) == [("events: sign up", "no answer: nobody listens")]
