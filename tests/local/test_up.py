"""`taskflow up`: starts with one command, says what it does, stops within five seconds, leaves nothing behind."""

import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from taskflow_cli.main import main
from tests.support.platform_process import STOP_SECONDS, Platform, platform
from tests.support.processes import is_alive, until

pytestmark = pytest.mark.slow

PASSWORD = "a password for tests"


def sign_up(url: str) -> str:
    """A new user's token."""
    body = {"email": f"user-{os.urandom(4).hex()}@example.com", "password": PASSWORD}
    return httpx.post(f"{url}/api/v1/auth/signup", json=body).raise_for_status().json()["token"]


def open_stream(url: str, token: str, opened: threading.Event, ended: threading.Event) -> None:
    """Reads a user's stream until it ends."""
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.stream("GET", f"{url}/api/v1/notifications/stream", headers=headers, timeout=60) as response:
        response.raise_for_status()
        for _ in response.iter_raw():
            opened.set()
    ended.set()


def second_start(first: Platform, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TASKFLOW_HOME": str(first.home), **variables}
    command = [sys.executable, "-m", "taskflow_cli", "up"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


def test_a_life_from_start_to_stop(open_directory: Path) -> None:
    home = open_directory / "home"
    with platform(home) as first:
        url = first.url
        assert httpx.get(f"{url}/health/ready").json()["status"] == "ok"
        for word in ("PostgreSQL", "Schema", "Services", "Ready", f"data   {home}", "logs", "Ctrl-C"):
            assert word in first.output
        assert (home / "address").read_text(encoding="utf-8") == url
        assert not [line for line in first.output.splitlines() if "Traceback" in line]

        refused = second_start(first)
        assert refused.returncode == 1
        assert f"already runs on {home} at {url} (process {first.process.pid})" in refused.stderr

        port = url.rsplit(":", 1)[1]
        refused = second_start(first, TASKFLOW_HOME=str(open_directory / "other"), TASKFLOW_PORT=port)
        assert refused.returncode == 1
        assert f"Port {port} is taken by process {first.process.pid}" in refused.stderr
        assert not (open_directory / "other" / "postgres").exists(), "said before anything is made"

        opened, ended = threading.Event(), threading.Event()
        reader = threading.Thread(target=open_stream, args=(url, sign_up(url), opened, ended))
        reader.start()
        assert opened.wait(10), "a stream is open"
        postmaster = first.postmaster
        seconds = first.stop(signal.SIGINT)
        assert first.process.returncode == 0, first.output
        assert seconds < STOP_SECONDS
        assert ended.wait(5), "and ended in order"
        reader.join()
        assert "Stopped." in first.output
        assert not is_alive(postmaster)
        assert not (home / "address").exists()


def test_killed_it_blocks_nothing_and_loses_nothing(open_directory: Path) -> None:
    home = open_directory / "home"
    with platform(home) as first:
        token = sign_up(first.url)
        headers = {"Authorization": f"Bearer {token}"}
        made = httpx.post(f"{first.url}/api/v1/tasks", json={"title": "kept"}, headers=headers)
        assert made.status_code == 201
        first.process.kill()
        first.process.wait()
    with platform(home) as second:
        kept = httpx.get(f"{second.url}/api/v1/tasks", headers=headers)
        assert kept.status_code == 200, "the secret that signed the token is kept as well"
        assert [task["title"] for task in kept.json()] == ["kept"]
        assert second.stop() < STOP_SECONDS
        assert second.process.returncode == 0


def test_told_to_stop_while_it_starts_it_leaves_nothing(open_directory: Path) -> None:
    home = open_directory / "home"
    with platform(home) as started:
        until(lambda: (home / "postgres" / "data" / "postmaster.pid").exists(), within=30, what="PostgreSQL starts")
        postmaster = started.postmaster
        assert started.stop() < STOP_SECONDS
        assert not is_alive(postmaster)
        assert "Traceback" not in started.output


def test_when_its_postgres_ends_it_says_so_and_stops(open_directory: Path) -> None:
    with platform(open_directory / "home") as started:
        assert started.url
        os.kill(started.postmaster, signal.SIGKILL)
        assert started.process.wait(20) == 1
        assert "PostgreSQL has ended by itself" in started.output


def test_a_database_of_the_users_own_is_used_instead(open_directory: Path, empty_database_url: str) -> None:
    home = open_directory / "home"
    with platform(home, TASKFLOW_DATABASE_URL=empty_database_url) as started:
        assert sign_up(started.url)
        assert "migrations applied" in started.output
        assert not (home / "postgres").exists()
        assert started.stop() < STOP_SECONDS


def test_a_database_that_does_not_answer_is_said(open_directory: Path) -> None:
    with platform(open_directory / "home", TASKFLOW_DATABASE_URL="postgresql://x@127.0.0.1:1/x") as started:
        assert started.process.wait(30) == 1
        assert "TASKFLOW_DATABASE_URL does not answer" in started.output
        assert "Traceback" not in started.output


def test_the_demo_makes_a_user_with_tasks_whose_login_works(
    open_directory: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = open_directory / "home"
    monkeypatch.setenv("TASKFLOW_HOME", str(home))
    assert main(["demo"]) == 1
    assert "make up" in capsys.readouterr().err
    with platform(home) as started:
        assert started.url
        assert main(["demo"]) == 0
        words = capsys.readouterr().out.split()
        login = {"email": words[words.index("e-mail") + 1], "password": words[words.index("password") + 1]}
        token = httpx.post(f"{started.url}/api/v1/auth/login", json=login).raise_for_status().json()["token"]
        headers = {"Authorization": f"Bearer {token}"}
        tasks = httpx.get(f"{started.url}/api/v1/tasks", headers=headers).json()
        assert len(tasks) == 8
        assert sum(task["completed"] for task in tasks) == 1
        assert main(["ops", "smoke", "--url", started.url, "--events"]) == 0
        assert "events: its row in the audit trail ok" in capsys.readouterr().out
        assert main(["db", "status"]) == 0, "commands find the platform that runs here"
        assert main(["dlq", "list"]) == 0


def test_phase_iv_runs_the_same_way(open_directory: Path) -> None:
    with platform(open_directory / "home", TASKFLOW_PHASE="iv") as started:
        headers = {"Authorization": f"Bearer {sign_up(started.url)}"}
        assert httpx.get(f"{started.url}/api/v1/notifications/stream", headers=headers).status_code == 404
        assert list(httpx.get(f"{started.url}/health/ready").json()["services"]) == ["chat-api"]


@pytest.mark.skipif(os.geteuid() != 0, reason="a plain user can enter what is its own")
def test_in_a_clone_that_only_root_may_enter_it_runs_and_opens_nothing(
    closed_directory: Path, open_directory: Path
) -> None:
    home = closed_directory / ".taskflow"
    with platform(home) as started:
        assert httpx.get(f"{started.url}/health/ready").status_code == 200
        assert "tables /var/lib/taskflow/" in started.output
        elsewhere = Path(started.output.split("tables ", 1)[1].split("\n")[0])
        assert stat.S_IMODE(closed_directory.stat().st_mode) == 0o700
        assert started.stop() < STOP_SECONDS
    assert elsewhere.parent == Path("/var/lib/taskflow")
    subprocess.run(["rm", "-r", str(elsewhere)], check=True)
