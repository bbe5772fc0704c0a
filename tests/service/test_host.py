"""The host: starts what it is made of in order, stops it in the opposite one, and lets no service drag others down."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import msgspec
import pytest
from litestar.types import Receive, Scope, Send

from taskflow_core.bus.port import Message
from taskflow_core.events.topics import AUDIT_LOGGER, CHAT_API, NOTIFICATION_SERVICE, ServiceName
from taskflow_core.service import host as host_module
from taskflow_core.service.composition import Check, Runtime, Service, ServiceFactory
from taskflow_core.service.host import Host
from taskflow_core.service.router import respond
from taskflow_core.settings import Settings

Call = Callable[[], Awaitable[None]]


@pytest.fixture
def nowhere() -> Settings:
    """Settings of a process whose database is away."""
    return Settings(
        database_url="postgresql://nobody@127.0.0.1:1/none",
        auth_secret="s" * 32,
        api_token="t" * 32,
        bus="embedded",
    )


class Life:
    """What happened, in order, and services that tell it."""

    def __init__(self) -> None:
        self.story: list[str] = []

    def service(
        self,
        name: ServiceName,
        *,
        on_start: Call | None = None,
        on_stop: Call | None = None,
        checks: dict[str, Check] | None = None,
    ) -> ServiceFactory:
        @asynccontextmanager
        async def background() -> AsyncGenerator[None]:
            self.story.append(f"{name} starts")
            if on_start is not None:
                await on_start()
            try:
                yield
            finally:
                if on_stop is not None:
                    await on_stop()
                self.story.append(f"{name} stops")

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["path"].endswith("/broken"):
                raise RuntimeError("broken")
            await respond(send, 200, msgspec.json.encode({"service": name}))

        return lambda _: Service(name=name, app=app, background=background, checks=checks or {})


class Carrier:
    """A transport that tells when it consumes."""

    routes = None

    def __init__(self, story: list[str]) -> None:
        self._story = story

    async def publish(self, messages: Sequence[Message]) -> dict[str, str]:
        return {}

    @asynccontextmanager
    async def consume(self) -> AsyncGenerator[None]:
        self._story.append("consuming starts")
        yield
        self._story.append("consuming stops")

    async def check(self) -> None:
        """Always well."""


@pytest.fixture
def life(monkeypatch: pytest.MonkeyPatch) -> Life:
    made = Life()

    def carrier(*_: Any) -> Carrier:
        return Carrier(made.story)

    monkeypatch.setattr(host_module, "_transport", carrier)
    return made


async def breaks() -> None:
    raise RuntimeError("no such luck")


def asking(host: Host) -> httpx.AsyncClient:
    app: Any = host
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://host")


async def health(host: Host, which: str) -> tuple[int, dict[str, Any]]:
    async with asking(host) as client:
        answer = await client.get(f"/health/{which}")
    return answer.status_code, answer.json()


async def lifespan(host: Host) -> list[dict[str, Any]]:
    """What the host answers a server that starts it and stops it at once."""
    messages: list[dict[str, Any]] = []

    async def receive() -> Any:
        return {"type": "lifespan.shutdown" if messages else "lifespan.startup"}

    async def send(message: Any) -> None:
        messages.append(message)

    scope: Any = {"type": "lifespan", "asgi": {"version": "3.0"}}
    with suppress(Exception):  # the server hears of what went wrong as well
        await host(scope, receive, send)  # pyright: ignore[reportArgumentType]
    return messages


async def test_stopping_is_starting_backwards(nowhere: Settings, life: Life) -> None:
    host = Host(nowhere, [life.service(CHAT_API), life.service(AUDIT_LOGGER)])
    async with host.running():
        life.story.append("serving")
    assert life.story == [
        "chat-api starts",
        "audit-logger starts",
        "consuming starts",
        "serving",
        "consuming stops",
        "audit-logger stops",
        "chat-api stops",
    ]


async def test_a_server_is_told_when_it_serves_and_when_it_may_go(nowhere: Settings, life: Life) -> None:
    messages = await lifespan(Host(nowhere, [life.service(CHAT_API)]))
    assert [message["type"] for message in messages] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def test_a_service_that_cannot_start_stops_what_has_started(nowhere: Settings, life: Life) -> None:
    host = Host(nowhere, [life.service(CHAT_API), life.service(AUDIT_LOGGER, on_start=breaks)])
    (message,) = await lifespan(host)
    assert message["type"] == "lifespan.startup.failed"
    assert "no such luck" in message["message"]
    assert life.story == ["chat-api starts", "audit-logger starts", "chat-api stops"]
    assert (await health(host, "startup"))[0] == 503


async def test_a_service_that_fails_to_stop_holds_up_no_other(nowhere: Settings, life: Life) -> None:
    host = Host(nowhere, [life.service(CHAT_API), life.service(AUDIT_LOGGER, on_stop=breaks)])
    with pytest.raises(RuntimeError, match="no such luck"):
        async with host.running():
            pass
    assert life.story[-1] == "chat-api stops"


async def test_a_factory_that_fails_names_its_reason(nowhere: Settings) -> None:
    def factory(_: Runtime) -> Service:
        raise ValueError("no such key")

    with pytest.raises(ValueError, match="no such key"):
        Host(nowhere, [factory])


async def test_it_starts_without_a_database_and_says_so(nowhere: Settings) -> None:
    host = Host(nowhere, [Life().service(CHAT_API)])
    assert (await health(host, "startup"))[0] == 503
    async with host.running():
        assert (await health(host, "startup"))[0] == 200
        assert (await health(host, "live"))[0] == 200, "liveness never looks outward"
        status, body = await health(host, "ready")
        assert status == 503
        assert body["services"]["chat-api"]["checks"] == {"database": "the database has not answered yet"}


async def test_it_is_ready_with_its_database(settings: Settings, life: Life) -> None:
    host = Host(settings, [life.service(CHAT_API), life.service(AUDIT_LOGGER)])
    async with host.running():
        await host.database.opened()
        assert await health(host, "ready") == (
            200,
            {
                "status": "ok",
                "services": {
                    "chat-api": {"status": "ok", "checks": {"database": "ok"}},
                    "audit-logger": {"status": "ok", "checks": {"database": "ok"}},
                },
            },
        )


async def test_health_is_grouped_by_service(settings: Settings, life: Life) -> None:
    host = Host(settings, [life.service(CHAT_API), life.service(AUDIT_LOGGER, checks={"trail": breaks})])
    async with host.running():
        await host.database.opened()
        status, body = await health(host, "ready")
        assert (status, body["status"]) == (503, "failing")
        assert body["services"] == {
            "chat-api": {"status": "ok", "checks": {"database": "ok"}},
            "audit-logger": {"status": "failing", "checks": {"database": "ok", "trail": "no such luck"}},
        }
        status, body = await health(host, "live")
        assert (status, set(body["services"])) == (200, {"chat-api", "audit-logger"})


async def test_while_it_stops_it_asks_for_nothing_more(nowhere: Settings, life: Life) -> None:
    answers: list[tuple[int, dict[str, Any]]] = []

    async def looks() -> None:
        answers.append(await health(host, "ready"))
        answers.append(await health(host, "live"))

    host = Host(nowhere, [life.service(CHAT_API, on_stop=looks)])
    async with host.running():
        pass
    (ready, body), (live, _) = answers
    assert (ready, body["services"]["chat-api"]["checks"], live) == (503, {"life": "stopping"}, 200)


async def test_paths_go_to_the_service_they_belong_to(nowhere: Settings, life: Life) -> None:
    names = (CHAT_API, AUDIT_LOGGER, NOTIFICATION_SERVICE)
    async with asking(Host(nowhere, [life.service(name) for name in names])) as client:
        for path, name in (
            ("/", CHAT_API),
            ("/api/v1/tasks", CHAT_API),
            ("/api/v1/audit/events", AUDIT_LOGGER),
            ("/api/v1/auditors", CHAT_API),
            ("/api/v1/notifications/stream", NOTIFICATION_SERVICE),
        ):
            assert (await client.get(path)).json() == {"service": name}
        for path in ("/internal/occurrences", "/internal", "/internal/events/x", "/health/", "/health/other"):
            assert (await client.get(path)).status_code == 404


async def test_one_service_alone_answers_everything(nowhere: Settings, life: Life) -> None:
    async with asking(Host(nowhere, [life.service(CHAT_API)])) as client:
        for path in ("/api/v1/audit/events", "/internal/occurrences"):
            assert (await client.get(path)).json() == {"service": CHAT_API}


async def test_what_breaks_in_one_service_is_its_own(nowhere: Settings, life: Life) -> None:
    async with asking(Host(nowhere, [life.service(CHAT_API), life.service(AUDIT_LOGGER)])) as client:
        with pytest.raises(RuntimeError, match="broken"):
            await client.get("/api/v1/audit/broken")
        assert (await client.get("/api/v1/tasks")).status_code == 200


async def test_the_way_to_chat_api_within_the_process(nowhere: Settings, life: Life) -> None:
    given: list[Runtime] = []

    def processor(runtime: Runtime) -> Service:
        given.append(runtime)
        return life.service(AUDIT_LOGGER)(runtime)

    Host(nowhere, [life.service(CHAT_API), processor])
    answer = await given[0].chat_api.post("/internal/occurrences")
    assert answer.json() == {"service": CHAT_API}
    assert answer.request.headers["dapr-api-token"] == nowhere.api_token


async def test_requests_are_tied_together_and_counted(nowhere: Settings, life: Life) -> None:
    async with asking(Host(nowhere, [life.service(CHAT_API), life.service(AUDIT_LOGGER)])) as client:
        given = await client.get("/", headers={"X-Correlation-ID": "order-66.a:b"})
        assert given.headers["x-correlation-id"] == "order-66.a:b"
        for unfit in ("", "a b", "x" * 65, "a\tb", '"'):
            made = (await client.get("/", headers={"X-Correlation-ID": unfit})).headers["x-correlation-id"]
            assert made not in ("", unfit)
        await client.get("/api/v1/audit/tasks/secret-id?token=secret")
        metrics = await client.get("/metrics")
    assert metrics.headers["content-type"].startswith("text/plain")
    counted = 'taskflow_http_request_seconds_count{method="GET",service="audit-logger",status="2xx"}'
    assert counted in metrics.text
    assert "secret" not in metrics.text


async def test_reading_the_metrics_asks_how_things_stand(nowhere: Settings, life: Life) -> None:
    host = Host(nowhere, [life.service(CHAT_API)])
    async with host.running(), asking(host) as client:
        read = (await client.get("/metrics")).text.splitlines()
    assert 'taskflow_check_passes{check="database",service="chat-api"} 0.0' in read
    assert 'taskflow_ready{service="chat-api"} 0.0' in read
    assert 'taskflow_service_info{phase="v",service="chat-api"} 1.0' in read
