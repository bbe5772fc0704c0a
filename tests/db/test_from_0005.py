"""A database that has months detached already is brought to the present release, and none of them goes early."""

from datetime import UTC, date, datetime
from importlib import import_module

import asyncpg
import pytest

from taskflow_db import runner
from tests.audit_logger.making import let_days_go_by

_BACK: str = import_module("taskflow_db.migrations.0006_clocks").BACKWARDS + (
    "DELETE FROM migration WHERE name = '0006_clocks'"
)


async def test_what_was_detached_before_begins_its_days_of_grace_anew(
    empty: asyncpg.Connection, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await runner.upgrade(empty_database_url)
    await empty.execute(_BACK)
    await empty.execute("SELECT audit_ensure_partition('2020-05-01')")
    await empty.execute("SELECT audit_detach_partition('2020-05-01', '{}')")
    await empty.execute("UPDATE audit_pruned SET detached_at = now() - interval '29 days'")

    assert await runner.upgrade(empty_database_url) == ("0006_clocks",)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="30 days"):
        await empty.execute("SELECT audit_drop_detached('task_events_2020_05_until_0')")
    await let_days_go_by(empty_database_url, 30)
    await empty.execute("SELECT audit_upkeep_ran()")
    await empty.execute("SELECT audit_drop_detached('task_events_2020_05_until_0')")
    row = await empty.fetchrow("SELECT month, dropped_at FROM audit_pruned")
    assert row is not None
    assert row["month"] == date(2020, 5, 1)
    assert row["dropped_at"] <= datetime.now(UTC)
