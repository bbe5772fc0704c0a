"""kubectl, for what only it does: rendering overlays, applying them, comparing them with the cluster.

Applying is left to it so that what `taskflow ops` leaves is what `kubectl apply -k` leaves, bookkeeping included: a
pipeline that applies the same overlay afterwards finds nothing to change. For all else cluster.py asks the API.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from taskflow_ops.errors import OpsError, UnreachableError
from taskflow_ops.retrying import retry

_DIFFERENT: Final = 1
"""What `kubectl diff` ends with when something would change."""
_ONLY_NAMES: Final = {"KUBECTL_EXTERNAL_DIFF": "diff -q -r -N"}
_DIFFERS: Final = re.compile(r"^Files .+/(\S+) and .+ differ$")
_SERVER_SIDE: Final = ["--server-side", "--force-conflicts"]
_APPLY_SECONDS: Final = 120.0
_AWAY: Final = (
    "connection refused", "i/o timeout", "unexpected EOF", "connection reset", "no route to host", "TLS handshake"
)  # fmt: skip


class Kubectl:
    """One context and namespace. Methods raise OpsError in kubectl's words, UnreachableError when it got no answer."""

    def __init__(
        self, context: str, namespace: str, *, dry_run: bool = False, environment: Mapping[str, str] | None = None
    ) -> None:
        self._environment = {**os.environ, **(environment or {})}
        found = shutil.which("kubectl", path=self._environment.get("PATH"))
        if found is None:
            raise OpsError(
                "`taskflow ops` needs kubectl (1.27 or newer) on the path: https://kubernetes.io/docs/tasks/tools/"
            )
        self._program = found
        self._target = ["--context", context, "--namespace", namespace]
        self._dry_run = dry_run

    def render(self, directory: Path) -> str:
        """The objects of a kustomization, as a stream of YAML documents."""
        if not directory.is_dir():
            raise OpsError(
                f"There is no overlay {directory}. --overlay names one, such as kustomize/overlays/minikube."
            )
        return self._run(["kustomize", str(directory)], within=60)

    def apply(self, objects: Sequence[Any], *, server_side: bool, within: float = _APPLY_SECONDS) -> list[str]:
        """Apply objects; returns kubectl's line for each ("deployment.apps/chat-api configured").

        `server_side` goes on as the objects were applied before. A dry run asks the server and changes nothing.
        """
        if not objects:
            return []
        options = _SERVER_SIDE if server_side else []
        if self._dry_run:
            options = [*options, "--dry-run=server"]
        output = self._run([*self._target, "apply", *options, "-f", "-"], given=_list_of(objects), within=within)
        return [line.removesuffix(" (server dry run)").strip() for line in output.splitlines() if line.strip()]

    def apply_directory(self, directory: Path) -> None:
        """`kubectl apply -k`, nothing else."""
        self._run([*self._target, "apply", "-k", str(directory)], within=_APPLY_SECONDS)

    def differences(self, objects: Sequence[Any], *, server_side: bool) -> list[str] | None:
        """The objects that are not as these say, as `kubectl diff` finds them; None where there is no `diff`.

        Not what a dry run of apply says: that calls some objects configured each time, such as a StatefulSet whose
        volumes' templates the server fills in.
        """
        if shutil.which("diff") is None:
            return None
        words = [*self._target, "diff", *(_SERVER_SIDE if server_side else []), "-f", "-"]
        output = self._run(
            words, given=_list_of(objects), within=_APPLY_SECONDS, accept=_DIFFERENT, environment=_ONLY_NAMES
        )
        return [match.group(1) for line in output.splitlines() if (match := _DIFFERS.search(line))]

    def diff_directory(self, directory: Path, *options: str) -> str:
        """What `kubectl diff -k` says that applying would change; empty when nothing."""
        words = [*self._target, "diff", "-k", str(directory), *options]
        return self._run(words, within=_APPLY_SECONDS, accept=_DIFFERENT)

    def _run(
        self,
        words: Sequence[str],
        *,
        within: float,
        given: str | None = None,
        accept: int = 0,
        environment: Mapping[str, str] | None = None,
    ) -> str:
        """What a command printed; one that finds the API server away is run again, since all of them may be."""
        variables = {**self._environment, "LC_ALL": "C", **(environment or {})}
        return retry(lambda: self._run_once(words, variables, within=within, given=given, accept=accept))

    def _run_once(
        self, words: Sequence[str], variables: Mapping[str, str], *, within: float, given: str | None, accept: int
    ) -> str:
        try:
            done = subprocess.run(  # noqa: S603  # our own words
                [self._program, *words],
                input=given,
                capture_output=True,
                text=True,
                timeout=within,
                check=False,
                env=variables,
            )
        except subprocess.TimeoutExpired as error:
            raise OpsError(f"kubectl {_verb(words)} did not end within {within:.0f} s.") from error
        if done.returncode not in (0, accept) or (done.returncode and not done.stdout.strip()):
            raise _failure(_verb(words), done.stderr.strip() or done.stdout.strip())
        return done.stdout


def _list_of(objects: Sequence[Any]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})


def _verb(words: Sequence[str]) -> str:
    """The words of a command without its target and options, for messages."""
    own = words[4:] if words[0] == "--context" else words
    return " ".join(word for word in own if not word.startswith("-"))[:120]


def _failure(what: str, message: str) -> OpsError:
    away = any(sign in message for sign in _AWAY)
    return (UnreachableError if away else OpsError)(f"kubectl {what} failed: {message[-2000:]}")
