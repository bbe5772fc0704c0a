"""The routes under /api/v1/reminders: each decodes, calls one use case and answers."""

from typing import Annotated

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody, PathParameter, QueryParameter, SkipValidation

from reminder_service.reminders import Listed, Reminder, Reminders, Snooze
from taskflow_core.service.auth import SignedInRequest, signed_in
from taskflow_core.service.cursors import LONGEST_CURSOR
from taskflow_core.service.litestar_app import SECURITY
from taskflow_core.service.openapi import answers
from taskflow_core.service.pages import DEFAULT_LIMIT, LARGEST_LIMIT, link_to_next

FromReminders = NamedDependency[SkipValidation[Reminders]]
ReminderId = Annotated[str, PathParameter(max_length=64)]


class ReminderList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of reminders; the next one is in the Link header."""

    items: list[Reminder]


class RemindersController(Controller):
    path = "/api/v1/reminders"
    guards = (signed_in,)
    security = SECURITY
    tags = ("reminders",)

    @get(
        responses=answers(401, 422, 503),
        summary="List my reminders",
        description="`sent`: those that went off and wait to be seen, newest first. `pending`: those to come, "
        "soonest first. Reminders of completed, deleted and moved tasks are in neither.",
    )
    async def list_reminders(
        self,
        request: SignedInRequest,
        reminders: FromReminders,
        status: FromQuery[Listed] = "sent",
        limit: Annotated[int, QueryParameter(ge=1, le=LARGEST_LIMIT)] = DEFAULT_LIMIT,
        cursor: Annotated[str | None, QueryParameter(max_length=LONGEST_CURSOR)] = None,
    ) -> Response[ReminderList]:
        page = await reminders.page(request.user.user_id, status, limit, cursor)
        headers = link_to_next(request.url.path, {"status": status, "limit": limit}, page.cursor)
        return Response(ReminderList(items=page.items), headers=headers)

    @post(
        "/{reminder_id:str}/acknowledge",
        status_code=200,
        responses=answers(401, 403, 404, 409, 413, 422, 503),
        summary="I have seen it; one still to come does not come",
    )
    async def acknowledge(
        self, request: SignedInRequest, reminders: FromReminders, reminder_id: ReminderId
    ) -> Reminder:
        return await reminders.acknowledge(request.user.user_id, reminder_id)

    @post(
        "/{reminder_id:str}/snooze",
        status_code=200,
        responses=answers(401, 403, 404, 409, 413, 422, 503),
        summary="Remind me again later",
    )
    async def snooze(
        self, request: SignedInRequest, reminders: FromReminders, reminder_id: ReminderId, data: JSONBody[Snooze]
    ) -> Reminder:
        return await reminders.snooze(request.user.user_id, reminder_id, data)
