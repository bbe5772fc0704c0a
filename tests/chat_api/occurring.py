"""A series as its owner sees it, and the processor asking chat-api for what is due, as often as a test says."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from taskflow_core.database.pool import Database
from taskflow_core.service.auth import API_TOKEN_HEADER, CALLER_HEADER
from taskflow_core.settings import Settings
from tests.chat_api.people import TASKS, User
from tests.support.clock import MovableClock

OCCURRENCES = "/internal/occurrences"
MONDAY = datetime(2027, 3, 1, 8, tzinfo=UTC)
"""When these tests begin: an hour before the first occurrence is due."""
DAY = timedelta(days=1)
DUE = "2027-03-01T09:00:00Z"

_DUE = "SELECT series_id FROM task_series WHERE ended_at IS NULL AND make_at <= $1 ORDER BY series_id"


@dataclass(frozen=True)
class Processor:
    """Asks for occurrences under the processor's name, or another's."""

    http: httpx.AsyncClient
    database: Database
    settings: Settings
    clock: MovableClock

    async def asks(self, series_ids: list[str], **headers: str) -> httpx.Response:
        given = {
            API_TOKEN_HEADER: self.settings.api_token or "",
            CALLER_HEADER: "recurring-task-processor",
        }
        return await self.http.post(OCCURRENCES, json={"series_ids": series_ids}, headers=given | headers)

    async def runs(self, until: datetime | None = None) -> int:
        """Make what is due, at `until` or now, until nothing is; returns how many were made."""
        if until is not None:
            self.clock.freeze(until)
        made = 0
        while due := [row["series_id"] for row in await self.database.fetch(_DUE, self.clock.now())]:
            answer = await self.asks(due)
            assert answer.status_code == 200, answer.text
            assert [item["error"] for item in answer.json()["items"]] == [None] * len(due)
            made += sum(len(item["task_ids"]) for item in answer.json()["items"])
        return made


def march(day: int, hour: int = 9, minute: int = 0) -> datetime:
    """An instant in March 2027."""
    return datetime(2027, 3, day, hour, minute, tzinfo=UTC)


async def everyones(user: User) -> list[dict[str, Any]]:
    """All tasks of a user, by due date."""
    answer = await user.http.get(TASKS, params={"sort": "due", "limit": 200})
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def days(user: User, **wanted: Any) -> list[int]:
    """The days of March of a user's occurrences, in order; of those alone that have these values."""
    return sorted(
        int(task["occurrence_date"][8:])
        for task in await everyones(user)
        if task["occurrence_date"] is not None and all(task[name] == value for name, value in wanted.items())
    )


async def on(user: User, day: int) -> dict[str, Any]:
    """The occurrence in the slot of a day of March."""
    (found,) = [task for task in await everyones(user) if task["occurrence_date"] == f"2027-03-{day:02}"]
    return found


async def daily(user: User, **fields: Any) -> dict[str, Any]:
    """The first task of a series that repeats every day, or as `fields` say."""
    return await user.makes(**{"due_date": DUE, "recurrence_pattern": "daily"} | fields)
