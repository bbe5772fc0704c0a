"""A way to tamper with the audit trail: what somebody does, and words that name it. {month} is this month's table."""

from dataclasses import dataclass

OWNER, SUPERUSER = "the owner", "a superuser"

OFF = "ALTER TABLE task_events DISABLE TRIGGER audit_append_only; ALTER TABLE {month} DISABLE TRIGGER ALL;"
ON = (
    "ALTER TABLE task_events ENABLE ALWAYS TRIGGER audit_append_only;"
    "ALTER TABLE {month} ENABLE ALWAYS TRIGGER audit_append_only;"
)


@dataclass(frozen=True)
class Way:
    """What somebody does, and words that name it."""

    name: str
    sql: str
    words: str
    by: tuple[str, ...] = (OWNER, SUPERUSER)


def rows(name: str, sql: str, words: str) -> Way:
    """A change of rows that leaves the triggers as they were: only the chain can tell."""
    return Way(name, OFF + sql + ON, words)
