"""How errors answer: one table of codes, Phase IV's shapes, and the handlers that turn exceptions into them.

- No or bad token: 401 `{error, code, message}`.
- A value that does not validate: 422 `{detail: [{loc, msg, type}]}`.
- Anything else: `{detail: {error, code, message}}`; an unknown path or method is `{detail}` with a sentence.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.params import ParameterKwarg
from msgspec import inspect

from taskflow_core.database.outages import OUTAGES
from taskflow_core.domain.errors import (
    AccountGoneError,
    DomainError,
    EmailTakenError,
    FieldError,
    InvalidLinkError,
    InvitationNeededError,
    NoMailError,
    NoTaskToChangeError,
    NoTaskToDeleteError,
    SignInBusyError,
    SignUpClosedError,
    SignUpError,
    TaskNotChangedError,
    TaskNotCreatedError,
    TaskNotFoundError,
    TooManyAnswersError,
    TooManyAttemptsError,
    TooManyExportsError,
    TooManyMailsError,
    TooManySignUpsError,
    TooManyTasksError,
    TooManyTokensError,
    WrongCredentialsError,
    WrongPasswordError,
)
from taskflow_core.service.codes import CODES
from taskflow_core.service.problems import (
    FieldProblem,
    InvalidError,
    invalid,
    invalid_field,
    missing,
    problem_of,
    shape_of,
)
from taskflow_core.settings import Settings

log = structlog.get_logger(__name__)

RETRY_AFTER_SECONDS: Final = 2


class ErrorBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong: a short text, a code of CODES, and what to do about it.

    `params` are what the message says beyond the code, for programs; Phase IV has none.
    """

    error: str
    code: str
    message: str
    params: dict[str, str | int] = {}


class ErrorAnswer(msgspec.Struct, frozen=True):
    """The body of an answer that refuses."""

    detail: ErrorBody


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
        params: Mapping[str, str | int] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status or CODES[code][0]
        self.body = ErrorBody(error=error or message, code=code, message=message, params=dict(params or {}))
        self.headers = dict(headers or {})


class AuthError(ApiError):
    """Refuses a request for want of a valid token; its body has no `detail` around it, as Phase IV's has not."""


class Refusal(NamedTuple):
    """How a domain error answers: its code, its short text (else its message), its status where that is not usual."""

    code: str
    error: str | None = None
    status: int | None = None
    kind: type[ApiError] = ApiError


DOMAIN_ERRORS: Final[Mapping[type[DomainError], Refusal]] = {
    TaskNotCreatedError: Refusal("TASK_CREATION_ERROR"),
    TaskNotChangedError: Refusal("TASK_UPDATE_ERROR", status=400),
    NoTaskToChangeError: Refusal("TASK_UPDATE_ERROR"),
    NoTaskToDeleteError: Refusal("TASK_DELETION_ERROR"),
    TaskNotFoundError: Refusal("TASK_NOT_FOUND", "Task not found"),
    SignUpError: Refusal("SIGNUP_ERROR"),
    EmailTakenError: Refusal("EMAIL_TAKEN", "E-mail address taken"),
    InvalidLinkError: Refusal("INVALID_LINK", "Invalid link"),
    NoMailError: Refusal("NO_MAIL", "No mail is sent"),
    TooManyMailsError: Refusal("TOO_MANY_MAILS", "Too many mails"),
    SignUpClosedError: Refusal("SIGN_UP_CLOSED", "Sign-up is closed"),
    InvitationNeededError: Refusal("INVITATION_NEEDED", "Invitation needed"),
    WrongCredentialsError: Refusal("INVALID_CREDENTIALS", "Invalid email or password"),
    WrongPasswordError: Refusal("WRONG_PASSWORD", "Wrong password"),
    TooManyAttemptsError: Refusal("TOO_MANY_ATTEMPTS", "Too many attempts"),
    TooManySignUpsError: Refusal("TOO_MANY_SIGN_UPS", "Too many sign-ups"),
    SignInBusyError: Refusal("SIGN_IN_BUSY", "Busy"),
    TooManyTokensError: Refusal("TOO_MANY_TOKENS", "Too many personal tokens"),
    TooManyTasksError: Refusal("TOO_MANY_TASKS", "Too many tasks"),
    TooManyAnswersError: Refusal("TOO_MANY_KEPT_ANSWERS", "Too many answers kept"),
    TooManyExportsError: Refusal("TOO_MANY_EXPORTS", "Too many exports"),
    AccountGoneError: Refusal("INVALID_TOKEN", "Invalid or expired token", kind=AuthError),
}
"""The code of each domain error."""


def refusal(error: DomainError) -> ApiError:
    """What a client is answered to a domain error."""
    code, text, status, kind = DOMAIN_ERRORS[type(error)]
    retry = {} if error.retry_after_seconds is None else {"Retry-After": str(error.retry_after_seconds)}
    return kind(code, error.message, error=text, headers=retry, status=status, params=error.params)


def error_body(code: str, message: str) -> bytes:
    """A refusal's body, for what answers without Litestar."""
    return msgspec.json.encode(ErrorAnswer(ErrorBody(error=CODES[code][1], code=code, message=message)))


def _json(content: Any, status: int, headers: Mapping[str, str] | None = None) -> Response[Any]:
    return Response(content, status_code=status, headers=dict(headers or {}), media_type="application/json")


def _is_phase_iv(request: Request[Any, Any, Any]) -> bool:
    """Whether answers are as Phase IV's are: what programs go by beyond its codes is left out."""
    settings: Settings | None = request.app.state.get("settings")
    return settings is not None and settings.phase == "iv"


def api_error(request: Request[Any, Any, Any], error: ApiError) -> Response[Any]:
    """The answer to a refusal by a rule, or for want of a token (which says how to send one: RFC 9110, 11.6.1)."""
    body = msgspec.structs.replace(error.body, params={}) if _is_phase_iv(request) else error.body
    if isinstance(error, AuthError):
        return _json(body, error.status, {"WWW-Authenticate": "Bearer"} | error.headers)
    return _json(ErrorAnswer(body), error.status, error.headers)


def _domain_error(request: Request[Any, Any, Any], error: DomainError) -> Response[Any]:
    return api_error(request, refusal(error))


def _problems(request: Request[Any, Any, Any], problems: list[FieldProblem]) -> Response[Any]:
    if _is_phase_iv(request):
        problems = [msgspec.structs.replace(problem, code=None, params={}) for problem in problems]
    return _json(ValidationAnswer(problems), 422)


def _invalid(request: Request[Any, Any, Any], error: InvalidError) -> Response[Any]:
    return _problems(request, error.problems)


def _field_error(request: Request[Any, Any, Any], error: FieldError) -> Response[Any]:
    return _problems(request, invalid_field(error).problems)


def _validation(request: Request[Any, Any, Any], error: ValidationException) -> Response[Any]:
    """The answer to parameters that do not validate; bodies are decoded by IncomingRequest."""
    if isinstance(error.__cause__, KeyError):
        name = str(error.__cause__.args[0])
        problems = [missing(_source(request, name), name)]
    else:
        found: list[dict[str, Any]] = error.extra if isinstance(error.extra, list) else []
        problems = [_parameter_problem(request, item) for item in found]
    # Litestar's own words name the method and URL; what is wrong is all a client needs.
    return _problems(request, problems or invalid("", "The request does not validate").problems)


def _parameter_problem(request: Request[Any, Any, Any], item: Mapping[str, Any]) -> FieldProblem:
    """A problem as Litestar lists it: under the name that the handler has for the parameter."""
    handler, argument = request.route_handler, str(item["key"])
    definition = handler.parsed_fn_signature.parameters[argument].kwarg_definition
    name = getattr(definition, "name", None) or argument
    source = str(definition.param_type.value) if isinstance(definition, ParameterKwarg) else "query"
    given: Mapping[str, Any] = request.path_params if source == "path" else request.query_params
    model = shape_of(handler.signature_model)
    fields = model.fields if isinstance(model, inspect.StructType) else ()
    kind = next((field.type for field in fields if field.name == argument), None)
    return problem_of([source, name], str(item["message"]), given.get(name), kind)


def _source(request: Request[Any, Any, Any], name: str) -> str:
    """Where a parameter comes from: path, query, header or cookie."""
    for argument, field in request.route_handler.parsed_fn_signature.parameters.items():
        definition = field.kwarg_definition
        if isinstance(definition, ParameterKwarg) and (definition.name or argument).lower() == name.lower():
            return str(definition.param_type.value)
    return "query"


_HTTP_CODES: Final = {
    413: ("BODY_TOO_LARGE", "Send less: the longest task and the longest message fit."),
    415: ("UNSUPPORTED_MEDIA_TYPE", "Send JSON, with Content-Type: application/json."),
}


def http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """The answer to what Litestar itself refuses."""
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
    ApiError: api_error,
    DomainError: _domain_error,
    InvalidError: _invalid,
    FieldError: _field_error,
    ValidationException: _validation,
    HTTPException: http_error,
    **dict.fromkeys(OUTAGES, _outage),
    Exception: _unexpected,
}
