"""Tells Piccolo which tables and migrations are ours."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from taskflow_db.tables import TABLES

APP_NAME = "taskflow"

APP_CONFIG = AppConfig(
    app_name=APP_NAME,
    migrations_folder_path=str(Path(__file__).parent / "migrations"),
    table_classes=list(TABLES),
    migration_dependencies=[],
    commands=[],
)
