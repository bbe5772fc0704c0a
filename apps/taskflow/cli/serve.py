"""Runs one service until SIGTERM: what each container runs. Settings come from the environment (docs/configuration.md).

A first signal stops it gracefully, within the time that requests and events in hand need; a second one insists.
"""

import argparse
import os

from taskflow.cli.main import UserError
from taskflow.events.topics import ServiceName


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from taskflow.local.serving import ALL_SERVICES

    parser.add_argument("service", choices=ALL_SERVICES, metavar="SERVICE", help=", ".join(ALL_SERVICES))


def run(arguments: argparse.Namespace) -> int:
    from taskflow.local import ports
    from taskflow.local.serving import factories, serve
    from taskflow.service.host import Host
    from taskflow.settings import SettingsError, load
    from taskflow.telemetry import logs, tracing

    name: ServiceName = arguments.service
    try:
        settings = load(os.environ)
        logs.configure(settings.log_level)
        tracing.configure(settings.otlp_endpoint, name)
        with ports.listen(settings.host, settings.port) as listening:
            return serve(Host(settings, factories([name])), listening)
    except (SettingsError, ports.PortError) as error:
        raise UserError(str(error)) from error
