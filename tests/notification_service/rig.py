"""notification-service under a real uvicorn, and readers on raw sockets."""

import asyncio
import json
import socket
import struct
import uuid
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import httpx
import msgspec
import uvicorn

from notification_service.app import create_service
from notification_service.endpoint import PATH
from taskflow_core.bus.port import Outcome
from taskflow_core.database.pool import Database
from taskflow_core.domain.clock import Clock, SystemClock
from taskflow_core.domain.task import Task
from taskflow_core.events.model import Event, ReminderTriggered, TaskCompleted, TaskCreated, TaskDeleted, TaskUpdated
from taskflow_core.service.answer_headers import AnswerHeaders
from taskflow_core.service.composition import Runtime, Service
from taskflow_core.service.http_protocol import http_protocol
from taskflow_core.service.limits import Limits
from taskflow_core.service.requests import observed
from taskflow_core.service.revocations.revocations import Revocations
from taskflow_core.service.tokens import Tokens
from taskflow_core.settings import Settings
from tests.support.waiting import eventually

SECRET = "a-secret-for-tests-of-32-or-more-characters"
AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def quick(**changes: Any) -> Settings:
    """Settings for a service without a database."""
    made = Settings(database_url="postgresql://nowhere", auth_secret=SECRET, bus="embedded")
    return msgspec.structs.replace(made, **changes)


def task(user_id: str, task_id: str = "task-1", version: int = 1, **changes: Any) -> Task:
    """A task of the user."""
    fields: dict[str, Any] = {
        "id": task_id,
        "user_id": user_id,
        "title": "Water the plants",
        "description": "All of them",
        "completed": False,
        "version": version,
        "created_at": AT,
        "updated_at": AT,
    }
    return Task(**fields | changes)


def _base(user_id: str, task_id: str, version: int, event_id: str | None) -> dict[str, Any]:
    return {
        "event_id": event_id or str(uuid.uuid4()),
        "timestamp": datetime.now(UTC),
        "user_id": user_id,
        "actor_id": user_id,
        "task_id": task_id,
        "version": version,
        "correlation_id": "c",
    }


def created(user_id: str, task_id: str = "task-1", version: int = 1, event_id: str | None = None) -> TaskCreated:
    return TaskCreated(**_base(user_id, task_id, version, event_id), task=task(user_id, task_id, version))


def updated(
    user_id: str, task_id: str = "task-1", version: int = 2, event_id: str | None = None, **changes: Any
) -> TaskUpdated:
    fresh = task(user_id, task_id, version, **changes)
    return TaskUpdated(**_base(user_id, task_id, version, event_id), changes={}, task=fresh)


def completed(user_id: str, task_id: str = "task-1", version: int = 3) -> TaskCompleted:
    fresh = task(user_id, task_id, version, completed=True)
    return TaskCompleted(**_base(user_id, task_id, version, None), completed_at=AT, task=fresh)


def deleted(user_id: str, task_id: str = "task-1", version: int = 9) -> TaskDeleted:
    return TaskDeleted(**_base(user_id, task_id, version, None), deleted_at=AT)


def reminded(user_id: str, task_id: str = "task-1", version: int = 1) -> ReminderTriggered:
    return ReminderTriggered(
        **_base(user_id, task_id, version, None),
        reminder_id="reminder-1",
        due_date=AT,
        offset="PT1H",
        scheduled_at=AT,
        fired_at=AT,
    )


class Reader:
    """One client on a raw socket, reading frames as they come."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.status = 0
        self.headers: dict[str, str] = {}
        self.header_count = 0
        self.retries: list[int] = []
        self.ids: list[str] = []
        self.comments = 0
        self.body = b""
        self._rest = b""

    async def head(self) -> "Reader":
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        self.status = int(head[0].split()[1])
        self.header_count = sum(map(bool, head[1:]))
        self.headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        if self.status != 200:
            self.body = await self.reader.readexactly(int(self.headers["content-length"]))
        return self

    async def frame(self, within: float = 20.0) -> dict[str, Any]:
        """The next frame. Raises EOFError at the end of the stream, TimeoutError when none comes."""
        async with asyncio.timeout(within):
            while True:
                event = await self._event()
                data = None
                for line in event.split("\n"):
                    name, _, value = line.partition(": ")
                    if name == "data":
                        data = json.loads(value)
                    elif name == "id":
                        self.ids.append(value)
                    elif name == "retry":
                        self.retries.append(int(value))
                    elif line == ":":
                        self.comments += 1
                if data is not None:
                    return data

    async def frames(self, count: int) -> list[dict[str, Any]]:
        return [await self.frame() for _ in range(count)]

    async def rest(self, within: float = 20.0) -> list[dict[str, Any]]:
        """All frames up to the end of the stream."""
        found: list[dict[str, Any]] = []
        try:
            while True:
                found.append(await self.frame(within))
        except EOFError:
            return found

    async def quiet(self, seconds: float = 0.3) -> bool:
        """Whether no frame comes for a while."""
        try:
            await self.frame(seconds)
        except TimeoutError:
            return True
        return False

    async def _event(self) -> str:
        while b"\n\n" not in self._rest:
            size = (await self.reader.readuntil(b"\r\n")).strip()
            if size == b"0":
                await self.reader.readexactly(2)
                raise EOFError
            self._rest += (await self.reader.readexactly(int(size, 16) + 2))[:-2]
        event, _, self._rest = self._rest.partition(b"\n\n")
        return event.decode()

    def reset(self) -> None:
        """Go abruptly: the server gets a RST."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def close(self) -> None:
        self.writer.close()


@dataclass
class Running:
    """The service, where it listens, and how to talk to it."""

    service: Service
    server: uvicorn.Server
    port: int
    tokens: Tokens
    hub: Any
    readers: list[Reader] = field(default_factory=list[Reader])
    sockets: list[socket.socket] = field(default_factory=list[socket.socket])
    """Of clients; closed at the end, as the readers are."""

    def token(self, user_id: str, seconds: float = 3600) -> str:
        clock = _At(datetime.now(UTC) + timedelta(seconds=seconds - 3600))
        return Tokens(SECRET, clock, access_seconds=3600).issue(user_id, "a@example.org")

    async def publish(self, *events: Event) -> Sequence[Outcome]:
        return await self.service.subscriptions[0].handler(events)

    async def ticket(self, user_id: str, seconds: float = 3600) -> str:
        """A ticket for a stream of the user, on any instance."""
        headers = {"Authorization": f"Bearer {self.token(user_id, seconds)}"}
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}") as client:
            answer = await client.post(f"{PATH}/ticket", headers=headers)
        assert answer.status_code == 201, answer.text
        return answer.json()["ticket"]

    async def by_ticket(self, ticket: str, last_event_id: str | None = None) -> Reader:
        """A stream as EventSource opens it, and opens it again."""
        headers = [] if last_event_id is None else [f"Last-Event-ID: {last_event_id}"]
        return await self.request(f"{PATH}?ticket={ticket}", headers)

    async def connect(
        self, user_id: str, *, path: str = PATH, headers: Sequence[str] = (), seconds: float = 3600
    ) -> Reader:
        """An open stream of the user; its head is read."""
        return await self.request(path, [f"Authorization: Bearer {self.token(user_id, seconds)}", *headers])

    async def request(self, path: str, headers: Sequence[str] = ()) -> Reader:
        made = await self.open()
        lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *headers, "", ""]
        made.writer.write("\r\n".join(lines).encode())
        return await made.head()

    async def open(self, **how: Any) -> Reader:
        """A connection on which nothing was asked; `how` is for asyncio.open_connection, as a socket that is there."""
        how = how if "sock" in how else how | {"host": "127.0.0.1", "port": self.port}
        made = Reader(*await asyncio.open_connection(**how))
        self.readers.append(made)
        return made


class _At:
    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def now(self) -> datetime:
        return self._moment


@asynccontextmanager
async def serving(
    settings: Settings,
    database: Database | None = None,
    clock: Clock | None = None,
    *,
    access_log: bool = False,
    http: Literal["ours", "h11"] = "ours",
    revocations: Revocations | None = None,
) -> AsyncGenerator[Running]:
    """The service on a port of its own, as the host would run it, or behind another implementation of HTTP.

    Without `revocations`, which the test reads, nobody is refused.
    """
    async with httpx.AsyncClient() as client:
        runtime = Runtime(
            settings=settings,
            database=database or Database(settings.database_url),
            clock=clock or SystemClock(),
            chat_api=client,
            revocations=revocations,
        )
        service = create_service(runtime)
        assert service.background is not None

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await observed(service.app, service.name, AnswerHeaders(https=False), scope, receive, send)

        config = uvicorn.Config(
            app,
            port=0,
            lifespan="off",
            http=http_protocol(Limits()) if http == "ours" else http,
            log_config=None,
            access_log=access_log,
            timeout_graceful_shutdown=3,
        )
        server = uvicorn.Server(config)
        listening = socket.create_server(("127.0.0.1", 0), backlog=4096)
        async with service.background():
            serve = asyncio.create_task(server.serve([listening]))
            await eventually(lambda: server.started)
            handler: Any = service.subscriptions[0].handler  # Notify, which holds the hub
            running = Running(
                service=service,
                server=server,
                port=listening.getsockname()[1],
                tokens=Tokens(SECRET, SystemClock(), access_seconds=3600),
                hub=handler.hub,
            )
            try:
                yield running
            finally:
                for reader in running.readers:
                    reader.writer.transport.abort()
                for sock in running.sockets:
                    sock.close()
                server.should_exit = True
                await serve
