"""The Debian packages that the cluster is made of."""

import os
import shutil
import sys
from pathlib import Path
from typing import Final

from e2e.cluster.commands import run
from e2e.cluster.errors import ClusterError

CNI_PLUGINS: Final = Path("/usr/lib/cni")
_FILES: Final = {
    "etcd-server": "/usr/bin/etcd",
    "containerd": "/usr/bin/containerd",
    "runc": "/usr/sbin/runc",
    "containernetworking-plugins": "/usr/lib/cni/ptp",
    "docker.io": "/usr/sbin/dockerd",
    "docker-registry": "/usr/bin/docker-registry",
    "debootstrap": "/usr/sbin/debootstrap",
    "iptables": "/usr/sbin/iptables",
    "ipset": "/usr/sbin/ipset",
    "nftables": "/usr/sbin/nft",
    "conntrack": "/usr/sbin/conntrack",
    "iproute2": "/usr/sbin/ip",
    "ca-certificates": "/usr/sbin/update-ca-certificates",
    # For the rig's Kafka, which the cluster's image is made of.
    "default-jre-headless": "/usr/bin/java",
    "maven": "/usr/bin/mvn",
}
"""Package to a file it brings. Debian's and Ubuntu's names."""


def refusal() -> str | None:
    """Why this host cannot run the cluster, or None."""
    if sys.platform != "linux":
        return "it needs Linux (on others: minikube or kind, and `make e2e CONTEXT=…`)"
    if os.geteuid() != 0:
        return "it needs root: it starts containerd and a kubelet, and lays a network"
    if shutil.which("apt-get") is None and missing():
        return f"it needs {', '.join(missing())}, which it takes from Debian's or Ubuntu's packages"
    if shutil.which("go") is None:
        return "it needs Go 1.25.9 or newer to build Kubernetes and Dapr: https://go.dev/dl"
    return None


def missing() -> list[str]:
    """The packages that are not installed."""
    return [package for package, file in _FILES.items() if not Path(file).exists()]


def install() -> None:
    """Installs what is missing, without starting any of its services. Raises ClusterError."""
    names = missing()
    if not names:
        return
    if os.geteuid() != 0:
        raise ClusterError(f"Install these packages first: {' '.join(names)}")
    # Debian starts a service when its package is installed, unless this file says no. The cluster starts its own
    # containerd and dockerd, with sockets and directories of their own.
    policy = Path("/usr/sbin/policy-rc.d")
    ours = not policy.exists()
    if ours:
        policy.write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
        policy.chmod(0o755)
    try:
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        run(["apt-get", "update", "-q"], within=300, environment=quiet)
        run(["apt-get", "install", "-q", "-y", "--no-install-recommends", *names], within=900, environment=quiet)
    finally:
        if ours:
            policy.unlink()
