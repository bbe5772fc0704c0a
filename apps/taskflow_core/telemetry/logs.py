"""JSON log lines, one a line on standard error, with what is bound to the context in which they are written.

structlog's context variables are the one mechanism: requests and event handlers bind `service`, `correlation_id` (what
ties log lines and events to the request or run that they come from) and, where they are known, `route` and `user_id`.
"""

import logging
import sys
from typing import Any

import msgspec
import structlog
from structlog.contextvars import get_contextvars

_encode = msgspec.json.Encoder(enc_hook=str).encode


def correlation_id() -> str | None:
    """The correlation id of the request or run at work, if there is one."""
    return get_contextvars().get("correlation_id")


def configure(level: str = "INFO", handler: logging.Handler | None = None) -> None:
    """Send structlog's lines and the libraries' as JSON to the handler; to standard error without one."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        _drop_unset,
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


def _drop_unset(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """A batch of events is bound to no correlation id, whatever is bound around it."""
    if event.get("correlation_id", "") is None:
        del event["correlation_id"]
    return event
