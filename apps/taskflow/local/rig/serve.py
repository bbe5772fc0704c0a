"""One service in a process of its own: `python -m taskflow.local.rig.serve NAME`, with settings in the environment."""

import importlib
import os
import sys

import uvicorn

from taskflow.service.host import Host
from taskflow.settings import load
from taskflow.telemetry import logs, tracing

_GRACE_SECONDS = 5


def main() -> None:
    name = sys.argv[1]
    settings = load(os.environ)
    logs.configure(settings.log_level)
    tracing.configure(settings.otlp_endpoint, name)
    factory = importlib.import_module(f"{name.replace('-', '_')}.app").create_service
    uvicorn.run(
        Host(settings, [factory]),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        interface="asgi3",
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )


if __name__ == "__main__":
    main()
