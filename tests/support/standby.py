"""A primary and a standby that follows it, both real, made from the embedded server's own programs."""

import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from taskflow_local import postgres
from taskflow_local.postgres import EmbeddedPostgres
from taskflow_local.postgres_cluster import ADMIN_ROLE, environment
from taskflow_local.postgres_location import find_location


class Standby(EmbeddedPostgres):
    """A server that follows another one: it is ready when it answers reads."""

    def _is_ready(self, pid: int) -> bool:
        lines = postgres._pid_file_lines(self.base)  # pyright: ignore[reportPrivateUsage]
        return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() in {"standby", "ready"}


def socket_of(server: EmbeddedPostgres) -> Path:
    """Where it listens."""
    return server.addresses.socket_directory / ".s.PGSQL.5432"


@contextmanager
def primary_and_standby(directory: Path) -> Generator[tuple[EmbeddedPostgres, Standby]]:
    """Both running in `directory`, which the server's user must be able to enter."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(postgres.SETTINGS, "wal_level", "replica")
        patch.setitem(postgres.SETTINGS, "max_wal_senders", "4")
        patch.setitem(postgres.SETTINGS, "shared_buffers", "16MB")
        patch.setitem(postgres.SETTINGS, "max_connections", "30")
        with EmbeddedPostgres(directory / "primary", durable=False) as primary:
            location = find_location(directory / "standby")
            root = os.geteuid() == 0
            subprocess.run(
                [
                    *(str(primary.binaries / "pg_basebackup"), "--pgdata", str(location.base / "data")),
                    *("--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync"),
                    *("--dbname", primary.addresses.url(ADMIN_ROLE)),
                ],
                check=True,
                capture_output=True,
                cwd="/",
                env=environment(),
                user=location.uid if root else None,
                group=location.gid if root else None,
                extra_groups=[] if root else None,
            )
            passwords = shutil.copy2(primary.base / "passwords.json", location.base / "passwords.json")
            if root:
                os.chown(passwords, location.uid, location.gid)
            with Standby(directory / "standby", durable=False) as standby:
                yield primary, standby
