"""Makes a PostgreSQL cluster: its files, its roles with their passwords, its database."""

import json
import os
import secrets
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from taskflow_local.postgres_location import OWN_DATABASE_HINT, Location, PostgresError

OWNER_ROLE = "taskflow_owner"
APP_ROLE = "taskflow_app"
ADMIN_ROLE = "postgres"
DATABASE = "taskflow"

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


@dataclass(frozen=True)
class Addresses:
    """How to reach a running cluster; every address is as libpq, asyncpg and psql read it."""

    socket_directory: Path
    passwords: Passwords

    @property
    def owner_url(self) -> str:
        """For migrations: owns the database."""
        return self.url(OWNER_ROLE)

    @property
    def app_url(self) -> str:
        """For services: reads and writes the rows that the migrations let it."""
        return self.url(APP_ROLE)

    def url(self, role: str, database: str = DATABASE) -> str:
        """The address of a database for one of the three roles."""
        passwords = {ADMIN_ROLE: self.passwords.admin, OWNER_ROLE: self.passwords.owner, APP_ROLE: self.passwords.app}
        host = quote(str(self.socket_directory), safe="")
        return f"postgresql://{role}:{passwords[role]}@/{database}?host={host}&port=5432"


def make(location: Location, *, durable: bool) -> Passwords:
    """Makes the cluster in `location.base` unless it is there, and returns its passwords.

    Raises PostgresError where the cluster is of another version, or its passwords are gone.
    """
    data = location.base / "data"
    if data.exists():
        _check_version(location)
        return read_passwords(location.base)
    passwords = Passwords(admin=secrets.token_hex(24), owner=secrets.token_hex(24), app=secrets.token_hex(24))
    _write_private(location.base / "passwords.json", json.dumps(vars(passwords)), location)
    # Made beside and renamed at the end: a cluster is whole or absent.
    unfinished = location.base / "data.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    _initdb(location, unfinished, passwords.admin, durable=durable)
    roles = ROLES_SQL.format(
        owner=OWNER_ROLE,
        app=APP_ROLE,
        database=DATABASE,
        owner_password=passwords.owner,
        app_password=passwords.app,
    )
    single = ["--single", "-D", str(unfinished), "-c", "exit_on_error=on", "-c", "log_checkpoints=off"]
    run(location, "postgres", *single, ADMIN_ROLE, text=roles)
    unfinished.rename(data)
    return passwords


def read_passwords(base: Path) -> Passwords:
    """The passwords of a cluster that is there. Raises PostgresError where their file is gone."""
    path = base / "passwords.json"
    try:
        return Passwords(**json.loads(path.read_text(encoding="ascii")))
    except FileNotFoundError:
        raise PostgresError(f"{path} is missing, and the data beside it cannot be opened without it.") from None


def environment() -> dict[str, str]:
    """The little that the binaries need: PG* variables of the user would lead them astray."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _initdb(location: Location, directory: Path, password: str, *, durable: bool) -> None:
    password_file = location.base / "password.new"
    _write_private(password_file, password, location)
    try:
        run(
            location,
            "initdb",
            f"--pgdata={directory}",
            f"--username={ADMIN_ROLE}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--locale=C.UTF-8",
            "--no-instructions",
            *([] if durable else ["--no-sync"]),
        )
    finally:
        password_file.unlink()


def _check_version(location: Location) -> None:
    data = (location.base / "data" / "PG_VERSION").read_text(encoding="ascii").strip()
    ours = run(location, "postgres", "--version").split()[-1].split(".")[0]
    if data != ours:
        raise PostgresError(
            f"The data in {location.base} was written by PostgreSQL {data}, and the binaries are {ours}. "
            f"Dump it with an installation that has {data} and load it into a new TASKFLOW_HOME, {OWN_DATABASE_HINT}."
        )


def run(location: Location, program: str, *arguments: str, text: str | None = None, own_session: bool = False) -> str:
    """Runs one of the binaries as the server's user and returns what it printed. Raises PostgresError."""
    root = os.geteuid() == 0
    done = subprocess.run(  # noqa: S603  our own words and paths
        [str(location.binaries / program), *arguments],
        input=text,
        text=True,
        capture_output=True,
        check=False,
        cwd="/",
        env=environment(),
        start_new_session=own_session,
        user=location.uid if root else None,
        group=location.gid if root else None,
        extra_groups=[] if root else None,
    )
    if done.returncode != 0:
        raise PostgresError(f"{program} failed:\n{done.stderr.strip()}")
    return done.stdout


def _write_private(path: Path, text: str, location: Location) -> None:
    """Writes a file that only the server's user (and root) can read, whole or not at all."""
    unfinished = path.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
    if os.geteuid() == 0:
        os.chown(unfinished, location.uid, location.gid)
    unfinished.rename(path)
