"""The Phase IV release as its database knows it: the tables it made, and the statements it issues."""

import uuid
from datetime import UTC, datetime
from typing import Final, Literal

from taskflow.database.pool import Connection

TimestampType = Literal["timestamp without time zone", "timestamp with time zone"]
VARIANTS: Final[tuple[TimestampType, ...]] = ("timestamp without time zone", "timestamp with time zone")
"""What its builds, older and newer, made of every time."""

TABLES: Final = ("users", "tasks", "conversation", "message")

_SCHEMA: Final = """
CREATE TABLE users (
    id VARCHAR NOT NULL, email VARCHAR(255) NOT NULL, hashed_password VARCHAR NOT NULL,
    created_at {time} NOT NULL, updated_at {time} NOT NULL, PRIMARY KEY (id)
);
CREATE UNIQUE INDEX ix_users_email ON users (email);
CREATE TABLE tasks (
    id VARCHAR NOT NULL, user_id VARCHAR NOT NULL, title VARCHAR(255) NOT NULL, description VARCHAR(5000),
    completed BOOLEAN NOT NULL, created_at {time} NOT NULL, updated_at {time} NOT NULL,
    PRIMARY KEY (id), FOREIGN KEY(user_id) REFERENCES users (id)
);
CREATE INDEX ix_tasks_user_id ON tasks (user_id);
CREATE TABLE conversation (
    id VARCHAR NOT NULL, user_id VARCHAR NOT NULL, created_at {time} NOT NULL, updated_at {time} NOT NULL,
    PRIMARY KEY (id), FOREIGN KEY(user_id) REFERENCES users (id)
);
CREATE INDEX ix_conversation_user_id ON conversation (user_id);
CREATE TABLE message (
    id VARCHAR NOT NULL, user_id VARCHAR NOT NULL, conversation_id VARCHAR NOT NULL, role VARCHAR(20) NOT NULL,
    content VARCHAR NOT NULL, tool_calls VARCHAR, created_at {time} NOT NULL,
    PRIMARY KEY (id), FOREIGN KEY(user_id) REFERENCES users (id),
    FOREIGN KEY(conversation_id) REFERENCES conversation (id)
);
CREATE INDEX ix_message_user_id ON message (user_id);
CREATE INDEX ix_message_conversation_id ON message (conversation_id);
"""

_NEW_USER: Final = """
INSERT INTO users (id, email, hashed_password, created_at, updated_at) VALUES ($1, $2, $3, $4, $5)
"""
_NEW_TASK: Final = """
INSERT INTO tasks (id, user_id, title, description, completed, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_NEW_CONVERSATION: Final = "INSERT INTO conversation (id, user_id, created_at, updated_at) VALUES ($1, $2, $3, $4)"
_NEW_MESSAGE: Final = """
INSERT INTO message (id, user_id, conversation_id, role, content, tool_calls, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""

# Rows of its own columns, whatever others a table has.
_ROWS: Final = """
SELECT 'users' AS relation, id, row (id, email, hashed_password, created_at, updated_at)::text AS content FROM users
UNION ALL
SELECT 'tasks', id, row (id, user_id, title, description, completed, created_at, updated_at)::text FROM tasks
UNION ALL
SELECT 'conversation', id, row (id, user_id, created_at, updated_at)::text FROM conversation
UNION ALL
SELECT 'message', id, row (id, user_id, conversation_id, role, content, tool_calls, created_at)::text FROM message
"""
_CHECKSUM: Final = f"""
SELECT encode(sha256(convert_to(string_agg(relation || content, E'\\n' ORDER BY relation, id), 'UTF8')), 'hex')
FROM ({_ROWS}) AS everything
"""

# What the catalogue says of a table: columns in order, constraints, indexes, triggers.
_SHAPE: Final = """
SELECT 'column' AS kind, attname AS name,
    format('%s %s %s', format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid)) AS definition
FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
UNION ALL SELECT 'constraint', conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conrelid = $1::regclass AND contype <> 'n'
UNION ALL SELECT 'index', indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indrelid = $1::regclass
UNION ALL SELECT 'trigger', tgname, pg_get_triggerdef(oid) FROM pg_trigger
    WHERE tgrelid = $1::regclass AND NOT tgisinternal
ORDER BY 1, 2
"""

Shape = dict[str, list[tuple[str, str, str]]]


async def make_tables(connection: Connection, time: TimestampType) -> None:
    """Its tables, as a first start of it makes them."""
    await connection.execute(_SCHEMA.format(time=time))


async def shape(connection: Connection) -> Shape:
    """Its tables as they are now, by name: (kind, name, definition) of everything that is part of them."""
    return {table: [tuple(row) for row in await connection.fetch(_SHAPE, table)] for table in TABLES}


async def checksum(connection: Connection) -> str:
    """Over every row it can see."""
    return await connection.fetchval(_CHECKSUM)


class Release:
    """Issues Phase IV's statements: each names all of its own columns and none of ours."""

    def __init__(self, connection: Connection, time: TimestampType = "timestamp without time zone") -> None:
        self._connection = connection
        self._aware = time == "timestamp with time zone"

    async def sign_up(self) -> str:
        """The id of a new user."""
        user_id, now = str(uuid.uuid4()), self._now()
        await self._connection.execute(_NEW_USER, user_id, f"{user_id}@example.com", "$2b$12$" + "x" * 53, now, now)
        return user_id

    async def create(self, user_id: str, title: str = "Buy milk", description: str | None = None) -> str:
        """The id of a new task."""
        task_id, now = str(uuid.uuid4()), self._now()
        await self._connection.execute(_NEW_TASK, task_id, user_id, title, description, False, now, now)
        return task_id

    async def rename(self, task_id: str, title: str) -> None:
        """Gives a task another title."""
        statement = "UPDATE tasks SET title=$1, updated_at=$2 WHERE tasks.id = $3"
        assert await self._connection.execute(statement, title, self._now(), task_id) == "UPDATE 1"

    async def complete(self, task_id: str, completed: bool = True) -> None:
        """Closes a task, or opens it again."""
        statement = "UPDATE tasks SET completed=$1, updated_at=$2 WHERE tasks.id = $3"
        assert await self._connection.execute(statement, completed, self._now(), task_id) == "UPDATE 1"

    async def delete(self, task_id: str) -> None:
        """Takes a task away."""
        assert await self._connection.execute("DELETE FROM tasks WHERE tasks.id = $1", task_id) == "DELETE 1"

    async def chat(self, user_id: str) -> None:
        """A question and its answer, in a new conversation."""
        conversation_id, now = str(uuid.uuid4()), self._now()
        await self._connection.execute(_NEW_CONVERSATION, conversation_id, user_id, now, now)
        for role, content, tools in (("user", "show my tasks", None), ("assistant", "None.", '["list_tasks"]')):
            message = (str(uuid.uuid4()), user_id, conversation_id, role, content, tools, now)
            await self._connection.execute(_NEW_MESSAGE, *message)

    def _now(self) -> datetime:
        now = datetime.now(UTC)
        return now if self._aware else now.replace(tzinfo=None)
