"""`python -m e2e.cluster COMMAND`: check, build, up, down, status, logs, kubectl …"""

import argparse
import os
import sys
import time
from collections.abc import Sequence

from e2e.cluster import builds, cluster, packages
from e2e.cluster.daemons import Daemon
from e2e.cluster.errors import ClusterError
from e2e.cluster.stages import Stages
from e2e.cluster.workspace import find_workspace


def main(arguments: Sequence[str]) -> int:
    """Runs one command and returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m e2e.cluster", description=__doc__)
    parser.add_argument("command", choices=["check", "build", "up", "down", "status", "logs", "kubectl"])
    parser.add_argument("rest", nargs=argparse.REMAINDER, help="for kubectl: its arguments")
    chosen = parser.parse_args(arguments)
    workspace = find_workspace()
    if chosen.command == "kubectl":
        program = str(builds.program(workspace, "kubectl"))
        os.execv(program, [program, "--kubeconfig", str(workspace.kubeconfig), *chosen.rest])
    if chosen.command == "check":
        reason = packages.refusal()
        print(reason or "a cluster can be started here")
        return 1 if reason else 0
    if chosen.command == "logs":
        for log in sorted(workspace.logs.glob("*.log")):
            print(f"--- {log.name}\n{Daemon(log.stem, logs=workspace.logs).tail(30)}")
        return 0
    if chosen.command == "status":
        running = cluster.is_running(workspace)
        print(f"running: KUBECONFIG={workspace.kubeconfig}, {cluster.INGRESS_URL}" if running else "not running")
        return 0 if running else 1
    if chosen.command == "down":
        cluster.stop(workspace)
        return 0
    began = time.monotonic()
    stages = Stages()
    if chosen.command == "build":
        cluster.build(workspace, stages)
    else:
        cluster.start(workspace, stages)
        print(f"\nKUBECONFIG={workspace.kubeconfig} kubectl get pods -A, Ingress at {cluster.INGRESS_URL}")
    print(f"took {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ClusterError as error:
        sys.exit(f"\n{error}")
