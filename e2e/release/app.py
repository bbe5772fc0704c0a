"""The release as an ASGI app: its middleware, and the routes of auth.py, tasks.py and chat.py."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import sqlalchemy as sa
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from sqlmodel import create_engine

from e2e.release import auth, chat, tasks, tokens
from e2e.release.dependencies import Settings
from e2e.release.settings import ReleaseSettings
from e2e.release.tables import make_missing

_VERSION: Final = "0.1.0"
_PUBLIC: Final = frozenset(
    {"/", "/health", "/docs", "/redoc", "/openapi.json"}
    | {f"/api/v1/auth/{name}" for name in ("signup", "login", "refresh")}
)


def create_app(settings: ReleaseSettings) -> FastAPI:
    """The release on one database, whose missing tables it makes when it starts."""
    url = sa.engine.make_url(settings.database_url).set(drivername="postgresql+psycopg")
    engine = create_engine(url, connect_args={"options": "-c timezone=UTC"}, pool_pre_ping=True)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        make_missing(engine, aware_times=settings.aware_times)
        yield
        engine.dispose()

    # A body without a type counts as JSON, as the contract says.
    app = FastAPI(title="Todo API", version=_VERSION, lifespan=lifespan, strict_content_type=False)
    app.state.engine = engine
    app.state.settings = settings
    app.middleware("http")(_authenticate)
    app.get("/health")(_health)
    app.get("/")(_overview)
    for router in (auth.router, tasks.router, chat.router):
        app.include_router(router)
    return app


async def _authenticate(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    if request.url.path not in _PUBLIC and request.method != "OPTIONS":
        settings: ReleaseSettings = request.app.state.settings
        try:
            user_id = tokens.signed_in(settings, request.headers.get("authorization"), request.cookies)
        except tokens.RefusedError as refusal:
            return JSONResponse(refusal.body(), 401)
        request.state.user_id = user_id
    return await call_next(request)


def _health(settings: Settings) -> dict[str, str]:
    return {"status": "healthy", "version": _VERSION, "environment": settings.environment}


def _overview() -> dict[str, Any]:
    endpoints = {
        "health": "/health",
        "api_docs": "/docs",
        "redoc": "/redoc",
        "auth": "/api/v1/auth",
        "tasks": "/api/v1/tasks",
    }
    return {"name": "Todo API", "version": _VERSION, "status": "running", "endpoints": endpoints}
