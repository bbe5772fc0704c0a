"""Phase IV's task routes."""

from typing import Any

import asyncpg
import msgspec
from litestar import Controller, Request, delete, get, post, put
from litestar.params import FromPath, JSONBody

from chat_api.commands.fields import title_of
from chat_api.payloads import Description, Title, clean
from chat_api.phase_iv import store
from chat_api.phase_iv.store import PhaseIVTask
from taskflow.database.pool import Database
from taskflow.domain.clock import Clock
from taskflow.service.errors import ApiError
from taskflow.service.litestar_app import SECURITY
from taskflow.service.openapi import answers

AnyRequest = Request[Any, Any, Any]


class NewPhaseIVTask(msgspec.Struct, frozen=True, kw_only=True):
    """A task to make."""

    title: Title
    description: Description | None = None


class PhaseIVChanges(msgspec.Struct, frozen=True, kw_only=True):
    """Changes to a task; null or absent keeps."""

    title: Title | None = None
    description: Description | None = None
    completed: bool | None = None


def make_tasks_controller(database: Database, clock: Clock, guard: Any) -> type[Controller]:
    """The routes under /api/v1/tasks."""

    class PhaseIVTasksController(Controller):
        path = "/api/v1/tasks"
        guards = (guard,)
        security = SECURITY

        @get(responses=answers(401, 503))
        async def list_tasks(self, request: AnyRequest) -> list[PhaseIVTask]:
            async with database.acquire() as connection:
                return await store.list_tasks(connection, request.user.user_id)

        @post(responses=answers(400, 401, 403, 413, 422, 503))
        async def create(self, request: AnyRequest, data: JSONBody[NewPhaseIVTask]) -> PhaseIVTask:
            title = title_of(data.title, "TASK_CREATION_ERROR")
            description = data.description and clean("description", data.description)
            try:
                async with database.acquire() as connection:
                    return await store.insert(connection, request.user.user_id, title, description, clock.now())
            except asyncpg.ForeignKeyViolationError:
                raise ApiError("TASK_CREATION_ERROR", "This account no longer exists; sign in again.") from None

        @put("/{task_id:str}", responses=answers(400, 401, 403, 404, 413, 422, 503))
        async def change(
            self, request: AnyRequest, task_id: FromPath[str], data: JSONBody[PhaseIVChanges]
        ) -> PhaseIVTask:
            async with database.acquire() as connection:
                task = await store.update(
                    connection,
                    request.user.user_id,
                    task_id,
                    title=None if data.title is None else title_of(data.title, "TASK_UPDATE_ERROR"),
                    description=data.description and clean("description", data.description),
                    completed=data.completed,
                    now=clock.now(),
                )
            if task is None:
                raise ApiError("TASK_UPDATE_ERROR", "Task not found or you don't have permission to edit it")
            return task

        @delete("/{task_id:str}", status_code=204, responses=answers(401, 403, 404, 503))
        async def remove(self, request: AnyRequest, task_id: FromPath[str]) -> None:
            async with database.acquire() as connection:
                if not await store.delete(connection, request.user.user_id, task_id):
                    raise ApiError("TASK_DELETION_ERROR", "Task not found or you don't have permission to delete it")

    return PhaseIVTasksController
