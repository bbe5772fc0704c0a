"""Conversations and their messages, in Phase IV's tables."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

import asyncpg

from taskflow_core.database.pool import Connection
from taskflow_core.domain.errors import AccountGoneError

# A user's conversation goes on; its lock makes messages sent at the same time wait for each other.
_GO_ON: Final = """
UPDATE conversation SET updated_at = $3::timestamptz WHERE id = $1 AND user_id = $2 RETURNING id
"""
# A new conversation.
_BEGIN: Final = """
INSERT INTO conversation (id, user_id, created_at, updated_at) VALUES ($1, $2, $3::timestamptz, $3::timestamptz)
"""
# The last messages of a conversation, newest first.
_LAST: Final = """
SELECT role, content, tool_calls FROM message WHERE conversation_id = $1 ORDER BY created_at DESC, id LIMIT $2
"""
# A message.
_ADD: Final = """
INSERT INTO message (id, user_id, conversation_id, role, content, tool_calls, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7::timestamptz)
"""

_ANSWER_AFTER: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation."""

    role: Literal["user", "assistant"]
    content: str
    tool_calls: str | None


class UnknownConversationError(Exception):
    """There is no such conversation, or it is another user's."""


async def open_conversation(connection: Connection, user_id: str, given: str | None, now: datetime) -> str:
    """The id of the conversation that `given` names, locked; a new one where it names none.

    Raises UnknownConversationError when it is not one of this user's, and AccountGoneError when the user is gone.
    """
    if given:
        if "\x00" in given or not await connection.fetchval(_GO_ON, given, user_id, now):
            raise UnknownConversationError
        return given
    conversation_id = str(uuid.uuid4())
    try:
        await connection.execute(_BEGIN, conversation_id, user_id, now)
    except asyncpg.ForeignKeyViolationError:
        raise AccountGoneError from None
    return conversation_id


async def last_messages(connection: Connection, conversation_id: str, most: int) -> list[Message]:
    """The last messages of a conversation, newest first."""
    rows = await connection.fetch(_LAST, conversation_id, most)
    return [Message(row["role"], row["content"], row["tool_calls"]) for row in rows]


async def record(
    connection: Connection, user_id: str, conversation_id: str, text: str, answer: Message, now: datetime
) -> None:
    """Store what a user said and what was answered."""
    await connection.executemany(
        _ADD,
        [
            (str(uuid.uuid4()), user_id, conversation_id, "user", text, None, now),
            (
                str(uuid.uuid4()),
                user_id,
                conversation_id,
                answer.role,
                answer.content,
                answer.tool_calls,
                now + _ANSWER_AFTER,
            ),
        ],
    )
