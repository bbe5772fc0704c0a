"""How the stream stands in the OpenAPI document: its parameters, its frames, its refusals."""

from dataclasses import dataclass
from typing import Final

from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Operation, Parameter, Schema
from litestar.openapi.spec.enums import OpenAPIType

from notification_service.frames import Frame
from taskflow_core.service.errors import ErrorAnswer, ErrorBody, ValidationAnswer

RESPONSES: Final[dict[int, ResponseSpec]] = {
    200: ResponseSpec(
        Frame,
        description="Server-sent events. Each `data:` line is one frame; clients ignore types they do not know. "
        "Lines with `:` alone are heartbeats, `retry:` says how long to wait before coming back.",
        media_type="text/event-stream",
        generate_examples=False,
    ),
    401: ResponseSpec(ErrorBody, description="No token, or one that is not accepted", generate_examples=False),
    422: ResponseSpec(
        ValidationAnswer, description="A parameter that the stream does not have", generate_examples=False
    ),
    429: ResponseSpec(
        ErrorAnswer,
        description="TOO_MANY_STREAMS: close one, or come back as Retry-After says",
        generate_examples=False,
    ),
    503: ResponseSpec(ErrorAnswer, description="STOPPING: come back as Retry-After says", generate_examples=False),
}


def _parameter(name: str, where: str, description: str) -> Parameter:
    return Parameter(
        name=name, param_in=where, description=description, required=False, schema=Schema(type=OpenAPIType.STRING)
    )


@dataclass
class StreamOperation(Operation):
    """The operation with the parameters that the endpoint reads itself."""

    def __post_init__(self) -> None:
        self.parameters = [
            _parameter("ticket", "query", "A ticket, for clients that can send no header. It is never logged."),
            _parameter("token", "query", "Deprecated: an access token in a ticket's place. It is never logged."),
            _parameter("last_event_id", "query", "The `id` of the last frame seen; what came after it is sent first."),
            _parameter("Last-Event-ID", "header", "The same, as EventSource sends it; it takes precedence."),
        ]
