"""Liveness, readiness and startup: what they ask, and how they answer.

Liveness never looks outward. Readiness is 200 only while the database, and under Dapr the sidecar, answer. Startup is
200 once the process has done what it does once, and never waits for a sidecar.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from taskflow_core.service.composition import Check, Service
from taskflow_core.supervisor import Supervisor
from taskflow_core.telemetry.metrics import CHECK_PASSES, READY

_FRESH_SECONDS: Final = 1.0
_CHECK_SECONDS: Final = 0.9
"""For all checks together: whoever asks gets an answer within a second, whatever hangs."""


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

    def __init__(
        self, services: Sequence[Service], common: Mapping[str, Check], supervisor: Supervisor | None = None
    ) -> None:
        self._services = services
        self._common = common
        self._supervisor = supervisor
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
                _measure(self._ready)
                self._asked = time.monotonic()
        return self._ready

    async def _check(self) -> Health:
        if not self.started or self.stopping:
            why = "stopping" if self.stopping else "starting"
            return _overall({s.name: ServiceHealth(status="failing", checks={"life": why}) for s in self._services})
        common, *own = await asyncio.gather(_run(self._common), *(_run(service.checks) for service in self._services))
        if self._supervisor is not None and (stuck := self._supervisor.stuck) is not None:
            common["background"] = stuck
        services: dict[str, ServiceHealth] = {}
        for service, answers in zip(self._services, own, strict=True):
            checks = common | answers
            failing = any(answer != "ok" for answer in checks.values())
            services[service.name] = ServiceHealth(status="failing" if failing else "ok", checks=checks)
        return _overall(services)


def _measure(health: Health) -> None:
    for name, service in health.services.items():
        READY.labels(name).set(service.status == "ok")
        # What is not asked while the service starts or stops must not stand there as it was answered before.
        CHECK_PASSES.remove_by_labels({"service": name})
        for check, answer in service.checks.items():
            CHECK_PASSES.labels(name, check).set(answer == "ok")


async def _run(checks: Mapping[str, Check]) -> dict[str, str]:
    """Each check's answer, all of them together within _CHECK_SECONDS, also where one cannot even be cancelled."""
    asked = {name: asyncio.ensure_future(check()) for name, check in checks.items()}
    try:
        if asked:
            await asyncio.wait(asked.values(), timeout=_CHECK_SECONDS)
        return {name: _answer(task) for name, task in asked.items()}
    finally:
        for task in asked.values():
            task.cancel()


def _answer(task: asyncio.Future[None]) -> str:
    if not task.done():
        task.add_done_callback(_settled)
        return f"no answer within {_CHECK_SECONDS:g} s"
    if task.cancelled():
        return "cancelled"
    error = task.exception()
    return "ok" if error is None else str(error) or type(error).__name__


def _settled(task: asyncio.Future[None]) -> None:
    """Looks at what a check that was given up raised in the end: it has been answered for."""
    if not task.cancelled():
        task.exception()
