"""Tasks: Phase IV's routes as they were, and what Phase V adds to them."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Controller, Response, delete, get, patch, post, put
from litestar.params import FromQuery, HeaderParameter, JSONBody, PathParameter, QueryParameter

from chat_api import queries
from chat_api.answers import Answer, answered, etag_of, holds, is_known, quotas_of, task_answer
from chat_api.commands import acknowledging
from chat_api.commands import tasks as commands
from chat_api.commands.actor import Actor
from chat_api.commands.inputs import Scope
from chat_api.commands.texts import storable
from chat_api.payloads import NewTask, TaskPatch, TaskPut
from chat_api.preferences import timezone_of
from chat_api.queries import DueFilter, Sort, TaskFilter
from chat_api.views import ChangedTask, TaskView, changed_task, one_shown
from taskflow_core.database.pool import Connection
from taskflow_core.domain.errors import FieldError, TaskNotFoundError
from taskflow_core.domain.priority import Priority, rank
from taskflow_core.domain.tags import MOST_TAGS, parse_tag, tag_key
from taskflow_core.service.auth import SignedInRequest, signed_in
from taskflow_core.service.bodies import NEEDS_BODY
from taskflow_core.service.composition import Runtime
from taskflow_core.service.cursors import LONGEST_CURSOR
from taskflow_core.service.ignored import PHASE_IV
from taskflow_core.service.litestar_app import SECURITY, FromRuntime
from taskflow_core.service.openapi import answers
from taskflow_core.service.pages import DEFAULT_LIMIT, LARGEST_LIMIT, link_to_next
from taskflow_core.service.problems import invalid_field

TaskId = Annotated[str, PathParameter(max_length=255)]
IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        required=False,
        description="The same key with the same request gives the same answer for 24 hours, and does nothing twice",
    ),
]
IfMatch = Annotated[
    str | None,
    HeaderParameter(name="If-Match", required=False, description="Only if the task still has this ETag"),
]

IfNoneMatch = Annotated[str | None, HeaderParameter(name="If-None-Match", required=False, include_in_schema=False)]

ScopeOf = Annotated[
    Scope,
    # Litestar has a meaning of its own for an argument called scope.
    QueryParameter(
        name="scope",
        description="Of a task that repeats: this occurrence, this and the following open ones, or all that are not "
        "past. Completing is always of this one.",
    ),
]


_SEVERAL = frozenset({"tag", "priority"})
"""Parameters that may be given several times."""

_PARAMETERS = _SEVERAL | {"completed", "due", "due_before", "due_after", "q", "series", "sort", "limit", "cursor"}
"""What makes the list a page. Any other is named and ignored, as by Phase IV, whose clients get their bare list."""


class TaskList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of tasks; the next one is in the Link header."""

    items: list[TaskView]


class TasksController(Controller):
    path = "/api/v1/tasks"
    guards = (signed_in,)
    security = SECURITY
    tags = ("tasks",)

    @get(
        opt=PHASE_IV,
        responses=answers(401, 422, 503, s200=list[TaskView] | TaskList),
        summary="List tasks",
        description="Without parameters: every task, newest first, as a bare list. With any of these: {items}.",
    )
    async def list_tasks(
        self,
        request: SignedInRequest,
        runtime: FromRuntime,
        completed: FromQuery[bool | None] = None,
        due: FromQuery[DueFilter | None] = None,
        due_before: Annotated[str | None, QueryParameter(max_length=40)] = None,
        due_after: Annotated[str | None, QueryParameter(max_length=40)] = None,
        q: Annotated[str | None, QueryParameter(max_length=200)] = None,
        series: Annotated[str | None, QueryParameter(max_length=255)] = None,
        tag: Annotated[
            list[str] | None, QueryParameter(max_items=MOST_TAGS, description="Repeated: tasks that have all of them")
        ] = None,
        priority: Annotated[
            list[Priority] | None, QueryParameter(max_items=8, description="Repeated: tasks that have any of them")
        ] = None,
        sort: FromQuery[Sort | None] = None,
        limit: Annotated[int | None, QueryParameter(ge=1, le=LARGEST_LIMIT)] = None,
        cursor: Annotated[str | None, QueryParameter(max_length=LONGEST_CURSOR)] = None,
    ) -> Response[Any]:
        user_id = request.user.user_id
        if not _PARAMETERS & set(request.query_params):
            async with runtime.database.acquire() as connection:
                return _json(await queries.everything(connection, user_id))
        async with runtime.database.acquire() as connection:
            needs_zone = due is not None or due_before is not None or due_after is not None
            timezone = (await timezone_of(connection, user_id) if needs_zone else None) or "UTC"
            criteria = TaskFilter(
                completed=completed,
                due=due,
                due_before=_bound("due_before", due_before, timezone, end=False),
                due_after=_bound("due_after", due_after, timezone, end=True),
                q=searchable("q", q),
                series=searchable("series", series),
                tags=_tag_keys(tag or []),
                priorities=sorted(set(priority or []), key=rank),
                sort=sort or "created",
            )
            page = await queries.page(
                connection,
                user_id,
                criteria,
                timezone=timezone,
                now=runtime.clock.now(),
                limit=limit or DEFAULT_LIMIT,
                cursor=cursor,
            )
        asked: dict[str, Any] = {key: value for key, value in request.query_params.multi_items() if key != "cursor"}
        asked |= {key: request.query_params.getall(key) for key in _SEVERAL if key in asked}
        return _json(TaskList(items=page.items), link_to_next(request.url.path, asked, page.cursor))

    @post(opt=PHASE_IV, responses=answers(400, 401, 403, 409, 413, 422, 429, 503, s201=TaskView), summary="Make a task")
    async def create(
        self,
        request: SignedInRequest,
        runtime: FromRuntime,
        data: JSONBody[NewTask],
        idempotency_key: IdempotencyKey = None,
    ) -> Response[Any]:
        user_id = request.user.user_id

        async def work(connection: Connection) -> Answer:
            actor, now = Actor.here(user_id), runtime.clock.now()
            task = await commands.create(connection, user_id, data, actor, now, quotas_of(request).tasks)
            return task_answer(await one_shown(connection, task), 201)

        return await answered(request, runtime.database, user_id, work, key=idempotency_key)

    @get("/{task_id:str}", responses=answers(401, 404, 422, 503, s200=TaskView, s304=None), summary="One task")
    async def read(
        self, request: SignedInRequest, runtime: FromRuntime, task_id: TaskId, if_none_match: IfNoneMatch = None
    ) -> Response[Any]:
        async with runtime.database.acquire() as connection:
            task = await queries.one(connection, request.user.user_id, task_id)
        if task is None:
            raise TaskNotFoundError
        if is_known(if_none_match, task):
            return Answer(status=304, headers={"ETag": etag_of(task)}).response()
        return task_answer(task).response()

    @put(
        "/{task_id:str}",
        opt=PHASE_IV | NEEDS_BODY,
        responses=answers(400, 401, 403, 404, 409, 412, 413, 422, 429, 503, s200=ChangedTask),
        summary="Change a task",
    )
    async def replace(
        self,
        request: SignedInRequest,
        runtime: FromRuntime,
        task_id: TaskId,
        data: JSONBody[TaskPut],
        idempotency_key: IdempotencyKey = None,
        if_match: IfMatch = None,
    ) -> Response[Any]:
        return await _change(request, runtime, task_id, data.as_patch(), "this", idempotency_key, if_match)

    @patch(
        "/{task_id:str}",
        responses=answers(400, 401, 403, 404, 409, 412, 413, 422, 429, 503, s200=ChangedTask),
        summary="Change a task; null clears",
    )
    async def change(
        self,
        request: SignedInRequest,
        runtime: FromRuntime,
        task_id: TaskId,
        data: JSONBody[TaskPatch],
        of: ScopeOf = "this",
        idempotency_key: IdempotencyKey = None,
        if_match: IfMatch = None,
    ) -> Response[Any]:
        return await _change(request, runtime, task_id, data, of, idempotency_key, if_match)

    @delete(
        "/{task_id:str}",
        opt=PHASE_IV,
        status_code=204,
        responses=answers(401, 403, 404, 409, 412, 413, 422, 429, 503, s204=None),
        summary="Delete a task",
    )
    async def remove(
        self,
        request: SignedInRequest,
        runtime: FromRuntime,
        task_id: TaskId,
        of: ScopeOf = "this",
        idempotency_key: IdempotencyKey = None,
        if_match: IfMatch = None,
    ) -> Response[None]:
        user_id = request.user.user_id

        async def work(connection: Connection) -> Answer:
            actor = Actor.here(user_id)
            await commands.delete(connection, user_id, task_id, actor, runtime.clock.now(), holds(if_match), of)
            return Answer(status=204)

        return await answered(request, runtime.database, user_id, work, key=idempotency_key, if_match=if_match)

    @post(
        "/{task_id:str}/acknowledge",
        status_code=200,
        responses=answers(401, 403, 404, 409, 413, 422, 429, 503, s200=TaskView),
        summary="Stop the reminders of a task's due date",
    )
    async def acknowledge(
        self, request: SignedInRequest, runtime: FromRuntime, task_id: TaskId, idempotency_key: IdempotencyKey = None
    ) -> Response[Any]:
        user_id = request.user.user_id

        async def work(connection: Connection) -> Answer:
            task = await acknowledging.acknowledge(connection, user_id, task_id, runtime.clock.now())
            return task_answer(await one_shown(connection, task))

        return await answered(request, runtime.database, user_id, work, key=idempotency_key)


async def _change(
    request: SignedInRequest,
    runtime: Runtime,
    task_id: str,
    changes: TaskPatch,
    scope: Scope,
    idempotency_key: str | None,
    if_match: str | None,
) -> Response[Any]:
    user_id = request.user.user_id

    async def work(connection: Connection) -> Answer:
        actor = Actor.here(user_id)
        check = holds(if_match)
        after = await commands.change(connection, user_id, task_id, changes, actor, runtime.clock.now(), check, scope)
        return task_answer(changed_task(await one_shown(connection, after.task), after.next_kept))

    return await answered(request, runtime.database, user_id, work, key=idempotency_key, if_match=if_match)


def _json(content: Any, headers: dict[str, str] | None = None) -> Response[Any]:
    return Response(msgspec.json.encode(content), headers=headers, media_type="application/json")


def _bound(field: str, text: str | None, timezone: str, *, end: bool) -> datetime | None:
    if text is None:
        return None
    try:
        return queries.instant_or_day(field, text, timezone, end=end)
    except FieldError as error:
        raise invalid_field(error, field, where="query") from None


def _tag_keys(tags: list[str]) -> list[str]:
    try:
        return sorted({tag_key(parse_tag(tag, "tag")) for tag in tags})
    except FieldError as error:
        raise invalid_field(error, "tag", where="query") from None


def searchable(field: str, text: str | None) -> str | None:
    """What a query parameter looks for. Raises InvalidError for what no text can hold."""
    if text is None:
        return None
    try:
        return storable(field, text)
    except FieldError as error:
        raise invalid_field(error, field, where="query") from None
