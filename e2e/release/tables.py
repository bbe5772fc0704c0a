"""The release's four tables. It makes those that are missing, and alters none."""

import uuid
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel


def _id() -> str:
    return str(uuid.uuid4())


def now() -> datetime:
    """The time in UTC, without a zone: so it stands in the columns of most builds."""
    return datetime.now(UTC).replace(tzinfo=None)


def _time() -> Any:
    return Field(default_factory=now, sa_type=sa.DateTime)


class User(SQLModel, table=True):
    """An account."""

    __tablename__: Any = "users"

    id: str = Field(default_factory=_id, primary_key=True)
    email: str = Field(max_length=255, unique=True, index=True)
    hashed_password: str
    created_at: datetime = _time()
    updated_at: datetime = _time()


class Task(SQLModel, table=True):
    """A task of one user."""

    __tablename__: Any = "tasks"

    id: str = Field(default_factory=_id, primary_key=True)
    user_id: str = Field(foreign_key="users.id", index=True)
    title: str = Field(max_length=255)
    description: str | None = Field(default=None, max_length=5000)
    completed: bool = False
    created_at: datetime = _time()
    updated_at: datetime = _time()


class Conversation(SQLModel, table=True):
    """A chat of one user."""

    id: str = Field(default_factory=_id, primary_key=True)
    user_id: str = Field(foreign_key="users.id", index=True)
    created_at: datetime = _time()
    updated_at: datetime = _time()


class Message(SQLModel, table=True):
    """What one side said in a chat. `tool_calls` is a JSON list of names, as text."""

    id: str = Field(default_factory=_id, primary_key=True)
    user_id: str = Field(foreign_key="users.id", index=True)
    conversation_id: str = Field(foreign_key="conversation.id", index=True)
    role: str = Field(max_length=20)
    content: str
    tool_calls: str | None = None
    created_at: datetime = _time()


_TABLES = ("users", "tasks", "conversation", "message")


def make_missing(engine: sa.Engine, *, aware_times: bool) -> None:
    """Makes the tables that are not there, as a first start does; with times in a zone where `aware_times`."""
    metadata = SQLModel.metadata
    if aware_times:
        metadata = sa.MetaData()
        for name in _TABLES:
            SQLModel.metadata.tables[name].to_metadata(metadata)
        for table in metadata.tables.values():
            for column in table.columns:
                if isinstance(column.type, sa.DateTime):
                    column.type = sa.DateTime(timezone=True)
    metadata.create_all(engine, tables=[metadata.tables[name] for name in _TABLES])
