"""What people do with their own account, below the path whose cookies tell their device."""

from dataclasses import dataclass
from typing import Annotated, Any

from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter, QueryParameter, SkipValidation

from chat_api.account.addresses import Addresses
from chat_api.account.passwords import Passwords
from chat_api.account.payloads import AccountDeletion, EmailAsked, NewEmail, NewPassword, PasswordChanged, SessionList
from chat_api.account.resetting import Resetting
from chat_api.account.tokens import UserTokens
from chat_api.controllers.auth import Auth
from chat_api.controllers.cookies import AUTH_PATH
from chat_api.erasing.closing import Deletion
from chat_api.payloads import Acknowledgement
from chat_api.sessions.device import device_of
from chat_api.sessions.listing import sessions_of
from chat_api.sessions.stored import StoredSessions
from taskflow_core.service.auth import SignedInRequest, signed_in
from taskflow_core.service.cursors import LONGEST_CURSOR
from taskflow_core.service.errors import ApiError
from taskflow_core.service.litestar_app import SECURITY, FromRuntime
from taskflow_core.service.openapi import answers
from taskflow_core.service.pages import DEFAULT_LIMIT, LARGEST_LIMIT, link_to_next


@dataclass(frozen=True, kw_only=True)
class OwnAccount:
    """What these routes work with."""

    auth: Auth
    passwords: Passwords
    sessions: StoredSessions
    resetting: Resetting
    addresses: Addresses
    tokens: UserTokens
    deletion: Deletion


SessionId = Annotated[str, PathParameter(max_length=64)]
FromAccount = NamedDependency[SkipValidation[OwnAccount]]


class AccountController(Controller):
    path = AUTH_PATH
    guards = (signed_in,)
    security = SECURITY
    tags = ("accounts",)

    @post(
        "/password",
        status_code=200,
        responses=answers(401, 403, 413, 422, 429, 503, s200=PasswordChanged),
        summary="Change my password",
        description="Every other session of the account ends. A wrong `current` counts as a failed sign-in.",
    )
    async def change_password(
        self, request: SignedInRequest, account: FromAccount, data: JSONBody[NewPassword]
    ) -> Response[Any]:
        auth, identity = account.auth, request.user
        entry = await account.passwords.change(identity, data.current, data.new, auth.clients.of(request))
        message = "Password changed; every other session has ended"
        if identity.session_id is not None:
            body = PasswordChanged(message=message, status="success")
            return Response(body, cookies=[auth.cookies.device(entry.devices)])
        tokens = await auth.sessions.begin(entry, device_of(request))
        body = PasswordChanged(message=message, status="success", token=tokens.access)
        return Response(body, cookies=auth.cookies.signed_in(tokens, entry.devices))

    @post(
        "/email",
        status_code=202,
        responses=answers(401, 403, 409, 413, 422, 429, 503),
        summary="Ask for another e-mail address",
        description="It is the account's once it was confirmed by the link that is mailed there.",
    )
    async def change_email(
        self, request: SignedInRequest, account: FromAccount, data: JSONBody[NewEmail]
    ) -> EmailAsked:
        addresses = account.addresses
        await addresses.ask(request.user.user_id, data.password, data.email, account.auth.clients.of(request))
        how = "is on its way to the new address" if addresses.mails else "can be had of an administrator"
        return EmailAsked(message=f"The link that confirms it {how}", status="success", mailed=addresses.mails)

    @delete(
        "/account",
        status_code=202,
        responses=answers(401, 403, 413, 422, 429, 503, s202=Acknowledgement),
        summary="Delete my account",
        description="It closes at once, for good; its rows are erased in the background. A wrong `password` counts as "
        "a failed sign-in.",
    )
    async def delete_account(
        self, request: SignedInRequest, account: FromAccount, data: JSONBody[AccountDeletion]
    ) -> Response[Acknowledgement]:
        await account.deletion.delete(request.user, data.password, account.auth.clients.of(request))
        body = Acknowledgement(message="Account deleted; what there is of it is being erased", status="success")
        return Response(body, status_code=202, cookies=account.auth.cookies.signed_out())

    @get(
        "/sessions",
        responses=answers(401, 403, 422, 503),
        summary="List my sessions",
        description="Those that go on, the newest first.",
    )
    async def list_sessions(
        self,
        request: SignedInRequest,
        runtime: FromRuntime,
        limit: Annotated[int, QueryParameter(ge=1, le=LARGEST_LIMIT)] = DEFAULT_LIMIT,
        cursor: Annotated[str | None, QueryParameter(max_length=LONGEST_CURSOR)] = None,
    ) -> Response[SessionList]:
        page = await sessions_of(runtime.database, request.user, runtime.clock.now(), limit, cursor)
        headers = link_to_next(request.url.path, {"limit": limit}, page.cursor)
        return Response(SessionList(items=page.items), headers=headers)

    @delete(
        "/sessions/{session_id:str}",
        status_code=204,
        responses=answers(401, 403, 404, 422, 503),
        summary="End one of my sessions",
    )
    async def end_session(
        self, request: SignedInRequest, account: FromAccount, session_id: SessionId
    ) -> Response[None]:
        if not await account.sessions.end_one(request.user.user_id, session_id):
            raise ApiError("SESSION_NOT_FOUND", "There is no such session of yours that goes on.")
        is_own = session_id == request.user.session_id
        return Response(None, cookies=account.auth.cookies.signed_out() if is_own else [])
