"""What people do with their own account, below the path whose cookies tell their device."""

from dataclasses import dataclass
from typing import Any

from litestar import Controller, Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, SkipValidation

from chat_api.account.passwords import Passwords
from chat_api.account.payloads import NewPassword, PasswordChanged
from chat_api.controllers.auth import Auth
from chat_api.controllers.cookies import AUTH_PATH
from chat_api.sessions.device import device_of
from taskflow_core.service.auth import SignedInRequest, signed_in
from taskflow_core.service.litestar_app import SECURITY
from taskflow_core.service.openapi import answers


@dataclass(frozen=True, kw_only=True)
class OwnAccount:
    """What these routes work with."""

    auth: Auth
    passwords: Passwords


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
