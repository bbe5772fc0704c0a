"""LISTEN: what is said is heard, also after the connection ended or fell silent, and each of it is told."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import pytest
import structlog

from taskflow_core.cancellation import ended
from taskflow_core.database import listener
from taskflow_core.database.listener import listen
from taskflow_core.database.pool import Database
from taskflow_core.telemetry.metrics import REGISTRY
from tests.support.connections import connected
from tests.support.switch import switch, target_of
from tests.support.waiting import eventually

_END_LISTENERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%notify%'
"""


@pytest.fixture(autouse=True)
def a_tenth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "_BEAT_SECONDS", 0.2)
    monkeypatch.setattr(listener, "_BEAT_TIMEOUT", 0.5)
    monkeypatch.setattr(listener, "_FIRST_RETRY_SECONDS", 0.05)


@asynccontextmanager
async def listening(database: Database, service: str) -> AsyncGenerator[list[str]]:
    heard: list[str] = []
    task = asyncio.create_task(listen(database, "news", heard.append, service=service))
    try:
        await eventually(lambda: heard == [""])
        yield heard
    finally:
        await ended([task])
        assert value("taskflow_listening", service) is None, "no gauge is left by what has ended"


def value(metric: str, service: str) -> float | None:
    return REGISTRY.get_sample_value(metric, {"service": service})


def says(heard: list[str], what: str) -> Callable[[], bool]:
    return lambda: what in heard


async def test_what_is_said_is_heard_and_heartbeats_are_not(database: Database) -> None:
    async with listening(database, "a") as heard:
        assert value("taskflow_listening", "a") == 1
        await asyncio.sleep(0.5)  # some heartbeats long
        await database.execute("SELECT pg_notify('news', 'rain')")
        await eventually(says(heard, "rain"))
        assert heard == ["", "rain"]


async def test_a_connection_that_was_ended_is_made_anew_and_told_of(database: Database, admin_url: str) -> None:
    async with connected(admin_url) as admin:
        with structlog.testing.capture_logs() as logs:
            async with listening(database, "b") as heard:
                await admin.execute(_END_LISTENERS)
                await eventually(lambda: heard == ["", ""])
                await database.execute("SELECT pg_notify('news', 'sun')")
                await eventually(says(heard, "sun"))
                assert value("taskflow_listener_lost_total", "b") == 1
                assert value("taskflow_listening", "b") == 1
    events = [line["event"] for line in logs]
    assert events.count("listener_lost") == events.count("listening_again") == 1


async def test_a_connection_that_fell_silent_is_noticed_by_its_heartbeat(app_url: str) -> None:
    async with switch(target_of(app_url)) as way:
        database = Database(way.url(app_url), size=1)
        async with listening(database, "c") as heard:
            way.hold()
            await eventually(lambda: heard == ["", ""])
            assert value("taskflow_listener_lost_total", "c") == 1


async def test_sessions_that_may_not_be_idle_listen_all_the_same(
    database: Database, database_name: str, admin_url: str
) -> None:
    async with connected(admin_url) as admin:
        await admin.execute(f"ALTER DATABASE {database_name} SET idle_session_timeout = '100ms'")
    async with listening(database, "d") as heard:
        await eventually(lambda: heard.count("") >= 3)


async def test_where_one_cannot_listen_it_is_said_once_and_tried_again(
    database: Database, database_name: str, admin_url: str
) -> None:
    heard: list[str] = []
    async with connected(admin_url) as admin:
        await admin.execute(f"REVOKE CONNECT ON DATABASE {database_name} FROM taskflow_app, PUBLIC")
        with structlog.testing.capture_logs() as logs:
            task = asyncio.create_task(listen(database, "news", heard.append, service="e"))
            await eventually(lambda: [line["event"] for line in logs].count("listener_lost") == 1)
            assert value("taskflow_listening", "e") == 0
            await admin.execute(f"GRANT CONNECT ON DATABASE {database_name} TO taskflow_app")
            await eventually(lambda: heard == [""])
            await ended([task])
    assert [line["event"] for line in logs].count("listener_lost") == 1
