"""The audit trail: verify that nobody changed it, export a month, prune what is older than its retention.

It works as the owner of the tables, and reads TASKFLOW_MIGRATION_DATABASE_URL, TASKFLOW_AUDIT_SIGNING_KEY and
TASKFLOW_AUDIT_CHECKPOINT_DIR, or what the platform that runs on this machine has.
"""

import argparse
import asyncio
import os
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskflow.cli.main import UserError

if TYPE_CHECKING:
    from audit_logger.cli import Report
    from taskflow.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    actions.add_parser("verify", help="check the whole trail; names the first row that is wrong (exit status 1)")
    export = actions.add_parser("export", help="write the rows of a month to a file")
    export.add_argument("month", help="for example 2026-11")
    export.add_argument("path", type=Path, help="the file to write, for example task_events-2026-11.jsonl.gz")
    prune = actions.add_parser("prune", help="take away months that are older than the retention")
    prune.add_argument("--months", type=int, help="keep so many instead of TASKFLOW_AUDIT_RETENTION_MONTHS")
    prune.add_argument("--export-to", type=Path, metavar="DIRECTORY", help="write each month there before it goes")
    actions.add_parser("partitions", help="list the months, and make those that are missing")


def run(arguments: argparse.Namespace) -> int:
    from asyncpg import InterfaceError, PostgresError

    from taskflow.local.environment import StartError, beside
    from taskflow.settings import SettingsError, load

    try:
        report = asyncio.run(_action(arguments, load(beside(os.environ))))
    except (StartError, SettingsError, ValueError) as error:
        raise UserError(str(error)) from error
    except (OSError, PostgresError, InterfaceError) as error:
        raise UserError(f"The audit trail cannot be read: {str(error) or type(error).__name__}") from error
    print("\n".join(report.lines))
    return report.status


def _action(arguments: argparse.Namespace, settings: "Settings") -> Coroutine[Any, Any, "Report"]:
    from audit_logger import cli

    match arguments.action:
        case "verify":
            return cli.verify(settings)
        case "export":
            return cli.export(settings, cli.parse_month(arguments.month), arguments.path)
        case "prune":
            return cli.prune(settings, months=arguments.months, directory=arguments.export_to)
        case _:
            return cli.partitions(settings)
