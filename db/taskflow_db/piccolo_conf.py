"""Where Piccolo looks for its engine and its apps (PICCOLO_CONF names this module)."""

from typing import Final

from piccolo.conf.apps import AppRegistry
from piccolo.engine.postgres import PostgresEngine


class Engine(PostgresEngine):
    """Piccolo's engine, without the connections that it makes when it is constructed: this module is imported for that.

    They would ask whatever listens on port 5432 for its version, and make extensions that the schema does not use.
    """

    async def check_version(self) -> None:
        """The version is the installation's matter (docs say 14 or newer)."""

    async def prep_database(self) -> None:
        """The migrations need no extension."""


DB: Final = Engine(config={})
"""One for the process. It names a database only while the runner is at work on one."""

APP_REGISTRY = AppRegistry(apps=["taskflow_db.piccolo_app"])
