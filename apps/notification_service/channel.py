"""A user with streams here: what they want to be sent, and how fast."""

from notification_service.limiter import Limiter
from notification_service.preferences import wanted_by
from notification_service.recent_events import ReadyEvent
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

    def push(self, event: ReadyEvent) -> int:
        """Write an event to the streams, but for those that had it with their replay. Returns to how many."""
        sent = 0
        # A stream that is cut off while it is written to leaves the list.
        for stream in tuple(self.streams):
            if event.event_id not in stream.replayed:
                stream.push(event.data)
                sent += 1
        return sent

    def prefer(self, preference: str) -> None:
        """The user changed their mind."""
        self.preference, self.wanted = preference, wanted_by(preference)
