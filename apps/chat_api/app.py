"""Composes chat-api for the phase it runs in."""

from typing import Any

from litestar.openapi.plugins import JsonRenderPlugin

from chat_api import phase_iv
from chat_api.accounts import Accounts
from chat_api.background import running
from chat_api.controllers.auth import AuthState, make_auth_controller
from chat_api.controllers.chat import make_chat_routes
from chat_api.controllers.internal import make_occurrences_route
from chat_api.controllers.pages import SwaggerPage, make_health, make_pages
from chat_api.controllers.preferences import make_preferences_controller
from chat_api.controllers.recurrence import make_preview
from chat_api.controllers.tasks import make_tasks_controller
from taskflow.events.topics import CHAT_API, RECURRING_TASK_PROCESSOR
from taskflow.service.auth import ApiTokenGuard, SignIn
from taskflow.service.composition import Runtime, Service
from taskflow.service.litestar_app import make_app, openapi


def create_service(runtime: Runtime) -> Service:
    """chat-api: Phase IV's routes alone, or all of them with the relay of its outbox."""
    settings, database, clock = runtime.settings, runtime.database, runtime.clock
    accounts = Accounts(database, clock, attempts_per_minute=settings.login_attempts_per_minute)
    guard = SignIn(settings, clock)
    auth = make_auth_controller(AuthState(accounts=accounts, sign_in=guard, settings=settings), guard)
    shared: list[Any] = [auth, make_health(settings)]
    if settings.phase == "iv":
        return phase_iv.create_service(runtime, accounts, guard, shared)
    internal = ApiTokenGuard(settings, caller=RECURRING_TASK_PROCESSOR)
    app = make_app(
        CHAT_API,
        settings,
        [
            *shared,
            *make_pages(),
            make_tasks_controller(database, clock, guard),
            make_preferences_controller(database, guard),
            make_preview(database, clock, guard),
            *make_chat_routes(database, clock, guard),
            make_occurrences_route(database, clock, internal),
        ],
        openapi_config=openapi(CHAT_API, render_plugins=[JsonRenderPlugin(), SwaggerPage()]),
    )
    return Service(name=CHAT_API, app=app, publishes=True, background=lambda: running(runtime, accounts))
