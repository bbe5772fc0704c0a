"""What a process answers for itself: liveness, readiness, startup, metrics. This app's lifespan is the process' own."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Final

from litestar import Litestar, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import SkipValidation
from litestar.types import Message, Scope

from taskflow_core.service.answer_headers import AnswerHeaders
from taskflow_core.service.errors import EXCEPTION_HANDLERS
from taskflow_core.service.health import Health, HealthChecks
from taskflow_core.telemetry import metrics

FromChecks = NamedDependency[SkipValidation[HealthChecks]]

_STATUS: Final = {True: 200, False: 503}


@get("/health/live")
async def live(checks: FromChecks) -> Response[Health]:
    """Whether the process turns its event loop."""
    return _answer(checks.live())


@get("/health/startup")
async def startup(checks: FromChecks) -> Response[Health]:
    """Whether start-up is over."""
    return _answer(checks.startup())


@get("/health/ready")
async def ready(checks: FromChecks) -> Response[Health]:
    """Whether requests and events should come here now."""
    return _answer(await checks.ready())


@get("/metrics")
async def exposition(checks: FromChecks) -> Response[bytes]:
    """Every metric, in Prometheus' text format."""
    await checks.ready()  # what is read says how things stand now, though no probe has asked
    return Response(metrics.exposition(), headers={"Content-Type": metrics.CONTENT_TYPE})


def probes(
    checks: HealthChecks, running: Callable[[], AbstractAsyncContextManager[None]], added: AnswerHeaders
) -> Litestar:
    """The app of these routes. `running` is entered when the server starts, and left when it stops.

    Its answers have the headers `added` to all.
    """

    async def complete(message: Message, scope: Scope) -> None:
        if message["type"] == "http.response.start":
            own = message.setdefault("headers", [])
            message["headers"] = [*own, *added.beside(own, scope["path"])]

    def given() -> HealthChecks:
        return checks

    return Litestar(
        [live, startup, ready, exposition],
        dependencies={"checks": Provide(given, use_cache=True, sync_to_thread=False)},
        exception_handlers=EXCEPTION_HANDLERS,
        before_send=[complete],
        lifespan=[lambda _: running()],
        openapi_config=None,
        logging_config=None,
    )


def _answer(health: Health) -> Response[Health]:
    return Response(health, status_code=_STATUS[health.ok])
