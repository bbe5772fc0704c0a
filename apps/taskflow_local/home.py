"""TASKFLOW_HOME: where a platform on one machine keeps its data, secrets and logs, and the lock of who runs it.

lock                  held by the process that runs
address               where it answers, while it runs
secrets/              made once, each readable by its owner only
postgres/             the embedded PostgreSQL (as root perhaps elsewhere: postgres_location.py)
logs/taskflow.log     JSON lines of the five services
audit-checkpoints/    signed checkpoints of the audit trail, outside the database
"""

import contextlib
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from taskflow_local.locking import LockHeldError, ProcessLock

SECRETS: Final = {
    "BETTER_AUTH_SECRET": "auth-secret",
    "TASKFLOW_API_TOKEN": "dapr-api-token",
    "TASKFLOW_AUDIT_SIGNING_KEY": "audit-signing-key",
    "TASKFLOW_AUDIT_ENCRYPTION_KEY": "audit-encryption-key",
}
"""Variables whose values are made where the user gives none, and the files that keep them."""


class HomeError(RuntimeError):
    """The home cannot be used; the message says why and what to do."""


class Home:
    """The directory of one installation; TASKFLOW_HOME, or `.taskflow` in the clone."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._lock = ProcessLock(directory / "lock")

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Home":
        """The home that the environment names."""
        given = environ.get("TASKFLOW_HOME")
        return cls(Path(given).expanduser().absolute() if given else _clone() / ".taskflow")

    @property
    def postgres(self) -> Path:
        return self.directory / "postgres"

    @property
    def log_file(self) -> Path:
        return self.directory / "logs" / "taskflow.log"

    @property
    def checkpoints(self) -> Path:
        return self.directory / "audit-checkpoints"

    def take(self) -> None:
        """Makes the directory at need and locks it until release() or the end of the process. Raises HomeError."""
        try:
            if not self.directory.exists():
                # Root's PostgreSQL runs as another user and has to pass through; secrets lie deeper, closed.
                self.directory.mkdir(parents=True)
                self.directory.chmod(0o711 if os.geteuid() == 0 else 0o700)
            self.log_file.parent.mkdir(mode=0o700, exist_ok=True)
            self._lock.acquire()
        except LockHeldError as error:
            address = self.address()
            raise HomeError(
                f"TaskFlow already runs on {self.directory}{f' at {address}' if address else ''}"
                f"{f' (process {error.pid})' if error.pid else ''}.\n"
                "Stop it (Ctrl-C there, or `kill` its process), or start another with its own data and port:\n"
                "  TASKFLOW_HOME=/another/directory TASKFLOW_PORT=8001 make up"
            ) from error
        except OSError as error:
            raise HomeError(
                f"{self.directory} cannot be used for data: {error.strerror}. "
                "Set TASKFLOW_HOME to a directory that you may write to."
            ) from error

    def release(self) -> None:
        """Lets another start have it."""
        with contextlib.suppress(OSError):
            (self.directory / "address").unlink(missing_ok=True)
        self._lock.release()

    def secrets(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The platform's secrets by variable: the user's where given, else those made at the first start. take() first.

        Raises HomeError where a file cannot be read.
        """
        directory = self.directory / "secrets"
        directory.mkdir(mode=0o700, exist_ok=True)
        return {
            variable: environ.get(variable) or _read_or_make(directory / name) for variable, name in SECRETS.items()
        }

    def say_address(self, url: str) -> None:
        """Notes where the platform answers, for `taskflow demo` and for who starts a second one."""
        file = self.directory / "address"
        file.unlink(missing_ok=True)  # one that another user left could not be written to
        file.write_text(url, encoding="utf-8")

    def address(self) -> str | None:
        """Where the platform that runs on this home answers, or None."""
        try:
            return (self.directory / "address").read_text(encoding="utf-8").strip() or None
        except OSError:
            return None


def _clone() -> Path:
    """The clone that this code runs from; the working directory where it was installed from a package."""
    root = Path(__file__).resolve().parents[3]
    return root if (root / "pyproject.toml").exists() else Path.cwd()


def _read_or_make(path: Path) -> str:
    try:
        secret = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        secret = secrets.token_hex(32)
        # Whole or not at all: a start that is killed must not leave half a secret.
        unfinished = path.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secret)
        unfinished.rename(path)
    except OSError as error:
        raise HomeError(
            f"{path} cannot be read: {error.strerror}. Start as the user who made it, or set TASKFLOW_HOME."
        ) from error
    return secret
