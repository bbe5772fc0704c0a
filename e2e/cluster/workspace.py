"""Where the cluster's files and addresses are."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
"""The checkout."""

NODE: Final = "taskflow-e2e"
NODE_ADDRESS: Final = "10.213.0.1"
"""On an interface of its own, so that nothing of the cluster listens on, or depends on, the host's own network."""
POD_RANGE: Final = "10.244.64.0/18"
"""Of the addresses that minikube gives to pods, which its overlay trusts to name where a request comes from."""
SERVICE_RANGE: Final = "10.213.128.0/18"
API_ADDRESS: Final = "10.213.128.1"
DNS_ADDRESS: Final = "10.213.128.10"
API_URL: Final = f"https://{NODE_ADDRESS}:6443"
INGRESS_PORT: Final = 8480
REGISTRY_PORT: Final = 5080

RUN: Final = Path("/run/taskflow-e2e")
"""Sockets and process ids: gone after a restart of the host, as they should be."""


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """The directory that holds programs and images (kept) and the cluster's state (made anew by each start)."""

    directory: Path

    @property
    def programs(self) -> Path:
        """Built programs, each in a directory named after what it was built from."""
        return self.directory / "programs"

    @property
    def images(self) -> Path:
        """Notes of which images were built from what."""
        return self.directory / "images"

    @property
    def state(self) -> Path:
        """What one life of the cluster leaves: etcd's data, volumes, certificates."""
        return self.directory / "state"

    @property
    def logs(self) -> Path:
        """What the daemons print."""
        return self.directory / "logs"

    @property
    def kubeconfig(self) -> Path:
        """An administrator's access to the cluster that runs."""
        return self.state / "kubeconfig"

    @property
    def containerd_socket(self) -> Path:
        """Where containerd listens."""
        return RUN / "containerd.sock"

    @property
    def docker_socket(self) -> Path:
        """Where dockerd listens: it builds images and runs nothing."""
        return RUN / "docker.sock"


def find_workspace(environ: Mapping[str, str] = os.environ) -> Workspace:
    """The workspace: TASKFLOW_E2E_HOME, else in the user's cache, else in the checkout's .taskflow."""
    if named := environ.get("TASKFLOW_E2E_HOME"):
        return Workspace(directory=Path(named).absolute())
    if cache := environ.get("XDG_CACHE_HOME"):
        return Workspace(directory=Path(cache) / "taskflow" / "e2e")
    if home := environ.get("HOME"):
        return Workspace(directory=Path(home) / ".cache" / "taskflow" / "e2e")
    return Workspace(directory=ROOT / ".taskflow" / "e2e")
