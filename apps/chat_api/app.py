"""Composes chat-api for the phase it runs in."""

from litestar.openapi.plugins import JsonRenderPlugin

from chat_api import phase_iv
from chat_api.account.addresses import Addresses
from chat_api.account.mailing import mailing_of
from chat_api.account.passwords import Passwords
from chat_api.account.resetting import Resetting
from chat_api.account.tokens import UserTokens
from chat_api.accounts import Accounts
from chat_api.background import running
from chat_api.controllers.account import AccountController, OwnAccount
from chat_api.controllers.account_links import AccountLinksController
from chat_api.controllers.account_tokens import AccountTokensController
from chat_api.controllers.auth import Auth, AuthController
from chat_api.controllers.chat import chat, chat_of_user
from chat_api.controllers.cookies import Cookies
from chat_api.controllers.export import export_account
from chat_api.controllers.internal import occurrences
from chat_api.controllers.pages import SwaggerPage, assets, docs_router, health, home, redoc
from chat_api.controllers.parse import parse_line
from chat_api.controllers.preferences import PreferencesController
from chat_api.controllers.recurrence import preview
from chat_api.controllers.tags import list_tags
from chat_api.controllers.tasks import TasksController
from chat_api.controllers.trash import TrashController
from chat_api.erasing.closing import Deletion
from chat_api.export.export import Exports
from chat_api.export.trail import AskedTrail
from chat_api.quotas import quotas
from chat_api.second_reader.reader import second_reader
from chat_api.security.refusals import Refusals
from chat_api.sessions.stored import StoredSessions
from chat_api.signing_in.gate import SharedGate, limits_of
from taskflow_core.events.topics import CHAT_API
from taskflow_core.service.auth import SignIn
from taskflow_core.service.composition import Runtime, Service
from taskflow_core.service.litestar_app import make_app, openapi
from taskflow_core.service.unknown_paths import UNKNOWN_PATHS


def create_service(runtime: Runtime) -> Service:
    """chat-api: Phase IV's routes alone, or all of them with the relay of its outbox."""
    settings = runtime.settings
    sign_in = SignIn(settings, runtime.clock, runtime.revocations, runtime.personal_tokens)
    if settings.phase == "iv":
        return phase_iv.create_service(runtime, sign_in)
    gate = SharedGate(runtime.database, runtime.clock, settings.auth_secret, limits_of(settings))
    refusals = Refusals(runtime.database, runtime.clock)
    accounts = Accounts(runtime.database, runtime.clock, gate, sign_ups=settings.sign_up, refusals=refusals)
    sessions = StoredSessions(
        runtime.database,
        runtime.clock,
        sign_in.tokens,
        runtime.revocations,
        access_seconds=settings.jwt_expiry_seconds,
        forget_devices=gate.forget_devices,
    )
    auth = Auth(accounts=accounts, sessions=sessions, sign_in=sign_in, cookies=Cookies(settings), is_phase_iv=False)
    mailing = mailing_of(settings, runtime.database)
    tokens = UserTokens(runtime.database, runtime.clock, accounts, runtime.revocations, settings.auth_secret)
    account = OwnAccount(
        auth=auth,
        passwords=Passwords(runtime.clock, accounts, sessions),
        sessions=sessions,
        resetting=Resetting(
            runtime.database, runtime.clock, gate, accounts, sessions, tokens, mails=mailing is not None
        ),
        tokens=tokens,
        addresses=Addresses(runtime.database, runtime.clock, gate, accounts, mails=mailing is not None),
        deletion=Deletion(accounts, sessions),
    )
    exports = Exports(runtime.database, AskedTrail(runtime.audit_logger, by_sidecar=settings.bus == "dapr"))
    app = make_app(
        CHAT_API,
        settings,
        [
            AuthController,
            AccountController,
            AccountLinksController,
            AccountTokensController,
            export_account,
            health,
            home,
            redoc,
            *assets(),
            TasksController,
            list_tags,
            TrashController,
            PreferencesController,
            preview,
            parse_line,
            chat_of_user,
            chat,
            occurrences,
        ],
        sign_in=sign_in,
        dependencies={
            "runtime": runtime,
            "auth": auth,
            "account": account,
            "exports": exports,
        },
        exception_handlers=UNKNOWN_PATHS,
        openapi_config=openapi(
            CHAT_API, render_plugins=[JsonRenderPlugin(), SwaggerPage()], openapi_router=docs_router()
        ),
    )
    app.state["quotas"] = quotas(settings)
    reader = app.state["second_reader"] = second_reader(settings)
    return Service(
        name=CHAT_API,
        app=app,
        publishes=True,
        background=lambda: running(runtime, accounts, gate, refusals, mailing, reader),
    )
