"""Measures how soon a change is on the stream: `.venv/bin/python -m e2e.bench.latency` (half a minute).

`taskflow up` with a PostgreSQL of its own; users with a stream each make tasks at an even rate. The delay is the time
from a POST's answer to the frame of its task, which may be there before the answer is (then it is 0). Goal: p99 under
100 ms at 50 tasks a second on an idle machine.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
from httpx_sse import aconnect_sse

from e2e.bench.figures import Table, percentile
from e2e.bench.machine import busy_seconds
from e2e.bench.storage import bench_directory
from e2e.rig import ports

RATES: Final = (50, 200)
GOAL_RATE: Final = 50
GOAL_P99: Final = 0.100
SECONDS: Final = 10.0
USERS: Final = 40
"""So many that each makes fewer tasks a second than are sent one by one (TASKFLOW_STREAM_RATE)."""

IN_FLIGHT: Final = 32
"""Requests at once, at most: on a machine too busy for the rate they queue here."""

START_SECONDS: Final = 60.0


@dataclass
class User:
    """Somebody with a stream: when each of their tasks was answered, and when its frame came."""

    token: str
    answered: dict[str, float] = field(default_factory=dict[str, float])
    seen: dict[str, float] = field(default_factory=dict[str, float])

    @property
    def headers(self) -> dict[str, str]:
        """What signs their requests."""
        return {"authorization": f"Bearer {self.token}"}

    def delays(self) -> list[float]:
        """Seconds from each answer to its frame."""
        return [max(0.0, self.seen[task] - at) for task, at in self.answered.items()]


def main() -> None:
    """Prints a table; ends with 1 when the goal is missed."""
    with bench_directory() as directory:
        port = ports.free(1)[0]
        settings = {"TASKFLOW_HOME": f"{directory}/home", "TASKFLOW_PORT": str(port), "TASKFLOW_BUS": "embedded"}
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TASKFLOW_")} | settings
        command = [sys.executable, "-m", "taskflow_cli", "up"]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        try:
            p99 = asyncio.run(_bench(f"http://127.0.0.1:{port}"))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()
    sys.exit(0 if p99 < GOAL_P99 else 1)


async def _bench(url: str) -> float:
    """The p99 at the goal's rate."""
    p99s: dict[int, float] = {}
    await answering(url)
    async with users(url, url) as people:
        await measure(people, url, rate=20, seconds=2)
        print(header())
        for rate in RATES:
            delays, others = await measure(people, url, rate=rate, seconds=SECONDS)
            print(row(f"{rate} tasks/s", delays, others))
            p99s[rate] = percentile(delays, 99)
    print(f"goal: p99 under {1000 * GOAL_P99:.0f} ms at {GOAL_RATE} tasks/s")
    return p99s[GOAL_RATE]


async def answering(url: str) -> None:
    """Returns once what listens at `url` is ready. Raises RuntimeError after a minute."""
    deadline = time.monotonic() + START_SECONDS
    async with httpx.AsyncClient(trust_env=False) as client:
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.TransportError):
                if (await client.get(f"{url}/health/ready")).status_code == 200:
                    return
            await asyncio.sleep(0.1)
    raise RuntimeError(f"nothing is ready at {url}")


@asynccontextmanager
async def users(api_url: str, stream_url: str, count: int = USERS) -> AsyncGenerator[list[User]]:
    """New users, each with an open stream while entered."""
    async with httpx.AsyncClient(trust_env=False, timeout=30, limits=httpx.Limits(max_connections=None)) as client:
        people = [User(await _sign_up(client, api_url)) for _ in range(count)]
        opened = [asyncio.Event() for _ in people]
        readers = [
            asyncio.create_task(_read(client, f"{stream_url}/api/v1/notifications/stream", person, event))
            for person, event in zip(people, opened, strict=True)
        ]
        try:
            async with asyncio.timeout(30):
                await asyncio.gather(*(event.wait() for event in opened))
            yield people
        finally:
            for reader in readers:
                reader.cancel()
            await asyncio.gather(*readers, return_exceptions=True)


async def _sign_up(client: httpx.AsyncClient, url: str) -> str:
    account = {"email": f"{uuid.uuid4().hex}@example.com", "password": "a password for benches"}
    answer = (await client.post(f"{url}/api/v1/auth/signup", json=account)).raise_for_status()
    client.cookies.clear()
    return answer.json()["token"]


async def _read(client: httpx.AsyncClient, url: str, person: User, opened: asyncio.Event) -> None:
    async with aconnect_sse(client, "GET", url, headers=person.headers) as stream:
        stream.response.raise_for_status()
        opened.set()
        async for message in stream.aiter_sse():
            now = time.perf_counter()
            if not message.data:
                continue
            frame: dict[str, Any] = message.json()
            for task in frame.get("task_ids") or [frame.get("task_id", "")]:
                person.seen.setdefault(task, now)


async def measure(people: Sequence[User], url: str, *, rate: int, seconds: float) -> tuple[list[float], float]:
    """Each delay in seconds of tasks made at `rate` a second, in turn by everybody; and the cores that were busy."""
    for person in people:
        person.answered.clear()
        person.seen.clear()
    count = int(rate * seconds)
    together = asyncio.Semaphore(IN_FLIGHT)
    busy, began = busy_seconds(), time.perf_counter()
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:

        async def make(number: int) -> None:
            await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
            person = people[number % len(people)]
            async with together:
                answer = await client.post(f"{url}/api/v1/tasks", json={"title": "Water"}, headers=person.headers)
            now = time.perf_counter()
            person.answered[answer.raise_for_status().json()["id"]] = now

        await asyncio.gather(*(make(number) for number in range(count)))
    used = (busy_seconds() - busy) / (time.perf_counter() - began)
    deadline = time.monotonic() + 30
    while any(person.answered.keys() - person.seen.keys() for person in people):
        if time.monotonic() > deadline:
            raise RuntimeError("tasks were made that came on no stream")
        await asyncio.sleep(0.05)
    return [delay for person in people for delay in person.delays()], used


_TABLE: Final = Table(28, ("tasks", 8), ("p50 ms", 9), ("p99 ms", 9), ("most ms", 9), ("cores busy", 12))


def header() -> str:
    """The table's head."""
    return _TABLE.head("acknowledged POST to frame")


def row(name: str, delays: Sequence[float], cores: float) -> str:
    """A line of the table: the cores that everything on the machine used tell how idle it was."""
    times = [f"{1000 * value:.1f}" for value in (percentile(delays, 50), percentile(delays, 99), max(delays))]
    return _TABLE.line(name, str(len(delays)), *times, f"{cores:.1f}")


if __name__ == "__main__":
    main()
