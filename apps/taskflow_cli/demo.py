"""Signs up a user with sample tasks on a platform that runs, and prints the login."""

import argparse
import os

from taskflow_cli.main import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--url", help="where it answers (default: the platform that runs on this machine)")


def run(arguments: argparse.Namespace) -> int:
    from taskflow_local.demo import DemoError, make_demo
    from taskflow_local.home import Home

    url = arguments.url or Home.of(os.environ).address()
    if url is None:
        raise UserError("No platform runs on this machine. Start it first (make up), or name one: --url http://…")
    try:
        login = make_demo(url)
    except DemoError as error:
        raise UserError(str(error)) from error
    print(f"Made a user with {login.tasks} tasks. Sign in at {login.url} with")
    print(f"  e-mail    {login.email}")
    print(f"  password  {login.password}")
    return 0
