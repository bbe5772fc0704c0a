"""Whatever comes of asking whether the services are ready, the banner and the noted address come."""

import asyncio
import io
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import pytest

from taskflow_core.service.server import Server, configured
from taskflow_core.settings import Settings
from taskflow_local import up
from taskflow_local.demo import DemoError, make_demo
from taskflow_local.home import Home
from taskflow_local.progress import Progress
from taskflow_local.up import Started

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}"
FAILING = b"HTTP/1.1 503 Unavailable\r\ncontent-length: 4\r\nconnection: close\r\n\r\nwait"

Serve = Callable[..., Awaitable[socket.socket]]


@pytest.fixture
async def answering() -> AsyncGenerator[Serve]:
    """answering(b"", b"HTTP/1.1 …"): a server that gives these answers in turn, then the last; None hangs."""
    servers: list[asyncio.Server] = []

    async def start(*answers: bytes | None) -> socket.socket:
        left = list(answers)

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            content = left.pop(0) if len(left) > 1 else left[0]
            await reader.readuntil(b"\r\n\r\n") if content is not None else await reader.read()
            writer.write(content or b"")
            writer.close()

        servers.append(await asyncio.start_server(answer, "127.0.0.1", 0))
        return servers[-1].sockets[0]._sock  # pyright: ignore  # the socket that the wrapper holds

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home that is there."""
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


async def said(settings: Settings, listening: socket.socket, home: Path) -> str:
    """What is printed once it serves; the home has the address then."""
    out = io.StringIO()
    started = Started(Progress(out), Home(home), settings, listening, None)
    await started(Server(configured(lambda *_: None, keep_alive_seconds=5)))  # pyright: ignore  # no app is asked
    return out.getvalue()


@pytest.mark.parametrize(
    "first",
    [None, b"", b"not HTTP at all\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nhalf", FAILING],
    ids=["hangs", "closes", "garbage", "half", "failing"],
)
async def test_a_first_answer_of_any_kind_costs_neither_banner_nor_address(
    answering: Serve, settings: Settings, home: Path, monkeypatch: pytest.MonkeyPatch, first: bytes | None
) -> None:
    monkeypatch.setattr(up, "_ASK_SECONDS", 0.2)
    listening = await answering(first, OK)
    printed = await said(settings, listening, home)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    assert "all services answer" in printed
    assert f"TaskFlow runs at {url}" in printed
    assert (home / "address").read_text() == url


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(None, "ReadTimeout"), (b"", "disconnected"), (FAILING, "wait")],
    ids=["hangs", "closes", "failing"],
)
async def test_services_that_never_answer_are_said_with_the_reason(
    answering: Serve,
    settings: Settings,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: bytes | None,
    reason: str,
) -> None:
    monkeypatch.setattr(up, "_ASK_SECONDS", 0.1)
    monkeypatch.setattr(up, "READY_SECONDS", 0.4)
    printed = await said(settings, await answering(answer), home)
    assert "not yet, after 0 s" in printed
    assert reason in printed
    assert "TaskFlow runs at" in printed


async def test_an_address_that_cannot_be_noted_costs_no_banner(
    answering: Serve, settings: Settings, home: Path
) -> None:
    (home / "address").mkdir()
    printed = await said(settings, await answering(OK), home)
    assert "The address cannot be noted" in printed
    assert "TaskFlow runs at" in printed


async def test_the_demo_at_something_else_says_so(answering: Serve) -> None:
    port = (await answering(OK)).getsockname()[1]
    with pytest.raises(DemoError, match="no TaskFlow"):
        await asyncio.to_thread(make_demo, f"http://127.0.0.1:{port}")
    with pytest.raises(DemoError, match="No platform answers"):
        await asyncio.to_thread(make_demo, "http://nowhere example")
