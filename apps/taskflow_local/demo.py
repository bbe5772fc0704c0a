"""`taskflow demo`: a new user with sample tasks, made through the public API like anybody's."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx


class DemoError(RuntimeError):
    """The platform did not do as asked; the message says what and what to do."""


@dataclass(frozen=True, kw_only=True)
class Login:
    """What to sign in with."""

    url: str
    email: str
    password: str
    tasks: int


def make_demo(url: str) -> Login:
    """Signs up a user at `url` and makes a handful of tasks for them: due, overdue, repeating, reminding, done.

    Raises DemoError where the platform does not answer, or refuses.
    """
    email, password = f"demo-{secrets.token_hex(3)}@example.com", secrets.token_urlsafe(9)
    try:
        with httpx.Client(base_url=url, timeout=10, trust_env=False) as client:
            credentials = {"email": email, "password": password}
            token = _said(_ask(client, "POST", "/api/v1/auth/signup", credentials), "token")
            # The token alone: a cookie would need the page's Origin beside it.
            client.cookies.clear()
            client.headers["Authorization"] = f"Bearer {token}"
            tasks = sample_tasks(datetime.now(UTC))
            for task in tasks:
                done = task.pop("completed", False)
                made = _ask(client, "POST", "/api/v1/tasks", task)
                if done:
                    _ask(client, "PUT", f"/api/v1/tasks/{_said(made, 'id')}", {"completed": True})
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = str(error) or type(error).__name__
        raise DemoError(f"No platform answers at {url} ({reason}). Start it first: make up") from error
    return Login(url=url, email=email, password=password, tasks=len(tasks))


def sample_tasks(now: datetime) -> list[dict[str, Any]]:
    """Bodies for POST /api/v1/tasks (`completed` is for a PUT afterwards), with due times around `now` (UTC)."""

    def at(**later: float) -> str:
        return (now + timedelta(**later)).replace(second=0, microsecond=0).isoformat()

    def day(days: int) -> str:
        return (now + timedelta(days=days)).date().isoformat()

    # A repeat begins on one of its own days.
    meeting = next(days for days in range(1, 8) if (now + timedelta(days=days)).weekday() in (0, 2))
    first = next(days for days in range(1, 32) if (now + timedelta(days=days)).day == 1)
    return [
        {
            "title": "Look around",
            "description": "Open the page in a second tab and complete this there.",
            "due_date": at(hours=4),
        },
        {"title": "Be reminded in a moment", "due_date": at(minutes=62), "reminders": ["1 hour"]},
        {
            "title": "Water the plants",
            "due_date": at(hours=2),
            "recurrence_pattern": "custom:3d",
            "reminders": ["30 minutes"],
        },
        {
            "title": "Team meeting",
            "due_date": at(days=meeting),
            "recurrence_pattern": "weekly:MON,WED",
            "reminders": ["1 day", "1 hour"],
        },
        {"title": "Pay the rent", "due_date": day(first), "recurrence_pattern": "monthly:1", "reminders": ["1 day"]},
        {"title": "Send the report", "description": "It was due two days ago.", "due_date": day(-2)},
        {"title": "Read a book", "description": "No hurry."},
        {"title": "Install TaskFlow", "completed": True},
    ]


def _ask(client: httpx.Client, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    response = client.request(method, path, json=body)
    if response.is_error:
        raise DemoError(f"{method} {path} was answered with {response.status_code}: {response.text[:300]}")
    try:
        return response.json()
    except ValueError as error:
        raise DemoError(f"What answers at {client.base_url} is no TaskFlow: {response.text[:200]}") from error


def _said(answer: Any, field: str) -> str:
    try:
        return str(answer[field])
    except (TypeError, KeyError) as error:
        raise DemoError(f"An answer has no {field}; that is no TaskFlow: {answer!r:.200}") from error
