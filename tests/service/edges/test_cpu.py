"""Whatever a client sends, in whichever part of a request: twice as much costs at most three times the CPU."""

from typing import Final

import pytest

from tests.service.edges.costly import PARTS, Case, cpu, settled
from tests.service.edges.whole import Platform

NOTHING: Final = 0.010
"""Seconds under which nobody cares, and a machine that does much else measures nothing."""

TURNS: Final = (1, 2, 5, 5, 5)
"""How often both sizes are asked, round after round: nearly all is acquitted by the first."""


@pytest.mark.parametrize("part", PARTS)
async def test_cpu_grows_no_faster_than_a_request(platform: Platform, part: str) -> None:
    steep: list[str] = []
    for route in platform.routes:
        with settled():
            for case in PARTS[part](route, platform):
                if await cpu(platform, case, case.largest) > NOTHING:
                    steep += await _steep(platform, case)
    assert not steep


async def _steep(platform: Platform, case: Case) -> list[str]:
    """What a case costs that grows too fast: at the least of many turns, both sizes by turns, if a few suspect it."""
    whole = half = float("inf")
    for turns in TURNS:
        whole = min(whole, await cpu(platform, case, case.largest, turns))
        if whole <= NOTHING:
            return []
        half = min(half, await cpu(platform, case, case.largest // 2, turns))
        if whole <= 2.5 * half:
            return []
    return [f"{case}: {1000 * half:.1f} ms, then {1000 * whole:.1f} ms"] if whole > 3 * half else []
