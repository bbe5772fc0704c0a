"""The one address in front of the services of a rig: paths go where the Ingress of a cluster sends them."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import httpx
import msgspec
from litestar.types import HTTPScope, Receive, Scope, Send

from taskflow_core.events.topics import ServiceName
from taskflow_core.service.router import respond
from taskflow_core.service.routes import INTERNAL, service_for

_HOP_BY_HOP: Final = frozenset(
    (b"connection", b"keep-alive", b"transfer-encoding", b"te", b"trailer", b"upgrade", b"proxy-authorization")
)
_UNREACHABLE: Final = (
    b'{"detail":{"error":"Bad Gateway","code":"SERVICE_AWAY","message":"The service is starting or away."}}'
)

UrlOf = Callable[[ServiceName], str]


class Front:
    """An ASGI app that passes requests on. `url_of` says where a service answers; `names` are all there are."""

    def __init__(self, url_of: UrlOf, names: tuple[ServiceName, ...]) -> None:
        self._url_of = url_of
        self._names = names
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=100)
        transport = httpx.AsyncHTTPTransport(verify=False, trust_env=False, limits=limits)
        self._client = httpx.AsyncClient(transport=transport, timeout=httpx.Timeout(None, connect=2))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            raise RuntimeError(f"no {scope['type']} here")
        path = scope["path"]
        if path.startswith("/health/"):
            await self._health(path, send)
        elif path.startswith((INTERNAL, "/metrics", "/dapr/")):  # not in the Ingress either
            await respond(send, 404, b'{"detail":"Not Found"}')
        else:
            await self._pass_on(scope, receive, send)

    async def aclose(self) -> None:
        """Closes connections to the services."""
        await self._client.aclose()

    async def _health(self, path: str, send: Send) -> None:
        """All services' answers as one, in the form that one process with all of them gives."""
        services: dict[str, Any] = {}
        for name in self._names:
            try:
                answer = await self._client.get(f"{self._url_of(name)}{path}", timeout=5)
                services |= answer.json().get("services", {})
            except (httpx.TransportError, ValueError) as error:
                services[name] = {"status": "failing", "checks": {"process": type(error).__name__}}
        failing = any(service["status"] != "ok" for service in services.values())
        body = msgspec.json.encode({"status": "failing" if failing else "ok", "services": services})
        await respond(send, 503 if failing else 200, body)

    async def _pass_on(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        query = scope["query_string"]
        url = httpx.URL(self._url_of(service_for(scope["path"]))).copy_with(
            raw_path=scope["raw_path"] + (b"?" + query if query else b"")
        )
        headers = [(name, value) for name, value in scope["headers"] if name not in _HOP_BY_HOP]
        try:
            request = self._client.build_request(scope["method"], url, headers=headers, content=await _body(receive))
            answer = await self._client.send(request, stream=True)
        except httpx.TransportError:
            await respond(send, 502, _UNREACHABLE)
            return
        passing = asyncio.ensure_future(_answer(answer, send))
        gone = asyncio.ensure_future(_disconnected(receive))
        try:
            await asyncio.wait({passing, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (passing, gone):
                task.cancel()
            await asyncio.gather(passing, gone, return_exceptions=True)
            await answer.aclose()


async def _answer(answer: httpx.Response, send: Send) -> None:
    headers = [(name.lower(), value) for name, value in answer.headers.raw if name.lower() not in _HOP_BY_HOP]
    await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
    async for part in answer.aiter_raw():
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(parts)
        parts.append(message["body"])
        if not message["more_body"]:
            return b"".join(parts)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
