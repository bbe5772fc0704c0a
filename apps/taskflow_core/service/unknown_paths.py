"""Paths and methods that nobody knows: 401 without a token, else 404 and 405, as Phase IV answers them."""

from typing import Any, Final

from litestar import Request, Response
from litestar.exceptions import MethodNotAllowedException, NotFoundException

from taskflow_core.service.auth import sign_in_of
from taskflow_core.service.errors import ApiError, api_error, http_error

_PUBLIC: Final = frozenset(
    {"/", "/health", "/docs", "/redoc"} | {f"/api/v1/auth/{name}" for name in ("signup", "login", "refresh")}
)
_PUBLIC_IN_PHASE_V: Final = frozenset(f"/api/v1/auth/{name}" for name in ("reset", "reset/complete", "email/complete"))
_PUBLIC_BELOW: Final = ("/docs/", "/static/")


def _unknown(request: Request[Any, Any, Any], error: Any) -> Response[Any]:
    path = request.scope["path"]  # not the URL, whose host may be none
    is_public = path in _PUBLIC or (path in _PUBLIC_IN_PHASE_V and request.app.state["settings"].phase == "v")
    if not is_public and not path.startswith(_PUBLIC_BELOW):
        try:
            sign_in_of(request).check_shown(request)
        except ApiError as refusal:
            return api_error(request, refusal)
    return http_error(request, error)


UNKNOWN_PATHS: Final[dict[int | type[Exception], Any]] = {
    NotFoundException: _unknown,
    MethodNotAllowedException: _unknown,
}
"""Exception handlers for an app that tells only those who are signed in what it has."""
