"""Every table with its columns and its owner: the service that writes it. A test compares this with the real schema.

It describes; the migrations make. The services' simple statements and their lists of columns are made from it
(taskflow_core.database.statements), the others are SQL (docs/adr/0002). A table whose primary key has several columns
marks each of them, though Piccolo itself would go by one.
"""

from typing import Final

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
    BigInt,
    Boolean,
    Bytea,
    Column,
    Date,
    Integer,
    SmallInt,
    Text,
    Timestamp,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table

from taskflow_db.account_tables import AccountLinks, PersonalTokens
from taskflow_db.audit_tables import (
    AuditChain,
    AuditCheckpoints,
    AuditKeys,
    AuditOldHashes,
    AuditPruned,
    AuditSealing,
    AuditUpkeep,
    AuditUpkeepDays,
    TaskEvents,
)
from taskflow_db.bus_tables import DeadLetters, EmbeddedDeliveries
from taskflow_db.erasure_tables import Erasures
from taskflow_db.session_tables import DisabledAccounts, RefreshTokens, Revocations, Sessions
from taskflow_db.sign_in_tables import SignInBudgets, SignInDevices
from taskflow_db.stream_tables import StreamTickets
from taskflow_db.trash_tables import DeletedTasks

CHAT_API: Final = "chat-api"
REMINDER_SERVICE: Final = "reminder-service"


class Users(Table, tablename="users", tags=[CHAT_API], help_text="Accounts (Phase IV's)"):
    id = Varchar(length=None, primary_key=True)
    email = Varchar(length=255, unique=True)
    hashed_password = Varchar(length=None, secret=True)
    created_at = Timestamp()
    updated_at = Timestamp()


class Tasks(Table, tablename="tasks", tags=[CHAT_API], help_text="Tasks (Phase IV's, with Phase V's columns)"):
    id = Varchar(length=None, primary_key=True)
    user_id = Varchar(length=None)
    title = Varchar(length=255)
    description = Varchar(length=5000, null=True, default=None)
    completed = Boolean()
    created_at = Timestamp()
    updated_at = Timestamp()
    due_date = Timestamptz(null=True, default=None)
    due_all_day = Boolean(null=True, default=None)
    recurrence_pattern = Varchar(length=500, null=True, default=None)
    recurrence_end_date = Date(null=True, default=None)
    recurrence_timezone = Varchar(length=64, null=True, default=None)
    parent_recurring_task_id = Varchar(length=None, null=True, default=None)
    occurrence_date = Date(null=True, default=None)
    reminder_config = JSONB(null=True, default=None)
    tags = Array(base_column=Text(), null=True, default=None)
    tag_keys = Array(base_column=Text(), null=True, default=None)
    priority = SmallInt(null=True, default=None)


class Conversation(Table, tablename="conversation", tags=[CHAT_API], help_text="Chats (Phase IV's)"):
    id = Varchar(length=None, primary_key=True)
    user_id = Varchar(length=None)
    created_at = Timestamp()
    updated_at = Timestamp()


class Message(Table, tablename="message", tags=[CHAT_API], help_text="What was said in chats (Phase IV's)"):
    id = Varchar(length=None, primary_key=True)
    user_id = Varchar(length=None)
    conversation_id = Varchar(length=None)
    role = Varchar(length=20)
    content = Varchar(length=None)
    tool_calls = Varchar(length=None, null=True, default=None)
    created_at = Timestamp()


class Outbox(
    Table,
    tablename="outbox",
    tags=[CHAT_API, REMINDER_SERVICE],
    help_text="Events that the audit trail is not known to hold; each row is its producer's",
):
    seq = BigInt(primary_key=True)
    event_id = UUID(unique=True)
    producer = Varchar(length=64)
    topic = Varchar(length=128)
    task_id = Varchar(length=None)
    occurred_at = Timestamptz()
    payload = Text()
    created_at = Timestamptz()
    published_at = Timestamptz(null=True, default=None)
    publish_count = Integer()
    attempts = Integer()
    retry_at = Timestamptz(null=True, default=None)
    last_error = Varchar(length=500, null=True, default=None)
    user_id = Varchar(length=None, null=True, default=None)


class TaskShadow(
    Table,
    tablename="task_shadow",
    tags=[CHAT_API],
    help_text="Per task its version and Phase IV's fields as last published",
):
    task_id = Varchar(length=None, primary_key=True)
    user_id = Varchar(length=None)
    version = BigInt()
    title = Varchar(length=255)
    description = Varchar(length=5000, null=True, default=None)
    completed = Boolean()
    updated_at = Timestamptz()


class IdempotencyKeys(
    Table,
    tablename="idempotency_keys",
    tags=[CHAT_API],
    help_text="Answers to requests with an Idempotency-Key, for a day",
):
    user_id = Varchar(length=None, primary_key=True)
    route = Varchar(length=200, primary_key=True)
    key = Varchar(length=255, primary_key=True)
    request_hash = Bytea()
    status = SmallInt()
    headers = Text()
    body = Bytea()
    created_at = Timestamptz()


class UserPreferences(
    Table, tablename="user_preferences", tags=[CHAT_API], help_text="Time zone and notifications of users who said so"
):
    user_id = Varchar(length=None, primary_key=True)
    timezone = Varchar(length=64)
    notifications = Text()
    updated_at = Timestamptz()
    date_order = Varchar(length=3, null=True, default=None)


class TaskSeries(
    Table, tablename="task_series", tags=[CHAT_API], help_text="Rule and state of repeating tasks, by first task's id"
):
    series_id = Varchar(length=None, primary_key=True)
    user_id = Varchar(length=None)
    title = Varchar(length=255)
    description = Varchar(length=5000, null=True, default=None)
    reminder_config = JSONB(null=True, default=None)
    pattern = Varchar(length=500)
    timezone = Varchar(length=64)
    start_local = Timestamp()
    all_day = Boolean()
    end_date = Date(null=True, default=None)
    mode = Varchar(length=20)
    catch_up = Varchar(length=10)
    last_slot = Date()
    next_slot = Date(null=True, default=None)
    next_due = Timestamptz(null=True, default=None)
    make_at = Timestamptz(null=True, default=None)
    made_count = Integer()
    attempts = Integer()
    retry_at = Timestamptz(null=True, default=None)
    last_error = Varchar(length=500, null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz()
    updated_at = Timestamptz()
    tags = Array(base_column=Text(), null=True, default=None)
    priority = SmallInt(null=True, default=None)


class SeriesSlots(
    Table, tablename="series_slots", tags=[CHAT_API], help_text="Occurrence dates a series has used, never used again"
):
    series_id = Varchar(length=None, primary_key=True)
    occurrence_date = Date(primary_key=True)
    task_id = Varchar(length=None)
    made_at = Timestamptz()


class ReminderSchedule(
    Table,
    tablename="reminder_schedule",
    tags=[REMINDER_SERVICE],
    help_text="Reminders to come and sent; chat-api acknowledges in it",
):
    id = UUID(primary_key=True)
    task_id = Varchar(length=None)
    user_id = Varchar(length=None)
    reminder_offset = Varchar(length=32)
    due_at = Timestamptz()
    due_all_day = Boolean()
    timezone = Varchar(length=64, null=True, default=None)
    scheduled_at = Timestamptz()
    fire_at = Timestamptz()
    snoozed_until = Timestamptz(null=True, default=None)
    status = Varchar(length=16)
    task_version = BigInt()
    event_id = UUID(null=True, default=None)
    fired_at = Timestamptz(null=True, default=None)
    acknowledged_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz()
    updated_at = Timestamptz()


PHASE_IV_TABLES: Final[tuple[type[Table], ...]] = (Users, Tasks, Conversation, Message)
"""What Phase IV made: migrations adopt these, and leave them when they are taken back."""

TABLES: Final[tuple[type[Table], ...]] = (
    *PHASE_IV_TABLES,
    Outbox,
    TaskShadow,
    EmbeddedDeliveries,
    DeadLetters,
    IdempotencyKeys,
    UserPreferences,
    TaskSeries,
    SeriesSlots,
    ReminderSchedule,
    DeletedTasks,
    SignInBudgets,
    SignInDevices,
    StreamTickets,
    Sessions,
    RefreshTokens,
    Revocations,
    DisabledAccounts,
    Erasures,
    AccountLinks,
    PersonalTokens,
    TaskEvents,
    AuditChain,
    AuditCheckpoints,
    AuditKeys,
    AuditOldHashes,
    AuditPruned,
    AuditSealing,
    AuditUpkeep,
    AuditUpkeepDays,
)
"""Every table but Piccolo's own `migration`."""


def table_name(table: type[Table]) -> str:
    """What the table is called in the database."""
    return table._meta.tablename  # pyright: ignore[reportPrivateUsage]  # Piccolo has no public name for it


def table_of(column: Column) -> str:
    """The name of the table that the column is in."""
    return column._meta.table._meta.tablename  # pyright: ignore[reportPrivateUsage]  # Piccolo has no public name for it


def column_name(column: Column) -> str:
    """What the column is called in the database."""
    return column._meta.db_column_name  # pyright: ignore[reportPrivateUsage]  # Piccolo has no public name for it


def owners(table: type[Table]) -> tuple[str, ...]:
    """The service, or services, that write the table."""
    return tuple(table._meta.tags)  # pyright: ignore[reportPrivateUsage]  # Piccolo has no public name for it
