"""Makes a service's Litestar app: the same errors, limits and OpenAPI for all five."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from litestar import Litestar, Request
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.params import SkipValidation
from litestar.types import ControllerRouterHandler

from taskflow_core import __version__
from taskflow_core.events.topics import ServiceName
from taskflow_core.service.auth import HOST_PREFIX, SESSION_COOKIE, SignIn
from taskflow_core.service.bodies import check_body, check_body_strictly
from taskflow_core.service.composition import Runtime
from taskflow_core.service.errors import EXCEPTION_HANDLERS
from taskflow_core.service.ignored import HEADER as IGNORED_HEADER
from taskflow_core.service.ignored import note_ignored, tell_ignored
from taskflow_core.service.incoming import LARGEST_BODY, IncomingRequest, check, check_pairs
from taskflow_core.service.litestar_readers import mend_readers
from taskflow_core.service.requests import bind_request
from taskflow_core.service.routes import PUBLIC_ROUTES
from taskflow_core.service.sites import canonical_origin
from taskflow_core.settings import Settings

_ROUTED: Final = frozenset(service for _, service in PUBLIC_ROUTES)

SECURITY: Final[list[dict[str, list[str]]]] = [{"bearer": []}, {"session": []}]

FromRuntime = NamedDependency[SkipValidation[Runtime]]
"""The dependency `runtime`, of handlers that work with the database and the clock."""


def make_app(
    name: ServiceName,
    settings: Settings,
    handlers: Sequence[ControllerRouterHandler],
    *,
    sign_in: SignIn | None = None,
    dependencies: Mapping[str, object] | None = None,
    exception_handlers: Mapping[int | type[Exception], Any] | None = None,
    openapi_config: OpenAPIConfig | None = None,
) -> Litestar:
    """A Litestar app of `handlers`. Phase IV has no document of its API.

    `sign_in` is what the guard of signed-in users asks. `dependencies` are given to the handlers that name them as a
    NamedDependency, one each: for a second one Litestar starts a group of tasks, at 50 µs a request.
    """
    mend_readers()
    cors = CORSConfig(
        allow_origins=[canonical_origin(origin) for origin in settings.cors_origins],
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "Last-Event-ID"],
        expose_headers=["Link", "ETag", "Retry-After", IGNORED_HEADER],
        allow_credentials=True,
    )
    return Litestar(
        route_handlers=handlers,
        exception_handlers={**EXCEPTION_HANDLERS, **(exception_handlers or {})},
        dependencies={key: _provide(value) for key, value in (dependencies or {}).items()},
        before_request=_read if settings.phase == "v" else _read_phase_iv,
        before_send=[tell_ignored] if settings.phase == "v" else [],
        openapi_config=(openapi_config or openapi(name)) if settings.phase == "v" else None,
        cors_config=cors if settings.cors_origins else None,
        state=State({"settings": settings, "sign_in": sign_in}),
        request_class=IncomingRequest,
        request_max_body_size=LARGEST_BODY,
        logging_config=None,
        debug=False,
    )


def _provide(value: object) -> Provide:
    def given() -> object:
        return value

    return Provide(given, use_cache=True, sync_to_thread=False)


async def _read_phase_iv(request: Request[Any, Any, Any]) -> None:
    bind_request(request)
    await _check(request)


async def _read(request: Request[Any, Any, Any]) -> None:
    bind_request(request)
    check_pairs(request)
    await _check(request)
    await check_body_strictly(request)
    await note_ignored(request)


async def _check(request: Request[Any, Any, Any]) -> None:
    check(request)
    await check_body(request)


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
                "session": SecurityScheme(
                    type="apiKey",
                    name=SESSION_COOKIE,
                    security_scheme_in="cookie",
                    description=f"`{HOST_PREFIX}{SESSION_COOKIE}` where the site is reached by https",
                ),
            }
        ),
        path=documents(name),
        render_plugins=options.pop("render_plugins", [JsonRenderPlugin()]),
        **options,
    )
