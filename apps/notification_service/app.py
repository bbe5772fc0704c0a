"""Puts notification-service together."""

import asyncio
import gc
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

from notification_service.catch_up import CatchUp
from notification_service.endpoint import Streams, hide_token, stream_notifications
from notification_service.handlers import Notify
from notification_service.hub import Hub
from notification_service.preferences import Preferences
from notification_service.replay import Replays
from taskflow.bus.port import Subscription
from taskflow.events.topics import ALL_TOPICS, NOTIFICATION_SERVICE
from taskflow.service.auth import SignIn
from taskflow.service.composition import Runtime, Service
from taskflow.service.litestar_app import make_app

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
    streams = Streams(
        hub=hub,
        sign_in=SignIn(settings, runtime.clock),
        preferences=preferences,
        replays=Replays(runtime.database, runtime.clock, window=settings.replay_window_seconds),
        clock=runtime.clock,
        heartbeat=settings.stream_heartbeat_seconds,
    )
    app = make_app(NOTIFICATION_SERVICE, settings, [stream_notifications], state={"streams": streams})

    @asynccontextmanager
    async def background() -> AsyncGenerator[None]:
        """The hub's clockwork, the watch over preferences and over what the bus does not bring.

        On leaving, what streams are left end with a hint.
        """
        tasks = [
            asyncio.create_task(hub.run(), name="streams"),
            asyncio.create_task(preferences.watch(hub.preferences, hub.prefer), name="preferences-watch"),
            asyncio.create_task(catch_up.run(), name="catch-up"),
        ]
        thresholds = gc.get_threshold()
        gc.freeze()
        gc.set_threshold(*_GC_THRESHOLDS)
        try:
            yield
        finally:
            hub.stop()
            gc.set_threshold(*thresholds)
            gc.unfreeze()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    return Service(
        name=NOTIFICATION_SERVICE,
        app=hide_token(app),
        subscriptions=(
            Subscription(
                group=NOTIFICATION_SERVICE,
                topics=ALL_TOPICS,
                handler=Notify(hub, runtime.database),
                broadcast=True,
                max_wait_ms=_MAX_WAIT_MS,
            ),
        ),
        background=background,
    )
