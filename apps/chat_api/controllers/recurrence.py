"""The preview of a repeat pattern, for a page to show while a person types."""

from datetime import date, datetime
from typing import Annotated

import msgspec
from litestar import get
from litestar.params import QueryParameter

from chat_api.preferences import timezone_of
from taskflow_core.domain.due import due_text, parse_due
from taskflow_core.domain.errors import FieldError
from taskflow_core.domain.recurrence import Rule, check_end_date, parse_pattern
from taskflow_core.service.auth import SignedInRequest, signed_in
from taskflow_core.service.litestar_app import SECURITY, FromRuntime
from taskflow_core.service.openapi import answers
from taskflow_core.service.problems import InvalidError, invalid_field

_FIELDS = {
    "recurrence_pattern": "pattern",
    "recurrence_timezone": "timezone",
    "due_date": "start",
    "recurrence_end_date": "end_date",
}


class Occurrence(msgspec.Struct, frozen=True, kw_only=True):
    """One date of a series, as a task of it would have it."""

    due_date: str
    occurrence_date: date


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """The first dates of a series, its start included, and its rule in RFC 5545's words."""

    items: list[Occurrence]
    rrule: str


@get(
    "/api/v1/recurrence/preview",
    guards=[signed_in],
    security=SECURITY,
    tags=["tasks"],
    responses=answers(401, 422, 503),
    summary="The next dates of a pattern",
)
async def preview(
    request: SignedInRequest,
    runtime: FromRuntime,
    pattern: Annotated[str, QueryParameter(min_length=1, max_length=500)],
    timezone: Annotated[str | None, QueryParameter(max_length=64)] = None,
    start: Annotated[str | None, QueryParameter(max_length=40, description="A due date; default: now")] = None,
    end_date: Annotated[date | None, QueryParameter(description="The last day, inclusive")] = None,
    count: Annotated[int, QueryParameter(ge=1, le=100)] = 5,
) -> Preview:
    if timezone is None:
        async with runtime.database.acquire() as connection:
            timezone = await timezone_of(connection, request.user.user_id) or "UTC"
    try:
        due = parse_due(start or _minute(runtime.clock.now()), timezone)
        parsed = parse_pattern(pattern)
        check_end_date(parsed, end_date, due.local.date())
        rule = Rule(parsed, due.local, timezone, end_date)
        slots = rule.slots(due.local.date(), count)
    except FieldError as error:
        raise _of_query(error) from None
    items = [
        Occurrence(due_date=due_text(slot.due, due.all_day, timezone), occurrence_date=slot.occurrence_date)
        for slot in slots
    ]
    return Preview(items=items, rrule=rule.rrule)


def _minute(now: datetime) -> str:
    return now.replace(second=0, microsecond=0).isoformat()


def _of_query(error: FieldError) -> InvalidError:
    return invalid_field(error, _FIELDS.get(error.field), where="query")
