"""One trace leads from the request through outbox, sidecar and consumers to the stream."""

import secrets
from pathlib import Path

import httpx

from taskflow.events.topics import (
    AUDIT_LOGGER,
    CHAT_API,
    NOTIFICATION_SERVICE,
    RECURRING_TASK_PROCESSOR,
    REMINDER_SERVICE,
    TASK_CREATED,
)
from taskflow.local.rig.programs import Programs
from taskflow.settings import Settings
from tests.rig.collector import Collector
from tests.rig.world import running_rig, world
from tests.support.waiting import eventually

STREAMS_HEAR = (NOTIFICATION_SERVICE, f"pubsub/{TASK_CREATED}")


async def test_one_trace_leads_from_the_request_to_every_consumer_and_the_stream(
    rig_programs: Programs, tmp_path: Path, settings: Settings
) -> None:
    async with (
        Collector().serving() as collector,
        running_rig(rig_programs, tmp_path, settings, otlp_endpoint=collector.endpoint) as rig,
        world(rig, settings) as here,
    ):
        trace, parent = secrets.token_hex(16), secrets.token_hex(8)

        async def make(**headers: str) -> str:
            headers["authorization"] = f"Bearer {here.writer.token}"
            async with httpx.AsyncClient(headers=headers) as client:
                answer = await client.post(f"{here.writer.url}/api/v1/tasks", json={"title": "Follow me"})
            assert answer.status_code == 201
            return answer.json()["id"]

        async def streams_are_joined() -> bool:
            await make()
            return any((span.service, span.name) == STREAMS_HEAR for span in collector.spans)

        # Their sidecar hears what comes after it has joined its group; what came before they have from the audit trail,
        # which is no part of a trace.
        await eventually(streams_are_joined, within=60, every=1)
        made = await make(traceparent=f"00-{trace}-{parent}-01")
        await eventually(lambda: made in here.follower.tasks, within=30)

        def whole() -> None:
            spans = [span for span in collector.spans if span.trace == trace]
            requests = [span for span in spans if span.parent == parent]
            assert len(requests) == 1, spans or collector.spans[-20:]
            request = requests[0]
            assert (request.service, request.name) == (CHAT_API, "POST /api/v1/tasks")
            ours = {(span.service, span.name) for span in spans if span.parent == request.id}
            assert (CHAT_API, f"{CHAT_API} publish") in ours, "from the outbox"
            for service in (AUDIT_LOGGER, NOTIFICATION_SERVICE, REMINDER_SERVICE, RECURRING_TASK_PROCESSOR):
                assert (service, f"pubsub/{TASK_CREATED}") in ours, "its sidecar's"
                assert (service, f"{service} consume") in ours
            assert {span.parent for span in spans} <= {parent, *(span.id for span in spans)}, "no end is loose"

        await eventually(whole, within=30)
