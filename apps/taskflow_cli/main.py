"""Finds the subcommand, imports its module and runs it.

A module of a subcommand has a docstring, whose first line is not shown, `add_arguments(parser)` and `run(arguments)`,
which returns the exit status. To add one, add a row to COMMANDS.
"""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Final, Protocol, cast

COMMANDS: Final = {
    "up": "run the whole platform on this machine",
    "demo": "sign up a user with sample tasks on a platform that runs",
    "serve": "run one service (what the container runs)",
    "db": "upgrade, downgrade or ask about the database schema",
    "dlq": "list, show and replay dead letters",
    "outbox": "say which events are on their way; publish what Phase IV did; publish again",
    "admin": "invite people, disable accounts, list those that share an address",
    "audit": "verify, export and prune the audit trail",
    "ops": "roll a cluster back to Phase IV or forward again, isolate a component, ask how it is",
}
"""Subcommands with their help; each is the module of that name here."""

INTERRUPTED: Final = 130
"""The exit status of a command that Ctrl-C ended, as shells have it."""


_EXTRAS: Final = {"taskflow_local": "local", "taskflow_ops": "ops"}
"""Packages that the container image is without, and the extra to install for each."""


class Command(Protocol):
    """What the module of a subcommand offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, arguments: argparse.Namespace) -> int: ...


class UserError(Exception):
    """Something that the user can put right; the message says what and how. Printed without a traceback."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs `taskflow`; returns the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(
        prog="taskflow",
        description="TaskFlow: tasks, repeats, reminders, live updates and an audit trail.",
        epilog="`taskflow COMMAND --help` says more. Settings come from the environment: docs/configuration.md.",
    )
    parser.add_argument("--version", action="store_true", help="print the version and end")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    chosen = next((word for word in words if word in COMMANDS), None)
    for name, text in COMMANDS.items():
        command = cast(Command, importlib.import_module(f"taskflow_cli.{name}")) if name == chosen else None
        description = (getattr(command, "__doc__", None) or text) if command is not None else text
        subparser = subparsers.add_parser(
            name, help=text, description=description, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        if command is not None:
            command.add_arguments(subparser)
            subparser.set_defaults(run=command.run)
    parsed = parser.parse_args(words)
    if parsed.version:
        from taskflow_core import __version__

        # The image says which commit it was built from.
        print(__version__, *filter(None, [os.environ.get("TASKFLOW_REVISION")]))
        return 0
    if parsed.command is None:
        parser.print_help()
        return 0
    try:
        return parsed.run(parsed)
    except UserError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        extra = _EXTRAS.get((error.name or "").partition(".")[0])
        if extra is None:
            raise
        print(f"\n`taskflow {parsed.command}` is not part of this installation.", file=sys.stderr)
        print(f"Install it on your own machine: pip install 'taskflow-platform[{extra}]'", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # `taskflow dlq list | head`
        sys.stderr.close()
        return 1
