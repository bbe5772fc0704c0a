"""containerd, which runs the pods, and dockerd, which only builds their images. Both with files of their own."""

import shutil
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from e2e.cluster import network
from e2e.cluster.commands import run
from e2e.cluster.daemons import Daemon
from e2e.cluster.packages import CNI_PLUGINS
from e2e.cluster.workspace import RUN, Workspace

PAUSE: Final = "taskflow.e2e/pause:1"
_START_SECONDS: Final = 60.0
_NAMESPACE: Final = "k8s.io"

_CONFIGURATION: Final = """\
version = 2
root = "{root}"
state = "{state}"
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]
[grpc]
  address = "{socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  # Without CAP_SYS_RESOURCE (a container, some CI machines) runc could not lower a pod's score.
  restrict_oom_score_adj = true
  # The pods' network namespaces among our files, so that stopping finds them.
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{cni_plugins}"
    conf_dir = "{cni}"
"""


def start_containerd(workspace: Workspace) -> None:
    """Starts containerd unless it runs, and returns once it answers."""
    configuration = workspace.directory / "containerd.toml"
    workspace.directory.mkdir(parents=True, exist_ok=True)
    configuration.write_text(
        _CONFIGURATION.format(
            root=workspace.directory / "containerd",
            state=RUN / "containerd",
            socket=workspace.containerd_socket,
            pause=PAUSE,
            cni_plugins=CNI_PLUGINS,
            cni=network.cni_directory(workspace),
        ),
        encoding="utf-8",
    )
    daemon = Daemon("containerd", logs=workspace.logs)
    daemon.start(["containerd", "--config", configuration])
    daemon.wait_until(lambda: _answers(workspace.containerd_socket), within=_START_SECONDS)


def start_dockerd(workspace: Workspace) -> None:
    """Starts dockerd on top of containerd unless it runs, and returns once it answers."""
    daemon = Daemon("dockerd", logs=workspace.logs)
    daemon.start(
        [
            "dockerd",
            *("--host", f"unix://{workspace.docker_socket}", "--containerd", workspace.containerd_socket),
            *("--data-root", workspace.directory / "docker", "--exec-root", RUN / "docker"),
            *("--pidfile", RUN / "dockerd-own.pid"),
            # Builds use the host's network; nothing else runs here.
            *("--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false"),
        ]
    )
    daemon.wait_until(lambda: _answers(workspace.docker_socket), within=_START_SECONDS)


def dockerd_runs(workspace: Workspace) -> bool:
    """Whether dockerd was started."""
    return Daemon("dockerd", logs=workspace.logs).process_id() is not None


def docker(workspace: Workspace, *arguments: str | Path, within: float, stdin: str | None = None) -> str:
    """Runs Debian's docker (a newer one of another source might build differently) against our dockerd."""
    program = Path("/usr/bin/docker")
    command = program if program.exists() else Path(shutil.which("docker") or program)
    environment = {
        "DOCKER_HOST": f"unix://{workspace.docker_socket}",
        "DOCKER_BUILDKIT": "1",
        "BUILDKIT_PROGRESS": "plain",
    }
    return run([command, *arguments], within=within, environment=environment, stdin=stdin)


def load(workspace: Workspace, images: Sequence[str]) -> None:
    """Copies images from dockerd to where the kubelet finds them."""
    archive = workspace.directory / "images.tar"
    try:
        docker(workspace, "save", "--output", archive, *images, within=600)
        ctr(workspace, "images", "import", archive, within=600)
    finally:
        archive.unlink(missing_ok=True)


def loaded(workspace: Workspace) -> set[str]:
    """The images that the kubelet finds, as containerd names them (docker.io/library/…)."""
    return set(ctr(workspace, "images", "list", "--quiet", within=60).split())


def ctr(workspace: Workspace, *arguments: str | Path, within: float) -> str:
    """Runs containerd's own command in the kubelet's namespace."""
    return run(["ctr", "--address", workspace.containerd_socket, "--namespace", _NAMESPACE, *arguments], within=within)


def stop(workspace: Workspace) -> None:
    """Ends every pod's processes, then the two daemons. The kubelet must have been stopped before."""
    if Daemon("containerd", logs=workspace.logs).process_id() is not None:
        for task in ctr(workspace, "tasks", "list", "--quiet", within=60).split():
            _forgiving(workspace, "tasks", "kill", "--all", "--signal", "SIGKILL", task)
            _forgiving(workspace, "tasks", "delete", "--force", task)
        for container in ctr(workspace, "containers", "list", "--quiet", within=60).split():
            _forgiving(workspace, "containers", "delete", container)
    Daemon("dockerd", logs=workspace.logs).stop(grace=15)
    Daemon("containerd", logs=workspace.logs).stop(grace=15)
    _unmount(RUN)


def unmount_below(directory: Path) -> None:
    """Unmounts everything mounted below `directory`: the kubelet's volumes, which would keep it from being removed."""
    _unmount(directory)


def _unmount(directory: Path) -> None:
    lines = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    points = [line.split()[1].replace("\\040", " ") for line in lines]
    for point in sorted((point for point in points if point.startswith(f"{directory}/")), reverse=True):
        run(["umount", "--lazy", point], within=30)


def _forgiving(workspace: Workspace, *arguments: str) -> None:
    """For what may be gone by the time it is asked for."""
    command = ["ctr", "--address", str(workspace.containerd_socket), "--namespace", _NAMESPACE, *arguments]
    subprocess.run(command, capture_output=True, timeout=60, check=False)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(path))
        except OSError:
            return False
    return True
