"""An account that has something of everything, and exports of it opened again."""

import io
import json
import zipfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import httpx
import pytest
from icalendar import Calendar

from taskflow_core.database.pool import Database
from tests.audit_logger.making import created, record
from tests.chat_api.people import User

EXPORT: Final = "/api/v1/auth/account/export"
CHAT: Final = "/api/v1/chat"

_SESSION = """
INSERT INTO sessions (id, user_id, created_at, last_used_at, expires_at, device)
VALUES ('a-session', $1, now(), now(), now() + interval '1 day', 'a phone')
"""
_TOKEN = """
INSERT INTO personal_tokens (id, user_id, name, token_hash, scopes, created_at, expires_at)
VALUES ('a-token', $1, 'a program', 'a secret', 'stream', now(), now() + interval '1 day')
"""
_REMINDER = """
INSERT INTO reminder_schedule (id, task_id, user_id, reminder_offset, due_at, due_all_day, scheduled_at, fire_at,
    status, task_version)
VALUES (gen_random_uuid(), $2, $1, 'PT1H', now(), false, now(), now(), 'pending', 1)
"""


@dataclass(frozen=True)
class Export:
    """A ZIP file that was opened."""

    zip: zipfile.ZipFile

    def __getitem__(self, name: str) -> Any:
        """The content of a file of JSON."""
        return json.loads(self.zip.read(name))

    @property
    def calendar(self) -> Any:
        """The calendar as another program reads it, after it has written it again."""
        read = Calendar.from_ical(self.zip.read("taskflow.ics"))
        assert Calendar.from_ical(read.to_ical()).to_ical() == read.to_ical()
        components: list[Any] = read.walk()  # pyright: ignore[reportUnknownMemberType]
        assert not any(component.errors for component in components)
        return read


def opened(content: bytes) -> Export:
    """A ZIP file, every file in it checked."""
    made = zipfile.ZipFile(io.BytesIO(content))
    assert made.testzip() is None
    return Export(made)


async def exported(client: httpx.AsyncClient) -> Export:
    answer = await client.get(EXPORT)
    assert answer.status_code == 200, answer.text
    return opened(answer.content)


class NoTrail:
    """A trail with nothing in it."""

    async def check(self, user_id: str, until: datetime) -> None:
        pass

    async def events(self, user_id: str, until: datetime) -> AsyncGenerator[Sequence[object]]:
        for _ in ():
            yield []


Fill = Callable[[User], Awaitable[None]]


@pytest.fixture
def fill(database: Database) -> Fill:
    """fill(user): gives a user something of everything that an account may have."""

    async def make(user: User) -> None:
        await user.lives_in("Europe/Berlin")
        task = await user.makes("Water", due_date="2030-03-01T09:00:00", description="Both", reminders=["1 hour"])
        gone = await user.makes("Call Bob", description="About it")
        assert (await user.http.delete(f"/api/v1/tasks/{gone['id']}")).status_code == 204
        await user.makes("Stand up", due_date="2030-03-04T08:00:00", recurrence_pattern="weekly:MON,TUE")
        answer = await user.http.post(CHAT, json={"message": "add Buy milk"})
        assert answer.status_code == 200, answer.text
        await database.execute(_SESSION, user.id)
        await database.execute(_TOKEN, user.id)
        await database.execute(_REMINDER, user.id, task["id"])
        await record(database, created(task["id"], user=user.id, title="Water"))

    return make
