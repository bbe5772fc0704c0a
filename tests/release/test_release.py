"""The second Phase IV (e2e/release) answers all that the release answered, and imports nothing of ours."""

import subprocess
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from taskflow_ops.phase_iv.replay import RECORDED, SMOKE, replay
from tests.support.phase_iv import VARIANTS, Release, release_on


@pytest.fixture(params=VARIANTS)
async def release(request: pytest.FixtureRequest, empty_database_url: str) -> AsyncGenerator[Release]:
    async with release_on(empty_database_url, time=request.param) as running:
        yield running


@pytest.mark.parametrize("transcript", [*RECORDED, SMOKE], ids=lambda path: path.stem)
async def test_it_answers_as_the_release_did(release: Release, transcript: Path) -> None:
    checks = await replay(release.client, transcript, phase="iv")
    assert len(checks) > 25
    assert {check.name: check.problem for check in checks if check.problem} == {}


def test_it_imports_nothing_of_ours() -> None:
    program = "import sys, e2e.release.app; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    ours = {"taskflow", "taskflow_db", "chat_api", "reminder_service", "notification_service", "audit_logger", "tests"}
    assert not ours & set(done.stdout.split())
    assert "fastapi" in done.stdout
