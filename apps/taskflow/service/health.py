"""Liveness, readiness and startup: what they ask, and how they answer.

Liveness never looks outward. Readiness is 200 only while the database, and under Dapr the sidecar, answer. Startup is
200 once the process has done what it does once, and never waits for a sidecar.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from taskflow.service.composition import Check, Service

_FRESH_SECONDS: Final = 1.0
_CHECK_SECONDS: Final = 3.0


class ServiceHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One service: "ok" or "failing", and each check as "ok" or what is wrong."""

    status: str
    checks: dict[str, str] = {}


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The whole process, grouped by service."""

    status: str
    services: dict[str, ServiceHealth]

    @property
    def ok(self) -> bool:
        """Whether every service is."""
        return self.status == "ok"


def _overall(services: dict[str, ServiceHealth]) -> Health:
    failing = any(service.status != "ok" for service in services.values())
    return Health(status="failing" if failing else "ok", services=services)


class HealthChecks:
    """Runs the checks of the services of this process; answers of the last second are given again."""

    def __init__(self, services: Sequence[Service], common: Mapping[str, Check]) -> None:
        self._services = services
        self._common = common
        self._ready: Health | None = None
        self._asked = float("-inf")
        self._lock = asyncio.Lock()
        self.started = False
        self.stopping = False

    def live(self) -> Health:
        """The process turns its event loop: that is all."""
        return _overall({service.name: ServiceHealth(status="ok") for service in self._services})

    def startup(self) -> Health:
        """Whether start-up is over."""
        check = "ok" if self.started else "starting"
        status = "ok" if self.started else "failing"
        return _overall({s.name: ServiceHealth(status=status, checks={"start": check}) for s in self._services})

    async def ready(self) -> Health:
        """Whether requests and events should come here now."""
        async with self._lock:
            if self._ready is None or time.monotonic() - self._asked > _FRESH_SECONDS:
                self._ready = await self._check()
                self._asked = time.monotonic()
        return self._ready

    async def _check(self) -> Health:
        if not self.started or self.stopping:
            why = "stopping" if self.stopping else "starting"
            return _overall({s.name: ServiceHealth(status="failing", checks={"life": why}) for s in self._services})
        common = await _run(self._common)
        services: dict[str, ServiceHealth] = {}
        for service in self._services:
            checks = common | await _run(service.checks)
            failing = any(answer != "ok" for answer in checks.values())
            services[service.name] = ServiceHealth(status="failing" if failing else "ok", checks=checks)
        return _overall(services)


async def _run(checks: Mapping[str, Check]) -> dict[str, str]:
    async def one(check: Check) -> str:
        try:
            async with asyncio.timeout(_CHECK_SECONDS):
                await check()
        except TimeoutError:
            return f"no answer within {_CHECK_SECONDS:.0f} s"
        except Exception as error:
            # Whatever a check raises is its answer.
            return str(error) or type(error).__name__
        return "ok"

    answers = await asyncio.gather(*(one(check) for check in checks.values()))
    return dict(zip(checks, answers, strict=True))
