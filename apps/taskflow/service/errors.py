"""How errors answer: one table of codes, Phase IV's shapes, and the handlers that turn exceptions into them.

- No or bad token: 401 `{error, code, message}`.
- A value that does not validate: 422 `{detail: [{loc, msg, type}]}`.
- Anything else: `{detail: {error, code, message}}`; an unknown path or method is `{detail}` with a sentence.
"""

import re
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Final

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, SerializationException, ValidationException

from taskflow.database.pool import OUTAGES
from taskflow.domain.errors import FieldError

log = structlog.get_logger(__name__)

CODES: Final[Mapping[str, tuple[int, str]]] = {
    # Phase IV's
    "MISSING_AUTH_HEADER": (401, "No token was sent"),
    "INVALID_AUTH_FORMAT": (401, "The Authorization header is not `Bearer <token>`"),
    "INVALID_TOKEN": (401, "The token is malformed, or not of the kind that is needed"),
    "TOKEN_EXPIRED": (401, "The token's time is over; sign in or refresh"),
    "INVALID_SIGNATURE": (401, "The token was not signed by this service"),
    "SIGNUP_ERROR": (400, "The e-mail address is taken or malformed"),
    "INVALID_CREDENTIALS": (401, "E-mail address or password is wrong"),
    "NO_REFRESH_TOKEN": (401, "No refresh token was sent"),
    "INVALID_REFRESH_TOKEN": (401, "The refresh token is not accepted"),
    "TASK_CREATION_ERROR": (400, "The task could not be made"),
    "TASK_UPDATE_ERROR": (404, "No such task of this user; with 400: its title would be blank"),
    "TASK_DELETION_ERROR": (404, "No such task of this user"),
    # Phase V's
    "TASK_NOT_FOUND": (404, "No such task of this user"),
    "REMINDER_NOT_FOUND": (404, "No such reminder of this user"),
    "NOT_ALLOWED": (403, "Only administrators may do this"),
    "ORIGIN_MISMATCH": (403, "A write signed in by cookie came from another origin"),
    "PRECONDITION_FAILED": (412, "The task has changed since it was read; If-Match does not hold"),
    "IDEMPOTENCY_KEY_IN_USE": (409, "A request with this Idempotency-Key is still running"),
    "REMINDER_STATE": (409, "The reminder is in a state that does not allow this"),
    "TOO_MANY_ATTEMPTS": (429, "Too many failed sign-ins; wait as Retry-After says"),
    "TOO_MANY_STREAMS": (429, "The user has as many streams open as allowed"),
    "API_TOKEN_REQUIRED": (401, "Internal routes demand the API token"),
    "CALLER_NOT_ALLOWED": (403, "This internal route is for another service"),
    "BODY_TOO_LARGE": (413, "The body is larger than is taken"),
    "UNSUPPORTED_MEDIA_TYPE": (415, "The body is not of a type that is understood"),
    "SERVICE_UNAVAILABLE": (503, "A dependency is away; nothing was done; try again as Retry-After says"),
    "STOPPING": (503, "The service is stopping; try again as Retry-After says"),
    "INTERNAL_ERROR": (500, "Something is wrong on our side; the correlation id finds it in the logs"),
}
"""Every code an answer may carry: its status and what it means (docs/api.md holds the same table)."""

RETRY_AFTER_SECONDS: Final = 2


class ErrorBody(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong: a short text, a code of CODES, and what to do about it."""

    error: str
    code: str
    message: str


class ErrorAnswer(msgspec.Struct, frozen=True):
    """The body of an answer that refuses."""

    detail: ErrorBody


class FieldProblem(msgspec.Struct, frozen=True, kw_only=True):
    """One value that does not validate: where it stands, what is wrong, and the kind of problem."""

    loc: list[str]
    msg: str
    type: str


class ValidationAnswer(msgspec.Struct, frozen=True):
    """The body of a 422."""

    detail: list[FieldProblem]


class PlainAnswer(msgspec.Struct, frozen=True):
    """The body for an unknown path or method."""

    detail: str


class ApiError(Exception):
    """Refuses a request with a code of CODES, at its usual status unless told otherwise. `message` says what to do."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        error: str | None = None,
        headers: Mapping[str, str] | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status or CODES[code][0]
        self.body = ErrorBody(error=error or message, code=code, message=message)
        self.headers = dict(headers or {})


class AuthError(ApiError):
    """Refuses a request for want of a valid token; its body has no `detail` around it, as Phase IV's has not."""


class InvalidError(Exception):
    """Refuses values, each with its place: 422."""

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        super().__init__("; ".join(f"{'.'.join(p.loc)}: {p.msg}" for p in problems))
        self.problems = list(problems)


def invalid(field: str, message: str, kind: str = "value_error", where: str = "body") -> InvalidError:
    """One value that does not validate."""
    return InvalidError([FieldProblem(loc=[where, field] if field else [where], msg=message, type=kind)])


_KINDS: Final = (
    (re.compile(r"missing required field|Missing required|Field required", re.IGNORECASE), "missing"),
    (re.compile(r"of length >="), "string_too_short"),
    (re.compile(r"of length <="), "string_too_long"),
    (re.compile(r"Expected `"), "type_error"),
)
_MISSING_PARAMETER: Final = re.compile(r"Missing required (\w+) parameter '([^']+)'")
_NO_BODY: Final = "'data'"  # Litestar's message where a body is needed and there is none
_MISSING_FIELD: Final = re.compile(r"missing required field `(\w+)`")


def _kind(message: str) -> str:
    return next((kind for pattern, kind in _KINDS if pattern.search(message)), "value_error")


def _json(content: Any, status: int, headers: Mapping[str, str] | None = None) -> Response[Any]:
    return Response(content, status_code=status, headers=dict(headers or {}), media_type="application/json")


def _api_error(_: Request[Any, Any, Any], error: ApiError) -> Response[Any]:
    body = error.body if isinstance(error, AuthError) else ErrorAnswer(error.body)
    return _json(body, error.status, error.headers)


def _invalid(_: Request[Any, Any, Any], error: InvalidError) -> Response[Any]:
    return _json(ValidationAnswer(error.problems), 422)


def _field_error(_: Request[Any, Any, Any], error: FieldError) -> Response[Any]:
    return _json(ValidationAnswer(invalid(error.field, error.message).problems), 422)


def _validation(request: Request[Any, Any, Any], error: ValidationException) -> Response[Any]:
    problems: list[FieldProblem] = []
    for item in error.extra if isinstance(error.extra, list) else []:
        message = str(item.get("message", error.detail))
        source = item.get("source", "body")
        where = str(source.value if isinstance(source, Enum) else source)
        path = [part for part in re.split(r"[.\[\]]+", str(item.get("key", ""))) if part and part != "data"]
        if message == _NO_BODY:
            message = "Field required"
        elif match := _MISSING_FIELD.search(message):
            path, message = [*path, match[1]], "Field required"
        if where != "body" and path:
            path = [_as_sent(request, path[0]), *path[1:]]
        problems.append(FieldProblem(loc=[where, *path], msg=message, type=_kind(message)))
    if match := _MISSING_PARAMETER.match(error.detail):
        problems.append(FieldProblem(loc=[match[1], match[2]], msg="Field required", type="missing"))
    if not problems:
        # Litestar's own words name the method and URL; what is wrong is all a client needs.
        problems = [FieldProblem(loc=["body"], msg="The request does not validate", type="value_error")]
    return _json(ValidationAnswer(problems), 422)


def _as_sent(request: Request[Any, Any, Any], argument: str) -> str:
    """What a client calls a parameter that the handler has under a name of its own."""
    field = request.route_handler.parsed_fn_signature.parameters.get(argument)
    definition = None if field is None else field.kwarg_definition
    return getattr(definition, "name", None) or argument


def _serialization(_: Request[Any, Any, Any], error: SerializationException) -> Response[Any]:
    return _json(ValidationAnswer(invalid("", "The body is not valid JSON", "json_invalid").problems), 422)


_HTTP_CODES: Final = {
    413: ("BODY_TOO_LARGE", "Send less: the longest task and the longest message fit."),
    415: ("UNSUPPORTED_MEDIA_TYPE", "Send JSON, with Content-Type: application/json."),
}


def _http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    if error.status_code == 400:
        return _json(ValidationAnswer(invalid("", "The body is not valid JSON", "json_invalid").problems), 422)
    if error.status_code in _HTTP_CODES:
        code, message = _HTTP_CODES[error.status_code]
        body = ErrorBody(error=CODES[code][1], code=code, message=message)
        return _json(ErrorAnswer(body), error.status_code, error.headers)
    texts = {404: "Not Found", 405: "Method Not Allowed"}
    return _json(PlainAnswer(texts.get(error.status_code, error.detail)), error.status_code, error.headers)


def _outage(_: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    log.warning("request_met_outage", reason=str(error) or type(error).__name__)
    body = ErrorBody(
        error="Service unavailable",
        code="SERVICE_UNAVAILABLE",
        message="A dependency is away. Nothing was done; try again in a moment.",
    )
    return _json(ErrorAnswer(body), 503, {"Retry-After": str(RETRY_AFTER_SECONDS)})


def _unexpected(_: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    log.error("request_failed", exc_info=error)
    body = ErrorBody(
        error="Internal error",
        code="INTERNAL_ERROR",
        message="Something is wrong on our side. Nothing you sent was at fault; please try again.",
    )
    return _json(ErrorAnswer(body), 500)


EXCEPTION_HANDLERS: Final[dict[int | type[Exception], Any]] = {
    ApiError: _api_error,
    InvalidError: _invalid,
    FieldError: _field_error,
    ValidationException: _validation,
    SerializationException: _serialization,
    HTTPException: _http,
    **dict.fromkeys(OUTAGES, _outage),
    Exception: _unexpected,
}
