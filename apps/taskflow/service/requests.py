"""Around every request: a correlation id, a span, a metric and, where something failed, a log line."""

import random
import re
import time
from typing import Any, Final

import structlog
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from opentelemetry.trace import SpanKind

from taskflow.telemetry import logs, tracing
from taskflow.telemetry.metrics import REQUESTS

log = structlog.get_logger(__name__)

CORRELATION_HEADER: Final = b"x-correlation-id"
_ACCEPTABLE: Final = re.compile(rb"[A-Za-z0-9._:-]{1,64}")


def header(scope: Scope, name: bytes) -> bytes | None:
    """A header of a request by its name in lower case, where making all of them into a mapping would be for one."""
    for key, value in scope["headers"]:
        if key == name:
            return value
    return None


async def observed(app: ASGIApp, service: str, scope: Scope, receive: Receive, send: Send) -> None:
    """Run `app` for one request of `service`. The query string, which may hold a token, appears nowhere."""
    given = header(scope, CORRELATION_HEADER)
    correlation = given.decode() if given and _ACCEPTABLE.fullmatch(given) else f"{random.getrandbits(128):032x}"
    status = 500
    began = time.perf_counter()

    async def sending(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            # A new message: the given one is the app's, which may send it again.
            headers = [*message.get("headers", []), (CORRELATION_HEADER, correlation.encode())]
            message = {**message, "headers": headers}
        await send(message)

    service_token = logs.service.set(service)
    correlation_token = logs.correlation_id.set(correlation)
    try:
        if tracing.enabled():
            parent = header(scope, b"traceparent")
            with tracing.span(
                f"{_method(scope)} {scope['path']}",
                parent=parent.decode("latin-1") if parent else None,
                kind=SpanKind.SERVER,
                service=service,
            ):
                await app(scope, receive, sending)
        else:
            await app(scope, receive, sending)
    finally:
        seconds = time.perf_counter() - began
        REQUESTS.labels(service, _method(scope), f"{status // 100}xx").observe(seconds)
        if status >= 500:
            log.warning("request_refused", method=_method(scope), path=scope["path"], status=status, seconds=seconds)
        logs.correlation_id.reset(correlation_token)
        logs.service.reset(service_token)


def _method(scope: Scope) -> str:
    values: dict[str, Any] = dict(scope)
    return str(values.get("method", "GET"))
