"""What personal tokens may do, route by route: a route that is not here is closed to them."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from taskflow_core.service.errors import ApiError
from taskflow_core.service.tokens import Identity

Scope = Literal["tasks:read", "tasks:write", "stream", "audit:read"]

_READ: Final[tuple[Scope, ...]] = ("tasks:read",)
_WRITE: Final[tuple[Scope, ...]] = ("tasks:write",)
_BOTH: Final[tuple[Scope, ...]] = ("tasks:read", "tasks:write")
_AUDIT: Final[tuple[Scope, ...]] = ("audit:read",)

SCOPES: Final[Mapping[tuple[str, str], tuple[Scope, ...]]] = {
    ("GET", "/api/v1/tasks"): _READ,
    ("POST", "/api/v1/tasks"): _WRITE,
    ("GET", "/api/v1/tasks/{task_id}"): _READ,
    ("PUT", "/api/v1/tasks/{task_id}"): _WRITE,
    ("PATCH", "/api/v1/tasks/{task_id}"): _WRITE,
    ("DELETE", "/api/v1/tasks/{task_id}"): _WRITE,
    ("POST", "/api/v1/tasks/{task_id}/acknowledge"): _WRITE,
    ("GET", "/api/v1/tags"): _READ,
    ("GET", "/api/v1/trash"): _READ,
    ("DELETE", "/api/v1/trash"): _WRITE,
    ("POST", "/api/v1/trash/{task_id}/restore"): _WRITE,
    ("DELETE", "/api/v1/trash/{task_id}"): _WRITE,
    ("GET", "/api/v1/recurrence/preview"): _READ,
    ("POST", "/api/v1/parse"): _READ,
    ("GET", "/api/v1/me/preferences"): _READ,
    ("PUT", "/api/v1/me/preferences"): _WRITE,
    ("GET", "/api/v1/auth/me"): _READ,
    ("POST", "/api/v1/chat"): _BOTH,
    ("POST", "/api/{user_id}/chat"): _BOTH,
    ("GET", "/api/v1/reminders"): _READ,
    ("POST", "/api/v1/reminders/{reminder_id}/acknowledge"): _WRITE,
    ("POST", "/api/v1/reminders/{reminder_id}/snooze"): _WRITE,
    ("GET", "/api/v1/notifications/stream"): ("stream",),
    ("GET", "/api/v1/audit/tasks/{task_id}"): _AUDIT,
    ("GET", "/api/v1/audit/events"): _AUDIT,
}
"""The scopes that a request needs, all of them, by its method and its route's path."""


def check_scopes(identity: Identity, scope: Any) -> None:
    """Raise ApiError (403) unless whoever sends the request of an ASGI scope may use its route."""
    if identity.scopes is None:
        return  # signed in: may do everything that is theirs
    method = "GET" if scope["method"] == "HEAD" else scope["method"]
    needed = SCOPES.get((method, scope["path_template"]))
    if needed is None:
        raise ApiError("NOT_FOR_TOKENS", "Personal tokens may not do this; sign in.", error="Not for personal tokens")
    missing = [one for one in needed if one not in identity.scopes]
    if missing:
        raise ApiError(
            "SCOPE_MISSING", f"This takes a personal token with {' and '.join(missing)}.", error="Scope missing"
        )
