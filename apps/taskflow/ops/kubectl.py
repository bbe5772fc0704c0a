"""kubectl, for what only it does: rendering overlays, applying them, streams into pods.

Applying is left to it so that what `taskflow ops` leaves is what `kubectl apply -k` leaves, bookkeeping included: a
pipeline that applies the same overlay afterwards finds nothing to change.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TextIO

from taskflow.ops.errors import OpsError, UnreachableError

_FORWARDING: Final = re.compile(r"Forwarding from 127\.0\.0\.1:(\d+)")
_DIFFERENT: Final = 1
"""What `kubectl diff` ends with when something would change."""
_DIFFERS: Final = re.compile(r"^Files .+/(\S+) and .+ differ$")
_SERVER_SIDE: Final = ["--server-side", "--force-conflicts"]
_FORWARD_SECONDS: Final = 20.0
_FORWARD_POLL_SECONDS: Final = 0.05
_PAUSES: Final = (0.25, 1.0)
_AWAY: Final = (
    "connection refused", "i/o timeout", "unexpected EOF", "connection reset", "no route to host", "TLS handshake"
)  # fmt: skip


class Kubectl:
    """One context and namespace. Methods raise OpsError in kubectl's words, UnreachableError when it got no answer."""

    def __init__(self, context: str, namespace: str, *, dry_run: bool = False) -> None:
        found = shutil.which("kubectl")
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

    def apply(self, objects: Sequence[Any], *, server_side: bool, within: float) -> list[str]:
        """Apply objects; returns kubectl's line for each ("deployment.apps/chat-api configured").

        `server_side` goes on as the objects were applied before. A dry run asks the server and changes nothing.
        """
        if not objects:
            return []
        how = _SERVER_SIDE if server_side else []
        if self._dry_run:
            how = [*how, "--dry-run=server"]
        said = self._run([*self._target, "apply", *how, "-f", "-"], given=_list_of(objects), within=within)
        return [line.removesuffix(" (server dry run)").strip() for line in said.splitlines() if line.strip()]

    def differences(self, objects: Sequence[Any], *, server_side: bool, within: float) -> list[str] | None:
        """The objects that are not as these say, as `kubectl diff` finds them; None where there is no `diff`.

        Not what a dry run of apply says: that calls some objects configured each time, such as a StatefulSet whose
        volumes' templates the server fills in.
        """
        if shutil.which("diff") is None:
            return None
        how = _SERVER_SIDE if server_side else []
        words = [*self._target, "diff", *how, "-f", "-"]
        said = self._run(words, given=_list_of(objects), within=within, accept=_DIFFERENT)
        return [match.group(1) for line in said.splitlines() if (match := _DIFFERS.search(line))]

    def set_image(self, workload: str, container: str, image: str) -> None:
        """Have a workload ("deployments/chat-api") run another image in one of its containers."""
        how = ["--dry-run=server"] if self._dry_run else []
        self._run([*self._target, "set", "image", *how, workload, f"{container}={image}"], within=30)

    def execute(self, pod: str, container: str, words: Sequence[str], *, within: float) -> str:
        """What a command in a container printed. Raises OpsError with its error output when its status is not 0."""
        return self._run([*self._target, "exec", pod, "--container", container, "--", *words], within=within)

    @contextmanager
    def forward(self, target: str, port: int) -> Generator[str]:
        """While entered, a base URL on this machine that leads to `port` of a pod ("pod/chat-api-…")."""
        command = [self._program, *self._target, "port-forward", "--address", "127.0.0.1", target, f":{port}"]
        # Into a file, which never fills up as a pipe would that nobody reads.
        with tempfile.TemporaryFile("w+") as said:
            process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)  # noqa: S603  # our own words
            try:
                yield f"http://127.0.0.1:{_forwarded(process, said, target)}"
            finally:
                process.kill()
                process.wait()

    def _run(self, words: Sequence[str], *, within: float, given: str | None = None, accept: int = 0) -> str:
        """What a command printed; one that finds the API server away is run again, since all of them may be."""
        for pause in _PAUSES:
            try:
                return self._run_once(words, within=within, given=given, accept=accept)
            except UnreachableError:
                time.sleep(pause)
        return self._run_once(words, within=within, given=given, accept=accept)

    def _run_once(self, words: Sequence[str], *, within: float, given: str | None, accept: int) -> str:
        try:
            done = subprocess.run(  # noqa: S603  # our own words
                [self._program, *words],
                input=given,
                capture_output=True,
                text=True,
                timeout=within,
                check=False,
                env={**os.environ, "LC_ALL": "C", "KUBECTL_EXTERNAL_DIFF": "diff -q -r -N"},
            )
        except subprocess.TimeoutExpired as error:
            raise OpsError(f"kubectl {_verb(words)} did not end within {within:.0f} s.") from error
        if done.returncode not in (0, accept) or (done.returncode and not done.stdout.strip()):
            raise _failure(_verb(words), done.stderr.strip() or done.stdout.strip())
        return done.stdout


def _list_of(objects: Sequence[Any]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})


def _forwarded(process: subprocess.Popen[bytes], said: TextIO, target: str) -> str:
    """The port on this machine, as soon as it is known. Raises OpsError when the forwarding ends, or takes too long."""
    deadline = time.monotonic() + _FORWARD_SECONDS
    while True:
        ended = process.poll() is not None
        said.seek(0)
        text = said.read()
        if match := _FORWARDING.search(text):
            return match.group(1)
        if ended or time.monotonic() > deadline:
            raise _failure(f"port-forward {target}", text.strip() or "it did not start in time")
        time.sleep(_FORWARD_POLL_SECONDS)


def _verb(words: Sequence[str]) -> str:
    """The words of a command without its target and options, for messages."""
    said = words[4:] if words[0] == "--context" else words
    return " ".join(word for word in said if not word.startswith("-"))[:120]


def _failure(what: str, said: str) -> OpsError:
    away = any(sign in said for sign in _AWAY)
    return (UnreachableError if away else OpsError)(f"kubectl {what} failed: {said[-2000:]}")
