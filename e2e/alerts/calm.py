"""What is no incident: changes that operators make, and short troubles that mend themselves. No alert fires."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from e2e.alerts.healthy import SERVICES, instance
from e2e.alerts.series import Behaviour, Gone, Rising, Series, Steady

BEFORE: Final = 30
AFTER: Final = 90
_WATCHED: Final = 10
"""Minutes from the change on in which each minute is looked at; later one in ten."""

# What only a service that is at work tells.
_AT_WORK: Final = {
    "taskflow_check_passes",
    "taskflow_background_up",
    "taskflow_lease_held",
    "taskflow_listening",
    "taskflow_outbox_oldest_age_seconds",
    "taskflow_revocations_read_timestamp_seconds",
    "taskflow_audit_upkeep_timestamp_seconds",
    "taskflow_audit_months_ahead",
    "taskflow_audit_default_partition_rows",
}


State = Callable[[Series], Behaviour]
"""What each series of a pod does while the pod is in that state."""


@dataclass(frozen=True)
class Calm:
    """A story in which nothing fires."""

    name: str
    lives: Sequence[Series]

    def series(self) -> list[Series]:
        """From the beginning to the end."""
        return list(self.lives)

    def firing(self) -> dict[int, frozenset[str]]:
        """At which minutes is looked that none fires."""
        asked = [*range(BEFORE - 1, BEFORE + _WATCHED), *range(BEFORE + _WATCHED, BEFORE + AFTER, 10)]
        return {minute: frozenset() for minute in asked}


def _well(one: Series) -> Behaviour:
    return one.usual


def _gone(_one: Series) -> Behaviour:
    return Gone()


def _dead(one: Series) -> Behaviour:
    """The pod is still listed, and does not answer."""
    return Steady(0) if one.name == "up" else Gone()


def _unready(one: Series) -> Behaviour:
    """It starts, or it stops."""
    if one.name == "taskflow_ready":
        return Steady(0)
    return Gone() if one.name in _AT_WORK else one.usual


def _short(one: Series) -> Behaviour:
    """Its database is away."""
    if one.name == "taskflow_ready" or one.labels.get("check") == "database":
        return Steady(0)
    if one.name == "taskflow_http_request_seconds_count":
        return Rising(10 if one.labels["status"] == "5xx" else 0)
    return Gone() if one.name in _AT_WORK - {"taskflow_check_passes"} else one.usual


def _restarted(one: Series) -> Behaviour:
    return Steady(1800) if one.name == "process_start_time_seconds" else one.usual


def _lived(pods: Iterable[Series], *spans: tuple[int, State]) -> list[Series]:
    """What pods tell that were in these states, for so many minutes each; in the last one until the end."""
    *first, (_, last) = spans
    rest = BEFORE + AFTER - sum(minutes for minutes, _ in first)
    return [
        replace(one, segments=[*((minutes, state(one)) for minutes, state in first), (rest, last(one))]) for one in pods
    ]


def _pods(service: str, *numbers: int, phase: str = "v", leader: int = 0) -> list[Series]:
    return [one for number in numbers for one in instance(service, number, phase=phase, leads=number == leader)]


def _deployed() -> list[Series]:
    lives: list[Series] = []
    for service in SERVICES:
        if service == "notification-service":  # a StatefulSet: one pod after the other, under the same name
            for place, pod in enumerate((2, 1)):
                began = BEFORE + 3 * place
                lives += _lived(
                    _pods(service, pod), (began, _well), (1, _unready), (1, _dead), (1, _unready), (0, _restarted)
                )
            continue
        lives += _lived(_pods(service, 1, 2, leader=1), (BEFORE + 1, _well), (1, _unready), (1, _dead), (0, _gone))
        lives += _lived(_pods(service, 3, 4, leader=3), (BEFORE, _gone), (1, _unready), (0, _well))
    return lives


def _rolled_back(phase_iv: Iterable[Series]) -> list[Series]:
    lives = _lived(phase_iv, (BEFORE + 1, _gone), (0, _well))
    lives += _lived(_pods("chat-api", 1, 2, leader=1), (BEFORE + 2, _well), (1, _unready), (1, _dead), (0, _gone))
    for service in SERVICES[1:]:
        lives += _lived(_pods(service, 1, 2, leader=1), (BEFORE, _well), (1, _unready), (0, _gone))
    return lives


def _foreign(number: int) -> Series:
    """A Phase IV release that is not ours has no metrics: what Prometheus asks is not found."""
    labels = {"namespace": "taskflow", "pod": f"chat-api-{number}", "container": "app", "taskflow_dev_metrics": "none"}
    return Series("up", labels, Steady(0))


def _everything(*spans: tuple[int, State]) -> list[Series]:
    return [one for service in SERVICES for one in _lived(_pods(service, 1, 2, leader=1), *spans)]


CALM: Final = (
    Calm("every service is deployed anew", _deployed()),
    Calm("a rollback to our own Phase IV", _rolled_back(_pods("chat-api", 3, 4, phase="iv"))),
    Calm("a rollback to a release that has no metrics", _rolled_back([_foreign(3), _foreign(4)])),
    Calm("Phase IV from the first day", _lived(_pods("chat-api", 1, 2, phase="iv"), (0, _well))),
    Calm(
        "a roll-forward",
        [
            *_lived(_pods("chat-api", 3, 4, phase="iv"), (BEFORE + 1, _well), (1, _unready), (0, _gone)),
            *_lived(_pods("chat-api", 1, 2, leader=1), (BEFORE, _gone), (1, _unready), (0, _well)),
            *(
                one
                for service in SERVICES[1:]
                for one in _lived(_pods(service, 1, 2, leader=1), (BEFORE, _gone), (1, _unready), (0, _well))
            ),
        ],
    ),
    Calm("the database is restarted", _everything((BEFORE, _well), (1, _short), (0, _well))),
    Calm(
        "a node is lost, and its pods with it",
        [
            one
            for service in SERVICES
            for one in (
                *_lived(_pods(service, 1, leader=1), (BEFORE, _well), (3, _dead), (0, _gone)),
                *_lived(_pods(service, 2), (0, _well)),
                *_lived(_pods(service, 3, leader=3), (BEFORE + 1, _gone), (1, _unready), (0, _well)),
            )
        ],
    ),
)
