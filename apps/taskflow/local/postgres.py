"""An embedded PostgreSQL: the server's own binaries, run by us, gone when we are.

One directory holds one cluster with one database and two roles: `taskflow_owner` owns the database and migrates it,
`taskflow_app` may do what the migrations grant it. It listens on a Unix socket only, in a directory that nobody else
may enter.
"""

import contextlib
import json
import os
import secrets
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from taskflow.local import launch
from taskflow.local.locking import LockHeldError, ProcessLock
from taskflow.local.postgres_place import OWN_DATABASE_HINT, Place, PostgresError, find_place

OWNER_ROLE = "taskflow_owner"
APP_ROLE = "taskflow_app"
ADMIN_ROLE = "postgres"
DATABASE = "taskflow"

START_SECONDS = 60.0  # crash recovery after a power cut reads up to max_wal_size of log
STOP_SECONDS = 3.0
LONGEST_SOCKET_PATH = 107  # sockaddr_un.sun_path, less its closing zero
LOG_BYTES_KEPT = 10_000_000

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "cluster_name": "taskflow",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "max_wal_size": "512MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

# One statement a line, as the single-user server reads them.
ROLES_SQL = """\
CREATE ROLE {owner} LOGIN PASSWORD '{owner_password}'
CREATE ROLE {app} LOGIN PASSWORD '{app_password}'
CREATE DATABASE {database} OWNER {owner}
REVOKE ALL ON DATABASE {database} FROM PUBLIC
GRANT CONNECT ON DATABASE {database} TO {app}
"""


@dataclass(frozen=True)
class Passwords:
    """One password for each role, made once per cluster and kept beside it."""

    admin: str
    owner: str
    app: str


class EmbeddedPostgres:
    """A cluster in `directory`, made at the first start.

    `durable=False` gives up safety against power cuts for speed: for tests. Use as a context manager, or start() and
    stop(). If this process is killed the kernel stops the server (Linux), and the next start waits for that. As root it
    runs as another user and may live elsewhere: `base` says where.
    """

    def __init__(self, directory: Path, *, durable: bool = True) -> None:
        self.directory = directory
        self.durable = durable
        self._place: Place | None = None
        self._socket_directory: Path | None = None
        self._passwords: Passwords | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: ProcessLock | None = None

    @property
    def base(self) -> Path:
        """The directory that holds data, passwords and log; known after start()."""
        return self._found.base

    @property
    def binaries(self) -> Path:
        """The directory of psql, pgbench and the server; known after start()."""
        return self._found.binaries

    @property
    def log_file(self) -> Path:
        return self.base / "postgres.log"

    @property
    def pid(self) -> int:
        """The postmaster's process id; PostgresError when it does not run."""
        if self._process is None:
            raise PostgresError("The embedded PostgreSQL is not running.")
        return self._process.pid

    @property
    def owner_url(self) -> str:
        """For migrations: owns the database."""
        return self.url(OWNER_ROLE)

    @property
    def app_url(self) -> str:
        """For services: reads and writes the rows that the migrations let it."""
        return self.url(APP_ROLE)

    @property
    def admin_url(self) -> str:
        """The superuser: for tests that make databases, and for repairs."""
        return self.url(ADMIN_ROLE)

    def url(self, role: str, database: str = DATABASE) -> str:
        """The address of a database for one of the three roles, as libpq, asyncpg and psql read it."""
        if self._passwords is None or self._socket_directory is None:
            raise PostgresError("The embedded PostgreSQL has not been started.")
        passwords = {
            ADMIN_ROLE: self._passwords.admin,
            OWNER_ROLE: self._passwords.owner,
            APP_ROLE: self._passwords.app,
        }
        host = quote(str(self._socket_directory), safe="")
        return f"postgresql://{role}:{passwords[role]}@/{database}?host={host}&port=5432"

    def start(self) -> None:
        """Makes the cluster if need be, starts it and returns when it answers.

        Raises PostgresError. Call it on the main thread: the kernel ties the server's life to the thread that started
        it, not to the process.
        """
        if threading.current_thread() is not threading.main_thread():
            raise PostgresError("Start the embedded PostgreSQL on the main thread; it would stop when the thread ends.")
        self._place = find_place(self.directory)
        self._lock = ProcessLock(self.base / "lock")
        try:
            self._lock.acquire()
        except LockHeldError as error:
            self._lock = None
            raise PostgresError(f"Process {error.pid} already runs the PostgreSQL in {self.base}.") from error
        try:
            self._stop_leftover()
            self._passwords = self._read_or_make_passwords()
            if not (self.base / "data").exists():
                self._make_cluster(self._passwords)
            self._check_version()
            self._socket_directory = self._find_socket_directory()
            self._launch()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stops the server: at once for its clients, with everything written. Does nothing if it does not run."""
        if self._process is not None:
            for request in (signal.SIGINT, signal.SIGQUIT):  # fast, then immediate; never SIGKILL
                self._process.send_signal(request)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(STOP_SECONDS)
                    break
            self._process = None
        if self._socket_directory is not None and self._socket_directory != self.base:
            shutil.rmtree(self._socket_directory, ignore_errors=True)
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _found(self) -> Place:
        if self._place is None:
            raise PostgresError("The embedded PostgreSQL has not been started.")
        return self._place

    def _read_or_make_passwords(self) -> Passwords:
        path = self.base / "passwords.json"
        try:
            return Passwords(**json.loads(path.read_text(encoding="ascii")))
        except FileNotFoundError:
            pass
        if (self.base / "data").exists():
            raise PostgresError(
                f"{path} is missing, and {self.base / 'data'} cannot be opened without it. Put it back."
            )
        made = Passwords(admin=secrets.token_hex(24), owner=secrets.token_hex(24), app=secrets.token_hex(24))
        unfinished = path.with_suffix(".new")
        _write_private(unfinished, json.dumps(vars(made)), self._found)
        unfinished.rename(path)
        return made

    def _make_cluster(self, passwords: Passwords) -> None:
        """initdb, the roles and the database in a directory beside, then renamed: a cluster is whole or absent."""
        unfinished = self.base / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        password_file = self.base / "password.new"
        _write_private(password_file, passwords.admin, self._found)
        try:
            self._run(
                "initdb",
                f"--pgdata={unfinished}",
                f"--username={ADMIN_ROLE}",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--locale=C.UTF-8",
                "--no-instructions",
                *([] if self.durable else ["--no-sync"]),
            )
        finally:
            password_file.unlink()
        roles = ROLES_SQL.format(
            owner=OWNER_ROLE,
            app=APP_ROLE,
            database=DATABASE,
            owner_password=passwords.owner,
            app_password=passwords.app,
        )
        single = ["--single", "-D", str(unfinished), "-c", "exit_on_error=on", "-c", "log_checkpoints=off"]
        self._run("postgres", *single, ADMIN_ROLE, text=roles)
        unfinished.rename(self.base / "data")

    def _check_version(self) -> None:
        data = (self.base / "data" / "PG_VERSION").read_text(encoding="ascii").strip()
        ours = self._run("postgres", "--version").split()[-1].split(".")[0]
        if data != ours:
            raise PostgresError(
                f"The data in {self.base} was written by PostgreSQL {data}, and the binaries are {ours}. "
                f"Dump it with an installation that has {data}, load it into a new TASKFLOW_HOME, {OWN_DATABASE_HINT}."
            )

    def _find_socket_directory(self) -> Path:
        """The base itself; a private directory with a short name where its path does not fit into a socket address."""
        base = self.base
        path = str(base)
        if len(os.fsencode(path)) + len("/.s.PGSQL.5432") <= LONGEST_SOCKET_PATH and not set(path) & set(",\"'"):
            return base
        directory = Path(tempfile.mkdtemp(prefix="taskflow-postgres-"))
        if os.geteuid() == 0:
            os.chown(directory, self._found.uid, self._found.gid)
        return directory

    def _launch(self) -> None:
        settings = SETTINGS | ({} if self.durable else NOT_DURABLE)
        settings["unix_socket_directories"] = str(self._socket_directory)
        log = self._open_log()
        try:
            self._process = subprocess.Popen(  # noqa: S603  our own words and paths
                [sys.executable, "-I", "-S", launch.__file__, str(os.getpid())]
                + [str(self._found.uid), str(self._found.gid), str(self.binaries / "postgres")]
                + ["-D", str(self.base / "data")]
                + [word for name, value in settings.items() for word in ("-c", f"{name}={value}")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=_environment(),
                start_new_session=True,  # a Ctrl-C in the terminal is for us; we stop the server last
            )
        finally:
            os.close(log)
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready(self._process.pid):
            if self._process.poll() is not None or time.monotonic() > deadline:
                ended = self._process.poll() is not None
                raise PostgresError(
                    f"PostgreSQL {'ended while starting' if ended else f'did not answer in {START_SECONDS:.0f} s'}. "
                    f"The end of {self.log_file}:\n{_tail(self.log_file)}"
                )
            time.sleep(0.01)

    def _open_log(self) -> int:
        with contextlib.suppress(FileNotFoundError):
            if self.log_file.stat().st_size > LOG_BYTES_KEPT:
                self.log_file.replace(self.log_file.with_suffix(".log.1"))
        descriptor = os.open(self.log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        if os.geteuid() == 0:
            os.fchown(descriptor, self._found.uid, self._found.gid)
        return descriptor

    def _is_ready(self, pid: int) -> bool:
        lines = self._pid_file_lines()
        return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"

    def _pid_file_lines(self) -> list[str]:
        """postmaster.pid: the process id in its first line, its state in the eighth (pg_ctl reads the same)."""
        try:
            return (self.base / "data" / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return []

    def _stop_leftover(self) -> None:
        """Stops a server whose parent was killed. We hold the lock, so whatever runs on the data has no master."""
        lines = self._pid_file_lines()
        if not lines or not lines[0].strip().isdigit():
            return
        pid = int(lines[0])
        if _is_server_of(pid, self.base / "data"):
            for request in (signal.SIGINT, signal.SIGQUIT):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, request)
                deadline = time.monotonic() + START_SECONDS / 2
                while time.monotonic() < deadline:
                    if not _is_server_of(pid, self.base / "data"):
                        break
                    time.sleep(0.02)
                else:
                    continue
                break
            else:
                raise PostgresError(f"A PostgreSQL of an earlier start (process {pid}) does not stop. Stop it by hand.")
        elif pid != os.getpid():
            # The number may belong to another process by now (after a reboot, or in a container), and PostgreSQL would
            # then refuse to start. It takes its parent's number as a sign that the file is old, and still checks that
            # no backend is left. Removing the file would skip that check.
            with contextlib.suppress(FileNotFoundError):
                path = self.base / "data" / "postmaster.pid"
                rest = path.read_bytes().split(b"\n", 1)[1:]
                path.write_bytes(b"\n".join([str(os.getpid()).encode("ascii"), *rest]))

    def _run(self, program: str, *arguments: str, text: str | None = None) -> str:
        """Runs one of the binaries as the server's user and returns what it printed."""
        root = os.geteuid() == 0
        done = subprocess.run(  # noqa: S603  our own words and paths
            [str(self.binaries / program), *arguments],
            input=text,
            text=True,
            capture_output=True,
            check=False,
            cwd="/",
            env=_environment(),
            user=self._found.uid if root else None,
            group=self._found.gid if root else None,
            extra_groups=[] if root else None,
        )
        if done.returncode != 0:
            raise PostgresError(f"{program} failed:\n{done.stderr.strip()}")
        return done.stdout


def _environment() -> dict[str, str]:
    """The little that the binaries need: PG* variables of the user would lead them astray."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _is_server_of(pid: int, data: Path) -> bool:
    """Whether the process is a postgres on that directory; a zombie is not."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return words[0].endswith(b"postgres") and os.fsencode(data) in words


def _write_private(path: Path, text: str, place: Place) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
    if os.geteuid() == 0:
        os.chown(path, place.uid, place.gid)


def _tail(path: Path, lines: int = 15) -> str:
    try:
        return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"
