"""Users who delete tasks, look into their trash and take something out again."""

from typing import Any, Final

from tests.chat_api.people import TASKS, User

TRASH: Final = "/api/v1/trash"


async def deletes(user: User, task_id: str, scope: str = "this") -> None:
    answer = await user.http.delete(f"{TASKS}/{task_id}", params={"scope": scope})
    assert answer.status_code == 204, answer.text


async def trash(user: User, **wanted: Any) -> list[dict[str, Any]]:
    """A page of their trash."""
    answer = await user.http.get(TRASH, params=wanted)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def trashed(user: User) -> list[str]:
    """The titles of what is in it, the latest first."""
    return [item["task"]["title"] for item in await trash(user)]


async def restores(user: User, task_id: str, scope: str = "this") -> dict[str, Any]:
    """A task that is there again."""
    answer = await user.http.post(f"{TRASH}/{task_id}/restore", params={"scope": scope})
    assert answer.status_code == 200, answer.text
    return answer.json()


def same(task: dict[str, Any]) -> dict[str, Any]:
    """What of a task must come back as it was."""
    return {field: value for field, value in task.items() if field not in ("version", "updated_at")}
