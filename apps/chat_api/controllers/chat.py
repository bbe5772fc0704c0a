"""The chat's routes: Phase IV's with the user in its path, and the same under /api/v1."""

import dataclasses
from functools import partial
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, post
from litestar.params import HeaderParameter, JSONBody, PathParameter
from msgspec import UNSET

from chat_api import conversations
from chat_api.answers import Answer, answered, quotas_of
from chat_api.chat.assistant import LOOKS_BACK, Assistant
from chat_api.chat.tools import TaskTools, ToolsFor
from chat_api.chat.words import Speaker
from chat_api.commands.texts import storable
from chat_api.conversations import UnknownConversationError
from chat_api.payloads import ChatAnswer, ChatRequest
from chat_api.second_reader.reader import SecondReader
from taskflow_core.database.pool import Connection
from taskflow_core.service.auth import SignedInRequest, signed_in
from taskflow_core.service.composition import Runtime
from taskflow_core.service.errors import ErrorAnswer, PlainAnswer
from taskflow_core.service.ignored import PHASE_IV
from taskflow_core.service.litestar_app import SECURITY, FromRuntime
from taskflow_core.service.openapi import answers

IdempotencyKey = Annotated[str | None, HeaderParameter(name="Idempotency-Key", required=False, include_in_schema=False)]
UserId = Annotated[str, PathParameter(max_length=255)]


class NotUnderstoodError(Exception):
    """Somebody else may read the message; nothing was changed, and nothing is said yet."""

    def __init__(self, speaker: Speaker) -> None:
        super().__init__()
        self.speaker = speaker


async def reply(
    runtime: Runtime,
    connection: Connection,
    user_id: str,
    data: ChatRequest,
    tools: ToolsFor,
    *,
    proposal: str | None = None,
    may_ask: bool = False,
) -> Answer:
    """One message and its answer, in the transaction of all that it changes. Raises UnknownConversationError.

    `proposal` is what a message may mean that was not understood. Where one may be asked for, `may_ask`, raises
    NotUnderstoodError instead of saying so.
    """
    message, now = storable("message", data.message), runtime.clock.now()
    conversation_id = await conversations.open_conversation(connection, user_id, data.conversation_id, now)
    past = await conversations.last_messages(connection, conversation_id, LOOKS_BACK)
    hands = await tools(connection, user_id, now)
    assistant = Assistant(connection, user_id, hands, past)
    given = await assistant.answer(message)
    if given.unread and not given.tool_calls and not given.context.asked:
        if may_ask:
            raise NotUnderstoodError(Speaker(hands.now, hands.order))
        if proposal is not None:
            given = dataclasses.replace(assistant.propose(proposal), unread=given.unread)
    await conversations.record(connection, user_id, conversation_id, message, given.message(), now)
    body = ChatAnswer(
        conversation_id=conversation_id,
        response=given.text,
        tool_calls=list(given.tool_calls),
        status="success",
        understood=not given.unread if hands.knows_dates else UNSET,
        unread=list(given.unread) if hands.knows_dates else UNSET,
    )
    return Answer(status=200, body=msgspec.json.encode(body))


def of_another_user() -> Response[Any]:
    """The refusal of a path that names somebody else."""
    return _plain(403, "This conversation belongs to another user")


def unknown_conversation(_: Request[Any, Any, Any], __: UnknownConversationError) -> Response[Any]:
    """The answer to UnknownConversationError."""
    return _plain(404, "Conversation not found")


@post(
    "/api/{user_id:str}/chat",
    opt=PHASE_IV,
    status_code=200,
    guards=[signed_in],
    security=SECURITY,
    exception_handlers={UnknownConversationError: unknown_conversation},
    tags=["chat"],
    summary="Talk to the assistant, as Phase IV's clients do",
    responses=answers(401, 409, 413, 422, 429, 503, s200=ChatAnswer, s403=PlainAnswer | ErrorAnswer, s404=PlainAnswer),
)
async def chat_of_user(
    request: SignedInRequest,
    runtime: FromRuntime,
    user_id: UserId,
    data: JSONBody[ChatRequest],
    idempotency_key: IdempotencyKey = None,
) -> Response[Any]:
    """Phase IV's route."""
    if user_id != request.user.user_id:
        return of_another_user()
    return await _talk(request, runtime, data, idempotency_key)


@post(
    "/api/v1/chat",
    status_code=200,
    guards=[signed_in],
    security=SECURITY,
    exception_handlers={UnknownConversationError: unknown_conversation},
    tags=["chat"],
    summary="Talk to the assistant",
    responses=answers(401, 403, 409, 413, 422, 429, 503, s200=ChatAnswer, s404=PlainAnswer),
)
async def chat(
    request: SignedInRequest,
    runtime: FromRuntime,
    data: JSONBody[ChatRequest],
    idempotency_key: IdempotencyKey = None,
) -> Response[Any]:
    """The same for whoever is signed in."""
    return await _talk(request, runtime, data, idempotency_key)


async def _talk(request: SignedInRequest, runtime: Runtime, data: ChatRequest, key: str | None) -> Response[Any]:
    user_id = request.user.user_id

    reader: SecondReader | None = request.app.state["second_reader"]
    tools = partial(TaskTools.begin, quota=quotas_of(request).tasks)

    async def first(connection: Connection) -> Answer:
        return await reply(runtime, connection, user_id, data, tools, may_ask=reader is not None)

    try:
        return await answered(request, runtime.database, user_id, first, key=key)
    except NotUnderstoodError as error:
        # Outside any transaction: the reader may take seconds.
        proposal = await reader.read(user_id, data.message, error.speaker) if reader is not None else None

    async def second(connection: Connection) -> Answer:
        return await reply(runtime, connection, user_id, data, tools, proposal=proposal)

    return await answered(request, runtime.database, user_id, second, key=key)


def _plain(status: int, text: str) -> Response[Any]:
    """A refusal in Phase IV's words: `{detail}` alone."""
    return Response(msgspec.json.encode(PlainAnswer(text)), status_code=status, media_type="application/json")
