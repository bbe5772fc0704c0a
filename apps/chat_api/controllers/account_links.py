"""What is done by one-time links, signed in or not."""

from typing import Any

from litestar import Controller, Request, post
from litestar.params import JSONBody

from chat_api.account.payloads import AskedReset, ResetPassword, ShownLink
from chat_api.controllers.account import FromAccount
from chat_api.controllers.cookies import AUTH_PATH
from chat_api.payloads import Acknowledgement
from taskflow_core.service.openapi import answers


class AccountLinksController(Controller):
    path = AUTH_PATH
    tags = ("accounts",)

    @post(
        "/reset",
        status_code=202,
        responses=answers(409, 413, 422, 429, 503),
        summary="Ask for a link to set a new password",
        description="The answer is the same whether or not there is an account of this address.",
    )
    async def ask_for_reset(
        self, request: Request[Any, Any, Any], account: FromAccount, data: JSONBody[AskedReset]
    ) -> Acknowledgement:
        await account.resetting.ask(data.email, account.auth.clients.of(request))
        return Acknowledgement(message="If there is an account of this address, a link is on its way", status="success")

    @post(
        "/reset/complete",
        status_code=200,
        responses=answers(404, 413, 422, 503),
        summary="Set a new password by a link",
        description="The link counts once. Every session of the account ends.",
    )
    async def complete_reset(
        self, request: Request[Any, Any, Any], account: FromAccount, data: JSONBody[ResetPassword]
    ) -> Acknowledgement:
        await account.resetting.complete(data.link, data.password, account.auth.clients.of(request))
        return Acknowledgement(message="Password set; sign in with it", status="success")

    @post(
        "/email/complete",
        status_code=200,
        responses=answers(404, 409, 413, 422, 503),
        summary="Confirm an e-mail address by a link",
    )
    async def complete_email(self, account: FromAccount, data: JSONBody[ShownLink]) -> Acknowledgement:
        await account.addresses.complete(data.link)
        return Acknowledgement(message="The account has this address now", status="success")
