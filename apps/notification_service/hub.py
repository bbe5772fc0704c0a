"""Which users have which streams here, and the fan-out of each event to them. Nothing in it waits for a reader."""

import asyncio
import random
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import structlog

from notification_service import frames, metrics
from notification_service.channel import Channel
from notification_service.limiter import Limiter
from notification_service.positions import mark_id
from notification_service.recent_events import ReadyEvent, RecentEvents
from notification_service.replay import OVERLAP_SECONDS
from notification_service.seen_events import SeenEvents, TaskVersions
from notification_service.stream import EndReason, Stream
from notification_service.timer_wheel import TimerWheel
from taskflow_core.domain.clock import Clock
from taskflow_core.events.model import EventType
from taskflow_core.service.errors import RETRY_AFTER_SECONDS, ApiError
from taskflow_core.service.tokens import Identity
from taskflow_core.settings import Settings

log = structlog.get_logger(__name__)

TICK_SECONDS: Final = 0.05
"""How fine the hub's timers is."""

EXPIRY_NOTICE_SECONDS: Final = 15.0
"""How long before its token's end a stream is warned."""

_RETRY_BUSY_SECONDS: Final = 10
_GREETING_RETRY_MS: Final = (1_000, 4_000)
_STOPPING_RETRY_MS: Final = (500, 5_000)


class Hub:
    """Opens and closes streams, passes events on, and runs what is due: heartbeats, batches, the ends of tokens."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self.clock = clock
        self._channels: dict[str, Channel] = {}
        self.recent = RecentEvents(began=time.monotonic(), window=settings.replay_window_seconds)
        self.seen = SeenEvents()
        self._versions = TaskVersions()
        self.mark: str | None = None
        """Where a reader stands that begins now; None while that is not known."""
        now = self._tick()
        self._beats: TimerWheel[Stream] = TimerWheel(now)
        self._expiries: TimerWheel[Stream] = TimerWheel(now)
        self._flushes: TimerWheel[str] = TimerWheel(now)
        self._beat_ticks = max(1, round(settings.stream_heartbeat_seconds / TICK_SECONDS))
        self._stopping = False

    # Streams

    def open(self, identity: Identity, preference: str) -> Stream:
        """A new stream of a user, which ends with their token. Whoever opens it closes it.

        Raises ApiError: 429 when they have too many, 503 when the service is stopping.
        """
        if self._stopping:
            raise ApiError(
                "STOPPING",
                "The service is stopping. Open the stream again in a moment.",
                error="Service is stopping",
                headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
            )
        channel = self._channels.get(identity.user_id)
        most = self._settings.streams_per_user
        if channel is None:
            channel = self._channels[identity.user_id] = Channel(preference)
        elif len(channel.streams) >= most:
            metrics.REFUSED.inc()
            raise ApiError(
                "TOO_MANY_STREAMS",
                f"You have {most} streams open, which is as many as allowed. Close one, or share one between tabs.",
                error="Too many streams",
                headers={"Retry-After": str(_RETRY_BUSY_SECONDS)},
                params={"most": most},
            )
        now = self.clock.now()
        left = (identity.expires_at - now).total_seconds()
        stream = Stream(
            identity,
            limit=self._settings.stream_queue,
            policy=self._settings.slow_reader,
            opened=time.monotonic(),
            opened_at=now.timestamp(),
            closing_at=time.monotonic() + left,
            dropped=self._dropped,
            ended=self._ended,
        )
        channel.streams.append(stream)
        metrics.STREAMS.inc()
        # Heartbeats of many streams are spread over the interval by chance.
        stream.beat = self._beats.add(stream, self._tick() + 1 + int(random.random() * self._beat_ticks))  # noqa: S311  # spread
        notice = min(left - EXPIRY_NOTICE_SECONDS, 10 * 365 * 86_400)
        stream.due = self._expiries.add(stream, self._tick() + int(notice / TICK_SECONDS))
        return stream

    def greeting(self, mark: str | None) -> bytes:
        """What a stream begins with: where to resume from, to a reader that does not know, and how soon."""
        hint = frames.retry_hint(*_GREETING_RETRY_MS)
        return hint if mark is None else frames.position(mark) + hint

    def reached(self, recorded_at: datetime) -> None:
        """All that the audit trail recorded until then has been sent to those it concerns."""
        self.mark = mark_id(recorded_at)

    def close(self, stream: Stream) -> None:
        """The stream's reader is gone. Never fails, and waits for nothing."""
        stream.cut("left")

    def streams_of(self, user_id: str) -> tuple[Stream, ...]:
        """The streams that a user has here."""
        return tuple(self._channels[user_id].streams) if user_id in self._channels else ()

    def preferences(self) -> list[tuple[str, str]]:
        """Each user here with the preference in force."""
        return [(user_id, channel.preference) for user_id, channel in self._channels.items()]

    def prefer(self, user_id: str, preference: str) -> None:
        """A user's preference changed."""
        channel = self._channels.get(user_id)
        if channel is not None:
            channel.prefer(preference)

    def here(self, user_id: str, kind: EventType) -> bool:
        """Whether the user has a stream here and wants events of this kind."""
        channel = self._channels.get(user_id)
        return channel is not None and (channel.wanted is None or kind in channel.wanted)

    def wanted(self, user_id: str) -> frozenset[EventType] | None:
        """What a user wants to be sent; None for everything."""
        channel = self._channels.get(user_id)
        return None if channel is None else channel.wanted

    def owes(self, user_id: str, observed: datetime) -> bool:
        """Whether one of the user's streams was open when an event was observed, and that is not too long ago.

        To the others the event is none of news: they had it with their list or their replay, or will have it as soon
        as the audit trail records it.
        """
        channel = self._channels.get(user_id)
        if channel is None:
            return False
        at = observed.timestamp()
        oldest = self.clock.now().timestamp() - self._settings.replay_window_seconds
        return at >= oldest and any(stream.opened_at <= at + OVERLAP_SECONDS for stream in channel.streams)

    def lacks(self, user_id: str, event_id: str, recorded: float) -> bool:
        """Whether one of the user's streams was open when an event was recorded, and was not sent in a replay."""
        channel = self._channels.get(user_id)
        return channel is not None and any(
            stream.opened <= recorded and event_id not in stream.replayed for stream in channel.streams
        )

    def __len__(self) -> int:
        """Streams open here."""
        return sum(len(channel.streams) for channel in self._channels.values())

    # Fan-out

    def publish(self, events: Iterable[ReadyEvent]) -> None:
        """Pass events on to their users' streams. What is a duplicate or older than what was sent is left out."""
        sent = coalesced = 0
        for event in events:
            if not self._is_news(event):
                continue
            channel = self._channels.get(event.user_id)
            if channel is None or (channel.wanted is not None and event.kind not in channel.wanted):
                continue
            limiter = channel.limiter
            if limiter is None:
                limiter = channel.limiter = Limiter(self._settings.stream_rate)
            if limiter.admit(event, event.arrived):
                sent += channel.push(event)
            else:
                coalesced += 1
                if limiter.waiting == 1:
                    self._flushes.add(event.user_id, 1 + int(limiter.free_at() / TICK_SECONDS))
        if sent:
            metrics.FRAMES.inc(sent)
        if coalesced:
            metrics.COALESCED.inc(coalesced)

    def _is_news(self, event: ReadyEvent) -> bool:
        """Whether an event is neither a duplicate nor older than what was sent; it is remembered from now on."""
        new = self.seen.add(event.event_id, event.arrived) and self.recent.add(event)
        return new and self._versions.is_news(event)

    def remember(self, task_id: str, version: int, now: float) -> None:
        """An event came too late to be news. It is remembered for what is older still; whom it concerns all the same is
        sent it once the audit trail records it."""
        self._versions.learn(task_id, version)
        self.recent.interrupt(now)

    def _flush(self, user_id: str) -> None:
        channel = self._channels.get(user_id)
        if channel is None or channel.limiter is None or not channel.limiter.waiting:
            return
        frame = channel.limiter.batch(time.monotonic(), self.clock.now())
        if frame is None:
            self._flushes.add(user_id, 1 + int(channel.limiter.free_at() / TICK_SECONDS))
            return
        metrics.FRAMES.inc(len(channel.streams))
        for stream in tuple(channel.streams):
            stream.push(frame)

    # What is due

    async def run(self) -> None:
        """Do what is due, for ever, until cancelled."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self.turn()

    def turn(self) -> None:
        """Do what is due now."""
        tick = self._tick()
        self._flushes.take(tick, self._flush)
        self._expiries.take(tick, self._expire)
        self._beats.take(tick, self._beat)
        self.recent.expire(time.monotonic())
        if not self._stopping and self._server_stops():
            self.stop()

    def stop(self) -> None:
        """End every stream, each with a hint to come back after a while of its own; refuse new ones."""
        self._stopping = True
        for channel in list(self._channels.values()):
            for stream in tuple(channel.streams):
                stream.end("stopping", frames.retry_hint(*_STOPPING_RETRY_MS))

    def _beat(self, stream: Stream) -> None:
        stream.heartbeat(frames.HEARTBEAT)
        if not stream.ended:
            stream.beat = self._beats.add(stream, self._tick() + self._beat_ticks)

    def _expire(self, stream: Stream) -> None:
        left = stream.closing_at - time.monotonic()
        if left <= 0:
            stream.end("expired")
            return
        now = self.clock.now()
        stream.push(frames.expiring_frame(now + timedelta(seconds=left), now))
        if not stream.ended:
            stream.due = self._expiries.add(stream, 1 + int(stream.closing_at / TICK_SECONDS))

    def _server_stops(self) -> bool:
        """Ask one stream that is under way: a server that stops tells all its connections."""
        for channel in self._channels.values():
            for stream in channel.streams:
                if stream.connection is not None:
                    return stream.connection.server_stops()
        return False

    def _dropped(self) -> bytes:
        metrics.DROPPED.inc()
        return frames.reset_frame("slow", self.clock.now())

    def _ended(self, stream: Stream, reason: EndReason) -> None:
        """Called once by each stream at its end, whoever ended it: gives its place back."""
        self._beats.remove(stream, stream.beat)
        self._expiries.remove(stream, stream.due)
        metrics.STREAMS.dec()
        metrics.ENDED[reason].inc()
        if reason in ("slow", "dead") or (reason == "left" and stream.unwritten):
            log.info("stream_write_failed", user_id=stream.user_id, reason=reason)
        channel = self._channels[stream.user_id]
        channel.streams.remove(stream)
        if not channel.streams:
            del self._channels[stream.user_id]

    @staticmethod
    def _tick() -> int:
        return int(time.monotonic() / TICK_SECONDS)
