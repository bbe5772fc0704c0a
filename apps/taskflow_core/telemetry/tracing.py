"""Traces: the W3C context that travels with an event, and where spans are sent."""

from collections.abc import Generator, Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import cache
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.semconv.attributes.error_attributes import ERROR_TYPE
from opentelemetry.semconv.attributes.http_attributes import (
    HTTP_REQUEST_METHOD,
    HTTP_RESPONSE_STATUS_CODE,
    HTTP_ROUTE,
)
from opentelemetry.semconv.attributes.url_attributes import URL_PATH, URL_SCHEME
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_propagator: Final = TraceContextTextMapPropagator()


def configure(endpoint: str | None, service: str) -> None:
    """Send spans to `endpoint` (OTLP over HTTP, its base URL); without one nothing is recorded."""
    if endpoint is None:
        return
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint.rstrip("/") + "/v1/traces")))
    trace.set_tracer_provider(provider)
    enabled.cache_clear()


@cache
def enabled() -> bool:
    """Whether spans are recorded at all. Asked for every event and request, so `configure` decides it once."""
    return isinstance(trace.get_tracer_provider(), TracerProvider)


def current_traceparent() -> str | None:
    """The W3C traceparent of the span at work, if there is one."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get("traceparent")


def context_of(traceparent: str | None) -> Context | None:
    """The trace context a traceparent stands for."""
    return None if traceparent is None else _propagator.extract({"traceparent": traceparent})


@contextmanager
def span(
    name: str,
    *,
    parent: str | None = None,
    kind: SpanKind = SpanKind.INTERNAL,
    attributes: Mapping[str, str | int] | None = None,
) -> Generator[Span]:
    """A span around a block of work, child of `parent` (a traceparent) or of the span at work."""
    tracer = trace.get_tracer("taskflow")
    with tracer.start_as_current_span(name, context=context_of(parent), kind=kind, attributes=attributes) as begun:
        yield begun


def request_span(method: str, path: str, scheme: str, service: str, parent: str | None) -> AbstractContextManager[Span]:
    """The span of a request to a service, by OpenTelemetry's conventions for HTTP; `name_request` says the rest.

    The query string, which may hold a token or what a person types, is no attribute.
    """
    attributes = {HTTP_REQUEST_METHOD: method, URL_PATH: path, URL_SCHEME: scheme, "service": service}
    return span(method, parent=parent, kind=SpanKind.SERVER, attributes=attributes)


def name_request(span: Span, method: str, route: str | None, status: int) -> None:
    """Say of a request's span which route it was, if any, and how it ended; 5xx is an error."""
    if route is not None:
        span.update_name(f"{method} {route}")
        span.set_attribute(HTTP_ROUTE, route)
    span.set_attribute(HTTP_RESPONSE_STATUS_CODE, status)
    if status >= 500:
        span.set_attribute(ERROR_TYPE, str(status))
        span.set_status(StatusCode.ERROR)


def spans(name: str, parents: Iterable[str | None], kind: SpanKind) -> AbstractContextManager[object]:
    """Work on a batch: a span in the trace of each of `parents` (traceparents, one span for equal ones).

    Does nothing where no spans are recorded.
    """
    if not enabled():
        return nullcontext()
    stack = ExitStack()
    for parent in dict.fromkeys(parents):
        if parent is not None:
            stack.enter_context(span(name, parent=parent, kind=kind))
    return stack
