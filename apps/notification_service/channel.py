"""A user with streams here: what they want to be sent, and how fast."""

from notification_service.limiter import Limiter
from notification_service.preferences import wanted_by
from notification_service.stream import Stream
from taskflow_core.events.model import EventType


class Channel:
    """A user with at least one stream here."""

    __slots__ = ("limiter", "preference", "streams", "wanted")

    def __init__(self, preference: str) -> None:
        self.streams: list[Stream] = []
        self.limiter: Limiter | None = None
        self.preference = preference
        self.wanted: frozenset[EventType] | None = wanted_by(preference)

    def prefer(self, preference: str) -> None:
        """The user changed their mind."""
        self.preference, self.wanted = preference, wanted_by(preference)
