"""A Dapr sidecar of one service, with the manifests of platform/dapr."""

import os
import urllib.error
import urllib.request
from pathlib import Path
from typing import Final

from e2e.rig import ports, resources
from e2e.rig.children import Child
from e2e.rig.programs import Programs

START_SECONDS: Final = 60.0


class Sidecar:
    """daprd beside the service `app_id` that listens on `app_port` of this machine.

    `directory` is where resources.write() put the manifests, `configured` whether it has our Configuration as well.
    `app_token` is what the sidecar shows the service, `api_token` what the service has to show the sidecar. `pod` names
    this instance among the service's replicas.
    """

    def __init__(
        self,
        programs: Programs,
        directory: Path,
        *,
        app_id: str,
        app_port: int,
        app_token: str,
        api_token: str,
        log: Path,
        pod: str | None = None,
        configured: bool = True,
    ) -> None:
        self.app_id = app_id
        self.http_port, self.grpc_port, internal, metrics = ports.free(4)
        self.metrics_port = metrics
        self._child = Child(
            f"the sidecar of {app_id}",
            [
                str(programs.daprd),
                f"--app-id={app_id}",
                f"--app-port={app_port}",
                f"--dapr-http-port={self.http_port}",
                f"--dapr-grpc-port={self.grpc_port}",
                f"--dapr-internal-grpc-port={internal}",
                f"--metrics-port={metrics}",
                "--dapr-listen-addresses=127.0.0.1",
                "--dapr-internal-grpc-listen-address=127.0.0.1",
                "--metrics-listen-address=127.0.0.1",
                f"--resources-path={directory / 'resources'}",
                *([f"--config={directory / 'configuration.yaml'}"] if configured else []),
                *resources.sidecar_flags(),
            ],
            log=log,
            environment={
                "PATH": os.environ.get("PATH", os.defpath),
                "DAPR_API_TOKEN": api_token,
                "APP_API_TOKEN": app_token,
                "POD_NAME": pod or f"{app_id}-0",
                "NAMESPACE": "taskflow",
            },
        )

    @property
    def url(self) -> str:
        """Where the service reaches it."""
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def running(self) -> bool:
        """Whether its process is there."""
        return self._child.running

    @property
    def log(self) -> Path:
        """What it wrote."""
        return self._child.log

    def start(self) -> None:
        """Starts it and returns at once: it ends by itself when Kafka cannot be reached. On the main thread."""
        self._child.start()

    def wait_ready(self) -> None:
        """Returns once it can be used to publish, whether or not the service is up. Raises RigError."""
        self._child.wait_until(self.answers, within=START_SECONDS)

    @property
    def name(self) -> str:
        """What errors and logs call it."""
        return self._child.name

    def tail(self) -> str:
        """The last lines of its log."""
        return self._child.tail()

    def answers(self) -> bool:
        """Whether it says that it can be used."""
        try:
            # Our own sidecar on this machine.
            with urllib.request.urlopen(f"{self.url}/v1.0/healthz/outbound", timeout=1) as answer:
                return answer.status == 204
        except (urllib.error.URLError, OSError):
            return False

    def stop(self) -> None:
        """Stops it in order: what it is delivering is finished first."""
        self._child.stop(grace=25)

    def kill(self) -> None:
        """Ends it as a crash would."""
        self._child.kill()

    def pause(self) -> None:
        """Makes it hang."""
        self._child.pause()

    def resume(self) -> None:
        """Lets it go on after pause()."""
        self._child.resume()
