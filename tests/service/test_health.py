"""Readiness: what a check may do to the answer, and how often it is asked."""

import asyncio
import contextlib

import pytest
from litestar.types import Receive, Scope, Send

from taskflow_core.events.topics import AUDIT_LOGGER, CHAT_API
from taskflow_core.service import health
from taskflow_core.service.composition import Check, Service
from taskflow_core.service.health import HealthChecks
from taskflow_core.telemetry import metrics


async def no_app(scope: Scope, receive: Receive, send: Send) -> None:
    """Nobody calls it."""


def service(**checks: Check) -> Service:
    return Service(name=CHAT_API, app=no_app, checks=checks)


async def well() -> None:
    """Raises nothing."""


async def test_a_check_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_CHECK_SECONDS", 0.05)

    async def hangs() -> None:
        await asyncio.Event().wait()

    checks = HealthChecks([service(heap=hangs)], {"database": well})
    checks.started = True
    answer = await checks.ready()
    assert not answer.ok
    assert answer.services[CHAT_API].checks == {"database": "ok", "heap": "no answer within 0.05 s"}


async def test_checks_that_hang_and_cannot_be_cancelled_hold_up_nobody_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(health, "_CHECK_SECONDS", 0.5)
    released = asyncio.Event()

    async def stubborn() -> None:
        while not released.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await released.wait()

    checks = HealthChecks([service(one=stubborn, two=stubborn)], {"database": stubborn})
    checks.started = True
    async with asyncio.timeout(1.4):
        answer = await checks.ready()
    assert set(answer.services[CHAT_API].checks.values()) == {"no answer within 0.5 s"}
    released.set()


async def test_many_who_ask_at_once_are_one_question() -> None:
    asked = 0

    async def counts() -> None:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)

    checks = HealthChecks([service()], {"database": counts})
    checks.started = True
    answers = await asyncio.gather(*(checks.ready() for _ in range(20)))
    assert asked == 1
    assert all(answer.ok for answer in answers)


async def test_an_answer_is_given_again_for_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    failing = False

    async def check() -> None:
        if failing:
            raise ConnectionError("away")

    checks = HealthChecks([service()], {"database": check})
    checks.started = True
    assert (await checks.ready()).ok
    failing = True
    assert (await checks.ready()).ok
    monkeypatch.setattr(health, "_FRESH_SECONDS", -1.0)
    answer = await checks.ready()
    assert answer.services[CHAT_API].checks == {"database": "away"}
    assert checks.live().ok


async def test_what_is_common_fails_for_all_and_what_is_its_own_for_one() -> None:
    async def fails() -> None:
        raise ConnectionError("away")

    other = Service(name=AUDIT_LOGGER, app=no_app)
    checks = HealthChecks([service(heap=fails), other], {"database": well})
    checks.started = True
    answer = await checks.ready()
    assert {name: one.status for name, one in answer.services.items()} == {CHAT_API: "failing", AUDIT_LOGGER: "ok"}

    checks = HealthChecks([service(heap=well), other], {"database": fails})
    checks.started = True
    answer = await checks.ready()
    assert {name: one.status for name, one in answer.services.items()} == {CHAT_API: "failing", AUDIT_LOGGER: "failing"}


async def test_each_check_can_be_alarmed_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_FRESH_SECONDS", -1.0)
    away = False

    async def database() -> None:
        if away:
            raise ConnectionError("away")

    def measured() -> dict[tuple[str, str | None], float]:
        return {
            (sample.name, sample.labels.get("check")): sample.value
            for family in metrics.REGISTRY.collect()
            for sample in family.samples
            if family.name in {"taskflow_ready", "taskflow_check_passes"} and sample.labels["service"] == CHAT_API
        }

    checks = HealthChecks([service(heap=well)], {"database": database})
    await checks.ready()
    assert measured() == {("taskflow_ready", None): 0, ("taskflow_check_passes", "life"): 0}
    checks.started = True
    for state in (False, True, False):
        away = state
        await checks.ready()
        assert measured() == {
            ("taskflow_ready", None): not away,
            ("taskflow_check_passes", "database"): not away,
            ("taskflow_check_passes", "heap"): 1,
        }
    checks.stopping = True
    await checks.ready()
    assert measured() == {("taskflow_ready", None): 0, ("taskflow_check_passes", "life"): 0}
