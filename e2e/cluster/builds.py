"""The cluster's programs: what each is built from, and where the built one is kept.

A program's directory is named after the files it was built from, so that a changed version is built anew, and gets its
name only when it is whole.
"""

import fcntl
import hashlib
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from e2e.cluster.commands import run
from e2e.cluster.errors import ClusterError
from e2e.cluster.workspace import Workspace

_SOURCES: Final = Path(__file__).parent / "programs"
_SECONDS: Final = 3600.0
_KUBERNETES: Final = "v1.34.4"


@dataclass(frozen=True, kw_only=True)
class Build:
    """One Go module and the packages of it that become programs."""

    name: str
    packages: tuple[str, ...]
    """Import paths; the last element is the program's name."""
    ldflags: str = "-s -w"
    static: bool = False
    """For an image that holds nothing else. Otherwise cgo is as Go finds it, which shares more of Go's build cache."""
    also_called: tuple[str, ...] = ()
    """Further names of the one program, which looks at how it is called."""
    adds_to: tuple[str, str] | None = None
    """A module, and a file that its published source lacks; ours, of the same name, stands in for it."""
    tags: tuple[str, ...] = ()
    """Build tags: what of the program is left out."""
    on_demand: bool = False
    """Built by the tests that want it, not by each start of the cluster."""


BUILDS: Final = (
    Build(
        name="kubernetes",
        packages=("taskflow/e2e/cluster/kubernetes",),
        # The version is written in at link time; without it the API server calls itself v0.0.0.
        ldflags=" ".join(
            [
                "-s -w",
                f"-X k8s.io/component-base/version.gitVersion={_KUBERNETES}",
                "-X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=34",
                "-X k8s.io/component-base/version.gitTreeState=clean",
            ]
        ),
        also_called=("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl"),
    ),
    Build(name="coredns", packages=("taskflow/e2e/cluster/coredns",)),
    Build(name="skipper", packages=("taskflow/e2e/cluster/skipper",)),
    Build(name="kube-router", packages=("taskflow/e2e/cluster/kube-router",)),
    Build(name="chart", packages=("taskflow/e2e/cluster/chart",)),
    Build(
        name="tilt",
        packages=("github.com/tilt-dev/tilt/cmd/tilt",),
        # Its page is built by other means than Go's, so that the module has none; without one it does not start.
        adds_to=("github.com/tilt-dev/tilt", "pkg/assets/build/index.html"),
        on_demand=True,
    ),
    Build(
        name="prometheus",
        packages=tuple(f"github.com/prometheus/prometheus/cmd/{part}" for part in ("prometheus", "promtool")),
        # Without the clients of every cloud, which nothing here is found by.
        tags=("remove_all_sd",),
        on_demand=True,
    ),
    Build(name="pause", packages=("taskflow/e2e/cluster/pause",), static=True),
)


def directory(workspace: Workspace, name: str) -> Path:
    """The directory of a build's programs, whether they are there or not."""
    return workspace.programs / f"{name}-{_fingerprint(_build(name))}"


def program(workspace: Workspace, name: str) -> Path:
    """A built program, by its own name (kubectl, operator, …). Raises ClusterError saying how to build it."""
    for build in BUILDS:
        if name in _names(build):
            path = directory(workspace, build.name) / name
            if path.exists():
                return path
            raise ClusterError(f"{name} has not been built. Run `python -m e2e.cluster build`.")
    raise ClusterError(f"{name} is none of the cluster's programs.")


def is_built(workspace: Workspace, build: Build) -> bool:
    """Whether the build's programs are there."""
    return directory(workspace, build.name).exists()


def build(workspace: Workspace, recipe: Build) -> None:
    """Builds what `recipe` says unless it is there. Two at once: the second waits. Raises ClusterError."""
    if shutil.which("go") is None:
        raise ClusterError("The cluster's programs need Go 1.25.9 or newer: https://go.dev/dl")
    workspace.programs.mkdir(parents=True, exist_ok=True)
    with _alone(workspace.programs / "lock"):
        target = directory(workspace, recipe.name)
        if target.exists():
            return
        unfinished = target.with_name(f"{target.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        with tempfile.TemporaryDirectory() as scratch:
            run(
                # `nice`: it takes every core for minutes.
                [
                    *("nice", "-n", "10", "go", "build", "-mod=readonly", "-ldflags", recipe.ldflags),
                    *(("-tags", ",".join(recipe.tags)) if recipe.tags else ()),
                    *_with_added_file(recipe, Path(scratch)),
                    *("-o", f"{unfinished}/", *recipe.packages),
                ],
                within=_SECONDS,
                directory=_SOURCES / recipe.name,
                environment={"CGO_ENABLED": "0"} if recipe.static else None,
            )
        for name in recipe.also_called:
            (unfinished / name).symlink_to(recipe.packages[0].rsplit("/", 1)[-1])
        unfinished.rename(target)
        for older in workspace.programs.glob(f"{recipe.name}-*"):
            if older != target:
                shutil.rmtree(older, ignore_errors=True)


def built(workspace: Workspace, name: str) -> Path:
    """The directory of a build's programs, which are built first unless they are there. Raises ClusterError."""
    build(workspace, _build(name))
    return directory(workspace, name)


def module_directory(source: Path, path: str) -> Path:
    """Where Go keeps the source of `path`, a module that the one in the directory `source` requires."""
    found = run(["go", "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", path], within=120, directory=source).strip()
    if not found:
        run(["go", "mod", "download", path], within=600, directory=source)
        return module_directory(source, path)
    return Path(found)


def _with_added_file(recipe: Build, scratch: Path) -> list[str]:
    """Options that build from a copy of a module with one file more."""
    if recipe.adds_to is None:
        return []
    module, name = recipe.adds_to
    source = scratch / "source"
    shutil.copytree(module_directory(_SOURCES / recipe.name, module), source, copy_function=shutil.copyfile)
    for directory in (source, *(path for path in source.rglob("*") if path.is_dir())):
        directory.chmod(0o755)
    shutil.copyfile(_SOURCES / recipe.name / Path(name).name, source / name)
    for file in ("go.mod", "go.sum"):
        shutil.copyfile(_SOURCES / recipe.name / file, scratch / file)
    with (scratch / "go.mod").open("a", encoding="utf-8") as file:
        file.write(f"\nreplace {module} => {source}\n")
    return [f"-modfile={scratch / 'go.mod'}"]


def _build(name: str) -> Build:
    return next(build for build in BUILDS if build.name == name)


def _names(build: Build) -> set[str]:
    return {*(package.rsplit("/", 1)[-1] for package in build.packages), *build.also_called}


def _fingerprint(recipe: Build) -> str:
    parts = (recipe.packages, recipe.ldflags, recipe.static, recipe.also_called, *recipe.tags)
    made_from = hashlib.sha256(repr(parts).encode())
    for file in sorted((_SOURCES / recipe.name).iterdir()):
        made_from.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return made_from.hexdigest()[:12]


@contextmanager
def _alone(lock: Path) -> Generator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
