"""The rig's programs: where they are kept, whether they are there, and how `make rig` gets them.

Dapr is built by Go from e2e/rig/dapr, Kafka's jars come by Maven from e2e/rig/kafka; both are pinned there. They are
kept in the user's cache under a name made from those files, so that a changed version is built anew. The end-to-end
suite's cluster takes both from here: Dapr is built once, sidecar and control plane together.
"""

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from e2e.rig.errors import RigError
from taskflow_local.locking import LockHeldError, ProcessLock

ROOT: Final = Path(__file__).resolve().parents[2]
"""The checkout. The rig needs one: manifests, go.mod and pom.xml are not part of an installation."""

DAPR: Final = ROOT / "e2e" / "rig" / "dapr"
"""The Go module that pins Dapr and says what of it is replaced."""

_DAPR_PROGRAMS: Final = ("daprd", "operator", "injector", "sentry")
_KAFKA: Final = ROOT / "e2e" / "rig" / "kafka"
_TOOLS: Final = {
    "java": "Java 17 or newer (Debian, Ubuntu: apt install openjdk-17-jre-headless; macOS: brew install openjdk@17)",
    "go": "Go 1.25.9 or newer (https://go.dev/dl; macOS: brew install go)",
    "mvn": "Maven 3.8 or newer (Debian, Ubuntu: apt install maven; macOS: brew install maven)",
}


@dataclass(frozen=True, kw_only=True)
class Programs:
    """The directory of Dapr's programs (daprd, operator, injector, sentry), java, and the directory of Kafka's jars."""

    dapr: Path
    java: Path
    kafka_jars: Path

    @property
    def daprd(self) -> Path:
        """The sidecar's binary."""
        return self.dapr / "daprd"


def dapr_version() -> str:
    """The version of Dapr that is built ("1.17.5"), as its go.mod pins it. Raises RigError without a checkout."""
    try:
        pinned = (DAPR / "go.mod").read_text(encoding="utf-8")
    except FileNotFoundError:
        raise RigError(f"{DAPR} is missing: the rig is built in a checkout of the repository.") from None
    found = re.search(r"^\s*github\.com/dapr/dapr v(\S+)", pinned, re.MULTILINE)
    if found is None:
        raise RigError(f"{DAPR / 'go.mod'} pins no version of github.com/dapr/dapr.")
    return found[1]


def cache_directory(environ: Mapping[str, str]) -> Path:
    """Where the programs are kept: the user's cache, or the checkout's .taskflow/rig where there is no home."""
    if cache := environ.get("XDG_CACHE_HOME"):
        return Path(cache) / "taskflow" / "rig"
    if home := environ.get("HOME"):
        return Path(home) / ".cache" / "taskflow" / "rig"
    return ROOT / ".taskflow" / "rig"


def find(environ: Mapping[str, str] = os.environ) -> Programs:
    """The programs, if they have been got. Raises RigError saying to run `make rig`."""
    programs = _places(environ)
    if not programs.dapr.exists() or not programs.kafka_jars.exists():
        raise RigError("The rig of sidecars and Kafka has not been built. Run `make rig` once (about five minutes).")
    return programs


def get(environ: Mapping[str, str] = os.environ) -> Programs:
    """Builds and fetches what is missing, and returns the programs. Raises RigError naming every tool that is missing.

    Two at once wait for nobody: the second is told of the first.
    """
    dapr_version()  # first of all: says so where there is no checkout
    cache_directory(environ).mkdir(parents=True, exist_ok=True)
    try:
        with ProcessLock(cache_directory(environ) / "lock"):
            return _get(environ)
    except LockHeldError as error:
        raise RigError(f"Process {error.pid} is building the rig already. Wait for it.") from None


def _get(environ: Mapping[str, str]) -> Programs:
    dapr = _place("dapr", DAPR, environ)
    jars = _place("kafka", _KAFKA, environ)
    tools = ["java", *(["go"] if not dapr.exists() else []), *(["mvn"] if not jars.exists() else [])]
    missing = [tool for tool in tools if shutil.which(tool, path=environ.get("PATH")) is None]
    if missing:
        raise RigError(
            "\n".join(["The rig needs programs that are not there:", *(f"  {_TOOLS[tool]}" for tool in missing)])
        )
    if not dapr.exists():
        with _whole(dapr) as unfinished:
            # The tag builds in the components that are stable, pubsub.kafka among them; without any tag daprd does not
            # start at all. `nice`, since it takes every core for minutes.
            version = f"-s -w -X github.com/dapr/dapr/pkg/buildinfo.version={dapr_version()}"
            command = ["go", "build", "-mod=readonly", "-tags", "stablecomponents", "-ldflags", version]
            packages = [f"github.com/dapr/dapr/cmd/{name}" for name in _DAPR_PROGRAMS]
            _run([*command, "-o", f"{unfinished}/", *packages], DAPR, environ)
    if not jars.exists():
        with _whole(jars) as unfinished:
            command = ["mvn", "-B", "-q", "dependency:copy-dependencies", "-DincludeScope=runtime"]
            if not environ.get("HOME"):
                command.append(f"-Dmaven.repo.local={cache_directory(environ) / 'maven'}")
            _run([*command, f"-DoutputDirectory={unfinished}"], _KAFKA, environ)
    return _places(environ)


def _places(environ: Mapping[str, str]) -> Programs:
    java = shutil.which("java", path=environ.get("PATH"))
    if java is None:
        raise RigError(f"The rig needs {_TOOLS['java']}.")
    return Programs(
        dapr=_place("dapr", DAPR, environ),
        java=Path(java),
        kafka_jars=_place("kafka", _KAFKA, environ),
    )


def _place(name: str, source: Path, environ: Mapping[str, str]) -> Path:
    """The directory for what is made from the pinned versions in `source`."""
    pinned = hashlib.sha256()
    for file in sorted(source.iterdir()) if source.exists() else []:
        pinned.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return cache_directory(environ) / f"{name}-{pinned.hexdigest()[:12]}"


@contextmanager
def _whole(target: Path) -> Generator[Path]:
    """A directory to fill that gets its name at the end: it is whole, or it is not there."""
    unfinished = target.with_name(f"{target.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    yield unfinished
    unfinished.rename(target)


def _run(command: list[str], directory: Path, environ: Mapping[str, str]) -> None:
    environment = dict(environ)
    if not environ.get("HOME"):  # Go asks for a home, or for these
        environment.setdefault("GOCACHE", str(cache_directory(environ) / "go-build"))
        environment.setdefault("GOPATH", str(cache_directory(environ) / "go"))
    nice = shutil.which("nice", path=environ.get("PATH"))
    done = subprocess.run(
        [*([nice, "-n", "10"] if nice else []), *command],
        cwd=directory,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        end = "\n".join(done.stdout.splitlines()[-15:])
        raise RigError(f"`{' '.join(command[:3])} …` in {directory} failed:\n{end}")
