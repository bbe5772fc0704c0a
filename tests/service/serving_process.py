"""`python -m tests.service.serving_process`: all five services in one process, as `taskflow serve` runs one.

Told by the environment; prints the port it listens on.
"""

import os
import sys

from taskflow.local import ports
from taskflow.local.serving import ALL_SERVICES, factories, serve
from taskflow.service.host import Host
from taskflow.settings import load
from taskflow.telemetry import logs


def main() -> int:
    settings = load(os.environ)
    logs.configure(settings.log_level)
    with ports.listen(settings.host, settings.port) as listening:
        sys.stdout.write(f"{listening.getsockname()[1]}\n")
        sys.stdout.flush()
        return serve(Host(settings, factories(ALL_SERVICES)), listening)


if __name__ == "__main__":
    sys.exit(main())
