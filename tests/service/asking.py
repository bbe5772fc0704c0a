"""The whole platform as a server would ask it, byte by byte, and the list of its routes, taken from the apps."""

import asyncio
import inspect
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args
from urllib.parse import unquote

import msgspec
from litestar import Litestar
from litestar.params import HeaderParameter, QueryParameter
from litestar.routes import HTTPRoute

from taskflow_core.service.auth import CALLER
from taskflow_core.service.host import Host


@dataclass(frozen=True, kw_only=True)
class Asked:
    """An answer; `body` is empty where it went on for longer than anybody listened (a stream)."""

    status: int
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""

    @property
    def problems(self) -> list[dict[str, Any]]:
        """What a 422 names, checked for its shape."""
        detail = json.loads(self.body)["detail"]
        assert detail
        assert all({"loc", "msg", "type"} <= set(item) for item in detail), detail
        return detail


@dataclass(frozen=True, kw_only=True)
class Route:
    """A route as the app has it: its path with parameters in braces, its query's names, the type of its body.

    `longest` has how many characters a parameter may have, where that is said. `service` is whose it is, `caller` the
    service that alone may call an internal one.
    """

    service: str
    method: str
    path: str
    query: tuple[str, ...]
    body: type[msgspec.Struct] | None
    reads_body: bool
    longest: Mapping[str, int] = field(default_factory=dict[str, int])
    caller: str | None = None

    def at(self, value: str = "x", **values: str) -> str:
        """The path with its parameters filled in."""
        parts = [
            values.get(part[1:-1].partition(":")[0], value) if part.startswith("{") else part
            for part in self.path.split("/")
        ]
        return "/".join(parts)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def routes_of(host: Host) -> list[Route]:
    """Every HTTP route of every service of a host."""
    return [route for service in host.services for route in _routes(service.name, _litestar(service.app))]


def _litestar(app: Any) -> Litestar:
    """The app within what stands around it."""
    while not isinstance(app, Litestar):
        app = inspect.getclosurevars(app).nonlocals["app"]
    return app


def _routes(service: str, app: Litestar) -> Iterator[Route]:
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            # Files: any path below it.
            path = f"{route.path.rstrip('/')}/{{file}}"
            yield Route(service=service, method="GET", path=path, query=(), body=None, reads_body=False)
            continue
        for handler in route.route_handlers:
            fields = handler.parsed_fn_signature.parameters
            known = {
                one.kwarg_definition.name or name: one.kwarg_definition.max_length
                for name, one in fields.items()
                if isinstance(one.kwarg_definition, QueryParameter | HeaderParameter)
            }
            longest = {name: most for name, most in known.items() if most is not None}
            body = fields.get("data")
            kind = (
                next((t for t in (body.annotation, *get_args(body.annotation)) if _is_struct(t)), None)
                if body
                else None
            )
            for method in handler.http_methods - {"OPTIONS", "HEAD"}:
                yield Route(
                    service=service,
                    method=method,
                    path=route.path,
                    query=tuple(known),
                    body=kind,
                    reads_body=body is not None,
                    longest=longest,
                    caller=handler.opt.get(CALLER),
                )


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


async def ask(
    app: Any,
    method: str,
    path: str | bytes,
    *,
    query: bytes = b"",
    headers: Sequence[tuple[bytes, bytes]] = (),
    body: bytes = b"",
    cut: bool = False,
) -> Asked:
    """One request with the bytes as given, as uvicorn hands them over. `cut`: the client goes before the body's end."""
    raw = path if isinstance(path, bytes) else path.encode()
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(raw.decode("latin-1")),
        "raw_path": raw,
        "query_string": query,
        "root_path": "",
        "headers": list(headers),
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8000),
        "state": {},
    }
    begun: list[dict[str, Any]] = []
    parts: list[bytes] = []
    heard = asyncio.Event()
    bodies = iter([{"type": "http.request", "body": body, "more_body": cut}])

    async def receive() -> Any:
        message = next(bodies, None)
        if message is not None:
            return message
        if not cut:
            await heard.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            begun.append(message)
            if (b"content-type", b"text/event-stream; charset=utf-8") in message["headers"]:
                heard.set()
        else:
            parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                heard.set()

    async with asyncio.timeout(20):
        await app(scope, receive, send)
    if not begun:
        return Asked(status=499)  # nobody was there to be answered
    named = {name.decode("latin-1"): value.decode("latin-1") for name, value in begun[0]["headers"]}
    return Asked(status=begun[0]["status"], headers=named, body=b"".join(parts))
