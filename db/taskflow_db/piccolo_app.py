"""Tells Piccolo which migrations are ours."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

APP_NAME = "taskflow"

APP_CONFIG = AppConfig(
    app_name=APP_NAME,
    migrations_folder_path=str(Path(__file__).parent / "migrations"),
    table_classes=[],
    migration_dependencies=[],
    commands=[],
)
