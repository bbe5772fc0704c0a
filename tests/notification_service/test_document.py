"""What is written about the stream, in OpenAPI and in docs/notifications.md, is what it sends."""

import typing
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from notification_service import frames, metrics
from notification_service.hub import EXPIRY_NOTICE_SECONDS
from notification_service.limiter import MOST_TASKS
from notification_service.replay import MOST_REPLAYED, OVERLAP_SECONDS
from tests.notification_service.rig import created, deleted, quick, reminded, serving

DOCUMENT = (Path(__file__).parents[2] / "docs" / "notifications.md").read_text()


async def test_every_frame_has_the_fields_that_openapi_says() -> None:
    async with serving(quick(stream_rate=3)) as running:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{running.port}") as client:
            document = (await client.get("/api/v1/notifications/docs/openapi.json")).json()
        anna = await running.connect("anna", headers=["Last-Event-ID: of-nobody"], seconds=10)
        reset = await anna.frame()
        expiring = await anna.frame()
        await running.publish(
            created("anna"), deleted("anna"), *(created("anna", f"t{n}") for n in range(3)), reminded("anna")
        )
        reminder, *more = (await anna.frames(4))[::-1]
    assert (reset["type"], expiring["type"], reminder["type"]) == ("reset", "expiring", "batch")
    schemas = document["components"]["schemas"]
    operation = document["paths"]["/api/v1/notifications/stream"]["get"]
    said = operation["responses"]["200"]["content"]["text/event-stream"]["schema"]["oneOf"]
    forms = [schemas[one["$ref"].rsplit("/", 1)[1]] for one in said]
    for frame in (reset, expiring, reminder, *more):
        assert any(_is(frame, form) for form in forms), frame
    names = {parameter["name"] for parameter in operation["parameters"]}
    assert names == {"ticket", "token", "last_event_id", "Last-Event-ID"}
    assert {"401", "429", "503"} <= operation["responses"].keys()


def _is(frame: dict[str, Any], form: dict[str, Any]) -> bool:
    kind = form["properties"]["type"]
    return frame["type"] in (kind.get("enum") or [kind["const"]]) and frame.keys() == form["properties"].keys()


@pytest.mark.parametrize("form", typing.get_args(frames.Frame), ids=lambda form: form.__name__)
def test_the_page_of_the_documentation_names_every_type_and_field(form: type[msgspec.Struct]) -> None:
    for field in msgspec.structs.fields(form):
        assert f"`{field.encode_name}`" in DOCUMENT
    kinds = typing.get_args(typing.get_type_hints(form)["type"])
    assert all(f"`{kind}`" in DOCUMENT for kind in kinds)


def test_the_page_of_the_documentation_names_every_reason_metric_and_figure() -> None:
    for reason in typing.get_args(frames.ResetReason):
        assert f"| `{reason}` |" in DOCUMENT
    for metric in (
        metrics.STREAMS,
        metrics.FRAMES,
        metrics.COALESCED,
        metrics.DROPPED,
        metrics.REFUSED,
        metrics.UNKNOWN,
    ):
        assert f"| `{next(iter(metric.collect())).name}" in DOCUMENT
    for source in metrics.REPLAYS:
        assert f"`{source}`" in DOCUMENT
    for reason in metrics.ENDED:
        assert f"`{reason}`" in DOCUMENT
    assert f"more than {MOST_REPLAYED} events were missed" in DOCUMENT
    assert f"more than {MOST_TASKS} tasks changed" in DOCUMENT
    assert f"begins {OVERLAP_SECONDS:g} seconds before" in DOCUMENT
    assert f"comes {EXPIRY_NOTICE_SECONDS:g} seconds before" in DOCUMENT
