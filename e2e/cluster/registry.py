"""A registry of images on the host's loopback address, for what hands images to a cluster in no other way."""

import json
import urllib.error
import urllib.request
from typing import Final

from e2e.cluster.daemons import Daemon
from e2e.cluster.workspace import REGISTRY_PORT, Workspace

ADDRESS: Final = f"localhost:{REGISTRY_PORT}"
_START_SECONDS: Final = 30.0


def start(workspace: Workspace) -> None:
    """Starts the registry unless it runs, and returns once it answers. Raises ClusterError."""
    configuration = {
        "version": "0.1",
        "storage": {"filesystem": {"rootdirectory": str(workspace.state / "registry")}, "delete": {"enabled": True}},
        # Debian's own configuration asks for a password; only this host gets here.
        "http": {"addr": f"127.0.0.1:{REGISTRY_PORT}"},
        "log": {"level": "warn"},
    }
    path = workspace.state / "registry.yml"
    path.write_text(json.dumps(configuration), encoding="utf-8")
    daemon = Daemon("registry", logs=workspace.logs)
    daemon.start(["docker-registry", "serve", path])
    daemon.wait_until(_answers, within=_START_SECONDS)


def stop(workspace: Workspace) -> None:
    """Stops the registry."""
    Daemon("registry", logs=workspace.logs).stop()


def _answers() -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{REGISTRY_PORT}/v2/", timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False
