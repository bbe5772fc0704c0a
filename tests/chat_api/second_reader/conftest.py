"""A server of chat completions on this machine, which says what a test lets it say; and a chat that may ask it."""

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from taskflow_core.settings import Settings
from tests.chat_api.people import User
from tests.chat_api.talk import Talk
from tests.support.asgi_server import body_of, serving

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
        body = await body_of(receive)
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
    async with serving(made.app) as port:
        made.url = f"http://127.0.0.1:{port}/v1"
        yield made


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
