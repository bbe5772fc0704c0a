"""Around every request: a correlation id, a span, a metric and, where something failed, a log line.

And around every answer: the headers that all have.
"""

import random
import re
import time
from functools import lru_cache
from typing import Any, Final

import structlog
from litestar import Request
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import Histogram
from structlog.contextvars import bind_contextvars, reset_contextvars

from taskflow_core.service.answer_headers import AnswerHeaders
from taskflow_core.service.tokens import Identity
from taskflow_core.telemetry import tracing
from taskflow_core.telemetry.metrics import REQUESTS

log = structlog.get_logger(__name__)

CORRELATION_HEADER: Final = b"x-correlation-id"
_BOUND: Final = "taskflow_bound"
"""The key in a request's scope for what `bind_request` bound."""

_ACCEPTABLE: Final = re.compile(rb"[A-Za-z0-9._:-]{1,64}")


def header(scope: Scope, name: bytes) -> bytes | None:
    """A header of a request by its name in lower case, where making all of them into a mapping would be for one."""
    for key, value in scope["headers"]:
        if key == name:
            return value
    return None


async def observed(
    app: ASGIApp, service: str, added: AnswerHeaders, scope: Scope, receive: Receive, send: Send
) -> None:
    """Run `app` for one request of `service`. The query string, which may hold a token, appears nowhere.

    The answer gets the headers that all have; here, where its message is made anew anyway, they cost least.
    """
    given = header(scope, CORRELATION_HEADER)
    correlation = given.decode() if given and _ACCEPTABLE.fullmatch(given) else f"{random.getrandbits(128):032x}"
    values: Any = scope
    method: str = values["method"]
    path: str = values["path"]
    status = 500
    began = time.perf_counter()

    async def sending(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            # A new message: the given one is the app's, which may send it again.
            own = message.get("headers", ())
            headers = [*own, (CORRELATION_HEADER, correlation.encode()), *added.beside(own, path)]
            message = {**message, "headers": headers}
        await send(message)

    bound = bind_contextvars(service=service, correlation_id=correlation)
    try:
        if tracing.enabled():
            parent = header(scope, b"traceparent")
            traceparent = parent.decode("latin-1") if parent else None
            with tracing.request_span(method, path, scope["scheme"], service, traceparent) as span:
                try:
                    await app(scope, receive, sending)
                finally:
                    tracing.name_request(span, method, values.get("path_template"), status)
        else:
            await app(scope, receive, sending)
    finally:
        seconds = time.perf_counter() - began
        _duration(service, method, status // 100).observe(seconds)
        if status >= 500:
            log.warning("request_refused", method=method, path=path, status=status, seconds=seconds)
        reset_contextvars(**bound, **values.pop(_BOUND, {}))


def bind_request(request: Request[Any, Any, Any]) -> None:
    """Before a handler: bind its route, and who is signed in. `observed` unbinds them."""
    scope: Any = request.scope
    user: Identity | None = scope.get("user")
    if user is None:
        scope[_BOUND] = bind_contextvars(route=scope["path_template"])
    else:
        scope[_BOUND] = bind_contextvars(route=scope["path_template"], user_id=user.user_id)


@lru_cache(maxsize=1000)  # a method is whatever the parser knows
def _duration(service: str, method: str, status_class: int) -> Histogram:
    return REQUESTS.labels(service, method, f"{status_class}xx")
