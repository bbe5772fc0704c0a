"""CloudEvents by hand, and publishing them through a sidecar as the transport does."""

import asyncio
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import httpx

from e2e.rig.daprd import Sidecar
from tests.rig.conftest import API_TOKEN
from tests.rig.consumer import Consumer

CREATED = "taskflow.tasks.created"


def event(task: str | None = None, **fields: Any) -> dict[str, Any]:
    """A CloudEvent about a task, with an id of its own."""
    return {
        "id": str(uuid.uuid4()),
        "source": "chat-api",
        "type": "task.created",
        "specversion": "1.0",
        "subject": task or str(uuid.uuid4()),
        "datacontenttype": "application/json",
        "traceparent": None,
        "data": {},
        **fields,
    }


async def publish(
    sidecar: Sidecar,
    topic: str,
    events: Sequence[dict[str, Any] | str],
    *,
    pubsub: str = "taskflow-pubsub",
    token: str | None = API_TOKEN,
) -> httpx.Response:
    """Bulk publish, with each task as its key. A string goes as it is, as text."""
    entries = [
        {
            "entryId": str(position),
            "event": one,
            "contentType": "text/plain" if isinstance(one, str) else "application/cloudevents+json",
            "metadata": {"partitionKey": one if isinstance(one, str) else one["subject"]},
        }
        for position, one in enumerate(events)
    ]
    async with httpx.AsyncClient(timeout=60) as client:
        return await client.post(
            f"{sidecar.url}/v1.0/publish/bulk/{pubsub}/{topic}?metadata.rawPayload=true",
            json=entries,
            headers={"dapr-api-token": token} if token else {},
        )


async def eventually(holds: Callable[[], object], *, within: float = 30.0) -> None:
    """Returns once `holds()` is true; fails after `within` seconds."""
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, f"not within {within} s"
        await asyncio.sleep(0.02)


async def drain(publisher: Sidecar, consumer: Consumer) -> None:
    """Returns once the consumer has had what other tests left on any partition."""
    earlier = {one["id"]: one for one in (event() for _ in range(60))}
    await publish(publisher, CREATED, [*earlier.values()])
    await eventually(lambda: len({one.id for one in consumer.of(*earlier)}) == len(earlier))
