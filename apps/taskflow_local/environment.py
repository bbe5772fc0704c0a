"""The environment that a platform on one machine gives its services, and that commands beside it read."""

from collections.abc import Mapping
from typing import Final

from taskflow_local.home import Home
from taskflow_local.postgres import running

HIGHEST_PORT: Final = 65535


class StartError(RuntimeError):
    """The platform cannot start; the message says why and what to do."""


def completed(environ: Mapping[str, str], home: Home) -> dict[str, str]:
    """The environment with what one machine needs and the user did not say; all but the database.

    Raises StartError for a port that is none, HomeError where the secrets cannot be read.
    """
    defaults = {
        "TASKFLOW_BUS": "embedded",
        "TASKFLOW_HOST": "127.0.0.1",
        "TASKFLOW_PORT": "8000",
        "TASKFLOW_AUDIT_CHECKPOINT_DIR": str(home.checkpoints),
    }
    given = {name: value for name, value in environ.items() if value.strip()}
    whole = defaults | given | home.secrets(given)
    if not whole["TASKFLOW_PORT"].isdigit() or int(whole["TASKFLOW_PORT"]) > HIGHEST_PORT:
        raise StartError(f"TASKFLOW_PORT is {whole['TASKFLOW_PORT']!r}; a port is a number up to {HIGHEST_PORT}.")
    return whole


def of_running_platform(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of the services of the platform that runs in this home. Raises StartError where none does."""
    home = Home.of(environ)
    addresses = running(home.postgres)
    if addresses is None:
        raise StartError(
            f"Which database? None runs in {home.directory}, and TASKFLOW_DATABASE_URL is not set.\n"
            "Start the platform first (make up), or set TASKFLOW_DATABASE_URL."
        )
    return completed(environ, home) | {
        "TASKFLOW_DATABASE_URL": addresses.app_url,
        "TASKFLOW_MIGRATION_DATABASE_URL": addresses.owner_url,
    }
