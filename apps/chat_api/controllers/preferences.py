"""The user's own preferences."""

from typing import Any

import msgspec
from litestar import Controller, Request, Response, get, put
from litestar.params import JSONBody

from chat_api import preferences
from chat_api.answers import Answer, answered
from chat_api.controllers.tasks import IdempotencyKey
from chat_api.preferences import Preferences
from taskflow.database.pool import Connection, Database
from taskflow.service.litestar_app import SECURITY
from taskflow.service.openapi import answers

AnyRequest = Request[Any, Any, Any]


def make_preferences_controller(database: Database, guard: Any) -> type[Controller]:
    """The routes under /api/v1/me."""

    class PreferencesController(Controller):
        path = "/api/v1/me/preferences"
        guards = (guard,)
        security = SECURITY
        tags = ("accounts",)

        @get(responses=answers(401, 503), summary="My preferences")
        async def read(self, request: AnyRequest) -> Preferences:
            async with database.acquire() as connection:
                return await preferences.read(connection, request.user.user_id)

        @put(responses=answers(401, 403, 409, 413, 422, 503, s200=Preferences), summary="Set my preferences")
        async def write(
            self, request: AnyRequest, data: JSONBody[Preferences], idempotency_key: IdempotencyKey = None
        ) -> Response[Any]:
            user_id: str = request.user.user_id

            async def work(connection: Connection) -> Answer:
                kept = await preferences.write(connection, user_id, data)
                return Answer(status=200, body=msgspec.json.encode(kept))

            return await answered(request, database, user_id, work)

    return PreferencesController
