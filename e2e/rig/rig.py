"""The whole event path on one machine: Kafka, and each service as a process of its own with its sidecar.

What ends is started again, as a cluster would do it, so that a test or a curious user may kill anything.
"""

import asyncio
import secrets
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import structlog

from e2e.rig import ports, resources
from e2e.rig.children import Child
from e2e.rig.daprd import Sidecar
from e2e.rig.kafka import Kafka
from e2e.rig.programs import Programs
from taskflow_core.events.topics import ALL_SERVICES, CHAT_API, ServiceName

log = structlog.get_logger(__name__)

_WATCH_SECONDS: Final = 0.5
_RESTART_SECONDS: Final = 1.0


class _Restartable(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def running(self) -> bool: ...

    def tail(self) -> str: ...

    def start(self) -> None: ...


@dataclass(kw_only=True)
class Instance:
    """One replica of a service: its process, its sidecar, and the port it answers on."""

    name: ServiceName
    pod: str
    port: int
    process: Child
    sidecar: Sidecar

    @property
    def url(self) -> str:
        """Where the service answers, the sidecar and the user alike."""
        return f"http://127.0.0.1:{self.port}"


class Rig:
    """Kafka, services and sidecars with their files in `home`; `environment` is what the services are told.

    It must hold the database and the secrets; what concerns the bus is added here: `sidecar_token` is what sidecars
    demand. Use `running()`.
    """

    def __init__(
        self,
        programs: Programs,
        home: Path,
        environment: Mapping[str, str],
        *,
        services: Sequence[ServiceName] = ALL_SERVICES,
        otlp_endpoint: str | None = None,
    ) -> None:
        self._programs = programs
        self._logs = home / "logs"
        self._home = home
        self._otlp_endpoint = otlp_endpoint
        self._app_token = environment.get("TASKFLOW_API_TOKEN") or secrets.token_hex(32)
        self.sidecar_token = secrets.token_hex(32)
        self._chat_api_port = ports.free(1)[0]
        self._environment = dict(environment)
        self._names = services
        self._watched: list[_Restartable] = []
        self.kafka = Kafka(programs, home / "kafka", log=self._logs / "kafka.log")
        self.instances: list[Instance] = []

    def instance(self, name: ServiceName, replica: int = 0) -> Instance:
        """The replica of a service. Raises LookupError for one that there is not."""
        return [one for one in self.instances if one.name == name][replica]

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Everything started; on leaving, stopped in the opposite order. Raises RigError. On the main thread."""
        watch: asyncio.Task[None] | None = None
        try:
            self.kafka.launch()
            await asyncio.to_thread(self.kafka.finish_start)
            resources.write(self._home / "dapr", brokers=self.kafka.address, otlp_endpoint=self._otlp_endpoint)
            for name in self._names:
                self.add(name)
            watch = asyncio.create_task(self._watch(), name="rig-watch")
            yield
        finally:
            if watch is not None:
                watch.cancel()
                await asyncio.gather(watch, return_exceptions=True)
            # Services first: they hand back what they have in hand while their sidecars can still take it.
            for stops in (
                [one.process.stop for one in self.instances],
                [one.sidecar.stop for one in self.instances],
                [self.kafka.stop],
            ):
                await asyncio.gather(*(asyncio.to_thread(stop) for stop in stops))

    def add(self, name: ServiceName) -> Instance:
        """Starts one more replica of a service and returns it; it is not ready yet. On the main thread."""
        replica = sum(one.name == name for one in self.instances)
        pod = f"{name}-{replica}"
        port = self._chat_api_port if (name, replica) == (CHAT_API, 0) else ports.free(1)[0]
        sidecar = Sidecar(
            self._programs,
            self._home / "dapr",
            app_id=name,
            app_port=port,
            app_token=self._app_token,
            api_token=self.sidecar_token,
            log=self._logs / f"{pod}-sidecar.log",
            pod=pod,
        )
        process = Child(
            pod,
            [sys.executable, "-m", "taskflow_cli", "serve", name],
            log=self._logs / f"{pod}.log",
            environment=self._environment
            | {
                "TASKFLOW_BUS": "dapr",
                "TASKFLOW_HOST": "127.0.0.1",
                "TASKFLOW_PORT": str(port),
                "TASKFLOW_API_TOKEN": self._app_token,
                "TASKFLOW_CHAT_API_URL": f"http://127.0.0.1:{self._chat_api_port}",
                "DAPR_API_TOKEN": self.sidecar_token,
                "DAPR_HTTP_PORT": str(sidecar.http_port),
            }
            | ({"OTEL_EXPORTER_OTLP_ENDPOINT": self._otlp_endpoint} if self._otlp_endpoint else {}),
        )
        instance = Instance(name=name, pod=pod, port=port, process=process, sidecar=sidecar)
        self.instances.append(instance)
        for one in (process, sidecar):
            one.start()
            self._watched.append(one)
        return instance

    def leave_stopped(self, *these: _Restartable) -> None:
        """From now on what ends of these stays ended, until start_again()."""
        self._watched = [one for one in self._watched if one not in these]

    def start_again(self, *these: _Restartable) -> None:
        """Starts these and watches over them again. On the main thread."""
        for one in these:
            if not one.running:
                one.start()
            if one not in self._watched:
                self._watched.append(one)

    async def _watch(self) -> None:
        """Starts what ended again. A sidecar ends by itself while Kafka is away: so it is tried until it stays."""
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            for one in self._watched:
                if not one.running:
                    log.warning("started_again", what=one.name, last_words=one.tail().splitlines()[-3:])
                    await asyncio.sleep(_RESTART_SECONDS)
                    if one in self._watched and not one.running:
                        one.start()
