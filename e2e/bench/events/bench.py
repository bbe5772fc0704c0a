"""Two rounds in one run, on the same Kafka: the least, then ours.

The least: prepared bodies of 100 events are posted to a sidecar; a consumer decodes nothing but ids and times.
Ours: the outbox is filled, the relay publishes it, our host decodes every event and gives it to a handler that counts.
Each round has a burst (events a second, from the first publish to the last event handled) and a steady part (delay of
each event). Goals: 70% of the least's rate.
"""

import asyncio
import contextlib
import os
import secrets
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx
import msgspec

from e2e.bench.events.consumers import Counted
from taskflow.bus.outbox import draw
from taskflow.domain.task import Task
from taskflow.events.envelope import wrap
from taskflow.events.model import TaskCreated
from taskflow.events.topics import AUDIT_LOGGER, CHAT_API, TASK_CREATED
from taskflow.local.postgres import EmbeddedPostgres
from taskflow.local.rig import ports, programs, resources
from taskflow.local.rig.children import Child
from taskflow.local.rig.daprd import Sidecar
from taskflow.local.rig.kafka import Kafka
from taskflow.service.composition import Service
from taskflow.service.host import Host
from taskflow.settings import load
from taskflow.telemetry import logs
from taskflow_db import runner

BURST: Final = 20_000
STEADY_RATE: Final = 200
STEADY_SECONDS: Final = 15
TOKEN: Final = secrets.token_hex(32)
ROOT: Final = Path(__file__).resolve().parents[3]


def main() -> None:
    """Runs both rounds and prints a table; ends with 1 when a goal is missed."""
    logs.configure("WARNING")
    with tempfile.TemporaryDirectory(prefix="taskflow-bench-") as directory:
        Path(directory).chmod(0o755)
        sys.exit(asyncio.run(_bench(Path(directory))))


async def _bench(home: Path) -> int:
    got = programs.find()
    kafka = Kafka(got, home / "kafka", log=home / "kafka.log")
    postgres = EmbeddedPostgres(home / "postgres")
    with contextlib.ExitStack() as stack:
        stack.callback(kafka.kill)
        kafka.start()
        stack.enter_context(postgres)
        await asyncio.to_thread(lambda: asyncio.run(runner.upgrade(postgres.owner_url)))
        resources.write(home / "dapr", brokers=kafka.address)
        least = await _round("counting", home, got, kafka, postgres)
        ours = await _round("ours", home, got, kafka, postgres)
    print(f"{'':12}{'events/s':>10}{'p50 ms':>9}{'p99 ms':>9}")
    for name, (rate, delays) in (("the least", least), ("ours", ours)):
        p50, p99 = (1000 * value for value in _quantiles(delays))
        print(f"{name:12}{rate:>10,.0f}{p50:>9.1f}{p99:>9.1f}")
    share = ours[0] / least[0]
    print(f"ours is {share:.0%} of the least (goal 70%)")
    return 0 if share >= 0.7 else 1


async def _round(
    kind: str, home: Path, got: programs.Programs, kafka: Kafka, postgres: EmbeddedPostgres
) -> tuple[float, list[float]]:
    """Events a second of a burst, and the delays in seconds of a steady stream."""
    consumer_port = ports.free(1)[0]

    def sidecar(app_id: str, app_port: int) -> Sidecar:
        return Sidecar(
            got,
            home / "dapr",
            app_id=app_id,
            app_port=app_port,
            app_token=TOKEN,
            api_token=TOKEN,
            log=home / f"{kind}-{app_id}.log",
        )

    publishing, consuming = sidecar(CHAT_API, 1), sidecar(AUDIT_LOGGER, consumer_port)
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "TASKFLOW_DATABASE_URL": postgres.app_url,
        "BETTER_AUTH_SECRET": TOKEN,
        "TASKFLOW_API_TOKEN": TOKEN,
        "TASKFLOW_PORT": str(consumer_port),
        "DAPR_API_TOKEN": TOKEN,
    }
    consumer = Child(
        kind,
        [sys.executable, "-m", "e2e.bench.events", kind],
        log=home / f"{kind}.log",
        environment=environment | {"DAPR_HTTP_PORT": str(consuming.http_port)},
    )
    async with httpx.AsyncClient(timeout=30) as client:
        url = f"http://127.0.0.1:{consumer_port}"
        try:
            for one in (consumer, publishing, consuming):
                one.start()
            publishing.wait_ready()
            publisher = _least(client, publishing) if kind == "counting" else _ours(environment, publishing)
            async with publisher as publish:
                await _until(client, url, publish, 0)
                began = time.time()
                await publish([_event() for _ in range(BURST)])
                burst = await _counted(client, url, BURST)
                await client.get(f"{url}/forget")
                await _steady(publish)
                steady = await _counted(client, url, STEADY_RATE * STEADY_SECONDS)
        except BaseException:
            for one in (consumer.log, consuming.log, publishing.log):
                sys.stderr.write(f"--- {one}\n{one.read_text()[-3000:]}\n")
            raise
        finally:
            consumer.stop()
            for one in (publishing, consuming):
                one.stop()
    return BURST / (burst.last - began), steady.delays


async def _until(client: httpx.AsyncClient, url: str, publish, _: int) -> None:
    """Returns once the consumer follows."""
    for _ in range(20):
        with contextlib.suppress(httpx.TransportError):
            await publish([_event()])
            await asyncio.sleep(1)
            if msgspec.json.decode((await client.get(f"{url}/counted")).content, type=Counted).count:
                await asyncio.sleep(2)
                await client.get(f"{url}/forget")
                return
    raise RuntimeError("the consumer gets nothing")


async def _steady(publish) -> None:
    began = time.monotonic()
    for number in range(STEADY_RATE * STEADY_SECONDS // 2):
        await publish([_event(), _event()])
        await asyncio.sleep(max(0.0, began + (number + 1) * 2 / STEADY_RATE - time.monotonic()))


async def _counted(client: httpx.AsyncClient, url: str, wanted: int) -> Counted:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        counted = msgspec.json.decode((await client.get(f"{url}/counted")).content, type=Counted)
        if counted.count >= wanted:
            return counted
        await asyncio.sleep(0.2)
    raise RuntimeError(f"{counted.count} of {wanted} events came")


@asynccontextmanager
async def _least(client: httpx.AsyncClient, sidecar: Sidecar) -> AsyncGenerator:
    async def publish(events: Sequence[TaskCreated]) -> None:
        bodies = [
            msgspec.json.encode(
                [
                    {
                        "entryId": event.event_id,
                        "event": wrap(event, CHAT_API),
                        "contentType": "application/cloudevents+json",
                        "metadata": {"partitionKey": event.task_id},
                    }
                    for event in events[start : start + 100]
                ]
            )
            for start in range(0, len(events), 100)
        ]
        for body in bodies:
            answer = await client.post(
                f"{sidecar.url}/v1.0-alpha1/publish/bulk/taskflow-pubsub/{TASK_CREATED}?metadata.rawPayload=true",
                content=body,
                headers={"dapr-api-token": TOKEN, "content-type": "application/json"},
            )
            answer.raise_for_status()

    yield publish


@asynccontextmanager
async def _ours(environment: dict[str, str], sidecar: Sidecar) -> AsyncGenerator:
    async def nothing_here(scope: object, receive: object, send: object) -> None: ...

    settings = load(environment | {"DAPR_HTTP_PORT": str(sidecar.http_port)})
    host = Host(settings, [lambda _: Service(name=CHAT_API, app=nothing_here, publishes=True)])

    async def publish(events: Sequence[TaskCreated]) -> None:
        for start in range(0, len(events), 1000):
            async with host.database.transaction() as connection:
                await draw(connection, CHAT_API, events[start : start + 1000])

    async with host.running():
        await host.database.opened()
        yield publish


def _event() -> TaskCreated:
    now = datetime.now(UTC)
    task = Task(
        id=str(uuid.uuid4()),
        user_id="bench",
        title="Measure the way of an event",
        description=None,
        completed=False,
        version=1,
        created_at=now,
        updated_at=now,
    )
    return TaskCreated(
        event_id=str(uuid.uuid4()),
        timestamp=now,
        user_id="bench",
        actor_id="bench",
        task_id=task.id,
        version=1,
        correlation_id="bench",
        task=task,
    )


def _quantiles(values: Sequence[float]) -> tuple[float, float]:
    """The median and the 99th percentile."""
    cut = statistics.quantiles(values, n=100)
    return cut[49], cut[98]
