"""The tags of a user's tasks: for a bar of them, and to complete what somebody types."""

from typing import Annotated

from litestar import get
from litestar.params import QueryParameter

from chat_api.commands.texts import storable
from chat_api.tag_counts import TagList, tag_counts
from taskflow_core.domain.errors import FieldError
from taskflow_core.service.auth import SignedInRequest, signed_in
from taskflow_core.service.litestar_app import SECURITY, FromRuntime
from taskflow_core.service.openapi import answers
from taskflow_core.service.pages import LARGEST_LIMIT
from taskflow_core.service.problems import invalid_field


@get(
    "/api/v1/tags",
    guards=[signed_in],
    security=SECURITY,
    tags=["tasks"],
    responses=answers(401, 403, 422, 503, s200=TagList),
    summary="Tags, with how many tasks have each",
    description="Those with the most open tasks first; `begins` (compared without case) for some of them.",
)
async def list_tags(
    request: SignedInRequest,
    runtime: FromRuntime,
    begins: Annotated[str, QueryParameter(max_length=50)] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=LARGEST_LIMIT)] = LARGEST_LIMIT,
) -> TagList:
    """Of open tasks and completed ones: a tag whose tasks are all done is still one that somebody may type again."""
    try:
        begins = storable("begins", begins)
    except FieldError as error:
        raise invalid_field(error, where="query") from None
    async with runtime.database.acquire() as connection:
        return await tag_counts(connection, request.user.user_id, begins=begins, limit=limit)
