"""`make up BUS=dapr`: the rig as an ASGI app, in the place that one process with all services has otherwise."""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import structlog
from litestar.types import Receive, Scope, Send

from e2e.rig.front import Front
from e2e.rig.programs import Programs
from e2e.rig.rig import Rig
from taskflow_core.events.topics import ServiceName

log = structlog.get_logger(__name__)


class RigHost:
    """Starts the rig when the server starts, stops it with it, and passes requests on to the services.

    `environment` is what the services are told, `home` where Kafka's data and all logs lie.
    """

    def __init__(
        self, programs: Programs, home: Path, environment: Mapping[str, str], services: Sequence[ServiceName]
    ) -> None:
        otlp_endpoint = environment.get("OTEL_EXPORTER_OTLP_ENDPOINT")
        self._rig = Rig(programs, home, environment, services=services, otlp_endpoint=otlp_endpoint)
        self._front = Front(lambda name: self._rig.instance(name).url, tuple(services))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        kind: str = dict[str, Any](scope)["type"]
        if kind == "lifespan":
            await self._lifespan(receive, send)
        else:
            await self._front(scope, receive, send)

    async def _lifespan(self, receive: Any, send: Any) -> None:
        stack = AsyncExitStack()
        await receive()
        try:
            await stack.enter_async_context(self._rig.running())
        except Exception as error:
            # The server turns this into an exit with the reason; half a rig must not serve.
            log.exception("start_failed")
            await self._front.aclose()
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        stack.push_async_callback(self._front.aclose)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await stack.aclose()
        await send({"type": "lifespan.shutdown.complete"})
