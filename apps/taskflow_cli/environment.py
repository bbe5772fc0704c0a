"""The environment that a command reads: the user's, else that of the platform that runs on this machine."""

from collections.abc import Mapping

from taskflow_cli.main import UserError


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` where it names a database, else what the platform that runs on this machine gives its services.

    Raises UserError where neither is there.
    """
    if environ.get("TASKFLOW_DATABASE_URL") or environ.get("TASKFLOW_MIGRATION_DATABASE_URL"):
        return dict(environ)
    try:
        from taskflow_local.environment import StartError, of_running_platform
    except ModuleNotFoundError:  # the image runs no platform of its own
        raise UserError("Which database? Set TASKFLOW_DATABASE_URL.") from None
    try:
        return of_running_platform(environ)
    except StartError as error:
        raise UserError(str(error)) from error
