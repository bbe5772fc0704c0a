"""Creates and lists over 16 connections, chat-api and the minimal app in turns; and pgbench beside them.

Server on one core, client on the other, a durable PostgreSQL wherever it finds room. Creating is a task with its shadow
and its outbox row in one transaction; listing is 20 tasks of 50. chat-api also verifies a token, validates, keeps its
rules, counts and logs; its relay has no sidecar here and waits, so that only the request is measured (publishing is in
e2e.bench.events). Goals: 60% of the minimal app's creates, 55% of its lists. CPU a request is shown because it stays
steady when something else uses the machine; a turn in which others used more than 30% of a core says so.
"""

import argparse
import contextlib
import os
import random
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import uvloop

from e2e.bench.figures import Table, each, percentile
from e2e.bench.machine import busy_seconds, cpu_seconds, disturbed, pin
from e2e.bench.rest.load import Request, load
from e2e.bench.rest.statements import LISTED, PGBENCH_CREATE, PGBENCH_LIST
from e2e.bench.storage import migrated_postgres
from e2e.rig import ports
from taskflow_core.domain.clock import SystemClock
from taskflow_core.service.tokens import Tokens
from taskflow_local.postgres import EmbeddedPostgres

SECRET: Final = secrets.token_hex(32)
USERS: Final = 200
TASKS_A_USER: Final = 50
CONNECTIONS: Final = 16
POOL: Final = 10
GOALS: Final = {"create": 0.60, "list": 0.55}
KINDS: Final = ("minimal", "taskflow")

FILL: Final = """
INSERT INTO users (id, email, hashed_password, created_at, updated_at)
SELECT 'user-' || n, 'user-' || n || '@example.com', '-', now(), now() FROM generate_series(1, {users}) AS n;
INSERT INTO tasks (id, user_id, title, completed, created_at, updated_at)
SELECT gen_random_uuid()::text, 'user-' || n, 'Water the plants', false, now() - make_interval(mins => m), now()
FROM generate_series(1, {users}) AS n, generate_series(1, {tasks}) AS m;
INSERT INTO task_shadow (task_id, user_id, version, title, completed) SELECT id, user_id, 1, title, false FROM tasks;
"""
# Back to where every turn begins. The new tasks are the newest: lists would be of them otherwise.
CLEAR: Final = """
DELETE FROM task_shadow s USING tasks t WHERE t.id = s.task_id AND t.created_at > $1;
DELETE FROM tasks WHERE created_at > $1;
TRUNCATE outbox;
"""


@dataclass
class Turns:
    """What a server did in its turns at one thing: a rate, a median and p99 in ms, CPU µs a request of each."""

    rates: list[float] = field(default_factory=list[float])
    p50s: list[float] = field(default_factory=list[float])
    p99s: list[float] = field(default_factory=list[float])
    cpus: list[float] = field(default_factory=list[float])
    disturbed: int = 0

    @property
    def rate(self) -> float:
        """Of the median turn."""
        return statistics.median(self.rates)


@dataclass(frozen=True)
class Served:
    """A server under test."""

    kind: str
    pid: int
    port: int


def main() -> None:
    """Runs it all and prints a table; ends with 1 when a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m e2e.bench.rest", description=__doc__)
    parser.add_argument("--turns", type=int, default=3, help="of each server, alternating")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each turn")
    arguments = parser.parse_args()
    with migrated_postgres() as postgres, contextlib.ExitStack() as stack:
        psql(postgres, FILL.format(users=USERS, tasks=TASKS_A_USER), "VACUUM ANALYZE tasks, task_shadow, users")
        servers = [stack.enter_context(served(kind, postgres)) for kind in KINDS]
        pin(-1)
        results = uvloop.run(measure(postgres, servers, arguments.turns, arguments.seconds))
        alone = {what: pgbench(postgres, what, arguments.seconds) for what in GOALS}
    sys.exit(0 if report(results, alone) else 1)


@contextmanager
def served(kind: str, postgres: EmbeddedPostgres) -> Generator[Served]:
    """A server in a process of its own on the first core, from when it answers."""
    port = ports.free(1)[0]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(__file__).resolve().parents[3]),
        "TASKFLOW_DATABASE_URL": postgres.app_url,
        "TASKFLOW_DATABASE_POOL_SIZE": str(POOL),
        "TASKFLOW_API_TOKEN": SECRET,
        "TASKFLOW_RECONCILE_INTERVAL_SECONDS": "0",
        "BETTER_AUTH_SECRET": SECRET,
        "DAPR_HTTP_PORT": str(ports.free(1)[0]),
    }
    command = [sys.executable, "-m", "e2e.bench.rest", "serve", kind, str(port)]
    process = subprocess.Popen(command, env=environment)
    try:
        pin(0, process.pid)
        deadline = time.monotonic() + 30
        while not ports.answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{kind} does not start")
            time.sleep(0.1)
        yield Served(kind, process.pid, port)
    finally:
        process.terminate()
        process.wait()


async def measure(
    postgres: EmbeddedPostgres, servers: list[Served], turns: int, seconds: float
) -> dict[tuple[str, str], Turns]:
    """Every server at everything, in turns; the first turn warms up and does not count."""
    results = {(what, kind): Turns() for what in GOALS for kind in KINDS}
    for number in range(turns + 1):
        for what in GOALS:
            for server in servers:
                turn = results[what, server.kind] if number else Turns()
                await one_turn(postgres, server, what, turn, seconds if number else 1.0)
                if number:
                    print(f"turn {number}: {what} {server.kind} {turn.rates[-1]:,.0f}/s", file=sys.stderr, flush=True)
    return results


async def one_turn(postgres: EmbeddedPostgres, server: Served, what: str, turn: Turns, seconds: float) -> None:
    request = creating() if what == "create" else listing()
    before = time.perf_counter(), cpu_seconds(server.pid), cpu_seconds(os.getpid()), postgres_seconds(postgres)
    busy = busy_seconds()
    since = time.time()
    latencies = await load(
        server.port, request, connections=CONNECTIONS, seconds=seconds, status=201 if what == "create" else 200
    )
    after = time.perf_counter(), cpu_seconds(server.pid), cpu_seconds(os.getpid()), postgres_seconds(postgres)
    took, cpu, client, database = (b - a for a, b in zip(before, after, strict=True))
    others = busy_seconds() - busy - cpu - client - database
    turn.rates.append(len(latencies) / took)
    turn.p50s.append(1000 * percentile(latencies, 50))
    turn.p99s.append(1000 * percentile(latencies, 99))
    turn.cpus.append(1e6 * cpu / len(latencies))
    turn.disturbed += disturbed(others, took)
    if what == "create":
        psql(postgres, CLEAR.replace("$1", f"to_timestamp({since})"), "VACUUM ANALYZE tasks, task_shadow, outbox")


def creating() -> Request:
    """Requests that make a task, each of a random user."""
    body = b'{"title":"Water the plants","description":"All of them"}'
    heads = [_head(b"POST", b"/api/v1/tasks", n, len(body)) + body for n in range(1, USERS + 1)]
    return lambda: random.choice(heads)


def listing() -> Request:
    """Requests for a page of a random user's tasks."""
    path = b"/api/v1/tasks?limit=%d" % LISTED
    heads = [_head(b"GET", path, n, 0) for n in range(1, USERS + 1)]
    return lambda: random.choice(heads)


def _head(method: bytes, path: bytes, number: int, length: int) -> bytes:
    """A request of a user as both servers read it: chat-api by the token, the minimal app by the name."""
    token = Tokens(SECRET, SystemClock(), access_seconds=86_400).issue(f"user-{number}", "a@example.org")
    return (
        b"%b %b HTTP/1.1\r\nHost: bench\r\nX-User: user-%d\r\nAuthorization: Bearer %b\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    ) % (method, path, number, token.encode(), length)


def psql(postgres: EmbeddedPostgres, *statements: str) -> None:
    """Runs statements as the owner of the tables."""
    command = [str(postgres.binaries / "psql"), postgres.owner_url, "-qv", "ON_ERROR_STOP=1"]
    for statement in statements:
        subprocess.run([*command, "-c", statement], check=True, stdout=subprocess.DEVNULL)


def postgres_seconds(postgres: EmbeddedPostgres) -> float:
    """CPU time of the postmaster and of every process it has now."""
    children = Path(f"/proc/{postgres.pid}/task/{postgres.pid}/children").read_text().split()
    total = 0.0
    for pid in (postgres.pid, *map(int, children)):
        with contextlib.suppress(FileNotFoundError):
            total += cpu_seconds(pid)
    return total


def pgbench(postgres: EmbeddedPostgres, what: str, seconds: float) -> float:
    """Transactions a second of the SQL alone, over as many connections as the servers have in their pools."""
    script = PGBENCH_CREATE if what == "create" else PGBENCH_LIST
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        command = [str(postgres.binaries / "pgbench"), "-n", "-c", str(POOL), "-j", "1", "-T", str(int(seconds))]
        options = ["-M", "prepared", "-D", f"users={USERS}", "-f", file.name, postgres.owner_url]
        done = subprocess.run([*command, *options], check=True, capture_output=True, text=True)
    [line] = [line for line in done.stdout.splitlines() if line.startswith("tps")]
    return float(line.split()[2])


def report(results: dict[tuple[str, str], Turns], alone: dict[str, float]) -> bool:
    """Prints the table; whether both goals are met."""
    print(f"{CONNECTIONS} connections, pools of {POOL}; each turn in a column, the share by the median turn")
    table = Table(20, ("requests/s", 28), ("p50 ms", 18), ("p99 ms", 18), ("CPU µs", 18), ("disturbed", 11))
    print(table.head(""))
    met = True
    for what, goal in GOALS.items():
        for kind in KINDS:
            turns = results[what, kind]
            times = each(turns.p50s, ".1f"), each(turns.p99s, ".1f"), each(turns.cpus, ".0f")
            print(table.line(f"{what} {kind}", each(turns.rates, ",.0f"), *times, str(turns.disturbed)))
        print(table.line(f"{what} pgbench", f"{alone[what]:,.0f}"))
        share = results[what, "taskflow"].rate / results[what, "minimal"].rate
        met = met and share >= goal
        print(f"{what}: chat-api has {share:.0%} of the minimal app's rate (goal {goal:.0%})")
    return met
