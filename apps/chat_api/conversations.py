"""Conversations and their messages, in Phase IV's tables."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

import asyncpg

from taskflow.database.pool import Connection
from taskflow.service.errors import AuthError

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
_SAY: Final = """
INSERT INTO message (id, user_id, conversation_id, role, content, tool_calls, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7::timestamptz)
"""

_ANSWER_AFTER: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a conversation."""

    role: Literal["user", "assistant"]
    content: str
    tool_calls: str | None


async def open_conversation(connection: Connection, user_id: str, given: str | None, now: datetime) -> str:
    """The id of the conversation that `given` names, locked; a new one when it is not one of this user's.

    Raises AuthError (401) when the user is gone.
    """
    if given is not None and "\x00" not in given and await connection.fetchval(_GO_ON, given, user_id, now):
        return given
    conversation_id = str(uuid.uuid4())
    try:
        await connection.execute(_BEGIN, conversation_id, user_id, now)
    except asyncpg.ForeignKeyViolationError:
        raise AuthError(
            "INVALID_TOKEN", "This account no longer exists; sign in again.", error="Invalid or expired token"
        ) from None
    return conversation_id


async def last_said(connection: Connection, conversation_id: str, most: int) -> list[Said]:
    """The last messages of a conversation, newest first."""
    rows = await connection.fetch(_LAST, conversation_id, most)
    return [Said(row["role"], row["content"], row["tool_calls"]) for row in rows]


async def record(
    connection: Connection, user_id: str, conversation_id: str, message: str, answer: Said, now: datetime
) -> None:
    """Keep what a user said and what was answered."""
    await connection.executemany(
        _SAY,
        [
            (str(uuid.uuid4()), user_id, conversation_id, "user", message, None, now),
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
