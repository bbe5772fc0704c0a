"""What a user of the deployed platform can rely on, through the Ingress."""

import asyncio
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from e2e import database
from e2e.deployment import Deployment
from e2e.frames import Frames
from e2e.load import Load, Person
from e2e.target import TASKFLOW
from taskflow_ops.cluster import PODS
from taskflow_ops.conventions import PHASE_V_SERVICES
from taskflow_ops.objects import items
from taskflow_ops.phase_iv.replay import replay_recorded
from tests.support.waiting import eventually

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]


async def test_phase_iv_clients_see_no_difference(phase_v: Deployment) -> None:
    assert await replay_recorded(phase_v.url, phase="v") == []


async def test_nothing_but_the_api_is_reached_from_outside(phase_v: Deployment, person: Person) -> None:
    for path in ("/metrics", "/internal/events", "/internal/series/x/occurrences", "/health/ready", "/health/live"):
        for method in ("GET", "POST"):
            answer = await person.client.request(method, path)
            assert answer.status_code in {404, 405}, f"{method} {path}: {answer.status_code}"


async def test_a_task_reaches_the_stream_its_reminder_its_next_occurrence_and_the_audit_trail(
    phase_v: Deployment, person: Person, connection: asyncpg.Connection
) -> None:
    async with Frames(phase_v.url, person.token).following() as stream:
        due = datetime.now(UTC) + timedelta(seconds=68)
        body = {
            "title": "Water the plants",
            "due_date": due.isoformat(),
            "recurrence_pattern": "daily",
            "recurrence_mode": "after_completion",
            "reminders": ["PT1M"],
        }
        answer = await person.client.post("/api/v1/tasks", json=body)
        assert answer.status_code == 201, answer.text
        task: dict[str, Any] = answer.json()
        await eventually(lambda: bool(stream.of_type("task.created", task["id"])), within=10)
        await eventually(lambda: bool(stream.of_type("task.reminder.triggered", task["id"])), within=30)

        done = await person.client.patch(f"/api/v1/tasks/{task['id']}", json={"completed": True})
        assert done.status_code == 200, done.text
        await eventually(lambda: bool(stream.of_type("task.completed", task["id"])), within=10)

        def following() -> list[dict[str, Any]]:
            created = [frame["task"] for frame in stream.of_type("task.created")]
            return [one for one in created if one and one["parent_recurring_task_id"] == task["id"]]

        await eventually(lambda: len(following()) == 1, within=30)
        [occurrence] = following()
        assert occurrence["due_date"][:10] == (due + timedelta(days=1)).date().isoformat()

        async def recorded() -> set[str]:
            return {event["event_id"] for event in await database.events_of(connection, [person.id])}

        async def everything_recorded() -> None:
            assert stream.event_ids <= await recorded()

        await eventually(everything_recorded, within=20)
        types = [event["type"] for event in await database.events_of(connection, [person.id])]
        assert sorted(types) == ["task.completed", "task.created", "task.created", "task.reminder.triggered"]
        assert not stream.told_twice


@pytest.mark.parametrize("service", ["chat-api", *PHASE_V_SERVICES])
async def test_a_killed_sidecar_and_a_killed_pod_lose_nothing(
    phase_v: Deployment,
    person: Person,
    under_load: Callable[[list[Person]], Load],
    connection: asyncpg.Connection,
    service: str,
) -> None:
    """The client tries once only: of chat-api's two pods one is always there."""
    async with Frames(phase_v.url, person.token).following() as stream:
        load = under_load([person])
        await asyncio.sleep(1)
        [pod, *_] = await asyncio.to_thread(phase_v.pods, service)
        await kill_sidecar(phase_v, pod)
        await asyncio.sleep(2)
        await asyncio.to_thread(phase_v.cluster.delete, PODS, pod)
        await asyncio.sleep(2)
        await asyncio.to_thread(phase_v.wait_ready)
        await load.stop()
        assert load.failures == []

        async def settled() -> None:
            assert await database.on_their_way(connection) == 0

        await eventually(settled, within=60, every=0.2)
        assert await database.tasks_of(connection, [person.id]) == person.journal.tasks
        events = await database.events_of(connection, [person.id])
        assert len({event["event_id"] for event in events}) == len(events)
        created = [event["task_id"] for event in events if event["type"] == "task.created"]
        assert sorted(created) == sorted(person.journal.made)
        deleted = [event["task_id"] for event in events if event["type"] == "task.deleted"]
        assert sorted(deleted) == sorted(person.journal.deleted)
        await eventually(lambda: stream.knows_of(events), within=30)


async def kill_sidecar(deployment: Deployment, pod: str) -> None:
    """Ends daprd in a pod as a crash would; the kubelet starts it again."""
    before = await asyncio.to_thread(restarts, deployment, pod)
    await asyncio.to_thread(crash_sidecar, deployment, pod)

    async def restarted() -> None:
        assert await asyncio.to_thread(restarts, deployment, pod) > before

    await eventually(restarted, within=90, every=0.5)


def restarts(deployment: Deployment, pod: str) -> int:
    """How often a pod's sidecar was started again."""
    found = deployment.cluster.find(PODS, pod) or {}
    states = [*items(found, "status", "containerStatuses"), *items(found, "status", "initContainerStatuses")]
    return next(one["restartCount"] for one in states if one["name"] == "daprd")


def crash_sidecar(deployment: Deployment, pod: str) -> None:
    """Sends daprd SIGABRT from a container that shares its processes and its user, on which a Go program ends at once.

    SIGKILL does not reach a container's first process from inside.
    """
    container = {
        "name": f"crash-{uuid.uuid4().hex[:8]}",
        "image": deployment.target.images[TASKFLOW],
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-c", "import os; os.kill(1, 6)"],
        "targetContainerName": "daprd",
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65532,
            "runAsGroup": 65532,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
    change = {"spec": {"ephemeralContainers": [container]}}
    deployment.cluster.patch(PODS, pod, change, part="ephemeralcontainers", by_name=True)


async def test_a_closed_door_stays_closed(phase_v: Deployment) -> None:
    async with httpx.AsyncClient(base_url=phase_v.url, trust_env=False) as client:
        for path in ("/api/v1/tasks", "/api/v1/audit/events", "/api/v1/notifications/stream", "/api/v1/reminders"):
            assert (await client.get(path)).status_code == 401, path
