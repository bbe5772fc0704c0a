"""Runs the whole platform on this machine: all five services in one process, with a PostgreSQL of its own.

  TASKFLOW_PORT          the port to listen on (8000)
  TASKFLOW_HOME          where data, secrets and logs lie (.taskflow in the clone)
  TASKFLOW_DATABASE_URL  your own PostgreSQL 14 or newer, instead of the embedded one

With sidecars and a Kafka it runs from a checkout: `make rig` once, then `make up BUS=dapr`.
Ctrl-C stops it; a second Ctrl-C does not wait for anybody. All settings: docs/configuration.md.
"""

import argparse
import os
import sys
from typing import TYPE_CHECKING

from taskflow_cli.main import UserError

if TYPE_CHECKING:
    from taskflow_local.up import Compose


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--with-parent", action="store_true", help="stop when the process that started this ends (make up does so)"
    )


def run(arguments: argparse.Namespace, compose: "Compose | None" = None) -> int:
    """`compose` makes the app of the whole platform; without it all services are in this process."""
    from taskflow_core.service.listening import PortError
    from taskflow_core.settings import SettingsError
    from taskflow_local.home import HomeError
    from taskflow_local.postgres_location import PostgresError
    from taskflow_local.progress import Progress
    from taskflow_local.up import StartError, in_one_process, up

    try:
        return up(
            os.environ,
            Progress(sys.stdout),
            with_parent=arguments.with_parent,
            compose=compose or in_one_process,
        )
    except (HomeError, PortError, PostgresError, StartError, SettingsError) as error:
        raise UserError(str(error)) from error
