"""A user's preferences: their time zone, and which notifications they want."""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from chat_api.parser import Order
from taskflow_core.database.pool import Connection
from taskflow_core.database.statements import select
from taskflow_core.domain.zones import zone
from taskflow_core.events.model import EventType
from taskflow_db.tables import UserPreferences

# A user's preferences; no row means the defaults.
_READ: Final = select(
    UserPreferences.timezone, UserPreferences.notifications, UserPreferences.date_order, by=[UserPreferences.user_id]
)
# A user's preferences, replaced; the order of day and month only where it is said ($5).
_WRITE: Final = """
INSERT INTO user_preferences (user_id, timezone, notifications, date_order) VALUES ($1, $2, $3, $4)
ON CONFLICT (user_id) DO UPDATE
    SET timezone = excluded.timezone, notifications = excluded.notifications, updated_at = now(),
        date_order = CASE WHEN $5::boolean THEN excluded.date_order ELSE user_preferences.date_order END
RETURNING date_order
"""

Which = Literal["all", "reminders", "none"]


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """What a user prefers. `notifications` on the stream: all, reminders only, none, or a list of event types."""

    timezone: Annotated[str, Meta(max_length=64, description="An IANA name", examples=["Europe/Berlin"])] = "UTC"
    notifications: Which | Annotated[list[EventType], Meta(max_length=10)] = "all"
    date_order: Annotated[
        Order | UnsetType | None,
        Meta(description="How they write 4/12: day first, month first; null: ask. Kept where it is left out"),
    ] = UNSET


async def read(connection: Connection, user_id: str) -> Preferences:
    """The user's preferences, or the defaults."""
    row = await connection.fetchrow(_READ, user_id)
    if row is None:
        return Preferences(date_order=None)
    stored: str = row["notifications"]
    notifications = msgspec.json.decode(stored) if stored.startswith("[") else stored
    found = {"timezone": row["timezone"], "notifications": notifications, "date_order": row["date_order"]}
    return msgspec.convert(found, Preferences)


async def write(connection: Connection, user_id: str, preferences: Preferences) -> Preferences:
    """Replace the user's preferences; returns them as they are stored. Raises FieldError for an unknown time zone."""
    zone(preferences.timezone)
    wanted = preferences.notifications
    if not isinstance(wanted, str):
        wanted = sorted(set(wanted))
    text = wanted if isinstance(wanted, str) else msgspec.json.encode(wanted).decode()
    given = preferences.date_order
    said = not isinstance(given, UnsetType)
    order = await connection.fetchval(_WRITE, user_id, preferences.timezone, text, given if said else None, said)
    return Preferences(timezone=preferences.timezone, notifications=wanted, date_order=order)


async def reading_preferences(connection: Connection, user_id: str) -> tuple[str, Order | None]:
    """What a user's sentences are read by: their zone (UTC where they have not said), and how they write dates."""
    row = await connection.fetchrow(_READ, user_id)
    return ("UTC", None) if row is None else (row["timezone"], row["date_order"])


async def timezone_of(connection: Connection, user_id: str) -> str | None:
    """The user's zone, None where they have not said."""
    row = await connection.fetchrow(_READ, user_id)
    return None if row is None else row["timezone"]
