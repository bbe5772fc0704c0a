"""What a browser opens: the page at /, its assets, and the API's documents, all served from here."""

import html
from pathlib import Path
from typing import Any, Final

import msgspec
import swagger_ui
from litestar import Request, Response, get, static_files
from litestar.datastructures import CacheControlHeader
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.router import Router
from litestar.types import ASGIApp, Message, Receive, Scope, Send

import taskflow
from taskflow.events.topics import AUDIT_LOGGER, CHAT_API, NOTIFICATION_SERVICE, REMINDER_SERVICE
from taskflow.service.litestar_app import documents
from taskflow.settings import Settings

_SWAGGER: Final = Path(swagger_ui.__file__).parent / "static"
_DOCUMENTED: Final = (CHAT_API, REMINDER_SERVICE, NOTIFICATION_SERVICE, AUDIT_LOGGER)
_SAFE: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
_PAGE_POLICY: Final = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"


class Home(msgspec.Struct, frozen=True, kw_only=True):
    """What this is, for programs that ask at /."""

    name: str
    version: str
    status: str
    endpoints: dict[str, str]


class Healthy(msgspec.Struct, frozen=True, kw_only=True):
    """Phase IV's sign of life."""

    status: str
    version: str
    environment: str


def web_directory() -> Path:
    """Where the page's files are: in the installed package, or beside it in a checkout."""
    packaged = Path(taskflow.__file__).parent / "web"
    return packaged if packaged.is_dir() else Path(taskflow.__file__).parent.parent / "web"


def home_answer() -> Home:
    """GET / for programs."""
    return Home(
        name="TaskFlow",
        version=taskflow.__version__,
        status="running",
        endpoints={"tasks": "/api/v1/tasks", "auth": "/api/v1/auth", "health": "/health", "docs": "/docs"},
    )


def make_health(settings: Settings) -> HTTPRouteHandler:
    """GET /health, as Phase IV answers it."""

    @get("/health", tags=["platform"], summary="Sign of life")
    async def health() -> Healthy:
        return Healthy(status="healthy", version=taskflow.__version__, environment=settings.environment)

    return health


def make_pages() -> list[HTTPRouteHandler | Router]:
    """GET / and the page's assets."""
    directory = web_directory()
    index = (directory / "index.html").read_bytes()

    @get("/", tags=["platform"], summary="The page for browsers, an overview for programs")
    async def home(request: Request[Any, Any, Any]) -> Response[Any]:
        if "text/html" in request.headers.get("accept", ""):
            headers = _SAFE | {"Content-Security-Policy": _PAGE_POLICY, "Cache-Control": "no-cache", "Vary": "Accept"}
            return Response(index, media_type="text/html", headers=headers)
        return Response(home_answer(), media_type="application/json", headers={"Vary": "Accept"})

    return [
        home,
        _static("/static", directory, CacheControlHeader(no_cache=True)),
        _static("/docs/assets", _SWAGGER, CacheControlHeader(max_age=86_400)),
    ]


def _static(path: str, directory: Path, cache: CacheControlHeader) -> Router:
    # Its parameters' types are not all known to pyright.
    make: Any = static_files.create_static_files_router  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return make(
        path=path,
        directories=[directory],
        cache_control=cache,
        name=path,
        middleware=[_guarded],
        include_in_schema=False,
    )


def _guarded(app: ASGIApp) -> ASGIApp:
    """Files with the headers that keep them what they are. No file has a name with a NUL in it."""
    safe = [(name.lower().encode(), value.encode()) for name, value in _SAFE.items()]

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *safe]
            await send(message)

        if "\x00" in scope["path"]:
            raise NotFoundException
        await app(scope, receive, sending)

    return guard


class SwaggerPage(OpenAPIRenderPlugin):
    """Swagger UI at /docs over the documents of every service with routes; its script is ours to serve."""

    def __init__(self) -> None:
        super().__init__(path="/")

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The page; it reads the documents itself."""
        urls = [{"name": name, "url": f"{documents(name)}/openapi.json"} for name in _DOCUMENTED]
        options = {"urls": urls, "dom_id": "#docs", "deepLinking": True, "layout": "StandaloneLayout"}
        title = html.escape(openapi_schema["info"]["title"])
        return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/assets/swagger-ui-standalone-preset.js"></script></head>
<body><div id="docs"></div><script>
const options = {msgspec.json.encode(options).decode()};
options.presets = [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset];
SwaggerUIBundle(options);
</script></body></html>""".encode()
