"""A user's preferences: their time zone, and which notifications they want."""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from taskflow_core.database.pool import Connection
from taskflow_core.database.statements import select
from taskflow_core.domain.zones import zone
from taskflow_core.events.model import EventType
from taskflow_db.tables import UserPreferences

# A user's preferences; no row means the defaults.
_READ: Final = select(UserPreferences.timezone, UserPreferences.notifications, by=[UserPreferences.user_id])
# A user's preferences, replaced.
_WRITE: Final = """
INSERT INTO user_preferences (user_id, timezone, notifications) VALUES ($1, $2, $3)
ON CONFLICT (user_id) DO UPDATE
    SET timezone = excluded.timezone, notifications = excluded.notifications, updated_at = now()
"""

Which = Literal["all", "reminders", "none"]


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """What a user prefers. `notifications` on the stream: all, reminders only, none, or a list of event types."""

    timezone: Annotated[str, Meta(max_length=64, description="An IANA name", examples=["Europe/Berlin"])] = "UTC"
    notifications: Which | Annotated[list[EventType], Meta(max_length=10)] = "all"


async def read(connection: Connection, user_id: str) -> Preferences:
    """The user's preferences, or the defaults."""
    row = await connection.fetchrow(_READ, user_id)
    if row is None:
        return Preferences()
    stored: str = row["notifications"]
    notifications = msgspec.json.decode(stored) if stored.startswith("[") else stored
    return msgspec.convert({"timezone": row["timezone"], "notifications": notifications}, Preferences)


async def write(connection: Connection, user_id: str, preferences: Preferences) -> Preferences:
    """Replace the user's preferences; returns them as they are stored. Raises FieldError for an unknown time zone."""
    zone(preferences.timezone)
    wanted = preferences.notifications
    if not isinstance(wanted, str):
        wanted = sorted(set(wanted))
    text = wanted if isinstance(wanted, str) else msgspec.json.encode(wanted).decode()
    await connection.execute(_WRITE, user_id, preferences.timezone, text)
    return Preferences(timezone=preferences.timezone, notifications=wanted)


async def timezone_of(connection: Connection, user_id: str) -> str | None:
    """The user's zone, None where they have not said."""
    row = await connection.fetchrow(_READ, user_id)
    return None if row is None else row["timezone"]
