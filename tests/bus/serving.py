"""Services without routes, for hosts whose bus is what matters."""

from litestar.types import Receive, Scope, Send

from taskflow_core.events.topics import ServiceName
from taskflow_core.service.composition import Service, ServiceFactory
from taskflow_core.service.router import respond


async def nothing_here(scope: Scope, receive: Receive, send: Send) -> None:
    """An app without a page."""
    await respond(send, 404, b"{}")


def publishing_service(name: ServiceName) -> ServiceFactory:
    """A service whose outbox rows are relayed."""
    return lambda _runtime: Service(name=name, app=nothing_here, publishes=True)
