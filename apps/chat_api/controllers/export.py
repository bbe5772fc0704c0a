"""The route by which people take everything of theirs with them."""

from litestar import get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import SkipValidation
from litestar.types import ASGIApp

from chat_api.controllers.cookies import AUTH_PATH
from chat_api.export.answer import ExportAnswer
from chat_api.export.export import Exports
from taskflow_core.service.auth import SignedInRequest, signed_in
from taskflow_core.service.litestar_app import SECURITY, FromRuntime
from taskflow_core.service.openapi import answers

FromExports = NamedDependency[SkipValidation[Exports]]

_ZIP = ResponseSpec(
    bytes, description="A ZIP file of JSON and one calendar", media_type="application/zip", generate_examples=False
)


@get(
    f"{AUTH_PATH}/account/export",
    guards=[signed_in],
    security=SECURITY,
    tags=["accounts"],
    operation_id="exportAccount",
    summary="Everything of mine",
    description="A ZIP file, streamed: all that there is of the account at one moment, as JSON, and the tasks as a "
    "calendar (RFC 5545). One of an account at a time. An answer that breaks off is no ZIP file that opens.",
    media_type="application/zip",
    responses=answers(401, 403, 429, 503) | {200: _ZIP},
)
async def export_account(request: SignedInRequest, runtime: FromRuntime, exports: FromExports) -> ASGIApp:
    """Everything of the user's."""
    return ExportAnswer(exports, request.user.user_id, runtime.clock)
