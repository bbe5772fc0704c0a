"""Says in the OpenAPI document which answers a route may give besides its own."""

from typing import Any, Final

from litestar.openapi.datastructures import ResponseSpec

from taskflow_core.service.errors import ErrorAnswer, ErrorBody, ValidationAnswer

_DESCRIPTIONS: Final = {
    400: "Refused by a rule",
    401: "No valid token",
    403: "Not allowed",
    404: "Not there, or not yours",
    409: "Not now, or not in this state",
    412: "If-Match does not hold",
    413: "The body is too large",
    422: "A value does not validate",
    429: "Too many",
    503: "A dependency is away; try again",
}


def answers(*statuses: int, **bodies: Any) -> dict[int, ResponseSpec]:
    """Specifications of refusals by status, and of answers with another body than usual given as `s201=Task`."""
    documented: dict[int, ResponseSpec] = {}
    # Who may be signed in by a cookie, or by a personal token, may come from elsewhere, or with another scope.
    for status in dict.fromkeys((*statuses, 403)) if 401 in statuses else statuses:
        body: Any = ErrorBody if status == 401 else ValidationAnswer if status == 422 else ErrorAnswer
        documented[status] = ResponseSpec(
            data_container=body, description=_DESCRIPTIONS[status], generate_examples=False
        )
    for name, body in bodies.items():
        status = int(name.removeprefix("s"))
        documented[status] = ResponseSpec(
            data_container=body, description=_DESCRIPTIONS.get(status, "As asked"), generate_examples=False
        )
    return documented
