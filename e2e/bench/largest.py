"""Measures what the costliest requests cost: `.venv/bin/python -m e2e.bench.largest` (a minute).

Every public route gets every adversarial request of the test of CPU, each part of it as large as is let through
(tests/service/edges/costly.py). Shown is the dearest of each route, in CPU of the whole process; passwords are hashed
at the lowest cost, which is no part of this. Goal: none over 50 ms.

All services are in this process; it starts an embedded PostgreSQL for itself.
"""

import asyncio
import heapq
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Final

import msgspec

from chat_api.accounts import Accounts
from e2e.bench.figures import Table
from e2e.bench.storage import migrated_postgres
from taskflow_core.domain.clock import SystemClock
from taskflow_core.events.topics import ALL_SERVICES
from taskflow_core.service.composition import factories
from taskflow_core.service.host import Host
from taskflow_core.service.tokens import Tokens
from taskflow_core.settings import Settings
from taskflow_core.telemetry import logs
from tests.chat_api.people import add_user
from tests.service.asking import Route, ask
from tests.service.edges.costly import PARTS, Case, cpu, settled
from tests.service.edges.whole import Platform

GOAL_MS: Final = 50.0
TURNS: Final = 5
_DEAREST: Final = 5
"""Cases of a route that are measured again, since once is not enough for a figure."""

_SECRET: Final = "a-secret-for-the-bench-of-32-or-more-characters"  # of a database that goes with it
_MANY: Final = 1_000_000
_TABLE: Final = Table(52, ("CPU ms", 8), ("cases", 8))


def main() -> None:
    """Prints the table; ends with 1 when the goal is missed."""
    logs.configure("CRITICAL")
    with migrated_postgres() as server:
        sys.exit(0 if asyncio.run(_measure(server.app_url)) else 1)


async def _measure(url: str) -> bool:
    most = 0.0
    async with _platform(url) as platform:
        print(_TABLE.head("route") + "  the dearest of its largest requests")
        with settled():
            for route in platform.routes:
                case, seconds, count = await _dearest(platform, route)
                most = max(most, 1e3 * seconds)
                print(_TABLE.line(str(route), f"{1e3 * seconds:.1f}", str(count)) + f"  {case.name}", flush=True)
    print(f"the dearest: {most:.1f} ms (goal: under {GOAL_MS:.0f} ms)")
    return most < GOAL_MS


async def _dearest(platform: Platform, route: Route) -> tuple[Case, float, int]:
    """A route's dearest case, its seconds, and how many cases there are."""
    cases = [case for part in PARTS.values() for case in part(route, platform)]
    once = [(await cpu(platform, case, case.largest), number) for number, case in enumerate(cases)]
    again = [cases[number] for _, number in heapq.nlargest(_DEAREST, once)]
    costs = [await cpu(platform, case, case.largest, TURNS) for case in again]
    return again[costs.index(max(costs))], max(costs), len(cases)


@asynccontextmanager
async def _platform(url: str) -> AsyncGenerator[Platform]:
    """The whole platform with somebody who is signed in and may try as often as they like."""
    (Accounts.__init__.__kwdefaults__ or {})["rounds"] = 4
    settings = Settings(
        database_url=url,
        auth_secret=_SECRET,
        api_token=_SECRET,
        audit_encryption_keys=(_SECRET,),
        bus="embedded",
        login_attempts_per_minute=_MANY,
        address_login_attempts_per_minute=_MANY,
        all_login_attempts_per_minute=_MANY,
        address_sign_ups_per_hour=_MANY,
    )
    clock = SystemClock()
    host = Host(settings, factories(ALL_SERVICES), clock=clock)
    async with host.running():
        await host.database.opened()
        user_id, email = await add_user(host.database, datetime.now(UTC))
        token = Tokens(settings.auth_secret, clock, access_seconds=86_400).issue(user_id, email)
        headers = [
            (b"host", b"127.0.0.1:8000"),
            (b"authorization", f"Bearer {token}".encode()),
            (b"content-type", b"application/json"),
        ]
        made = await ask(host, "POST", "/api/v1/tasks", headers=headers, body=b'{"title": "A"}')
        yield Platform(host, headers, msgspec.json.decode(made.body)["id"])


if __name__ == "__main__":
    main()
