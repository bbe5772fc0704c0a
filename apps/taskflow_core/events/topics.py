"""The topics events travel on, one for each type of tasks', one for all of accounts; and the five services' names."""

from typing import Final, Literal

from taskflow_core.events.account import AnyEvent
from taskflow_core.events.model import Event, EventType

ServiceName = Literal[
    "chat-api", "recurring-task-processor", "reminder-service", "notification-service", "audit-logger"
]

CHAT_API: Final = "chat-api"
RECURRING_TASK_PROCESSOR: Final = "recurring-task-processor"
REMINDER_SERVICE: Final = "reminder-service"
NOTIFICATION_SERVICE: Final = "notification-service"
AUDIT_LOGGER: Final = "audit-logger"

ALL_SERVICES: Final[tuple[ServiceName, ...]] = (
    CHAT_API,
    RECURRING_TASK_PROCESSOR,
    REMINDER_SERVICE,
    NOTIFICATION_SERVICE,
    AUDIT_LOGGER,
)

TASK_CREATED: Final = "taskflow.tasks.created"
TASK_UPDATED: Final = "taskflow.tasks.updated"
TASK_COMPLETED: Final = "taskflow.tasks.completed"
TASK_DELETED: Final = "taskflow.tasks.deleted"
REMINDER_TRIGGERED: Final = "taskflow.tasks.reminder-triggered"

TASK_TOPICS: Final = (TASK_CREATED, TASK_UPDATED, TASK_COMPLETED, TASK_DELETED)
"""What happens to tasks; chat-api alone publishes it."""

STREAM_TOPICS: Final = (*TASK_TOPICS, REMINDER_TRIGGERED)
"""What browsers are sent."""

ACCOUNT_SECURITY: Final = "taskflow.accounts.security"
"""What happens to accounts: published by chat-api, for the audit trail and nobody else."""

ALL_TOPICS: Final = (*STREAM_TOPICS, ACCOUNT_SECURITY)

_TOPIC_OF: Final[dict[EventType, str]] = {
    "task.created": TASK_CREATED,
    "task.updated": TASK_UPDATED,
    "task.completed": TASK_COMPLETED,
    "task.deleted": TASK_DELETED,
    "task.reminder.triggered": REMINDER_TRIGGERED,
}


def topic_of(event: AnyEvent) -> str:
    """The topic an event belongs on."""
    return _TOPIC_OF[event.event_type] if isinstance(event, Event) else ACCOUNT_SECURITY
