"""`make up BUS=dapr`: the same address and the same behaviour as in one process; nothing is left."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from e2e.rig import ports
from e2e.rig.programs import Programs
from tests.support.waiting import eventually


@pytest.fixture
def platform(rig_programs: Programs, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str, Path]]:
    """The process, its address and its home."""
    home, port = tmp_path / "home", ports.free(1)[0]
    told = {"TASKFLOW_HOME": str(home), "TASKFLOW_PORT": str(port)}
    with (tmp_path / "up.log").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "e2e.rig", "up"], env=os.environ | told, stdout=output, stderr=output
        )
    try:
        yield process, f"http://127.0.0.1:{port}", home
    finally:
        process.kill()
        process.wait()
        sys.stdout.write((tmp_path / "up.log").read_text())


async def test_it_serves_like_one_process_and_leaves_nothing_behind_even_when_killed(
    platform: tuple[subprocess.Popen[bytes], str, Path],
) -> None:
    process, url, home = platform
    async with httpx.AsyncClient(base_url=url, timeout=10) as client:

        async def ready() -> None:
            try:
                answer = await client.get("/health/ready")
            except httpx.TransportError as error:
                raise AssertionError(repr(error)) from error
            assert answer.status_code == 200, answer.text
            assert len(answer.json()["services"]) == 5

        await eventually(ready, within=90, every=0.3)
        account = {"email": "anna@example.com", "password": "A-long-Passw0rd!"}
        token = (await client.post("/api/v1/auth/signup", json=account)).json()["token"]
        client.headers["authorization"] = f"Bearer {token}"
        assert "text/html" in (await client.get("/", headers={"accept": "text/html"})).headers["content-type"]
        task = (await client.post("/api/v1/tasks", json={"title": "Water"})).json()["id"]

        async def audited() -> None:
            items = (await client.get("/api/v1/audit/events")).json()["items"]
            assert [item["task_id"] for item in items if item["type"] == "task.created"] == [task]

        await eventually(audited, within=30)
        for hidden in ("/internal/events", "/metrics", "/dapr/subscribe"):
            assert (await client.get(hidden)).status_code == 404
    assert of_home(home)
    process.send_signal(signal.SIGKILL)
    process.wait()
    await eventually(lambda: of_home(home) == [], within=15)


def of_home(home: Path) -> list[str]:
    """Processes of this machine that were started for `home`."""
    found: list[str] = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                words = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            except OSError:
                continue
            if os.fsencode(home) in words and int(process.name) != os.getpid():
                found.append((process / "cmdline").read_text().replace("\0", " "))
    return found
