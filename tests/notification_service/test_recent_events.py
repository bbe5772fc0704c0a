"""The memory of the latest events, and the timers: bounded, and right about what they still hold."""

from datetime import UTC, datetime

import pytest

from notification_service.limiter import Limiter
from notification_service.recent_events import ReadyEvent, RecentEvents
from notification_service.seen_events import TaskVersions
from notification_service.timer_wheel import TimerWheel
from taskflow_core.events.model import EventType


def event(number: int, user: str = "anna", arrived: float | None = None) -> ReadyEvent:
    return ReadyEvent(f"e{number}", user, f"t{number}", 1, "task.created", b"x" * 100, arrived or float(number))


def ring(count: int = 0, **bounds: float) -> RecentEvents:
    made = RecentEvents(began=0.0, window=bounds.pop("window", 1000.0), **{k: int(v) for k, v in bounds.items()})
    for n in range(1, count + 1):
        made.add(event(n))
    return made


class TestRing:
    def test_it_gives_what_came_after_an_event(self):
        found = ring(50).since("anna", "e40", overlap=0)
        assert found is not None
        assert [n.event_id for n in found] == [f"e{n}" for n in range(41, 51)]

    def test_it_overlaps_rather_than_skips(self):
        found = ring(50).since("anna", "e40", overlap=3)
        assert found is not None
        assert [n.event_id for n in found] == [f"e{n}" for n in range(37, 51)], (
            "the event itself as well: who leaves again resumes no earlier"
        )

    def test_it_gives_only_the_users_own(self):
        made = ring(20)
        made.add(event(21, "ben"))
        assert [n.event_id for n in made.since("anna", "e19", 0) or []] == ["e20"]
        assert made.since("ben", "e19", 0) is None, "nor does another's event count as one's last"

    def test_it_says_so_when_it_does_not_reach_back(self):
        made = ring(50, most=20)
        assert len(made) == 20
        assert made.since("anna", "e20", 0) is None
        assert made.since("anna", "e32", 5) is None, "the overlap is not whole any more"
        assert made.since("anna", "e40", 5) is not None

    def test_it_is_bounded_in_bytes_and_in_time(self):
        assert len(ring(50, most_bytes=1_000)) == 10
        made = ring(50, window=10)
        made.expire(55.0)
        assert [n.event_id for n in made.since("anna", "e48", 0) or []] == ["e49", "e50"]
        assert len(made) == 6

    def test_it_knows_duplicates(self):
        made = ring(50, most=20)
        assert made.holds("e50")
        assert not made.holds("e1")


class TestVersions:
    def sent(self, task: str, version: int, kind: EventType = "task.updated") -> ReadyEvent:
        return ReadyEvent("e", "anna", task, version, kind, b"", 0.0)

    def test_what_is_older_than_what_was_sent_is_no_news(self):
        versions = TaskVersions()
        assert [versions.is_news(self.sent("t", version)) for version in (1, 3, 2, 3, 4)] == [
            True,
            True,
            False,
            True,
            True,
        ]

    def test_a_deleted_task_has_no_more_news_but_for_reminders(self):
        versions = TaskVersions()
        assert versions.is_news(self.sent("t", 5, "task.deleted"))
        assert not versions.is_news(self.sent("t", 5))
        assert versions.is_news(self.sent("t", 1, "task.reminder.triggered"))

    def test_it_remembers_the_last_tasks_and_no_more_than_twice_as_many(self):
        versions = TaskVersions(most=100)
        for n in range(1_000):
            assert versions.is_news(self.sent(f"t{n}", 2))
        assert not any(versions.is_news(self.sent(f"t{n}", 1)) for n in range(900, 1_000))
        assert versions.is_news(self.sent("t0", 1)), "forgotten"

    def test_a_task_in_use_is_not_forgotten(self):
        versions = TaskVersions(most=100)
        for n in range(1_000):
            assert versions.is_news(self.sent("busy", n + 1))
            versions.is_news(self.sent(f"t{n}", 1))
        assert not versions.is_news(self.sent("busy", 999))


class TestLimiter:
    def test_at_most_so_many_within_any_second(self):
        limiter = Limiter(3)
        sent: list[float] = []
        for tenth in range(50):
            now = tenth / 10
            if limiter.admit(event(tenth), now) or limiter.batch(now, datetime.now(UTC)) is not None:
                sent.append(now)
        assert all(later - earlier >= 1.0 for earlier, later in zip(sent, sent[3:], strict=False))
        assert len(sent) == 15

    def test_after_a_silent_second_it_is_as_new(self):
        limiter = Limiter(3)
        assert all(limiter.admit(event(n), 0.5) for n in range(3))
        assert not limiter.admit(event(4), 0.6)
        assert limiter.batch(1.4, datetime.now(UTC)) is None
        assert limiter.free_at() == 1.5
        assert limiter.batch(1.5, datetime.now(UTC)) is not None
        assert all(limiter.admit(event(n), 3.0) for n in range(3))


class TestAgenda:
    def test_items_come_when_they_are_due_and_once(self):
        timers: TimerWheel[str] = TimerWheel(10)
        timers.add("b", 12)
        timers.add("a", 11)
        taken: list[str] = []
        for tick in (10, 11, 13, 14):
            timers.take(tick, taken.append)
            taken.append(str(tick))
        assert taken == ["10", "a", "11", "b", "13", "14"]

    def test_what_is_due_in_the_past_comes_next(self):
        timers: TimerWheel[str] = TimerWheel(10)
        timers.take(20, lambda _: None)
        timers.add("late", 5)
        taken: list[str] = []
        timers.take(21, taken.append)
        assert taken == ["late"]

    def test_a_long_sleep_loses_nothing(self):
        timers: TimerWheel[str] = TimerWheel(0)
        for tick in (3, 1_000, 5_000_000):
            timers.add(str(tick), tick)
        taken: list[str] = []
        timers.take(5_000_000, taken.append)
        assert taken == ["3", "1000", "5000000"]

    def test_what_is_struck_does_not_come(self):
        timers: TimerWheel[str] = TimerWheel(0)
        tick = timers.add("a", 2)
        timers.remove("a", tick)
        timers.remove("a", tick)
        timers.take(5, lambda item: pytest.fail(item))
        assert len(timers) == 0

    def test_an_item_may_be_entered_again_while_it_is_due(self):
        timers: TimerWheel[str] = TimerWheel(0)
        timers.add("a", 1)
        taken: list[int] = []

        def again(item: str) -> None:
            taken.append(now)
            timers.add(item, now + 2)

        for now in range(1, 6):
            timers.take(now, again)
        assert taken == [1, 3, 5]
