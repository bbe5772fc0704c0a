"""What the release takes and gives."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Title = Annotated[str, Field(min_length=1, max_length=255)]
Description = Annotated[str, Field(max_length=5000)]


class Credentials(BaseModel):
    """An address, whose form is looked at later, and a password."""

    email: str
    password: Annotated[str, Field(min_length=8)]


class NewTask(BaseModel):
    """A task to make."""

    title: Title
    description: Description | None = None


class Changes(BaseModel):
    """Changes to a task; null or missing keeps."""

    title: Title | None = None
    description: Description | None = None
    completed: bool | None = None


class Said(BaseModel):
    """What a user says in a chat."""

    message: Annotated[str, Field(min_length=1, max_length=10_000)]
    conversation_id: str | None = None


class _Given(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class GivenUser(_Given):
    """An account, as answers show it."""

    id: str
    email: str
    created_at: datetime


class SignedIn(BaseModel):
    """The answer to sign-up and login."""

    user: GivenUser
    token: str
    message: str


class GivenTask(_Given):
    """A task in the list."""

    id: str
    title: str
    description: str | None
    completed: bool
    created_at: datetime
    updated_at: datetime


class OwnTask(GivenTask):
    """A task made or changed."""

    user_id: str


class Reply(BaseModel):
    """The chat's answer."""

    conversation_id: str
    response: str
    tool_calls: list[str]
    status: str
