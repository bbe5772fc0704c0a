"""Personal tokens: what programs are given instead of a password."""

from datetime import timedelta
from typing import Annotated, Any

from litestar import Controller, Response, delete, get, post
from litestar.params import JSONBody, PathParameter, QueryParameter

from chat_api.account.payloads import NewToken, ShownToken, TokenList
from chat_api.controllers.account import FromAccount
from chat_api.controllers.cookies import AUTH_PATH
from taskflow_core.service.auth import SignedInRequest, signed_in
from taskflow_core.service.cursors import LONGEST_CURSOR
from taskflow_core.service.errors import ApiError
from taskflow_core.service.litestar_app import SECURITY
from taskflow_core.service.openapi import answers
from taskflow_core.service.pages import DEFAULT_LIMIT, LARGEST_LIMIT, link_to_next

TokenId = Annotated[str, PathParameter(max_length=64)]


class AccountTokensController(Controller):
    path = f"{AUTH_PATH}/tokens"
    guards = (signed_in,)
    security = SECURITY
    tags = ("accounts",)

    @post(
        responses=answers(401, 403, 409, 413, 422, 429, 503, s201=ShownToken),
        summary="Make a personal token",
        description="It is shown in this answer and never again.",
    )
    async def make(self, request: SignedInRequest, account: FromAccount, data: JSONBody[NewToken]) -> Response[Any]:
        token, made = await account.tokens.make(
            request.user.user_id,
            data.password,
            data.name,
            data.scopes,
            timedelta(days=data.expires_in_days),
            account.auth.clients.of(request),
        )
        shown = ShownToken(
            id=made.id,
            name=made.name,
            scopes=made.scopes,
            created_at=made.created_at,
            expires_at=made.expires_at,
            token=token,
        )
        return Response(shown, status_code=201)

    @get(responses=answers(401, 403, 422, 503), summary="List my personal tokens")
    async def list_tokens(
        self,
        request: SignedInRequest,
        account: FromAccount,
        limit: Annotated[int, QueryParameter(ge=1, le=LARGEST_LIMIT)] = DEFAULT_LIMIT,
        cursor: Annotated[str | None, QueryParameter(max_length=LONGEST_CURSOR)] = None,
    ) -> Response[TokenList]:
        page = await account.tokens.page(request.user.user_id, limit, cursor)
        headers = link_to_next(request.url.path, {"limit": limit}, page.cursor)
        return Response(TokenList(items=page.items), headers=headers)

    @delete(
        "/{token_id:str}",
        status_code=204,
        responses=answers(401, 403, 404, 422, 503),
        summary="Revoke a personal token",
    )
    async def revoke(self, request: SignedInRequest, account: FromAccount, token_id: TokenId) -> None:
        if not await account.tokens.revoke(request.user.user_id, token_id):
            raise ApiError("TOKEN_NOT_FOUND", "There is no such token of yours that counts.")
