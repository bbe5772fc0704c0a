"""The `taskflow` command. Each subcommand is a module, imported only when it is called."""

from taskflow_cli.main import main

__all__ = ["main"]
