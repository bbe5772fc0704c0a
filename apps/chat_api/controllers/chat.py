"""The chat's routes: Phase IV's with the user in its path, and the same under /api/v1."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, post
from litestar.params import JSONBody, PathParameter

from chat_api import conversations
from chat_api.answers import Answer, answered
from chat_api.chat.assistant import LOOKS_BACK, Assistant
from chat_api.chat.tools import TaskTools, ToolsFor
from chat_api.payloads import ChatAnswer, ChatRequest, clean
from taskflow.database.pool import Connection, Database
from taskflow.domain.clock import Clock
from taskflow.service.errors import ErrorAnswer, PlainAnswer
from taskflow.service.litestar_app import SECURITY
from taskflow.service.openapi import answers

AnyRequest = Request[Any, Any, Any]


def make_chat_routes(
    database: Database, clock: Clock, guard: Any, *, tools: ToolsFor = TaskTools.begin, versioned: bool = True
) -> list[Any]:
    """The routes; without `versioned` Phase IV's alone, which knows no Idempotency-Key."""

    async def reply(connection: Connection, user_id: str, data: ChatRequest) -> Answer:
        """One message and its answer, in the transaction of all that it changes."""
        message, now = clean("message", data.message), clock.now()
        conversation_id = await conversations.open_conversation(connection, user_id, data.conversation_id, now)
        past = await conversations.last_said(connection, conversation_id, LOOKS_BACK)
        assistant = Assistant(connection, user_id, await tools(connection, user_id, now), past)
        given = await assistant.answer(message)
        await conversations.record(connection, user_id, conversation_id, message, given.said(), now)
        body = ChatAnswer(
            conversation_id=conversation_id,
            response=given.text,
            tool_calls=list(given.tool_calls),
            status="success",
        )
        return Answer(status=200, body=msgspec.json.encode(body))

    async def talk(request: AnyRequest, data: ChatRequest) -> Response[Any]:
        user_id: str = request.user.user_id
        if versioned:
            return await answered(request, database, user_id, lambda connection: reply(connection, user_id, data))
        async with database.transaction() as connection:
            answer = await reply(connection, user_id, data)
        return answer.response()

    @post(
        "/api/{user_id:str}/chat",
        status_code=200,
        guards=[guard],
        security=SECURITY,
        tags=["chat"],
        summary="Talk to the assistant, as Phase IV's clients do",
        responses=answers(401, 409, 413, 422, 503, s200=ChatAnswer, s403=PlainAnswer | ErrorAnswer),
    )
    async def chat_of_user(
        request: AnyRequest, user_id: Annotated[str, PathParameter(max_length=255)], data: JSONBody[ChatRequest]
    ) -> Response[Any]:
        if user_id != request.user.user_id:
            refusal = PlainAnswer("This conversation belongs to another user")
            return Response(msgspec.json.encode(refusal), status_code=403, media_type="application/json")
        return await talk(request, data)

    @post(
        "/api/v1/chat",
        status_code=200,
        guards=[guard],
        security=SECURITY,
        tags=["chat"],
        summary="Talk to the assistant",
        responses=answers(401, 403, 409, 413, 422, 503, s200=ChatAnswer),
    )
    async def chat(request: AnyRequest, data: JSONBody[ChatRequest]) -> Response[Any]:
        return await talk(request, data)

    return [chat_of_user, chat] if versioned else [chat_of_user]
