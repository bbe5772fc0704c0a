"""One trace leads from the request through outbox, sidecar and consumers to the stream."""

import secrets
from pathlib import Path

import httpx

from e2e.rig.programs import Programs
from taskflow_core.events.topics import (
    AUDIT_LOGGER,
    CHAT_API,
    NOTIFICATION_SERVICE,
    RECURRING_TASK_PROCESSOR,
    REMINDER_SERVICE,
    TASK_CREATED,
)
from taskflow_core.settings import Settings
from tests.rig.collector import Collector
from tests.rig.world import running_rig, world
from tests.support.waiting import eventually


async def test_one_trace_leads_from_the_request_to_every_consumer_and_the_stream(
    rig_programs: Programs, tmp_path: Path, settings: Settings
) -> None:
    async with (
        Collector().serving() as collector,
        running_rig(rig_programs, tmp_path, settings, otlp_endpoint=collector.endpoint) as rig,
        world(rig, settings) as here,
    ):

        async def make(traceparent: str) -> str:
            headers = {"authorization": f"Bearer {here.writer.token}", "traceparent": traceparent}
            async with httpx.AsyncClient(headers=headers) as client:
                answer = await client.post(f"{here.writer.url}/api/v1/tasks", json={"title": "Follow me"})
            assert answer.status_code == 201
            return answer.json()["id"]

        def whole(trace: str, parent: str) -> None:
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

        async def one_is_whole() -> None:
            trace, parent = secrets.token_hex(16), secrets.token_hex(8)
            made = await make(f"00-{trace}-{parent}-01")
            await eventually(lambda: made in here.follower.tasks, within=30)
            await eventually(lambda: whole(trace, parent), within=10)

        # The streams' sidecar joins its group once for each topic, and hears what comes after the last time. What came
        # before the streams have from the audit trail, which is no part of a trace.
        await eventually(one_is_whole, within=80)
