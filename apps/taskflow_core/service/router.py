"""Which app answers a request: plain ASGI, in front of the services' Litestar apps.

What every rule and route may rely on is settled here: paths are canonical, hosts are this site's, HEAD is GET but for
streams, and where several services share a process nothing under INTERNAL comes from outside.
"""

from collections.abc import Mapping
from typing import Any, Final

from litestar.types import ASGIApp, Receive, Scope, Send

from taskflow_core.events.topics import ServiceName
from taskflow_core.service.answer_headers import AnswerHeaders, Headers
from taskflow_core.service.codes import CODES
from taskflow_core.service.errors import error_body
from taskflow_core.service.requests import header
from taskflow_core.service.routes import INTERNAL, STREAMS, canonical, service_for
from taskflow_core.service.sites import Site

_EVENTS: Final = f"{INTERNAL}/events"
_SIDECAR: Final = "/dapr/"
_OF_ANY_HOST: Final = frozenset({"/health", "/metrics"})
_BELOW_ANY_HOST: Final = ("/health/", f"{INTERNAL}/", _SIDECAR)
"""What the platform itself asks, by whatever address it has."""

_NOT_FOUND: Final = b'{"detail":"Not Found"}'
_NOT_SERVED: Final = error_body("HOST_NOT_SERVED", "Ask for this site by its own name, or have this one allowed.")


class Router:
    """Gives a request to `probes`, which answer for the process, to `events`, the sidecar's routes, or to a service."""

    def __init__(
        self,
        site: Site,
        added: AnswerHeaders,
        probes: ASGIApp,
        services: Mapping[ServiceName, ASGIApp],
        events: ASGIApp | None,
    ) -> None:
        self._site = site
        self._added = added
        self._probes = probes
        self._services = services
        self._events = events
        self._only = next(iter(services.values())) if len(services) == 1 else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        request: Any = scope
        path = canonical(request["path"])
        if path is not None and not self._answers(scope, path):
            await self._refuse(send, path, CODES["HOST_NOT_SERVED"][0], _NOT_SERVED)
            return
        app = None if path is None else self._app(path)
        if path is None or app is None:
            await self._refuse(send, path or "", 404, _NOT_FOUND)
            return
        request["path"] = path
        if request["method"] == "HEAD" and not path.startswith(STREAMS):
            # As GET; the server leaves the body out. A stream is all body and has no end: 405.
            request = {**request, "method": "GET"}
        await app(request, receive, send)

    def _answers(self, scope: Scope, path: str) -> bool:
        host = header(scope, b"host") or b""
        return self._site.answers(host) or path in _OF_ANY_HOST or path.startswith(_BELOW_ANY_HOST)

    async def _refuse(self, send: Send, path: str, status: int, body: bytes) -> None:
        await respond(send, status, body, added=self._added.beside((), path))

    def _app(self, path: str) -> ASGIApp | None:
        if path.startswith("/health/") or path == "/metrics":
            return self._probes
        if self._events is not None and (path == _EVENTS or path.startswith((_EVENTS + "/", _SIDECAR))):
            return self._events
        if self._only is not None:
            return self._only
        return None if path.startswith(INTERNAL) else self._services[service_for(path)]


async def respond(
    send: Send, status: int, body: bytes, content_type: str = "application/json", *, added: Headers = ()
) -> None:
    """A whole answer in two messages."""
    headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode()), *added]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
