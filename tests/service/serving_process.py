"""`python -m tests.service.serving_process`: all five services in one process, as `taskflow serve` runs one.

Told by the environment; prints the port it listens on. A password costs little here.
"""

import os
import sys

from taskflow_core.events.topics import ALL_SERVICES
from taskflow_core.service.composition import factories
from taskflow_core.service.host import Host
from taskflow_core.service.listening import listen
from taskflow_core.service.server import serve
from taskflow_core.settings import load
from taskflow_core.telemetry import logs
from tests.support.quick_passwords import cost_little


def main() -> int:
    cost_little()
    settings = load(os.environ)
    logs.configure(settings.log_level)
    with listen(settings.host, settings.port) as listening:
        sys.stdout.write(f"{listening.getsockname()[1]}\n")
        sys.stdout.flush()
        return serve(
            Host(settings, factories(ALL_SERVICES)),
            listening,
            keep_alive_seconds=settings.keep_alive_seconds,
            max_connections=settings.max_connections,
            trusted_proxies=settings.trusted_proxies,
        )


if __name__ == "__main__":
    sys.exit(main())
