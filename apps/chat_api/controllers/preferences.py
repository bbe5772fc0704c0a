"""The user's own preferences."""

from typing import Any

import msgspec
from litestar import Controller, Response, get, put
from litestar.params import JSONBody

from chat_api import preferences
from chat_api.answers import Answer, answered
from chat_api.controllers.tasks import IdempotencyKey
from chat_api.preferences import Preferences
from taskflow_core.database.pool import Connection
from taskflow_core.service.auth import SignedInRequest, signed_in
from taskflow_core.service.litestar_app import SECURITY, FromRuntime
from taskflow_core.service.openapi import answers


class PreferencesController(Controller):
    path = "/api/v1/me/preferences"
    guards = (signed_in,)
    security = SECURITY
    tags = ("accounts",)

    @get(responses=answers(401, 503), summary="My preferences")
    async def read(self, request: SignedInRequest, runtime: FromRuntime) -> Preferences:
        async with runtime.database.acquire() as connection:
            return await preferences.read(connection, request.user.user_id)

    @put(responses=answers(401, 403, 409, 413, 422, 429, 503, s200=Preferences), summary="Set my preferences")
    async def write(
        self,
        request: SignedInRequest,
        runtime: FromRuntime,
        data: JSONBody[Preferences],
        idempotency_key: IdempotencyKey = None,
    ) -> Response[Any]:
        user_id = request.user.user_id

        async def work(connection: Connection) -> Answer:
            written = await preferences.write(connection, user_id, data)
            return Answer(status=200, body=msgspec.json.encode(written))

        return await answered(request, runtime.database, user_id, work, key=idempotency_key)
