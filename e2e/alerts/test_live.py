"""The platform itself under Prometheus itself: nothing fires while all is well, and a database that hangs is told of.

Time goes five times as fast: what the rules count in minutes they count in twelve seconds here.
"""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import yaml

from e2e.alerts import promtool
from e2e.rig import ports
from taskflow_local.postgres import EmbeddedPostgres
from tests.support.platform_process import Platform, platform
from tests.support.processes import fresh_open_directory, until

pytestmark = [pytest.mark.prometheus, pytest.mark.timeout(3600)]

FASTER: Final = 5
WELL_SECONDS: Final = 36.0
"""How long nothing may fire while all is well: three of the rules' minutes."""
TWO_MINUTES: Final = 120 / FASTER
_MILLISECONDS: Final = {"s": 1_000, "m": 60_000, "h": 3_600_000}


def quickened(text: str) -> str:
    """Rules or a configuration with each duration a fifth as long."""
    return re.sub(
        r"(?<=\[)(\d+)([smh])(?=\])|(?<=(?:for|val|out): )(\d+)([smh])\b",
        lambda found: f"{int(found[1] or found[3]) * _MILLISECONDS[found[2] or found[4]] // FASTER}ms",
        text,
    )


class Prometheus:
    """Prometheus with the project's rules, reading platforms as pods."""

    def __init__(self, program: Path, directory: Path, platforms: dict[str, str]) -> None:
        """`platforms`: addresses (http://…) by the name that the pod gets."""
        [port] = ports.free(1)
        self.url = f"http://127.0.0.1:{port}"
        directory.mkdir()
        rules = directory / "rules.yaml"
        rules.write_text(quickened(yaml.safe_dump(promtool.groups())), encoding="utf-8")
        targets = [
            {
                "targets": [address.removeprefix("http://")],
                "labels": {"namespace": "taskflow", "container": "app", "pod": pod},
            }
            for pod, address in platforms.items()
        ]
        configuration = {
            "global": {"scrape_interval": "15s", "scrape_timeout": "15s", "evaluation_interval": "15s"},
            "rule_files": [rules.name],
            "scrape_configs": [{"job_name": "taskflow/taskflow-services", "static_configs": targets}],
        }
        config = directory / "prometheus.yaml"
        config.write_text(quickened(yaml.safe_dump(configuration)), encoding="utf-8")
        with (directory / "log").open("w") as log:
            self._process = subprocess.Popen(
                [
                    program,
                    f"--config.file={config}",
                    f"--storage.tsdb.path={directory / 'data'}",
                    f"--web.listen-address=127.0.0.1:{port}",
                ],
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        until(self._reads, within=30, what="Prometheus reads the platforms")

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def firing(self) -> dict[str, dict[str, str]]:
        """The alerts that fire, with what they say."""
        found = self._get("/api/v1/alerts")["alerts"]
        return {one["labels"]["alertname"]: one["annotations"] for one in found if one["state"] == "firing"}

    def _reads(self) -> bool:
        try:
            found = self._get("/api/v1/query?query=up")["result"]
            return bool(found) and all(float(one["value"][1]) == 1 for one in found)
        except httpx.HTTPError:  # it begins
            return False

    def _get(self, path: str) -> Any:
        return httpx.get(f"{self.url}{path}").raise_for_status().json()["data"]


@contextmanager
def watched(programs: Path, directory: Path, *platforms: Platform) -> Generator[Prometheus]:
    made = Prometheus(programs / "prometheus", directory, {f"pod-{n}": one.url for n, one in enumerate(platforms, 1)})
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture
def directory() -> Iterator[Path]:
    made = fresh_open_directory()
    yield made
    shutil.rmtree(made)


def stays_quiet(prometheus: Prometheus) -> None:
    deadline = time.monotonic() + WELL_SECONDS
    while time.monotonic() < deadline:
        assert prometheus.firing() == {}
        time.sleep(0.5)  # looking, not waiting: an alert that fired and cleared would be missed by one look at the end


def use(platform: Platform) -> None:
    """A little of what users do."""
    with httpx.Client(base_url=platform.url) as client:
        body = {"email": f"user-{os.urandom(4).hex()}@example.com", "password": "a password for tests"}
        token = client.post("/api/v1/auth/signup", json=body).raise_for_status().json()["token"]
        for number in range(5):
            task = {"title": f"task {number}"}
            client.post("/api/v1/tasks", json=task, headers={"Authorization": f"Bearer {token}"}).raise_for_status()


def processes_of(postgres: EmbeddedPostgres) -> list[int]:
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(postgres.pid)], capture_output=True, text=True, check=True
    )
    return [postgres.pid, *map(int, listed.stdout.split())]


def test_a_database_that_hangs_is_told_of_and_nothing_else_ever(programs: Path, directory: Path) -> None:
    """Two instances of everything, so that one stands by for each lease."""
    postgres = EmbeddedPostgres(directory / "postgres")
    with ExitStack() as stack:
        postgres.start()
        stack.callback(postgres.stop)
        variables = {
            "TASKFLOW_DATABASE_URL": postgres.app_url,
            "TASKFLOW_MIGRATION_DATABASE_URL": postgres.owner_url,
            "TASKFLOW_RECURRENCE_INTERVAL_SECONDS": "5",
            # What the rules expect every half minute comes five times as often, too.
            "TASKFLOW_REMINDER_SNAPSHOT_SECONDS": "5",
        }
        first = stack.enter_context(platform(directory / "first", **variables))
        use(first)
        second = stack.enter_context(platform(directory / "second", **variables))
        use(second)
        prometheus = stack.enter_context(watched(programs, directory / "prometheus", first, second))
        stays_quiet(prometheus)

        stopped = processes_of(postgres)
        began = time.monotonic()
        try:
            for pid in stopped:
                os.kill(pid, signal.SIGSTOP)
            until(lambda: "TaskFlowDatabaseAway" in prometheus.firing(), within=60, what="somebody is told")
            took = time.monotonic() - began
            alert = prometheus.firing()["TaskFlowDatabaseAway"]
        finally:
            for pid in stopped:
                os.kill(pid, signal.SIGCONT)
        print(f"told after {took:.1f} s, which are {took * FASTER:.0f} s of the rules' time")
        assert took < TWO_MINUTES + 3  # an answer to a readiness check may take that long, and is no quicker here
        assert "can use the database" in alert["summary"]
        until(lambda: "TaskFlowDatabaseAway" not in prometheus.firing(), within=60, what="all is well again")


def test_phase_iv_is_quiet(programs: Path, directory: Path) -> None:
    with (
        platform(directory / "home", TASKFLOW_PHASE="iv") as one,
        watched(programs, directory / "prometheus", one) as prometheus,
    ):
        stays_quiet(prometheus)
