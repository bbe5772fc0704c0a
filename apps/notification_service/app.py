"""Puts notification-service together."""

import gc
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

from notification_service.catch_up import CatchUp
from notification_service.door import Door
from notification_service.endpoint import Streams, hide_secrets, stream_notifications, stream_ticket
from notification_service.handlers import Notify
from notification_service.hub import Hub
from notification_service.preferences import Preferences
from notification_service.replay import Replays
from notification_service.tickets import Tickets
from taskflow_core.bus.port import Subscription
from taskflow_core.events.topics import NOTIFICATION_SERVICE, STREAM_TOPICS
from taskflow_core.service.auth import SignIn
from taskflow_core.service.composition import Runtime, Service
from taskflow_core.service.litestar_app import make_app
from taskflow_core.supervisor import Work

_MAX_WAIT_MS: Final = 3
"""Someone is watching: an event alone goes at once, of those that come fast the later ones wait so long."""

_GC_THRESHOLDS: Final = (50_000, 20, 100)
"""Tens of thousands of open streams are long-lived objects: looking through them often costs pauses of a second."""


def create_service(runtime: Runtime) -> Service:
    """The service that holds browsers' streams. Every instance needs every event, from when it subscribes."""
    settings = runtime.settings
    hub = Hub(settings, runtime.clock)
    preferences = Preferences(runtime.database)
    catch_up = CatchUp(runtime.database, hub)
    sign_in = SignIn(settings, runtime.clock, runtime.revocations, runtime.personal_tokens)
    tickets = Tickets(runtime.database)
    door = Door(hub, sign_in, runtime.revocations, tickets)
    streams = Streams(
        hub=hub,
        door=door,
        tickets=tickets,
        preferences=preferences,
        replays=Replays(runtime.database, runtime.clock, window=settings.replay_window_seconds, wanted=hub.wanted),
        clock=runtime.clock,
        heartbeat=settings.stream_heartbeat_seconds,
    )
    app = make_app(NOTIFICATION_SERVICE, settings, [stream_notifications, stream_ticket], sign_in=sign_in)
    app.state["streams"] = streams

    @asynccontextmanager
    async def background() -> AsyncGenerator[None]:
        """The hub's clockwork, the watch over preferences and over what the bus does not bring.

        On leaving, what streams are left end with a hint.
        """
        works: dict[str, Work] = {
            "streams": hub.run,
            "preferences": lambda: preferences.watch(hub.preferences, hub.prefer),
            "catch-up": catch_up.run,
            "tickets": door.run,
        }
        thresholds = gc.get_threshold()
        gc.freeze()
        gc.set_threshold(*_GC_THRESHOLDS)
        try:
            async with runtime.supervisor.running(NOTIFICATION_SERVICE, works):
                try:
                    yield
                finally:
                    hub.stop()
        finally:
            gc.set_threshold(*thresholds)
            gc.unfreeze()

    return Service(
        name=NOTIFICATION_SERVICE,
        app=hide_secrets(app),
        subscriptions=(
            Subscription(
                group=NOTIFICATION_SERVICE,
                topics=STREAM_TOPICS,
                handler=Notify(hub, runtime.database),
                broadcast=True,
                max_wait_ms=_MAX_WAIT_MS,
            ),
        ),
        background=background,
    )
