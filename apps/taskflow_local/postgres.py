"""An embedded PostgreSQL: the server's own binaries, run by us, gone when we are.

One directory holds one cluster with one database and two roles: `taskflow_owner` owns the database and migrates it,
`taskflow_app` may do what the migrations grant it. It listens on a Unix socket only, in a directory that nobody else
may enter.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from taskflow_local import launch
from taskflow_local import postgres_cluster as cluster
from taskflow_local.locking import LockHeldError, ProcessLock
from taskflow_local.postgres_cluster import ADMIN_ROLE, Addresses
from taskflow_local.postgres_location import Location, PostgresError, existing_base, find_location

START_SECONDS = 60.0  # crash recovery after a power cut reads up to max_wal_size of log
STOP_SECONDS = 3
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


def running(directory: Path) -> Addresses | None:
    """How to reach the server that another process runs in `directory`, or None."""
    base = existing_base(directory)
    lines = _pid_file_lines(base) if base is not None else []
    if base is None or len(lines) < 8 or not _is_server_of(int(lines[0]), base / "data"):
        return None
    return Addresses(Path(lines[4]), cluster.read_passwords(base))


class EmbeddedPostgres:
    """A cluster in `directory`, made at the first start.

    `durable=False` gives up safety against power cuts for speed: for tests. Use as a context manager, or start() and
    stop(). If this process is killed the kernel stops the server (Linux), and the next start waits for that. As root it
    runs as another user and may live elsewhere: `base` says where.
    """

    def __init__(self, directory: Path, *, durable: bool = True) -> None:
        self.directory = directory
        self.durable = durable
        self._location: Location | None = None
        self._addresses: Addresses | None = None
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
    def addresses(self) -> Addresses:
        """How to reach it; known after start()."""
        if self._addresses is None:
            raise PostgresError("The embedded PostgreSQL has not been started.")
        return self._addresses

    @property
    def owner_url(self) -> str:
        """For migrations: owns the database."""
        return self.addresses.owner_url

    @property
    def app_url(self) -> str:
        """For services: reads and writes the rows that the migrations let it."""
        return self.addresses.app_url

    @property
    def admin_url(self) -> str:
        """The superuser: for tests that make databases, and for repairs."""
        return self.addresses.url(ADMIN_ROLE)

    def has_ended(self) -> bool:
        """Whether the server that start() started has ended by itself."""
        return self._process is not None and self._process.poll() is not None

    def start(self) -> None:
        """Makes the cluster if need be, starts it and returns when it answers.

        Raises PostgresError. Call it on the main thread: the kernel ties the server's life to the thread that started
        it, not to the process.
        """
        if threading.current_thread() is not threading.main_thread():
            raise PostgresError("Start the embedded PostgreSQL on the main thread; it would stop when the thread ends.")
        self._location = find_location(self.directory)
        self._lock = ProcessLock(self.base / "lock")
        try:
            self._lock.acquire()
        except LockHeldError as error:
            self._lock = None
            raise PostgresError(f"Process {error.pid} already runs the PostgreSQL in {self.base}.") from error
        if os.geteuid() == 0:
            os.chown(self._lock.path, self._location.uid, self._location.gid)  # who may be the one to start it next
        try:
            self._stop_leftover()
            passwords = cluster.make(self._location, durable=self.durable)
            self._addresses = Addresses(self._find_socket_directory(), passwords)
            self._launch(self._addresses.socket_directory)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stops the server: at once for its clients, with everything written. Does nothing if it does not run."""
        if self._process is not None:
            if self._process.poll() is None:
                if _pid_in_file(self.base) == self._process.pid:
                    self._pg_ctl_stop(within=STOP_SECONDS)
                else:  # still starting: pg_ctl does not know it yet
                    self._process.send_signal(signal.SIGQUIT)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(STOP_SECONDS)
            self._process = None
        if self._addresses is not None and self._addresses.socket_directory != self.base:
            shutil.rmtree(self._addresses.socket_directory, ignore_errors=True)
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
    def _found(self) -> Location:
        if self._location is None:
            raise PostgresError("The embedded PostgreSQL has not been started.")
        return self._location

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

    def _launch(self, socket_directory: Path) -> None:
        """Starts the server by hand, as a child of this process.

        `pg_ctl start` would put itself between: the kernel ends the server when its parent ends, which would be pg_ctl.
        """
        settings = SETTINGS | ({} if self.durable else NOT_DURABLE)
        settings["unix_socket_directories"] = str(socket_directory)
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
                env=cluster.environment(),
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
        lines = _pid_file_lines(self.base)
        return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"

    def _stop_leftover(self) -> None:
        """Stops a server whose parent was killed. We hold the lock, so whatever runs on the data has no master."""
        pid = _pid_in_file(self.base)
        if pid is None:
            return
        # pg_ctl would send its signal to whatever process has the number now.
        if _is_server_of(pid, self.base / "data"):
            self._pg_ctl_stop(within=int(START_SECONDS / 2))
            if _is_server_of(pid, self.base / "data"):
                raise PostgresError(f"A PostgreSQL of an earlier start (process {pid}) does not stop. Stop it by hand.")
        elif pid != os.getpid():
            # The number may belong to another process by now (after a reboot, or in a container), and PostgreSQL would
            # then refuse to start. It takes its parent's number as a sign that the file is old, and still checks that
            # no backend is left. Removing the file would skip that check.
            with contextlib.suppress(FileNotFoundError):
                path = self.base / "data" / "postmaster.pid"
                rest = path.read_bytes().split(b"\n", 1)[1:]
                path.write_bytes(b"\n".join([str(os.getpid()).encode("ascii"), *rest]))

    def _pg_ctl_stop(self, *, within: int) -> None:
        """Fast, then immediate, with so many seconds for each; never SIGKILL."""
        for mode in ("fast", "immediate"):
            with contextlib.suppress(PostgresError):
                cluster.run(
                    self._found,
                    "pg_ctl",
                    *("stop", f"--pgdata={self.base / 'data'}", f"--mode={mode}", f"--timeout={within}"),
                    own_session=True,  # a second Ctrl-C in the terminal is for us
                )
                return


def _pid_in_file(base: Path) -> int | None:
    lines = _pid_file_lines(base)
    return int(lines[0]) if lines and lines[0].strip().isdigit() else None


def _pid_file_lines(base: Path) -> list[str]:
    """postmaster.pid: process id in the first line, socket directory in the fifth, state in the eighth (as pg_ctl)."""
    try:
        return (base / "data" / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []


def _is_server_of(pid: int, data: Path) -> bool:
    """Whether the process is a postgres on that directory; a zombie is not."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return words[0].endswith(b"postgres") and os.fsencode(data) in words


def _tail(path: Path, lines: int = 15) -> str:
    try:
        return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"
