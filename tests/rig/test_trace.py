"""One trace leads from the request through outbox, sidecar and consumers to the stream."""

import secrets
from pathlib import Path

from httpx_sse import aconnect_sse

from taskflow.local.rig.programs import Programs
from taskflow.settings import Settings
from tests.rig.collector import Collector
from tests.rig.world import world
from tests.support.waiting import eventually


async def test_one_trace_leads_from_the_request_to_every_consumer_and_the_stream(
    rig_programs: Programs, tmp_path: Path, settings: Settings
) -> None:
    async with (
        Collector().serving() as collector,
        world(rig_programs, tmp_path, settings, OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint) as here,
    ):
        stream_url = f"{here.rig.instance('notification-service').url}/api/v1/notifications/stream"
        trace, parent = secrets.token_hex(16), secrets.token_hex(8)
        async with aconnect_sse(here.client, "GET", stream_url) as stream:
            answer = await here.client.post(
                f"{here.chat_api}/api/v1/tasks",
                json={"title": "Follow me"},
                headers={"traceparent": f"00-{trace}-{parent}-01"},
            )
            assert answer.status_code == 201
            async for frame in stream.aiter_sse():
                if frame.data and answer.json()["id"] in frame.data:
                    break

        async def whole() -> None:
            spans = [span for span in collector.spans if span.trace == trace]
            [request] = [span for span in spans if span.parent == parent]
            assert request.service == "chat-api"
            for service in ("audit-logger", "notification-service", "reminder-service", "recurring-task-processor"):
                of_service = [span for span in spans if span.service == service]
                assert any(span.name == f"{service} consume" and span.parent == request.id for span in of_service)
                assert any(span.name == "pubsub/taskflow.tasks.created" for span in of_service), "its sidecar's"

        await eventually(whole, within=30)
