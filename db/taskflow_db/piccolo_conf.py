"""Where Piccolo looks for its engine; the runner puts the engine of the database at hand here."""

from piccolo.conf.apps import AppRegistry
from piccolo.engine.postgres import PostgresEngine

DB: PostgresEngine = PostgresEngine(config={})

APP_REGISTRY = AppRegistry(apps=["taskflow_db.piccolo_app"])
