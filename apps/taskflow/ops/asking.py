"""Questions to the platform that runs: its schema and its events by a command in a pod of chat-api, its API by HTTP."""

import asyncio
from typing import Final

import httpx
import msgspec

from taskflow.bus.backlog import Backlog
from taskflow.events.topics import CHAT_API
from taskflow.ops.cluster import Cluster
from taskflow.ops.conventions import APP
from taskflow.ops.errors import OpsError, UnreachableError
from taskflow.ops.kubectl import Kubectl
from taskflow.ops.objects import container, items, name_of, part
from taskflow.ops.smoke import SmokeReport, smoke
from taskflow.ops.workloads import newest_ready_pod, pods_of, trouble

_COMMAND_SECONDS: Final = 60.0
_REQUEST_SECONDS: Final = 15.0


class Platform:
    """The platform as it answers, of either phase."""

    def __init__(self, cluster: Cluster, kubectl: Kubectl) -> None:
        self._cluster = cluster
        self._kubectl = kubectl

    def backlog(self, *, untold: bool = False) -> Backlog:
        """Events on their way and given up; with `untold` also what Phase IV did and no event tells of.

        Raises OpsError where no pod of chat-api runs the project's image, or the database is away.
        """
        said = self.command("outbox", "status", "--json", *(["--untold"] if untold else []))
        try:
            return msgspec.json.decode(said.strip().splitlines()[-1], type=Backlog)
        except (msgspec.DecodeError, IndexError) as error:
            raise OpsError(f"`taskflow outbox status` in a pod of chat-api answered {said[:200]!r}.") from error

    def schema(self) -> str:
        """The migrations the database has and lacks, as `taskflow db status` prints them. Raises as `backlog` does."""
        return self.command("db", "status").strip()

    def command(self, *words: str) -> str:
        """What `taskflow` with these words prints in a pod of chat-api that runs.

        Raises OpsError where that is not allowed, UnreachableError when it fails otherwise: the pod may have ended just
        now, or the database be away.
        """
        try:
            return self._kubectl.execute(self._running_pod(), APP, ["taskflow", *words], within=_COMMAND_SECONDS)
        except OpsError as error:
            if "forbidden" in str(error):
                raise
            raise UnreachableError(str(error)) from error

    def smoke(self, url: str | None) -> SmokeReport:
        """The smoke test, at `url` or else through the API server to a ready pod of chat-api.

        Raises OpsError where there is none.
        """
        if url is not None:
            return asyncio.run(smoke_at(url))
        pod = newest_ready_pod(self._cluster, CHAT_API)
        if pod is None:
            raise OpsError(f"No pod of chat-api is ready.\n{trouble(self._cluster, CHAT_API)}")
        ports = items(container(pod["spec"], APP), "ports")
        port = int(ports[0]["containerPort"]) if ports else 8000
        with self._kubectl.forward(f"pod/{name_of(pod)}", port) as base:
            return asyncio.run(smoke_at(base))

    def _running_pod(self) -> str:
        """A pod whose container runs, ready or not: commands need no sidecar."""
        pods = [pod for pod in pods_of(self._cluster, CHAT_API) if not pod["metadata"].get("deletionTimestamp")]
        for pod in sorted(pods, key=lambda found: found["metadata"]["creationTimestamp"], reverse=True):
            for state in items(pod, "status", "containerStatuses"):
                if state["name"] == APP and part(state, "state", "running"):
                    return name_of(pod)
        raise OpsError("No pod of chat-api runs, so that the platform cannot be asked.")


async def smoke_at(url: str) -> SmokeReport:
    """The smoke test at a base address."""
    async with httpx.AsyncClient(base_url=url, timeout=_REQUEST_SECONDS) as client:
        return await smoke(client)
