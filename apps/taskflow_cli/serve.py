"""Runs one service until SIGTERM: what each container runs. Settings come from the environment (docs/configuration.md).

A first signal stops it gracefully, within the time that requests and events in hand need; a second one insists.
"""

import argparse
import os

from taskflow_cli.main import UserError
from taskflow_core.events.topics import ServiceName


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from taskflow_core.events.topics import ALL_SERVICES

    parser.add_argument("service", choices=ALL_SERVICES, metavar="SERVICE", help=", ".join(ALL_SERVICES))


def run(arguments: argparse.Namespace) -> int:
    from taskflow_core.service.composition import factories
    from taskflow_core.service.host import Host
    from taskflow_core.service.listening import PortError, listen
    from taskflow_core.service.server import serve
    from taskflow_core.settings import SettingsError, load
    from taskflow_core.telemetry import logs, tracing

    name: ServiceName = arguments.service
    try:
        settings = load(os.environ)
        logs.configure(settings.log_level)
        tracing.configure(settings.otlp_endpoint, name)
        with listen(settings.host, settings.port) as listening:
            host = Host(settings, factories([name]))
            return serve(
                host,
                listening,
                keep_alive_seconds=settings.keep_alive_seconds,
                max_connections=settings.max_connections,
                https=settings.by_https,
                trusted_proxies=settings.trusted_proxies,
                gone=host.supervisor.gone,
            )
    except (SettingsError, PortError) as error:
        raise UserError(str(error)) from error
