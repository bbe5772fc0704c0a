"""Composes chat-api as Phase IV."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from litestar import get

from chat_api.accounts import Accounts
from chat_api.controllers.chat import make_chat_routes
from chat_api.controllers.pages import Home, home_answer
from chat_api.phase_iv.chat import PhaseIVTools
from chat_api.phase_iv.controllers import make_tasks_controller
from taskflow.events.topics import CHAT_API
from taskflow.service.auth import SignIn
from taskflow.service.composition import Runtime, Service
from taskflow.service.litestar_app import make_app


@get("/")
async def home() -> Home:
    """Phase IV's overview."""
    return home_answer()


def create_service(runtime: Runtime, accounts: Accounts, guard: SignIn, shared: Sequence[Any]) -> Service:
    """The service with Phase IV's routes: `shared` ones, tasks and the chat over its own columns."""
    database, clock = runtime.database, runtime.clock

    @asynccontextmanager
    async def background() -> AsyncGenerator[None]:
        try:
            yield
        finally:
            accounts.close()

    routes = [
        *shared,
        home,
        make_tasks_controller(database, clock, guard),
        *make_chat_routes(database, clock, guard, tools=PhaseIVTools.begin, versioned=False),
    ]
    return Service(name=CHAT_API, app=make_app(CHAT_API, runtime.settings, routes), background=background)
