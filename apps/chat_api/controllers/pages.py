"""What a browser opens: the page at /, its assets, and the API's documents, all served from here."""

import errno
import html
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import swagger_ui
from litestar import Request, Response, get, static_files
from litestar.datastructures import CacheControlHeader
from litestar.exceptions import InternalServerException, NotFoundException
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.params import FromPath, HeaderParameter
from litestar.response import Redirect
from litestar.router import Router
from litestar.types import ASGIApp, ControllerRouterHandler, Message, Receive, Scope, Send

import taskflow_core
from chat_api.answers import tags_of
from chat_api.controllers.page_files import WORKER, PageFile, PageFiles
from taskflow_core.events.topics import AUDIT_LOGGER, CHAT_API, NOTIFICATION_SERVICE, REMINDER_SERVICE
from taskflow_core.service.errors import http_error
from taskflow_core.service.ignored import PHASE_IV
from taskflow_core.service.litestar_app import FromRuntime, documents
from taskflow_core.service.requests import header

_SWAGGER: Final = Path(swagger_ui.__file__).parent / "static"
_DOCUMENTED: Final = (CHAT_API, REMINDER_SERVICE, NOTIFICATION_SERVICE, AUDIT_LOGGER)
_NO_FILE: Final = frozenset({errno.ENAMETOOLONG, errno.ENOTDIR, errno.EINVAL, errno.EILSEQ, errno.ELOOP})
"""How a file system says, besides that it has no such file, that it could not have one."""

Accept = Annotated[str | None, HeaderParameter(name="Accept", required=False, include_in_schema=False)]
AcceptEncoding = Annotated[str | None, HeaderParameter(name="Accept-Encoding", required=False, include_in_schema=False)]
IfNoneMatch = Annotated[str | None, HeaderParameter(name="If-None-Match", required=False, include_in_schema=False)]

_DOCS_POLICY: Final = (
    # Swagger UI writes styles into its page, and its style sheet has pictures in it.
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_OF_304: Final = frozenset({b"etag", b"last-modified", b"cache-control"})
_PAGE_POLICY: Final = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
_WORKER_POLICY: Final = "default-src 'none'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'"


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
    packaged = Path(taskflow_core.__file__).parent / "web"
    return packaged if packaged.is_dir() else packaged.parent.parent / "web" / "page"


def home_answer() -> Home:
    """GET / for programs."""
    return Home(
        name="TaskFlow",
        version=taskflow_core.__version__,
        status="running",
        endpoints={
            "tasks": "/api/v1/tasks",
            "auth": "/api/v1/auth",
            "health": "/health",
            "api_docs": "/docs",
            "redoc": "/redoc",
            "docs": "/docs",
        },
    )


@get("/health", opt=PHASE_IV, tags=["platform"], summary="Sign of life")
async def health(runtime: FromRuntime) -> Healthy:
    """As Phase IV answers it."""
    return Healthy(status="healthy", version=taskflow_core.__version__, environment=runtime.settings.environment)


@get("/", opt=PHASE_IV, tags=["platform"], summary="The page for browsers, an overview for programs")
async def home(
    accept: Accept = None, accept_encoding: AcceptEncoding = None, if_none_match: IfNoneMatch = None
) -> Response[Any]:
    """The page at /."""
    if "text/html" in (accept or ""):
        index = _page_files().find("index.html")
        if index is None:
            raise NotFoundException
        headers = {"Content-Security-Policy": _PAGE_POLICY, "Vary": "Accept, Accept-Encoding"}
        return _file_answer(index, accept_encoding, if_none_match, headers)
    return Response(home_answer(), media_type="application/json", headers={"Vary": "Accept"})


@get("/static/{name:path}", include_in_schema=False)
async def page_file(
    name: FromPath[str], accept_encoding: AcceptEncoding = None, if_none_match: IfNoneMatch = None
) -> Response[Any]:
    """One of the page's files. The service worker's policy is the page's: what it may load."""
    name = name.removeprefix("/")
    file = _page_files().find(name)
    if file is None:
        raise NotFoundException
    headers = {"Vary": "Accept-Encoding"}
    if name == WORKER:
        headers |= {"Service-Worker-Allowed": "/", "Content-Security-Policy": _WORKER_POLICY}
    return _file_answer(file, accept_encoding, if_none_match, headers)


def _file_answer(
    file: PageFile, accept_encoding: str | None, if_none_match: str | None, headers: dict[str, str]
) -> Response[Any]:
    encoding = file.chosen(accept_encoding)
    headers |= {"ETag": file.tag_of(encoding), "Cache-Control": file.cache_control}
    if file.is_known(if_none_match, encoding):
        return Response(None, status_code=304, headers=headers)
    if encoding:
        headers["Content-Encoding"] = encoding
    return Response(file.bodies[encoding], media_type=file.media_type, headers=headers)


@get("/redoc", include_in_schema=False)
async def redoc() -> Redirect:
    """Phase IV's second page of the same document."""
    return Redirect("/docs")


@cache
def _page_files() -> PageFiles:
    return PageFiles(web_directory())


def assets() -> list[ControllerRouterHandler]:
    """The files of the page and of the API's documents."""
    return [page_file, _static("/docs/assets", _SWAGGER, CacheControlHeader(max_age=86_400))]


def _static(path: str, directory: Path, cache: CacheControlHeader) -> Router:
    # Its parameters' types are not all known to pyright.
    make: Any = static_files.create_static_files_router  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return make(
        path=path,
        directories=[directory],
        cache_control=cache,
        name=path,
        middleware=[_files],
        exception_handlers={InternalServerException: _unreadable},
        include_in_schema=False,
    )


def _unreadable(request: Request[Any, Any, Any], error: InternalServerException) -> Response[Any]:
    cause = error.__cause__
    no_file = isinstance(cause, OSError) and cause.errno in _NO_FILE
    return http_error(request, NotFoundException() if no_file else error)


def _files(app: ASGIApp) -> ASGIApp:
    """Files by what a browser has of them: 304 for one that it has. No file has a name with a NUL in it."""

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        known = tags_of((header(scope, b"if-none-match") or b"").decode("latin-1"))
        is_known = False

        async def sending(message: Message) -> None:
            nonlocal is_known
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", ())]
                tag = next((value.decode() for name, value in headers if name == b"etag"), "")
                is_known = message["status"] == 200 and tag.strip('"') in known
                if is_known:
                    message = {**message, "status": 304, "headers": [pair for pair in headers if pair[0] in _OF_304]}
            elif is_known and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        if "\x00" in scope["path"]:
            raise NotFoundException
        await app(scope, receive, sending)

    return answering


@get("/start.js", media_type="text/javascript")
async def swagger_start() -> str:
    """What starts Swagger UI over the documents of every service with routes; as a file, so that nothing is inline."""
    urls = [{"name": name, "url": f"{documents(name)}/openapi.json"} for name in _DOCUMENTED]
    options = {"urls": urls, "dom_id": "#docs", "deepLinking": True, "layout": "StandaloneLayout"}
    return f"""const options = {msgspec.json.encode(options).decode()};
options.presets = [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset];
SwaggerUIBundle(options);
"""


def docs_router() -> Router:
    """Where Swagger UI and the document that it begins with are."""
    headers = {"Content-Security-Policy": _DOCS_POLICY}
    return Router(
        documents(CHAT_API), route_handlers=[swagger_start], response_headers=headers, include_in_schema=False
    )


class SwaggerPage(OpenAPIRenderPlugin):
    """Swagger UI at /docs; its script is ours to serve."""

    def __init__(self) -> None:
        super().__init__(path="/")

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The page; it reads the documents itself."""
        title = html.escape(openapi_schema["info"]["title"])
        return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/docs/assets/favicon-32x32.png">
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
<script defer src="/docs/assets/swagger-ui-bundle.js"></script>
<script defer src="/docs/assets/swagger-ui-standalone-preset.js"></script>
<script defer src="/docs/start.js"></script></head>
<body><div id="docs"></div></body></html>""".encode()
