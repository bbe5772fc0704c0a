"""The smoke test: the calls that a client of Phase IV makes, against a service that runs, as a throwaway user.

It holds in both phases, and for every release of Phase IV: the calls are replayed like the recorded ones. What stays
behind is what Phase IV's API cannot remove: the user, and the conversation of one message and its answer.
"""

from typing import Any

import httpx
import msgspec

from taskflow_ops.phase_iv.replay import SMOKE, Check, Replay, recorded

_TASKS = "/api/v1/tasks"


class SmokeReport(msgspec.Struct, frozen=True):
    """How all calls went, and the e-mail address of the user who stays."""

    checks: list[Check]
    user: str

    @property
    def ok(self) -> bool:
        """Whether every call was answered as Phase IV answers."""
        return not self.problems

    @property
    def problems(self) -> list[str]:
        """What was answered otherwise, a line each."""
        return [f"{check.name}: {check.problem}" for check in self.checks if check.problem]

    @property
    def seconds(self) -> float:
        """How long all calls took."""
        return sum(check.seconds for check in self.checks)


async def smoke(client: httpx.AsyncClient) -> SmokeReport:
    """Make every call through `client`, which names the base address. Nothing is tried twice.

    Raises nothing of httpx: that is a problem of a call.
    """
    replay = Replay(client)
    try:
        checks = [await replay.make(line) for line in recorded(SMOKE, phase="v")]
    finally:
        await _remove_tasks(client, replay.remembered.get("token_bob"))
    return SmokeReport(checks, f"smoke-{replay.remembered['run']}@example.com")


async def _remove_tasks(client: httpx.AsyncClient, token: str | None) -> None:
    """What a failed run left: the tasks of its user."""
    if token is None:
        return
    headers = {"Authorization": f"Bearer {token}"}
    try:
        answer = await client.get(_TASKS, headers=headers)
        tasks: list[dict[str, Any]] = answer.json() if answer.is_success else []
        for task in tasks:
            await client.delete(f"{_TASKS}/{task['id']}", headers=headers)
    except (httpx.HTTPError, ValueError, TypeError, KeyError):
        return  # the service is away: the report says so already
