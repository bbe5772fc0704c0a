"""Phase IV's routes: its overview, tasks and the chat."""

from typing import Any

import asyncpg
import msgspec
from litestar import Controller, Response, delete, get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import UNSET

from chat_api.commands.texts import changed_title, description_of, new_title
from chat_api.controllers.chat import UserId, of_another_user, reply, unknown_conversation
from chat_api.controllers.pages import Home, home_answer
from chat_api.conversations import UnknownConversationError
from chat_api.payloads import ChatRequest, Completed, Description, Title, boolean
from chat_api.phase_iv import store
from chat_api.phase_iv.chat import PhaseIVTools
from chat_api.phase_iv.store import PhaseIVTask
from taskflow_core.domain.errors import NoTaskToChangeError, NoTaskToDeleteError, TaskNotCreatedError
from taskflow_core.service.auth import SignedInRequest, signed_in
from taskflow_core.service.bodies import NEEDS_BODY
from taskflow_core.service.litestar_app import SECURITY, FromRuntime
from taskflow_core.service.openapi import answers


class NewPhaseIVTask(msgspec.Struct, frozen=True, kw_only=True):
    """A task to make."""

    title: Title
    description: Description | None = None


class PhaseIVChanges(msgspec.Struct, frozen=True, kw_only=True):
    """Changes to a task; null or absent keeps."""

    title: Title | None = None
    description: Description | None = None
    completed: Completed | None = None


@get("/")
async def home() -> Home:
    """Phase IV's overview."""
    return home_answer()


@post(
    "/api/{user_id:str}/chat",
    status_code=200,
    guards=[signed_in],
    exception_handlers={UnknownConversationError: unknown_conversation},
)
async def chat_of_user(
    request: SignedInRequest, runtime: FromRuntime, user_id: UserId, data: JSONBody[ChatRequest]
) -> Response[Any]:
    """The chat over Phase IV's columns, which knows no Idempotency-Key."""
    if user_id != request.user.user_id:
        return of_another_user()
    async with runtime.database.transaction() as connection:
        answer = await reply(runtime, connection, user_id, data, PhaseIVTools.begin)
    return answer.response()


class PhaseIVTasksController(Controller):
    path = "/api/v1/tasks"
    guards = (signed_in,)
    security = SECURITY

    @get(responses=answers(401, 503))
    async def list_tasks(self, request: SignedInRequest, runtime: FromRuntime) -> list[PhaseIVTask]:
        async with runtime.database.acquire() as connection:
            return await store.list_tasks(connection, request.user.user_id)

    @post(responses=answers(400, 401, 403, 413, 422, 503))
    async def create(
        self, request: SignedInRequest, runtime: FromRuntime, data: JSONBody[NewPhaseIVTask]
    ) -> PhaseIVTask:
        title = new_title(data.title)
        description = description_of(data.description)
        try:
            async with runtime.database.acquire() as connection:
                return await store.insert(connection, request.user.user_id, title, description, runtime.clock.now())
        except asyncpg.ForeignKeyViolationError:
            raise TaskNotCreatedError("This account no longer exists; sign in again.", reason="account") from None

    @put("/{task_id:str}", opt=NEEDS_BODY, responses=answers(400, 401, 403, 404, 413, 422, 503))
    async def change(
        self, request: SignedInRequest, runtime: FromRuntime, task_id: FromPath[str], data: JSONBody[PhaseIVChanges]
    ) -> PhaseIVTask:
        async with runtime.database.acquire() as connection:
            task = await store.update(
                connection,
                request.user.user_id,
                task_id,
                title=None if data.title is None else changed_title(data.title),
                description=UNSET if data.description is None else description_of(data.description),
                completed=None if data.completed is None else boolean("completed", data.completed),
                now=runtime.clock.now(),
            )
        if task is None:
            raise NoTaskToChangeError
        return task

    @delete("/{task_id:str}", status_code=204, responses=answers(401, 403, 404, 503))
    async def remove(self, request: SignedInRequest, runtime: FromRuntime, task_id: FromPath[str]) -> None:
        async with runtime.database.acquire() as connection:
            if not await store.delete(connection, request.user.user_id, task_id):
                raise NoTaskToDeleteError
