"""The platform on the cluster: applied, waited for, looked into when something fails."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from e2e.cluster.home import ROOT
from e2e.kubectl import Kubectl, KubectlError
from e2e.target import Target

START_SECONDS: Final = 300.0
PHASE_V: Final = ("recurring-task-processor", "reminder-service", "notification-service", "audit-logger")
_POLL_SECONDS: Final = 0.5
_LOG_LINES: Final = 40


class Deployment:
    """One overlay on one cluster. `overlay` has the directories phase-iv and phase-v."""

    def __init__(self, target: Target, kubectl: Kubectl, overlay: Path) -> None:
        self.target = target
        self.kubectl = kubectl
        self.overlay = overlay

    @property
    def url(self) -> str:
        """Where the Ingress answers."""
        return self.target.url

    def apply(self, phase: str, overlay: Path | None = None) -> None:
        """Applies phase-iv or phase-v with `kubectl apply -k` and waits until it runs."""
        self.kubectl.apply((overlay or self.overlay) / phase)
        self.wait_ready()

    def phase(self) -> str | None:
        """What chat-api runs as: iv or v; None where it is not there."""
        try:
            found = self.kubectl.get("deployment", "chat-api")
        except KubectlError:
            return None
        variables = found["spec"]["template"]["spec"]["containers"][0].get("env", [])
        return next((one.get("value") for one in variables if one["name"] == "TASKFLOW_PHASE"), "iv")

    def wait_ready(self, *, within: float = START_SECONDS) -> None:
        """Returns once every workload runs what it was told, and nothing else. Raises AssertionError with reasons."""
        deadline = time.monotonic() + within
        while waiting := self.waiting_for():
            if time.monotonic() > deadline:
                raise AssertionError(f"not ready within {within:.0f} s: {waiting}\n{self.troubles()}")
            time.sleep(_POLL_SECONDS)

    def waiting_for(self) -> list[str]:
        """The workloads that are not as they were told to be, and the pods of services that are on their way out."""
        found = [_unfinished(one) for one in self.kubectl.items("deployments,statefulsets")]
        return [one for one in found if one]

    def pods(self, service: str) -> list[str]:
        """The names of a service's pods that are not on their way out."""
        items = self.kubectl.items("pods", "--selector", f"app.kubernetes.io/name={service}")
        return [one["metadata"]["name"] for one in items if "deletionTimestamp" not in one["metadata"]]

    def ops(self, action: str, *words: str | Path) -> list[str]:
        """The command line of `taskflow ops ACTION` for this cluster."""
        start = [sys.executable, "-m", "taskflow.cli", "ops", action]
        return [*start, *(str(word) for word in words), "--context", self.target.context]

    def changing(self) -> list[str]:
        """What `taskflow ops rollback` and `rollforward` are told besides."""
        return ["--overlay", str(self.overlay), "--url", self.url]

    def run_ops(self, action: str, *words: str | Path, within: float = 600) -> str:
        """Runs `taskflow ops`. Raises AssertionError with everything it said when it fails."""
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

    def troubles(self) -> str:
        """For a failed test: the pods, the latest warnings, and the logs of what is not ready."""
        parts = [self._say("get", "pods", "--output", "wide")]
        events = self._say("get", "events", "--field-selector", "type=Warning", "--sort-by", ".lastTimestamp")
        parts.append("\n".join(events.splitlines()[-_LOG_LINES:]))
        for pod in self.kubectl.items("pods"):
            if not _is_fine(pod):
                name = pod["metadata"]["name"]
                logs = self._say("logs", name, "--all-containers", "--prefix", f"--tail={_LOG_LINES}")
                parts.append(f"--- {name}\n{logs}")
        return "\n\n".join(parts)

    def _say(self, *words: str) -> str:
        try:
            return self.kubectl.run(*words)
        except KubectlError as error:
            return str(error)


def _unfinished(workload: dict[str, Any]) -> str | None:
    spec, status, name = workload["spec"], workload.get("status", {}), workload["metadata"]["name"]
    wanted = spec.get("replicas", 1)
    counts: Sequence[tuple[str, int]] = [
        ("updated", status.get("updatedReplicas", 0)),
        ("ready", status.get("readyReplicas", 0)),
        ("there", status.get("replicas", 0)),
    ]
    if status.get("observedGeneration", 0) < workload["metadata"]["generation"]:
        return f"{name} (not looked at yet)"
    wrong = [f"{count} {what}" for what, count in counts if count != wanted]
    return f"{name} ({', '.join(wrong)} of {wanted})" if wrong else None


def _is_fine(pod: dict[str, Any]) -> bool:
    if pod["status"].get("phase") == "Succeeded":
        return True
    conditions = {one["type"]: one["status"] for one in pod["status"].get("conditions", [])}
    return conditions.get("Ready") == "True"
