"""Users for tests, put into the database as Phase IV has them; hashing their passwords would take most of the time."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from taskflow_core.database.pool import Database

TASKS = "/api/v1/tasks"
PREFERENCES = "/api/v1/me/preferences"

_ADD = """
INSERT INTO users (id, email, hashed_password, created_at, updated_at)
VALUES ($1, $2, '-', $3::timestamptz, $3::timestamptz)
"""


@dataclass(frozen=True, kw_only=True)
class User:
    """A user with a client that signs every request."""

    id: str
    email: str
    token: str
    http: httpx.AsyncClient

    async def makes(self, title: str = "Water the plants", **fields: Any) -> dict[str, Any]:
        """A new task, as the API answers it."""
        answer = await self.http.post(TASKS, json={"title": title, **fields})
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def sees(self, task_id: str) -> dict[str, Any]:
        """One of their tasks, read anew."""
        answer = await self.http.get(f"{TASKS}/{task_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def changes(self, task_id: str, **fields: Any) -> dict[str, Any]:
        """A task after a PATCH; a None clears."""
        answer = await self.http.patch(f"{TASKS}/{task_id}", json=fields)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def lives_in(self, timezone: str) -> None:
        """Their preferences name this zone from now on."""
        answer = await self.http.put(PREFERENCES, json={"timezone": timezone})
        assert answer.status_code == 200, answer.text


async def add_user(database: Database, at: datetime) -> tuple[str, str]:
    """The id and e-mail address of a new user."""
    user_id = str(uuid.uuid4())
    email = f"{user_id[:8]}@example.com"
    await database.execute(_ADD, user_id, email, at)
    return user_id, email
