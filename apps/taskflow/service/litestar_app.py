"""Makes a service's Litestar app: the same errors, limits and OpenAPI for all five."""

from collections.abc import Sequence
from typing import Any, Final

from litestar import Litestar
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import ControllerRouterHandler

from taskflow import __version__
from taskflow.events.topics import ServiceName
from taskflow.service.errors import EXCEPTION_HANDLERS
from taskflow.service.routes import PUBLIC_ROUTES
from taskflow.settings import Settings

LARGEST_BODY: Final = 128 * 1024
"""Bytes a request's body may have: the longest message to the chat fits, and be it emoji, each escaped in JSON."""

_ROUTED: Final = frozenset(service for _, service in PUBLIC_ROUTES)

SECURITY: Final[list[dict[str, list[str]]]] = [{"bearer": []}, {"session": []}]


def make_app(
    name: ServiceName,
    settings: Settings,
    handlers: Sequence[ControllerRouterHandler],
    *,
    state: dict[str, Any] | None = None,
    openapi_config: OpenAPIConfig | None = None,
    largest_body: int = LARGEST_BODY,
) -> Litestar:
    """A Litestar app of `handlers`. What they need at hand is in `state`. Phase IV has no document of its API."""
    cors = CORSConfig(
        allow_origins=list(settings.cors_origins),
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "Last-Event-ID"],
        expose_headers=["Link", "ETag", "Retry-After"],
        allow_credentials=True,
    )
    return Litestar(
        route_handlers=handlers,
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=(openapi_config or openapi(name)) if settings.phase == "v" else None,
        cors_config=cors if settings.cors_origins else None,
        state=State(state or {}),
        request_max_body_size=largest_body,
        logging_config=None,
        debug=False,
    )


def documents(name: ServiceName) -> str:
    """The path of a service's OpenAPI documents, within what it answers: `…/openapi.json` is below it."""
    prefix = next(prefix for prefix, service in PUBLIC_ROUTES if service == name) if name in _ROUTED else "/internal"
    return f"{prefix.rstrip('/')}/docs"


def openapi(name: ServiceName, **options: Any) -> OpenAPIConfig:
    """The OpenAPI document's head: title, version, the two ways to sign in, and where it is served."""
    return OpenAPIConfig(
        title=f"TaskFlow {name}",
        version=__version__,
        components=Components(
            security_schemes={
                "bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT"),
                "session": SecurityScheme(type="apiKey", name="taskflow_session", security_scheme_in="cookie"),
            }
        ),
        path=documents(name),
        render_plugins=options.pop("render_plugins", [JsonRenderPlugin()]),
        **options,
    )
