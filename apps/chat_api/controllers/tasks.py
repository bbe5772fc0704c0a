"""Tasks: Phase IV's routes as they were, and what Phase V adds to them."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, delete, get, patch, post, put
from litestar.params import FromQuery, HeaderParameter, JSONBody, PathParameter, QueryParameter

from chat_api import queries
from chat_api.answers import Answer, answered, etag_of, if_match, is_known, task_answer
from chat_api.commands import tasks as commands
from chat_api.commands.actor import Actor
from chat_api.payloads import NewTask, Scope, TaskPatch, TaskPut, clean
from chat_api.preferences import timezone_of
from chat_api.queries import DueFilter, Sort, TaskFilter
from chat_api.views import TaskView, one_shown
from taskflow.database.pool import Connection, Database
from taskflow.domain.clock import Clock
from taskflow.domain.errors import FieldError
from taskflow.service.errors import ApiError, invalid
from taskflow.service.litestar_app import SECURITY
from taskflow.service.openapi import answers

AnyRequest = Request[Any, Any, Any]

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

ScopeOf = Annotated[
    Scope,
    # Litestar has a meaning of its own for an argument called scope.
    QueryParameter(
        name="scope",
        description="Of a task that repeats: this occurrence, this and the following open ones, or all that are not "
        "past. Completing is always of this one.",
    ),
]


_PARAMETERS = frozenset({"completed", "due", "due_before", "due_after", "q", "series", "sort", "limit", "cursor"})
"""What makes the list a page. Any other is ignored, as Phase IV ignores it: its clients get their bare list."""


class TaskList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of tasks; the next one is in the Link header."""

    items: list[TaskView]


def make_tasks_controller(database: Database, clock: Clock, guard: Any) -> type[Controller]:
    """The routes under /api/v1/tasks."""

    class TasksController(Controller):
        path = "/api/v1/tasks"
        guards = (guard,)
        security = SECURITY
        tags = ("tasks",)

        @get(
            responses=answers(401, 422, 503, s200=list[TaskView] | TaskList),
            summary="List tasks",
            description="Without parameters: every task, newest first, as a bare list. With any of these: {items}.",
        )
        async def list_tasks(
            self,
            request: AnyRequest,
            completed: FromQuery[bool | None] = None,
            due: FromQuery[DueFilter | None] = None,
            due_before: Annotated[str | None, QueryParameter(max_length=40)] = None,
            due_after: Annotated[str | None, QueryParameter(max_length=40)] = None,
            q: Annotated[str | None, QueryParameter(max_length=200)] = None,
            series: Annotated[str | None, QueryParameter(max_length=255)] = None,
            sort: FromQuery[Sort | None] = None,
            limit: Annotated[int | None, QueryParameter(ge=1, le=queries.LARGEST_LIMIT)] = None,
            cursor: Annotated[str | None, QueryParameter(max_length=1000)] = None,
        ) -> Response[Any]:
            user_id: str = request.user.user_id
            if not _PARAMETERS & set(request.query_params):
                async with database.acquire() as connection:
                    return _json(await queries.everything(connection, user_id))
            async with database.acquire() as connection:
                needs_zone = due is not None or due_before is not None or due_after is not None
                timezone = (await timezone_of(connection, user_id) if needs_zone else None) or "UTC"
                wanted = TaskFilter(
                    completed=completed,
                    due=due,
                    due_before=_bound("due_before", due_before, timezone, end=False),
                    due_after=_bound("due_after", due_after, timezone, end=True),
                    q=_searchable("q", q),
                    series=_searchable("series", series),
                    sort=sort or "created",
                )
                page = await queries.page(
                    connection,
                    user_id,
                    wanted,
                    timezone=timezone,
                    now=clock.now(),
                    limit=limit or queries.DEFAULT_LIMIT,
                    cursor=cursor,
                )
            headers: dict[str, str] = {}
            if page.cursor is not None:
                asked = {key: value for key, value in request.query_params.multi_items() if key != "cursor"}
                headers["Link"] = queries.next_link(request.url.path, asked, page.cursor)
            return _json(TaskList(items=page.tasks), headers)

        @post(responses=answers(400, 401, 403, 409, 413, 422, 503, s201=TaskView), summary="Make a task")
        async def create(
            self, request: AnyRequest, data: JSONBody[NewTask], idempotency_key: IdempotencyKey = None
        ) -> Response[Any]:
            user_id: str = request.user.user_id

            async def work(connection: Connection) -> Answer:
                task = await commands.create(connection, user_id, data, Actor.here(user_id), clock.now())
                return task_answer(await one_shown(connection, task), 201)

            return await answered(request, database, user_id, work)

        @get("/{task_id:str}", responses=answers(401, 404, 422, 503, s200=TaskView, s304=None), summary="One task")
        async def read(self, request: AnyRequest, task_id: TaskId) -> Response[Any]:
            async with database.acquire() as connection:
                task = await queries.one(connection, request.user.user_id, task_id)
            if task is None:
                raise ApiError("TASK_NOT_FOUND", "There is no such task among yours.", error="Task not found")
            if is_known(request, task):
                return Answer(status=304, headers={"ETag": etag_of(task)}).response()
            return task_answer(task).response()

        @put(
            "/{task_id:str}",
            responses=answers(400, 401, 403, 404, 409, 412, 413, 422, 503, s200=TaskView),
            summary="Change a task",
        )
        async def replace(
            self,
            request: AnyRequest,
            task_id: TaskId,
            data: JSONBody[TaskPut],
            idempotency_key: IdempotencyKey = None,
            if_match_tag: IfMatch = None,
        ) -> Response[Any]:
            return await _change(request, task_id, data.as_patch())

        @patch(
            "/{task_id:str}",
            responses=answers(400, 401, 403, 404, 409, 412, 413, 422, 503, s200=TaskView),
            summary="Change a task; null clears",
        )
        async def change(
            self,
            request: AnyRequest,
            task_id: TaskId,
            data: JSONBody[TaskPatch],
            of: ScopeOf = "this",
            idempotency_key: IdempotencyKey = None,
            if_match_tag: IfMatch = None,
        ) -> Response[Any]:
            return await _change(request, task_id, data, of)

        @delete(
            "/{task_id:str}",
            status_code=204,
            responses=answers(401, 403, 404, 409, 412, 413, 422, 503, s204=None),
            summary="Delete a task",
        )
        async def remove(
            self,
            request: AnyRequest,
            task_id: TaskId,
            of: ScopeOf = "this",
            idempotency_key: IdempotencyKey = None,
            if_match_tag: IfMatch = None,
        ) -> Response[None]:
            user_id: str = request.user.user_id

            async def work(connection: Connection) -> Answer:
                actor = Actor.here(user_id)
                await commands.delete(connection, user_id, task_id, actor, clock.now(), if_match(request), of)
                return Answer(status=204)

            return await answered(request, database, user_id, work)

        @post(
            "/{task_id:str}/acknowledge",
            status_code=200,
            responses=answers(401, 403, 404, 409, 413, 422, 503, s200=TaskView),
            summary="Stop the reminders of a task's due date",
        )
        async def acknowledge(
            self, request: AnyRequest, task_id: TaskId, idempotency_key: IdempotencyKey = None
        ) -> Response[Any]:
            user_id: str = request.user.user_id

            async def work(connection: Connection) -> Answer:
                task = await commands.acknowledge(connection, user_id, task_id, clock.now())
                return task_answer(await one_shown(connection, task))

            return await answered(request, database, user_id, work)

    async def _change(request: AnyRequest, task_id: str, changes: TaskPatch, scope: Scope = "this") -> Response[Any]:
        user_id: str = request.user.user_id

        async def work(connection: Connection) -> Answer:
            actor = Actor.here(user_id)
            check = if_match(request)
            task = await commands.change(connection, user_id, task_id, changes, actor, clock.now(), check, scope)
            return task_answer(await one_shown(connection, task))

        return await answered(request, database, user_id, work)

    return TasksController


def _json(content: Any, headers: dict[str, str] | None = None) -> Response[Any]:
    return Response(msgspec.json.encode(content), headers=headers, media_type="application/json")


def _bound(field: str, text: str | None, timezone: str, *, end: bool) -> datetime | None:
    return None if text is None else queries.instant_or_day(field, text, timezone, end=end)


def _searchable(field: str, text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return clean(field, text)
    except FieldError as error:
        raise invalid(field, error.message, where="query") from None
