"""The images that the cluster runs, each built at most once for what it is made of.

A tag is made from everything that goes into the image, so that a tag that is there is the right image.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from e2e.cluster import builds, containers
from e2e.cluster.commands import run
from e2e.cluster.errors import ClusterError
from e2e.cluster.stages import Stages
from e2e.cluster.workspace import ROOT, Workspace
from e2e.rig import programs as rig
from e2e.rig.errors import RigError

_DIRECTORY: Final = Path(__file__).parent / "images"
_RELEASE: Final = ROOT / "e2e" / "release"
_PREFIX: Final = "docker.io/taskflow-e2e/"
_SUITE: Final = "trixie"
_BASE_PACKAGES: Final = ("python3", "ca-certificates", "procps")
_BUILD_SECONDS: Final = 1200.0
_CERTIFICATES: Final = Path("/etc/ssl/certs/ca-certificates.crt")
_OWN_INPUTS: Final = ("Dockerfile", "pyproject.toml", "uv.lock", "README.md", "LICENSE", "apps", "db")
# Where packages come from is the host's business; these reach the build when the host has set them.
_FORWARDED: Final = (
    "PIP_INDEX_URL",
    "UV_DEFAULT_INDEX",
    "NPM_CONFIG_REGISTRY",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
)


@dataclass(frozen=True, kw_only=True)
class Images:
    """The names of the images, for manifests."""

    taskflow: str
    kafka: str
    postgres: str
    python: str
    dapr: str
    addons: str


def names(workspace: Workspace) -> Images:
    """What the images are called when they are built from the files as they are now."""
    base = _base_tag()
    return Images(
        taskflow=_named("taskflow", _of_files(_own_files()), base),
        kafka=_named("kafka", _recipe("kafka"), base, _rig_place("kafka")),
        postgres=_named("postgres", _recipe("postgres"), base),
        python=base,
        dapr=_named("dapr", _recipe("dapr"), base, _rig_place("dapr")),
        addons=_named(
            "addons",
            _recipe("addons"),
            base,
            builds.directory(workspace, "coredns").name,
            builds.directory(workspace, "skipper").name,
        ),
    )


def ensure(workspace: Workspace, stages: Stages, *, revision: str = "unknown") -> Images:
    """Builds the images that are missing and gives them to the kubelet. containerd must run. Raises ClusterError."""
    images = names(workspace)
    there = containers.loaded(workspace)
    tasks: list[tuple[str, Callable[[], None]]] = [
        (containers.PAUSE, lambda: _pause(workspace)),
        (images.python, lambda: None),
        (images.dapr, lambda: _dapr(workspace, images)),
        (images.addons, lambda: _addons(workspace, images)),
        (images.kafka, lambda: _kafka(workspace, images)),
        (images.postgres, lambda: _simple(workspace, "postgres", images.postgres)),
        (images.taskflow, lambda: build_taskflow(workspace, images.taskflow, revision=revision)),
    ]
    missing = [(name, build) for name, build in tasks if name not in there]
    if not missing:
        return images
    containers.start_dockerd(workspace)
    _base(workspace, stages)
    for name, build in missing:
        if not _exists(workspace, name):
            with stages.stage(f"Image {name.removeprefix(_PREFIX).split(':')[0]}"):
                build()
    with stages.stage(f"{len(missing)} image(s) for the kubelet"):
        containers.load(workspace, [name for name, _ in missing])
    return images


def build_taskflow(
    workspace: Workspace, name: str, *, revision: str, version: str = "0.5.0", source: Path = ROOT
) -> None:
    """Builds TaskFlow's own image from `source` by its Dockerfile, as `name`. dockerd must run. Raises ClusterError."""
    arguments = {**build_arguments(workspace), "VERSION": version, "REVISION": revision}
    _docker_build(workspace, source, name, _options(arguments))


def forget_older(workspace: Workspace, images: Images) -> None:
    """Removes images that were made from other files than today's: each of TaskFlow's is 200 MB.

    To be called while no pod runs. Those in dockerd go only when it runs anyway.
    """
    current = set(asdict(images).values())
    older = [name for name in containers.loaded(workspace) if name.startswith(_PREFIX) and name not in current]
    if older:
        containers.ctr(workspace, "images", "remove", *older, within=120)
    if containers.dockerd_runs(workspace):
        current |= {_base_tag(), containers.PAUSE}
        listed = containers.docker(
            workspace, "images", "--format", "docker.io/{{.Repository}}:{{.Tag}}", within=60
        ).split()
        older = [name for name in listed if name.startswith(f"{_PREFIX}taskflow:") and name not in current]
        if older:
            containers.docker(workspace, "image", "remove", *older, within=120)


def build_arguments(workspace: Workspace) -> dict[str, str]:
    """What the Dockerfile has to be told here: bases from Debian's packages, this host's way to Python's packages.

    Starts dockerd, and builds the bases that are missing. Raises ClusterError.
    """
    containers.start_dockerd(workspace)
    return {
        "PYTHON_IMAGE": _base_tag(),
        "BUILD_IMAGE": _build_image(workspace),
        "SSL_CERT_FILE": str(_CERTIFICATES),
        **{name: os.environ[name] for name in _FORWARDED if os.environ.get(name)},
    }


def ensure_taskflow(workspace: Workspace, name: str, *, revision: str, version: str) -> None:
    """Builds TaskFlow's image once more under another name and version, for the kubelet. Raises ClusterError."""
    if name not in containers.loaded(workspace):
        build_taskflow(workspace, name, revision=revision, version=version)
        containers.load(workspace, [name])


def ensure_release(workspace: Workspace) -> str:
    """Builds the image of the Phase IV release (e2e/release) and returns its name. Raises ClusterError."""
    locked = [ROOT / "pyproject.toml", ROOT / "uv.lock"]
    sources = sorted(file for file in _RELEASE.iterdir() if file.is_file())
    name = _named("release", _of_files([*locked, *sources]), _base_tag())
    if name not in containers.loaded(workspace):
        arguments = _options(build_arguments(workspace))
        with tempfile.TemporaryDirectory() as directory:
            for file in (*locked, _RELEASE / "Dockerfile"):
                shutil.copy(file, directory)
            (Path(directory) / "release").mkdir()
            for file in sources:
                shutil.copy(file, Path(directory) / "release")
            _docker_build(workspace, Path(directory), name, arguments)
        containers.load(workspace, [name])
    return name


def _pause(workspace: Workspace) -> None:
    with _context("pause", [builds.program(workspace, "pause")]) as directory:
        _docker_build(workspace, Path(directory), containers.PAUSE, [])


def _dapr(workspace: Workspace, images: Images) -> None:
    with _context("dapr", sorted(_rig_programs().dapr.iterdir())) as directory:
        _docker_build(workspace, Path(directory), images.dapr, _on_base())


def _addons(workspace: Workspace, images: Images) -> None:
    with _context("addons", [builds.program(workspace, name) for name in ("coredns", "skipper")]) as directory:
        _docker_build(workspace, Path(directory), images.addons, _on_base())


def _kafka(workspace: Workspace, images: Images) -> None:
    recipe = _DIRECTORY / "kafka" / "Dockerfile"
    _docker_build(workspace, _rig_programs().kafka_jars, images.kafka, [*_on_base(), "--file", str(recipe)])


def _simple(workspace: Workspace, recipe: str, name: str) -> None:
    _docker_build(workspace, _DIRECTORY / recipe, name, _on_base())


def _build_image(workspace: Workspace) -> str:
    certificates = _host_certificates()
    name = _named("build", _recipe("build"), _base_tag(), hashlib.sha256(certificates.read_bytes()).hexdigest())
    if not _exists(workspace, name):
        with tempfile.TemporaryDirectory() as directory:
            shutil.copy(_DIRECTORY / "build" / "Dockerfile", directory)
            shutil.copy(certificates, Path(directory) / "ca-certificates.crt")
            _docker_build(workspace, Path(directory), name, _on_base())
    return name


def _base(workspace: Workspace, stages: Stages) -> None:
    """Debian with Python, from Debian's own packages: there is no registry of images here."""
    name = _base_tag()
    if _exists(workspace, name):
        return
    with stages.stage(f"Image base (Debian {_SUITE}, Python)"), tempfile.TemporaryDirectory() as directory:
        root = Path(directory) / "root"
        scripts = Path("/usr/share/debootstrap/scripts")
        script = scripts / _SUITE
        run(
            [
                *("debootstrap", "--variant=minbase", f"--include={','.join(_BASE_PACKAGES)}", _SUITE, root),
                "http://deb.debian.org/debian",
                # An older debootstrap does not know the suite's name; all recent ones share a script.
                *([] if script.exists() else [scripts / "sid"]),
            ],
            within=_BUILD_SECONDS,
        )
        for unneeded in ("var/cache/apt/archives", "var/lib/apt/lists", "usr/share/doc", "usr/share/man"):
            shutil.rmtree(root / unneeded, ignore_errors=True)
        (root / "var/cache/apt/archives/partial").mkdir(parents=True)
        archive = Path(directory) / "base.tar"
        run(["tar", "--directory", root, "--create", "--file", archive, "."], within=300)
        containers.docker(workspace, "import", "--change", 'CMD ["/bin/sh"]', archive, name, within=300)


def _base_tag() -> str:
    return _named("base", _SUITE, *_BASE_PACKAGES)


def _named(name: str, *made_from: str) -> str:
    fingerprint = hashlib.sha256("\0".join(made_from).encode()).hexdigest()
    return f"{_PREFIX}{name}:{fingerprint[:12]}"


def _options(arguments: Mapping[str, str]) -> list[str]:
    return [word for key, value in arguments.items() for word in ("--build-arg", f"{key}={value}")]


def _on_base() -> list[str]:
    return ["--build-arg", f"BASE={_base_tag()}"]


def _recipe(name: str) -> str:
    return (_DIRECTORY / name / "Dockerfile").read_text(encoding="utf-8")


def _exists(workspace: Workspace, name: str) -> bool:
    try:
        containers.docker(workspace, "image", "inspect", "--format", "{{.Id}}", name, within=60)
    except ClusterError:
        return False
    return True


def _docker_build(workspace: Workspace, context: Path, name: str, arguments: Iterable[str]) -> None:
    containers.docker(
        workspace, "build", "--network", "host", "--tag", name, *arguments, context, within=_BUILD_SECONDS
    )


def _context(recipe: str, programs: Iterable[Path]) -> tempfile.TemporaryDirectory[str]:
    directory = tempfile.TemporaryDirectory()
    for file in (_DIRECTORY / recipe / "Dockerfile", *programs):
        shutil.copy(file, directory.name)
    return directory


def _rig_programs() -> rig.Programs:
    try:
        return rig.get()
    except RigError as error:
        raise ClusterError(str(error)) from None


def _rig_place(name: str) -> str:
    return _of_files(sorted((ROOT / "e2e" / "rig" / name).iterdir()))


def _host_certificates() -> Path:
    named = os.environ.get("SSL_CERT_FILE")
    return Path(named) if named else _CERTIFICATES


def _own_files() -> list[Path]:
    """The files that TaskFlow's image is made of: what git tracks, and what is new and not ignored."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *_OWN_INPUTS]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    if listed.returncode != 0:
        raise ClusterError(f"git could not list the image's files: {listed.stderr.strip()}")
    return sorted(ROOT / name for name in set(listed.stdout.split("\0")) if name and (ROOT / name).is_file())


def _of_files(files: Iterable[Path]) -> str:
    made_from = hashlib.sha256()
    for file in files:
        made_from.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes() + b"\0")
    return made_from.hexdigest()
