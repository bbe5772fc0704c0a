"""Composes chat-api as Phase IV."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from chat_api.accounts import Accounts
from chat_api.controllers.auth import Auth, AuthController
from chat_api.controllers.cookies import Cookies
from chat_api.controllers.pages import health
from chat_api.phase_iv.controllers import PhaseIVTasksController, chat_of_user, home
from chat_api.phase_iv.gate import LocalGate
from chat_api.phase_iv.sessions import PhaseIVSessions
from chat_api.signing_in.gate import limits_of
from taskflow_core.events.topics import CHAT_API
from taskflow_core.service.auth import SignIn
from taskflow_core.service.composition import Runtime, Service
from taskflow_core.service.litestar_app import make_app
from taskflow_core.service.unknown_paths import UNKNOWN_PATHS


def create_service(runtime: Runtime, sign_in: SignIn) -> Service:
    """The service with Phase IV's routes, over its own columns."""
    settings = runtime.settings
    gate = LocalGate(runtime.clock, settings.auth_secret, limits_of(settings))
    accounts = Accounts(runtime.database, runtime.clock, gate)
    auth = Auth(
        accounts=accounts,
        sessions=PhaseIVSessions(accounts, sign_in.tokens),
        sign_in=sign_in,
        cookies=Cookies(settings),
        is_phase_iv=True,
    )

    @asynccontextmanager
    async def background() -> AsyncGenerator[None]:
        try:
            yield
        finally:
            accounts.close()

    app = make_app(
        CHAT_API,
        settings,
        [AuthController, health, home, PhaseIVTasksController, chat_of_user],
        sign_in=sign_in,
        dependencies={"runtime": runtime, "auth": auth},
        exception_handlers=UNKNOWN_PATHS,
    )
    return Service(name=CHAT_API, app=app, background=background)
