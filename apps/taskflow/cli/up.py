"""Runs the whole platform on this machine: all five services in one process, with a PostgreSQL of its own.

  TASKFLOW_PORT          the port to listen on (8000)
  TASKFLOW_HOME          where data, secrets and logs lie (.taskflow in the clone)
  TASKFLOW_DATABASE_URL  your own PostgreSQL 14 or newer, instead of the embedded one
  TASKFLOW_BUS           dapr: each service beside a real sidecar, over a real Kafka (`make rig` once, before)

Ctrl-C stops it; a second Ctrl-C does not wait for anybody. All settings: docs/configuration.md.
"""

import argparse
import os
import sys

from taskflow.cli.main import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--with-parent", action="store_true", help="stop when the process that started this ends (make up does so)"
    )


def run(arguments: argparse.Namespace) -> int:
    from taskflow.local.home import HomeError
    from taskflow.local.ports import PortError
    from taskflow.local.postgres_place import PostgresError
    from taskflow.local.progress import Progress
    from taskflow.local.rig.errors import RigError
    from taskflow.local.up import StartError, up
    from taskflow.settings import SettingsError

    try:
        return up(os.environ, Progress(sys.stdout), with_parent=arguments.with_parent)
    except (HomeError, PortError, PostgresError, RigError, StartError, SettingsError) as error:
        raise UserError(str(error)) from error
