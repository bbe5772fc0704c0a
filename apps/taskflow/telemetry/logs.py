"""JSON log lines, one a line on standard error, each with its service and the correlation id of what it is about."""

import logging
import sys
from contextvars import ContextVar
from typing import Any

import msgspec
import structlog

correlation_id: ContextVar[str | None] = ContextVar("correlation_id", default=None)
"""Ties log lines and events to the request or run they come from."""

service: ContextVar[str | None] = ContextVar("service", default=None)
"""The service that is at work; in one process there are five."""

_encode = msgspec.json.Encoder(enc_hook=str).encode


def configure(level: str = "INFO", handler: logging.Handler | None = None) -> None:
    """Send structlog's lines and the libraries' as JSON to the handler; to standard error without one."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        _add_context,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = handler or logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(serializer=_json),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("apscheduler", "httpx", "httpcore", "uvicorn.access", "uvicorn.error"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))


def _json(event: dict[str, Any], **_: Any) -> str:
    return _encode(event).decode()


def _add_context(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    if (name := service.get()) is not None:
        event.setdefault("service", name)
    if (correlation := correlation_id.get()) is not None:
        event.setdefault("correlation_id", correlation)
    return event
