"""Spans of requests: named by route, described in OpenTelemetry's words, part of the trace that they came with."""

from functools import partial
from typing import Annotated

import pytest
from litestar import get
from litestar.params import PathParameter
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from taskflow_core.events.topics import CHAT_API
from taskflow_core.service.answer_headers import AnswerHeaders
from taskflow_core.service.litestar_app import make_app
from taskflow_core.service.requests import observed
from taskflow_core.settings import Settings
from taskflow_core.telemetry import tracing
from tests.service.asking import Asked, ask

ThingId = Annotated[str, PathParameter()]


@get("/things/{thing_id:str}")
async def thing(thing_id: ThingId) -> str:
    if thing_id == "broken":
        raise RuntimeError("broken")
    return tracing.current_traceparent() or ""


@pytest.fixture
def exporter(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """Spans are recorded, as with a collector."""
    made = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(made))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    monkeypatch.setattr(tracing, "enabled", lambda: True)
    return made


@pytest.fixture
def settings() -> Settings:
    return Settings(database_url="postgresql://none", auth_secret="s" * 32)


async def asked(settings: Settings, path: str, traceparent: bytes = b"") -> Asked:
    app = partial(observed, make_app(CHAT_API, settings, [thing]), CHAT_API, AnswerHeaders(https=False))
    headers = [(b"traceparent", traceparent)] if traceparent else []
    return await ask(app, "GET", path, query=b"", headers=headers)


def only(exporter: InMemorySpanExporter) -> ReadableSpan:
    [span] = exporter.get_finished_spans()
    return span


async def test_a_span_is_named_by_its_route_and_says_how_it_ended(
    exporter: InMemorySpanExporter, settings: Settings
) -> None:
    trace_id, parent = "a" * 32, "b" * 16
    answer = await asked(settings, "/things/7", f"00-{trace_id}-{parent}-01".encode())
    span = only(exporter)
    assert (span.name, span.kind) == ("GET /things/{thing_id}", SpanKind.SERVER)
    assert dict(span.attributes or {}) == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "http.route": "/things/{thing_id}",
        "service": CHAT_API,
        "url.path": "/things/7",
        "url.scheme": "http",
    }
    assert span.status.status_code == StatusCode.UNSET
    assert span.context is not None
    assert span.parent is not None
    assert (f"{span.context.trace_id:032x}", f"{span.parent.span_id:016x}") == (trace_id, parent)
    assert answer.body.decode() == f"00-{trace_id}-{span.context.span_id:016x}-01", "what the handler does is its child"


async def test_a_5xx_is_an_error_and_a_4xx_is_none(exporter: InMemorySpanExporter, settings: Settings) -> None:
    assert (await asked(settings, "/things/broken")).status == 500
    span = only(exporter)
    assert (span.name, span.status.status_code) == ("GET /things/{thing_id}", StatusCode.ERROR)
    assert (span.attributes or {})["error.type"] == "500"
    exporter.clear()
    assert (await asked(settings, "/nothing/of/the/kind")).status == 404
    span = only(exporter)
    assert (span.name, span.status.status_code) == ("GET", StatusCode.UNSET), "a path that is no route names nothing"


async def test_without_a_collector_there_is_no_span(settings: Settings) -> None:
    assert not tracing.enabled()
    assert (await asked(settings, "/things/7")).body == b""
