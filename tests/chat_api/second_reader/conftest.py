"""A server of chat completions on this machine, which says what a test lets it say; and a chat that may ask it."""

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
import uvicorn

from taskflow_core.settings import Settings
from tests.chat_api.people import User
from tests.chat_api.talk import Talk

KEY = "shown to the server"


@dataclass
class StandIn:
    """Speaks the protocol over HTTP. `calls` are the tools that the next answer calls, with their arguments."""

    url: str = ""
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list[tuple[str, dict[str, Any]]])
    body: bytes | None = None
    status: int = 200
    hangs: bool = False
    asked: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    headers: dict[str, str] = field(default_factory=dict[str, str])
    paths: list[str] = field(default_factory=list[str])

    def answers(self, name: str, **arguments: Any) -> None:
        """The next answers call this tool."""
        self.calls = [(name, arguments)]

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        """One request."""
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        self.paths.append(scope["path"])
        self.headers = {key.decode(): value.decode() for key, value in scope["headers"]}
        self.asked.append(json.loads(body))
        if self.hangs:
            await asyncio.sleep(60)
        content = self.body if self.body is not None else self._completion()
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    def _completion(self) -> bytes:
        calls = [
            {"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": json.dumps(given)}}
            for number, (name, given) in enumerate(self.calls)
        ]
        message = {"role": "assistant", "content": None if calls else "I cannot tell.", "tool_calls": calls or None}
        finished = "tool_calls" if calls else "stop"
        choices = [{"index": 0, "message": message, "finish_reason": finished}]
        return json.dumps({"id": "c", "object": "chat.completion", "choices": choices, "usage": {}}).encode()


@pytest.fixture
async def stand_in() -> AsyncGenerator[StandIn]:
    made = StandIn()
    config = uvicorn.Config(made.app, port=0, log_config=None, lifespan="off", interface="asgi3")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  uvicorn offers nothing to wait for
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    made.url = f"http://127.0.0.1:{port}/v1"
    yield made
    server.force_exit = server.should_exit = True
    await task


@pytest.fixture
def settings(settings: Settings, stand_in: StandIn) -> Settings:
    """With the stand-in as second reader."""
    return msgspec.structs.replace(
        settings,
        second_reader_url=stand_in.url,
        second_reader_model="a-model",
        second_reader_password=KEY,
        second_reader_seconds=1,
    )


@pytest.fixture
def talk(anna: User) -> Talk:
    return Talk(anna.http)
