"""Questions to the platform that runs: its schema and its events by a command in a pod of chat-api, its API by HTTP."""

import asyncio
from typing import Any, Final

import httpx
import msgspec

from taskflow_core.bus.backlog import Backlog
from taskflow_core.events.topics import CHAT_API
from taskflow_core.service.revocations.counting import Revoked
from taskflow_ops.cluster import Cluster
from taskflow_ops.conventions import APP
from taskflow_ops.errors import OpsError, UnreachableError
from taskflow_ops.event_path import prove_events
from taskflow_ops.objects import container, items, name_of, part
from taskflow_ops.smoke import SmokeReport, smoke
from taskflow_ops.workloads import newest_ready_pod, pods_of, trouble

_COMMAND_SECONDS: Final = 60.0
_REQUEST_SECONDS: Final = 15.0


class Platform:
    """The platform as it answers, of either phase."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def backlog(self, *, unpublished_changes: bool = False, within: float = _COMMAND_SECONDS) -> Backlog:
        """Events on their way and given up; with `unpublished_changes` also what Phase IV did without an event yet.

        `within` are the seconds to wait for an answer. Raises OpsError where no pod of chat-api runs the project's
        image, or the database is away.
        """
        words = ("outbox", "status", "--json", *(["--unpublished-changes"] if unpublished_changes else []))
        try:
            output = self.command(*words, within=within)
        except UnreachableError as error:
            if "unrecognized arguments" not in str(error):
                raise
            output = self.command("outbox", "status", "--json", "--untold", within=within)
        try:
            answer = msgspec.json.decode(output.strip().splitlines()[-1], type=dict[str, Any])
            if "untold" in answer:  # a pod of 0.5 or before names it so
                answer["unpublished_changes"] = answer["untold"]
            return msgspec.convert(answer, Backlog)
        except (msgspec.DecodeError, IndexError) as error:
            raise OpsError(f"`taskflow outbox status` in a pod of chat-api answered {output[:200]!r}.") from error

    def schema(self) -> str:
        """The migrations the database has and lacks, as `taskflow db status` prints them. Raises as `backlog` does."""
        return self.command("db", "status").strip()

    def revoked(self) -> Revoked:
        """What is revoked, which Phase IV will admit. Raises as `backlog` does."""
        output = self.command("admin", "revoked", "--json", within=_REQUEST_SECONDS)
        try:
            return msgspec.json.decode(output.strip().splitlines()[-1], type=Revoked)
        except (msgspec.DecodeError, IndexError) as error:
            raise OpsError(f"`taskflow admin revoked` in a pod of chat-api answered {output[:200]!r}.") from error

    def command(self, *words: str, within: float = _COMMAND_SECONDS) -> str:
        """What `taskflow` with these words prints in a pod of chat-api that runs.

        Raises OpsError where that is not allowed, UnreachableError when it fails otherwise: the pod may have ended just
        now, or the database be away.
        """
        try:
            return self._cluster.execute(self._running_pod(), APP, ["taskflow", *words], within=within)
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
        with self._cluster.forward(name_of(pod), port) as local:
            return asyncio.run(smoke_at(f"http://127.0.0.1:{local}"))

    def _running_pod(self) -> str:
        """A pod whose container runs, ready or not: commands need no sidecar."""
        pods = [pod for pod in pods_of(self._cluster, CHAT_API) if not pod["metadata"].get("deletionTimestamp")]
        for pod in sorted(pods, key=lambda found: found["metadata"]["creationTimestamp"], reverse=True):
            for state in items(pod, "status", "containerStatuses"):
                if state["name"] == APP and part(state, "state", "running"):
                    return name_of(pod)
        raise OpsError("No pod of chat-api runs, so that the platform cannot be asked.")


async def smoke_at(url: str, *, events: bool = False) -> SmokeReport:
    """The smoke test at a base address, with `events` also that of the events' way. Raises OpsError for no address."""
    try:
        client = httpx.AsyncClient(base_url=url, timeout=_REQUEST_SECONDS)
    except httpx.InvalidURL as error:
        raise OpsError(f"{url!r} is no address: {error}") from error
    async with client:
        report = await smoke(client)
        if not events:
            return report
        return msgspec.structs.replace(report, checks=[*report.checks, *await prove_events(client)])
