"""kubectl against the suite's cluster."""

import asyncio
import json
import os
import re
import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from e2e.target import Target

NAMESPACE: Final = "taskflow"
_FORWARDING: Final = re.compile(rb"Forwarding from 127\.0\.0\.1:(\d+)")


class KubectlError(Exception):
    """kubectl's own words for what did not go through."""


class Kubectl:
    """Runs kubectl in the platform's namespace. Methods raise KubectlError."""

    def __init__(self, target: Target) -> None:
        self._environment = {**os.environ, **target.environment}
        self._command = ["kubectl", "--context", target.context]

    def run(
        self, *words: str | Path, within: float = 60, stdin: str | None = None, accept: tuple[int, ...] = ()
    ) -> str:
        """What kubectl printed; an exit status in `accept` is no failure."""
        command = [*self._command, "--namespace", NAMESPACE, *(str(word) for word in words)]
        try:
            done = subprocess.run(
                command,
                env=self._environment,
                input=stdin if stdin is not None else "",
                capture_output=True,
                text=True,
                timeout=within,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise KubectlError(f"kubectl {words[0]} took longer than {within:.0f} s") from None
        if done.returncode != 0 and done.returncode not in accept:
            raise KubectlError(
                f"kubectl {' '.join(str(word) for word in words)[:200]}:\n{(done.stderr or done.stdout)}"
            )
        return done.stdout

    async def run_async(self, *words: str | Path, within: float = 60, accept: tuple[int, ...] = ()) -> str:
        """The same without holding up whatever else runs."""
        return await asyncio.to_thread(self.run, *words, within=within, accept=accept)

    def get(self, *words: str) -> Any:
        """`kubectl get … -o json`, decoded."""
        return json.loads(self.run("get", *words, "--output", "json"))

    def items(self, *words: str) -> list[dict[str, Any]]:
        """The objects of a list."""
        return self.get(*words)["items"]

    def apply(self, directory: Path) -> str:
        """`kubectl apply -k`, nothing else."""
        return self.run("apply", "-k", directory, within=120)

    def diff(self, directory: Path, *words: str) -> str:
        """What applying would change; empty when nothing."""
        return self.run("diff", "-k", directory, *words, within=120, accept=(1,))

    @asynccontextmanager
    async def forward(self, what: str, port: int) -> AsyncGenerator[int]:
        """While entered, a port of this host that leads to `port` of a pod or Service."""
        process = await asyncio.create_subprocess_exec(
            *self._command,
            *("--namespace", NAMESPACE, "port-forward", "--address", "127.0.0.1", what, f":{port}"),
            env=self._environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert process.stdout is not None
        drained: asyncio.Task[bytes] | None = None
        try:
            line = await asyncio.wait_for(process.stdout.readline(), 30)
            found = _FORWARDING.search(line)
            if found is None:
                raise KubectlError(f"kubectl port-forward {what} said {line!r}")
            drained = asyncio.create_task(process.stdout.read())
            yield int(found.group(1))
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            if drained is not None:
                await drained
