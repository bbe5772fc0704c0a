"""`python -m e2e.rig`: builds the sidecar and fetches Kafka, once (`make rig`).

`python -m e2e.rig up`: the whole platform as `taskflow up` runs it, but each service in a process of its own beside a
real sidecar, over a real Kafka (`make up BUS=dapr`).
"""

import argparse
import os
import sys
from collections.abc import Mapping

from litestar.types import ASGIApp

from e2e.rig import programs
from e2e.rig.errors import RigError
from e2e.rig.host import RigHost
from taskflow_cli import up
from taskflow_cli.main import UserError
from taskflow_core.service.composition import services_of
from taskflow_core.settings import Settings
from taskflow_local.home import Home
from taskflow_local.up import in_one_process


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m e2e.rig", description=__doc__)
    actions = parser.add_subparsers(dest="action")
    up.add_arguments(actions.add_parser("up"))
    arguments = parser.parse_args()
    try:
        if arguments.action == "up":
            os.environ["TASKFLOW_BUS"] = "dapr"
            return up.run(arguments, beside_sidecars)
        return build()
    except (RigError, UserError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


def build() -> int:
    sys.stdout.write("Building Dapr and fetching Kafka (about five minutes the first time) …\n")
    sys.stdout.flush()
    got = programs.get()
    sys.stdout.write(f"The rig is there:\n  {got.dapr}\n  {got.kafka_jars}\n")
    return 0


def beside_sidecars(settings: Settings, environ: Mapping[str, str], home: Home) -> ASGIApp:
    """Each service in its own process beside a sidecar; Phase IV has neither. Raises RigError."""
    if settings.phase == "iv":
        return in_one_process(settings, environ, home)
    return RigHost(programs.find(environ), home.directory, environ, services_of(settings))


if __name__ == "__main__":
    sys.exit(main())
