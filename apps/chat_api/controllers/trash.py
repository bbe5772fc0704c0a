"""The routes under /api/v1/trash: deleted tasks, listed, restored and let go for good."""

from typing import Annotated, Any

import msgspec
from litestar import Controller, Response, delete, get, post
from litestar.params import QueryParameter

from chat_api import queries, trash
from chat_api.answers import Answer, answered, quotas_of, task_answer
from chat_api.commands import restoring
from chat_api.commands.actor import Actor
from chat_api.commands.restoring import RestoreScope
from chat_api.controllers.tasks import IdempotencyKey, TaskId, searchable
from chat_api.trash import DeletedTask, TrashFilter
from chat_api.views import TaskView
from taskflow_core.database.pool import Connection
from taskflow_core.domain.errors import TaskNotFoundError
from taskflow_core.service.auth import SignedInRequest, signed_in
from taskflow_core.service.cursors import LONGEST_CURSOR
from taskflow_core.service.litestar_app import SECURITY, FromRuntime
from taskflow_core.service.openapi import answers
from taskflow_core.service.pages import DEFAULT_LIMIT, LARGEST_LIMIT, link_to_next

Together = Annotated[
    RestoreScope,
    # Litestar has a meaning of its own for an argument called scope.
    QueryParameter(name="scope", description="This task, or all that its deletion took away and is still in the trash"),
]


class Trash(msgspec.Struct, frozen=True, kw_only=True):
    """A page of deleted tasks; the next one is in the Link header."""

    items: list[DeletedTask]


class TrashController(Controller):
    path = "/api/v1/trash"
    guards = (signed_in,)
    security = SECURITY
    tags = ("trash",)

    @get(responses=answers(401, 422, 503, s200=Trash), summary="Deleted tasks, the latest first")
    async def list_deleted(
        self,
        request: SignedInRequest,
        runtime: FromRuntime,
        q: Annotated[str | None, QueryParameter(max_length=200)] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=LARGEST_LIMIT)] = DEFAULT_LIMIT,
        cursor: Annotated[str | None, QueryParameter(max_length=LONGEST_CURSOR)] = None,
    ) -> Response[Any]:
        criteria = TrashFilter(q=searchable("q", q))
        async with runtime.database.acquire() as connection:
            page = await trash.page(
                connection,
                request.user.user_id,
                criteria,
                days=runtime.settings.trash_days,
                limit=limit,
                cursor=cursor,
            )
        asked = {key: value for key, value in request.query_params.multi_items() if key != "cursor"}
        headers = link_to_next(request.url.path, asked, page.cursor)
        return Response(msgspec.json.encode(Trash(items=page.items)), headers=headers, media_type="application/json")

    @post(
        "/{task_id:str}/restore",
        status_code=200,
        responses=answers(401, 403, 404, 409, 413, 422, 429, 503, s200=TaskView),
        summary="Restore a deleted task",
        description="Of a task that is there (again) it is what it answers, and all that it does.",
    )
    async def restore(
        self,
        request: SignedInRequest,
        runtime: FromRuntime,
        task_id: TaskId,
        of: Together = "this",
        idempotency_key: IdempotencyKey = None,
    ) -> Response[Any]:
        user_id = request.user.user_id

        async def work(connection: Connection) -> Answer:
            await restoring.restore(
                connection,
                user_id,
                task_id,
                of,
                Actor.here(user_id),
                runtime.clock.now(),
                quotas_of(request).tasks,
                days=runtime.settings.trash_days,
            )
            task = await queries.one(connection, user_id, task_id)
            if task is None:
                raise TaskNotFoundError
            return task_answer(task)

        return await answered(request, runtime.database, user_id, work, key=idempotency_key)

    @delete(
        "/{task_id:str}",
        status_code=204,
        responses=answers(401, 403, 404, 409, 413, 422, 429, 503, s204=None),
        summary="Delete a task for good",
    )
    async def remove(
        self, request: SignedInRequest, runtime: FromRuntime, task_id: TaskId, idempotency_key: IdempotencyKey = None
    ) -> Response[None]:
        user_id = request.user.user_id

        async def work(connection: Connection) -> Answer:
            await trash.delete(connection, user_id, task_id)
            return Answer(status=204)

        return await answered(request, runtime.database, user_id, work, key=idempotency_key)

    @delete(
        status_code=204,
        responses=answers(401, 403, 409, 413, 422, 429, 503, s204=None),
        summary="Empty the trash",
    )
    async def empty(
        self, request: SignedInRequest, runtime: FromRuntime, idempotency_key: IdempotencyKey = None
    ) -> Response[None]:
        user_id = request.user.user_id

        async def work(connection: Connection) -> Answer:
            await trash.empty(connection, user_id)
            return Answer(status=204)

        return await answered(request, runtime.database, user_id, work, key=idempotency_key)
