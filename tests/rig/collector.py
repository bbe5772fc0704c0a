"""A collector of traces for a test: OTLP over HTTP, spans kept in memory."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from e2e.rig import ports
from taskflow_core.service.router import respond
from tests.support.asgi_server import body_of, serving


@dataclass(frozen=True)
class Span:
    """A span with its service, and hex ids; `parent` is empty for a root."""

    service: str
    name: str
    trace: str
    id: str
    parent: str


class Collector:
    """Listens on a port of its own while serving."""

    def __init__(self) -> None:
        self.port = ports.free(1)[0]
        self.spans: list[Span] = []

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator["Collector"]:
        """Listens while entered."""
        async with serving(self._app, port=self.port):
            yield self

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        body = await body_of(receive)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = next((a.value.string_value for a in resource.resource.attributes if a.key == "service.name"), "")
            self.spans += [
                Span(service, one.name, one.trace_id.hex(), one.span_id.hex(), one.parent_span_id.hex())
                for scoped in resource.scope_spans
                for one in scoped.spans
            ]
        await respond(send, 200, b"", "application/x-protobuf")
