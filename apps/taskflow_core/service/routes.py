"""Which service answers which path under the one address: the Ingress says the same (a test compares them)."""

from typing import Final

from taskflow_core.events.topics import AUDIT_LOGGER, CHAT_API, NOTIFICATION_SERVICE, REMINDER_SERVICE, ServiceName

PUBLIC_ROUTES: Final[tuple[tuple[str, ServiceName], ...]] = (
    ("/api/v1/notifications", NOTIFICATION_SERVICE),
    ("/api/v1/audit", AUDIT_LOGGER),
    ("/api/v1/reminders", REMINDER_SERVICE),
    ("/", CHAT_API),
)
"""Path prefixes, the most specific first. What is under INTERNAL never comes from outside."""

STREAMS: Final = "/api/v1/notifications"
"""Answers here have no end."""

INTERNAL: Final = "/internal"
"""Event and internal routes: not in the Ingress, and only with the API token."""

LONGEST_PATH: Final = 1000
"""Characters of a path. What we have needs a third; what is asked for is remembered, and must be little."""


def service_for(path: str) -> ServiceName:
    """The service that answers `path`."""
    for prefix, name in PUBLIC_ROUTES:
        if path == prefix or path.startswith(prefix if prefix.endswith("/") else prefix + "/"):
            return name
    return CHAT_API


def canonical(path: str) -> str | None:
    """`path` as every rule and route sees it, without empty segments: what forbids `/internal` forbids `//internal`.

    None for one with a segment `.` or `..`, which clients resolve themselves, and for a long one: no route of ours is.
    """
    if len(path) > LONGEST_PATH:
        return None
    if "." in path and not {".", ".."}.isdisjoint(path.split("/")):
        return None
    # No server of ours takes a target without its first slash; whoever is asked some other way means the same.
    return "/" + "/".join(filter(None, path.split("/"))) if "//" in path or path[:1] != "/" else path
