"""The platform on the cluster: applied, waited for, looked into when something fails."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from e2e.cluster.workspace import ROOT
from e2e.target import Target
from taskflow_core.events.topics import CHAT_API
from taskflow_ops.cluster import DEPLOYMENTS, NAMESPACES, PODS, STATEFULSETS, Kind
from taskflow_ops.conventions import APP, NAME
from taskflow_ops.objects import Object, condition, container, environment, items, name_of, part
from taskflow_ops.workloads import ready

START_SECONDS: Final = 300.0
EVENTS: Final = Kind("v1", "Event")
_POLL_SECONDS: Final = 0.5
_LOG_LINES: Final = 40


class Deployment:
    """One overlay on one cluster. `overlay` has the directories phase-iv and phase-v."""

    def __init__(self, target: Target, overlay: Path) -> None:
        self.target = target
        self.cluster = target.connect()
        self.kubectl = target.kubectl()
        self.overlay = overlay

    @property
    def url(self) -> str:
        """Where the Ingress answers."""
        return self.target.url

    def apply(self, phase: str, overlay: Path | None = None) -> None:
        """Applies phase-iv or phase-v with `kubectl apply -k` and waits until it runs."""
        self.kubectl.apply_directory((overlay or self.overlay) / phase)
        self.wait_ready()

    def phase(self) -> str | None:
        """What chat-api runs as: iv or v; None where it is not there."""
        found = self.cluster.find(DEPLOYMENTS, CHAT_API)
        if found is None:
            return None
        return environment(container(found["spec"]["template"]["spec"], APP)).get("TASKFLOW_PHASE", "iv")

    def wait_ready(self, *, within: float = START_SECONDS) -> None:
        """Returns once every workload runs what it was set to, and nothing else. Raises AssertionError with reasons."""
        deadline = time.monotonic() + within
        while waiting := self.waiting_for():
            if time.monotonic() > deadline:
                raise AssertionError(f"not ready within {within:.0f} s: {waiting}\n{self.troubles()}")
            time.sleep(_POLL_SECONDS)

    def waiting_for(self) -> list[str]:
        """The workloads that are not as they were set to be, and the pods of services that are on their way out."""
        workloads = [*self.cluster.matching(DEPLOYMENTS), *self.cluster.matching(STATEFULSETS)]
        found = [_unfinished(one) for one in workloads]
        return [one for one in found if one]

    def pods(self, service: str) -> list[str]:
        """The names of a service's pods that are not on their way out."""
        found = self.cluster.matching(PODS, f"{NAME}={service}")
        return [name_of(one) for one in found if "deletionTimestamp" not in one["metadata"]]

    def ops(self, action: str, *words: str | Path) -> list[str]:
        """The command line of `taskflow ops ACTION` for this cluster."""
        start = [sys.executable, "-m", "taskflow_cli", "ops", action]
        return [*start, *(str(word) for word in words), "--context", self.target.context]

    def changing(self) -> list[str]:
        """What `taskflow ops rollback` and `rollforward` are told besides."""
        return ["--overlay", str(self.overlay), "--url", self.url]

    def run_ops(self, action: str, *words: str | Path, within: float = 600) -> str:
        """Runs `taskflow ops`. Raises AssertionError with its output when it fails."""
        done = subprocess.run(
            self.ops(action, *words),
            cwd=ROOT,
            env={**os.environ, **self.target.environment},
            capture_output=True,
            text=True,
            timeout=within,
            check=False,
        )
        assert done.returncode == 0, f"taskflow ops {action} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def delete_namespace(self, name: str, *, within: float = 180) -> None:
        """Returns once a namespace is gone, with all that was in it. Raises AssertionError."""
        self.cluster.delete(NAMESPACES, name)
        deadline = time.monotonic() + within
        while self.cluster.find(NAMESPACES, name) is not None:
            assert time.monotonic() < deadline, f"namespace {name} is still there after {within:.0f} s"
            time.sleep(_POLL_SECONDS)

    def troubles(self) -> str:
        """For a failed test: the pods, the latest warnings, and the logs of what is not ready."""
        pods = self.cluster.matching(PODS)
        warnings = [one for one in self.cluster.matching(EVENTS) if one.get("type") == "Warning"]
        warnings.sort(key=lambda one: one.get("lastTimestamp") or "")
        parts = [
            "\n".join(_in_a_line(pod) for pod in pods),
            "\n".join(f"{name_of(one)}: {one.get('reason')}: {one.get('message')}" for one in warnings[-_LOG_LINES:]),
        ]
        for pod in pods:
            if not ready(pod) and part(pod, "status").get("phase") != "Succeeded":
                for each in (*items(pod, "spec", "initContainers"), *items(pod, "spec", "containers")):
                    log = self.cluster.log(name_of(pod), each["name"], lines=_LOG_LINES)
                    parts.append(f"--- {name_of(pod)} {each['name']}\n{log}")
        return "\n\n".join(parts)


def _in_a_line(pod: Object) -> str:
    states = [*items(pod, "status", "initContainerStatuses"), *items(pod, "status", "containerStatuses")]
    restarts = sum(state["restartCount"] for state in states)
    is_ready = condition(pod, "Ready").get("status", "Unknown")
    return f"{name_of(pod)}: {part(pod, 'status').get('phase')}, ready {is_ready}, {restarts} restarts"


def _unfinished(workload: Object) -> str | None:
    spec, status, name = workload["spec"], workload.get("status", {}), workload["metadata"]["name"]
    desired = spec.get("replicas", 1)
    counts: Sequence[tuple[str, int]] = [
        ("updated", status.get("updatedReplicas", 0)),
        ("ready", status.get("readyReplicas", 0)),
        ("there", status.get("replicas", 0)),
    ]
    if status.get("observedGeneration", 0) < workload["metadata"]["generation"]:
        return f"{name} (not looked at yet)"
    wrong = [f"{count} {what}" for what, count in counts if count != desired]
    return f"{name} ({', '.join(wrong)} of {desired})" if wrong else None
