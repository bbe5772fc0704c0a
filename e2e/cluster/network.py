"""The cluster's network: an interface for the node's address, routes that keep its traffic on this host, pods by CNI.

The ptp plugin routes every pod, so that nothing hangs on a bridge or on the module br_netfilter. Pods have no way out
of the host: what they need is in their images.
"""

import json
import subprocess
from pathlib import Path
from typing import Final

from e2e.cluster.commands import run
from e2e.cluster.errors import ClusterError
from e2e.cluster.workspace import NODE_ADDRESS, POD_RANGE, SERVICE_RANGE, Workspace

_INTERFACE: Final = "taskflow-e2e"
_OURS: Final = ("10.213.", "10.244.")
_SECONDS: Final = 30.0
_SYSCTLS: Final = {"net/ipv4/ip_forward": "1", "net/ipv4/conf/all/rp_filter": "0"}


def set_up(workspace: Workspace) -> None:
    """Makes the interface and the routes, unless they are there, and writes CNI's configuration."""
    if not Path(f"/sys/class/net/{_INTERFACE}").exists():
        _refuse_overlap()
        # A bridge without ports: every kernel that runs containers has it, which is not so of `dummy`.
        _ip("link", "add", _INTERFACE, "type", "bridge")
    _ip("address", "replace", f"{NODE_ADDRESS}/32", "dev", _INTERFACE)
    _ip("link", "set", _INTERFACE, "up")
    # An address of a Service or pod that is not (or no longer) there must not leave by the default route.
    for destination in (SERVICE_RANGE, POD_RANGE):
        _ip("route", "replace", destination, "dev", _INTERFACE)
    for name, value in _SYSCTLS.items():
        setting = Path("/proc/sys") / name
        if setting.read_text(encoding="ascii").strip() != value:
            setting.write_text(value, encoding="ascii")
    directory = cni_directory(workspace)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "10-taskflow.conflist").write_text(json.dumps(_pods(workspace), indent=2), encoding="utf-8")


def take_down() -> None:
    """Removes the interface and with it the routes; addresses given to pods are forgotten with the state directory."""
    if Path(f"/sys/class/net/{_INTERFACE}").exists():
        _ip("link", "delete", _INTERFACE)


def cni_directory(workspace: Workspace) -> Path:
    """Where containerd looks for the pods' network."""
    return workspace.directory / "cni"


def _pods(workspace: Workspace) -> dict[str, object]:
    address_management = {
        "type": "host-local",
        "ranges": [[{"subnet": POD_RANGE}]],
        "routes": [{"dst": "0.0.0.0/0"}],
        "dataDir": str(workspace.state / "pod-addresses"),
    }
    return {
        "cniVersion": "0.4.0",
        "name": "taskflow-e2e",
        "plugins": [
            {"type": "ptp", "ipMasq": False, "ipam": address_management},
            # Accepts what is forwarded to and from pods where the host's own rules say drop.
            {"type": "firewall", "backend": "iptables"},
        ],
    }


def _refuse_overlap() -> None:
    routes = subprocess.run(["ip", "-4", "route"], capture_output=True, text=True, timeout=_SECONDS, check=False).stdout
    taken = [line for line in routes.splitlines() if line.startswith(_OURS)]
    if taken:
        ours = " and ".join(f"{prefix}0.0/16" for prefix in _OURS)
        raise ClusterError(f"The cluster's addresses ({ours}) are in use on this host: {taken[0].strip()}")


def _ip(*arguments: str) -> None:
    run(["ip", *arguments], within=_SECONDS)
