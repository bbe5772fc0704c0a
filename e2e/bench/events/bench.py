"""Events through sidecars and Kafka: the least that could be done, ours, and the whole platform, in one run.

The least: bodies of 100 events are posted to a sidecar; a consumer decodes nothing but ids and times. Ours: the outbox
is filled, the relay publishes it, our host decodes every event and gives it to a handler that counts. Both have a burst
(events a second, from the first publish to the last event handled) and a steady part (delay of each event). Goal: 70%
of the least's rate.

Then all five services with their sidecars: tasks are made by POST at 200 a second and followed to their users' streams.
Goal: p99 under 200 ms from a POST's answer to its frame.
"""

import asyncio
import contextlib
import os
import secrets
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg
import httpx
import msgspec
from litestar.types import Receive, Scope, Send

from e2e.bench import latency
from e2e.bench.events.consumers import Counted
from e2e.bench.figures import Table, each, percentile
from e2e.bench.machine import busy_seconds
from e2e.bench.makers import created, make_task
from e2e.bench.storage import bench_directory
from e2e.rig import ports, resources
from e2e.rig.children import Child
from e2e.rig.daprd import Sidecar
from e2e.rig.kafka import Kafka
from e2e.rig.programs import Programs, find
from e2e.rig.rig import Rig
from taskflow_core.bus import outbox
from taskflow_core.events.envelope import wrap
from taskflow_core.events.model import TaskCreated
from taskflow_core.events.topics import AUDIT_LOGGER, CHAT_API, NOTIFICATION_SERVICE, TASK_CREATED
from taskflow_core.service.composition import Service
from taskflow_core.service.host import Host
from taskflow_core.service.router import respond
from taskflow_core.settings import load
from taskflow_core.telemetry import logs
from taskflow_db import runner
from taskflow_local.postgres import EmbeddedPostgres

BURST: Final = 20_000
STEADY_RATE: Final = 200
STEADY_SECONDS: Final = 10
ROUNDS: Final = 2
SHARE_GOAL: Final = 0.70
STREAM_RATE: Final = 200
STREAM_P99_GOAL: Final = 0.200
TOKEN: Final = secrets.token_hex(32)
ROOT: Final = Path(__file__).resolve().parents[3]


Publish = Callable[[Sequence[TaskCreated]], Awaitable[None]]


@dataclass(frozen=True)
class Turn:
    """Events a second of a burst, with the cores that were busy, and the delays in seconds of a steady stream."""

    rate: float
    delays: list[float]
    cores: float


def main() -> None:
    """Prints both tables; ends with 1 when a goal is missed."""
    logs.configure("ERROR")
    with bench_directory() as directory:
        sys.exit(asyncio.run(_bench(directory)))


async def _bench(directory: Path) -> int:
    programs = find()
    with EmbeddedPostgres(directory / "postgres") as postgres:
        await asyncio.to_thread(lambda: asyncio.run(runner.upgrade(postgres.owner_url)))
        fast = await _compare(directory, programs, postgres)
        soon = await _follow(directory / "rig", programs, postgres)
    return 0 if fast and soon else 1


async def _compare(directory: Path, programs: Programs, postgres: EmbeddedPostgres) -> bool:
    """Both ways in turn on the same Kafka; whether ours is fast enough."""
    kafka = Kafka(programs, directory / "kafka", log=directory / "kafka.log")
    turns: dict[str, list[Turn]] = {"the least": [], "ours": []}
    try:
        kafka.start()
        resources.write(directory / "dapr", brokers=kafka.address)
        for _ in range(ROUNDS):
            for name, kind in (("the least", "counting"), ("ours", "ours")):
                turns[name].append(await _round(kind, directory, programs, postgres))
                await _empty_outbox(postgres)
    finally:
        kafka.kill()
    print(f"{BURST:,} events at once, then {STEADY_RATE}/s; each turn in a column")
    table = Table(12, ("events/s", 20), ("p50 ms", 16), ("p99 ms", 16), ("cores busy", 14))
    print(table.head(""))
    for name, its in turns.items():
        cells = [each([turn.rate for turn in its], ",.0f")]
        cells += [each([1000 * percentile(turn.delays, at) for turn in its], ".0f") for at in (50, 99)]
        print(table.line(name, *cells, each([turn.cores for turn in its], ".1f")))
    share = max(turn.rate for turn in turns["ours"]) / max(turn.rate for turn in turns["the least"])
    print(f"ours has {share:.0%} of the least's rate, best turn by best turn (goal {SHARE_GOAL:.0%})")
    return share >= SHARE_GOAL


async def _empty_outbox(postgres: EmbeddedPostgres) -> None:
    """What nobody has put into an audit trail here."""
    connection = await asyncpg.connect(postgres.owner_url)
    await connection.execute("TRUNCATE outbox")
    await connection.close()


async def _follow(directory: Path, programs: Programs, postgres: EmbeddedPostgres) -> bool:
    """The whole platform, from POST to stream; whether that is soon enough."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "TASKFLOW_DATABASE_URL": postgres.app_url,
        "BETTER_AUTH_SECRET": TOKEN,
        "TASKFLOW_AUDIT_ENCRYPTION_KEY": TOKEN,
    }
    rig = Rig(programs, directory, environment)
    async with rig.running():
        for instance in rig.instances:
            await latency.answering(instance.url)
        api_url, stream_url = rig.instance(CHAT_API).url, rig.instance(NOTIFICATION_SERVICE).url
        async with latency.users(api_url, stream_url) as people:
            await latency.measure(people, api_url, rate=20, seconds=3)
            delays, cores = await latency.measure(people, api_url, rate=STREAM_RATE, seconds=STEADY_SECONDS)
    print(latency.header())
    print(latency.row(f"{STREAM_RATE} tasks/s", delays, cores))
    p99 = percentile(delays, 99)
    print(f"p99 {1000 * p99:.0f} ms (goal {1000 * STREAM_P99_GOAL:.0f} ms)")
    return p99 < STREAM_P99_GOAL


async def _round(kind: str, directory: Path, programs: Programs, postgres: EmbeddedPostgres) -> Turn:
    """One turn of one way."""
    consumer_port = ports.free(1)[0]

    def sidecar(app_id: str, app_port: int) -> Sidecar:
        return Sidecar(
            programs,
            directory / "dapr",
            app_id=app_id,
            app_port=app_port,
            app_token=TOKEN,
            api_token=TOKEN,
            log=directory / f"{kind}-{app_id}.log",
        )

    publishing, consuming = sidecar(CHAT_API, 1), sidecar(AUDIT_LOGGER, consumer_port)
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "TASKFLOW_DATABASE_URL": postgres.app_url,
        "BETTER_AUTH_SECRET": TOKEN,
        "TASKFLOW_AUDIT_ENCRYPTION_KEY": TOKEN,
        "TASKFLOW_API_TOKEN": TOKEN,
        "TASKFLOW_PORT": str(consumer_port),
        "DAPR_API_TOKEN": TOKEN,
    }
    consumer = Child(
        kind,
        [sys.executable, "-m", "e2e.bench.events", kind],
        log=directory / f"{kind}.log",
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
                await _until_followed(client, url, publish)
                events = [created(make_task()) for _ in range(BURST)]
                began, busy = time.time(), busy_seconds()
                await publish(events)
                burst = await _counted(client, url, BURST)
                cores = (busy_seconds() - busy) / (time.time() - began)
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
    return Turn(BURST / (burst.last - began), steady.delays, cores)


async def _until_followed(client: httpx.AsyncClient, url: str, publish: Publish) -> None:
    """Returns once the consumer follows."""
    for _ in range(20):
        with contextlib.suppress(httpx.TransportError):
            await publish([created(make_task())])
            await asyncio.sleep(1)
            if msgspec.json.decode((await client.get(f"{url}/counted")).content, type=Counted).count:
                await asyncio.sleep(2)
                await client.get(f"{url}/forget")
                return
    raise RuntimeError("the consumer gets nothing")


async def _steady(publish: Publish) -> None:
    began = time.monotonic()
    for number in range(STEADY_RATE * STEADY_SECONDS // 2):
        await publish(
            [
                created(make_task()),
                created(make_task()),
            ]
        )
        await asyncio.sleep(max(0.0, began + (number + 1) * 2 / STEADY_RATE - time.monotonic()))


async def _counted(client: httpx.AsyncClient, url: str, expected: int) -> Counted:
    deadline = time.monotonic() + 120
    counted = Counted()
    while time.monotonic() < deadline:
        counted = msgspec.json.decode((await client.get(f"{url}/counted")).content, type=Counted)
        if counted.count >= expected:
            return counted
        await asyncio.sleep(0.2)
    raise RuntimeError(f"{counted.count} of {expected} events came")


@asynccontextmanager
async def _least(client: httpx.AsyncClient, sidecar: Sidecar) -> AsyncGenerator[Publish]:
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
                f"{sidecar.url}/v1.0/publish/bulk/taskflow-pubsub/{TASK_CREATED}?metadata.rawPayload=true",
                content=body,
                headers={"dapr-api-token": TOKEN, "content-type": "application/json"},
            )
            answer.raise_for_status()

    yield publish


@asynccontextmanager
async def _ours(environment: dict[str, str], sidecar: Sidecar) -> AsyncGenerator[Publish]:
    async def nothing_here(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, 404, b"{}")

    settings = load(environment | {"DAPR_HTTP_PORT": str(sidecar.http_port)})
    host = Host(settings, [lambda _: Service(name=CHAT_API, app=nothing_here, publishes=True)])

    async def publish(events: Sequence[TaskCreated]) -> None:
        for start in range(0, len(events), 1000):
            async with host.database.transaction() as connection:
                await outbox.append(connection, CHAT_API, events[start : start + 1000])

    async with host.running():
        await host.database.opened()
        yield publish
