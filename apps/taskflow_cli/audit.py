"""The audit trail: verify that nobody changed it, export a month, prune what is older than its retention.

It works as the owner of the tables, and reads TASKFLOW_MIGRATION_DATABASE_URL, TASKFLOW_AUDIT_SIGNING_KEY and
TASKFLOW_AUDIT_CHECKPOINT_DIR, or what the platform that runs on this machine has.
"""

import argparse
import os
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskflow_cli.environment import environment
from taskflow_cli.main import UserError
from taskflow_core.interruptible import run_interruptible

if TYPE_CHECKING:
    from audit_logger.cli import Report
    from taskflow_core.settings import AuditSettings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    actions.add_parser(
        "verify",
        help="check the whole trail, and name what is wrong (exit status 1; 3: rows not sealed yet; 4: not proven)",
    )
    export = actions.add_parser("export", help="write the rows of a month to a file")
    export.add_argument("month", help="for example 2026-11")
    export.add_argument(
        "path",
        type=Path,
        help="the file to write, for example task_events-2026-11.jsonl.gz; - writes to the standard output",
    )
    prune = actions.add_parser("prune", help="take away months older than the retention, at once as the owner")
    prune.add_argument("--months", type=int, help="keep so many instead of TASKFLOW_AUDIT_RETENTION_MONTHS")
    prune.add_argument(
        "--export-to",
        type=Path,
        metavar="DIRECTORY",
        help="write each month there before it goes; default: TASKFLOW_AUDIT_EXPORT_DIR",
    )
    restore = actions.add_parser("restore", help="put a month that was detached back on the trail")
    restore.add_argument("month", help="for example 2024-10")
    actions.add_parser("partitions", help="list the months, and make those that are missing")


def run(arguments: argparse.Namespace) -> int:
    from asyncpg import InterfaceError, PostgresError

    from taskflow_core.settings import SettingsError, load_audit

    try:
        report = run_interruptible(_action(arguments, load_audit(environment(os.environ))))
    except (SettingsError, ValueError) as error:
        raise UserError(str(error)) from error
    except BrokenPipeError:
        raise  # whoever read our output has had enough
    except (OSError, PostgresError, InterfaceError) as error:
        raise UserError(f"`taskflow audit {arguments.action}` failed: {str(error) or type(error).__name__}") from error
    # Beside an export to the standard output nothing else may be there.
    exported = arguments.action == "export" and str(arguments.path) == "-"
    print("\n".join(report.lines), file=sys.stderr if exported else sys.stdout)
    return report.status


def _action(arguments: argparse.Namespace, settings: "AuditSettings") -> Coroutine[Any, Any, "Report"]:
    from audit_logger import cli

    match arguments.action:
        case "verify":
            return cli.verify(settings)
        case "export":
            return cli.export(settings, cli.parse_month(arguments.month), arguments.path)
        case "prune":
            return cli.prune(settings, months=arguments.months, directory=arguments.export_to)
        case "restore":
            return cli.restore(settings, cli.parse_month(arguments.month))
        case _:
            return cli.partitions(settings)
