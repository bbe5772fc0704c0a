"""`taskflow ops isolate`: a failing pod is out of its Service and its controller's hands, and operation resumes."""

import pytest

from tests.ops.api_server import NAME, ApiServer, RefusedError
from tests.ops.conftest import Ops

ISOLATED = "taskflow.dev/isolated"


def pods(api: ApiServer, component: str) -> list[str]:
    return [pod["metadata"]["name"] for pod in api.matching("pods", f"{NAME}={component}")]


def out(api: ApiServer) -> list[str]:
    return [pod["metadata"]["name"] for pod in api.matching("pods", ISOLATED)]


def failing(api: ApiServer, component: str) -> str:
    """The first pod of a component is not ready."""
    name = pods(api, component)[0]
    pod = api.named("pods", name)
    assert pod is not None
    pod["status"]["conditions"][0]["status"] = "False"
    return name


def test_the_failing_pod_is_replaced_and_kept_for_examination(
    phase_v: ApiServer, ops: Ops, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = failing(phase_v, "audit-logger")
    assert ops("isolate", "audit-logger") == 0
    assert out(phase_v) == [bad]
    assert bad not in pods(phase_v, "audit-logger")
    assert len(pods(phase_v, "audit-logger")) == 1
    assert phase_v.writes[-1] == "smoke test"
    assert f"logs {bad} -c app" in capsys.readouterr().out


def test_a_hotfix_is_what_goes_on(phase_v: ApiServer, ops: Ops) -> None:
    bad = failing(phase_v, "chat-api")
    assert ops("isolate", "chat-api", "--image", "registry/taskflow:hotfix") == 0
    assert out(phase_v) == [bad]
    running = phase_v.matching("pods", f"{NAME}=chat-api")
    assert {pod["spec"]["containers"][0]["image"] for pod in running} == {"registry/taskflow:hotfix"}


def test_a_hotfix_that_fails_too_stops_it(phase_v: ApiServer, ops: Ops, capsys: pytest.CaptureFixture[str]) -> None:
    failing(phase_v, "audit-logger")
    assert ops("isolate", "audit-logger", "--image", "registry/broken:2", "--within", "1") == 1
    assert "The same command goes on from here" in capsys.readouterr().err


def test_a_stateful_set_goes_on_after_the_number_that_is_taken(phase_v: ApiServer, ops: Ops) -> None:
    assert ops("isolate", "notification-service", "--pod", "notification-service-0") == 0
    assert out(phase_v) == ["notification-service-0"]
    assert sorted(pods(phase_v, "notification-service")) == ["notification-service-1", "notification-service-2"]
    assert ops("isolate", "notification-service", "--undo") == 0
    assert out(phase_v) == []
    assert sorted(pods(phase_v, "notification-service")) == ["notification-service-0", "notification-service-1"]


@pytest.mark.parametrize("pods_named", [(0, 1), (1, 0), (1,)])
def test_of_a_stateful_set_several_are_isolated_in_any_order(
    phase_v: ApiServer, ops: Ops, pods_named: tuple[int, ...]
) -> None:
    words = [word for number in pods_named for word in ("--pod", f"notification-service-{number}")]
    assert ops("isolate", "notification-service", *words, "--within", "5") == 0
    assert sorted(pods(phase_v, "notification-service")) == ["notification-service-2", "notification-service-3"]


def test_of_a_stateful_set_another_call_goes_on_after_all_that_are_isolated(phase_v: ApiServer, ops: Ops) -> None:
    assert ops("isolate", "notification-service", "--pod", "notification-service-1") == 0
    assert ops("isolate", "notification-service", "--pod", "notification-service-2") == 0
    assert out(phase_v) == ["notification-service-1", "notification-service-2"]
    assert sorted(pods(phase_v, "notification-service")) == ["notification-service-3", "notification-service-4"]


def test_a_call_that_stopped_before_the_numbering_is_gone_on_with(phase_v: ApiServer, ops: Ops) -> None:
    bad = failing(phase_v, "notification-service")
    refused = False

    def once(words: str) -> None:
        nonlocal refused
        if words == "patch statefulsets/notification-service" and not refused:
            refused = True
            raise RefusedError(409)

    phase_v.on_write = once
    assert ops("isolate", "notification-service", "--within", "5") == 1
    assert ops("isolate", "notification-service", "--within", "5") == 0
    assert out(phase_v) == [bad]
    assert sorted(pods(phase_v, "notification-service")) == ["notification-service-1", "notification-service-2"]


def test_a_cluster_that_cannot_number_is_told_at_once(
    phase_v: ApiServer, ops: Ops, capsys: pytest.CaptureFixture[str]
) -> None:
    phase_v.drops = "ordinals"
    assert ops("isolate", "notification-service", "--pod", "notification-service-0") == 1
    assert "Kubernetes 1.27" in capsys.readouterr().err
    assert ops("isolate", "notification-service", "--undo") == 0
    assert out(phase_v) == []


def test_undo_gives_labels_back(phase_v: ApiServer, ops: Ops) -> None:
    bad = failing(phase_v, "audit-logger")
    assert ops("isolate", "audit-logger") == 0
    assert ops("isolate", "audit-logger", "--undo") == 0
    assert out(phase_v) == []
    # The controller has one too many, and decides.
    assert len(pods(phase_v, "audit-logger")) == 1
    pod = phase_v.named("pods", bad)
    assert pod is None or "taskflow.dev/labels-before-isolation" not in pod["metadata"]["annotations"]


def test_a_rollback_ends_isolated_pods_of_phase_v(phase_v: ApiServer, ops: Ops, overlay: object) -> None:
    failing(phase_v, "audit-logger")
    assert ops("isolate", "audit-logger") == 0
    assert ops("rollback", "--overlay", str(overlay)) == 0
    assert out(phase_v) == []


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["audit-logger"], "Every pod of audit-logger is ready. Name those to isolate"),
        (["kafka"], "There is no component kafka. There are: chat-api"),
        (["audit-logger", "--pod", "nobody"], "audit-logger has no pod nobody. It has: audit-logger-"),
    ],
)
def test_what_cannot_be_isolated_is_said(
    phase_v: ApiServer, ops: Ops, words: list[str], answer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ops("isolate", *words) == 1
    assert answer in capsys.readouterr().err
    assert phase_v.writes == []


def test_a_dry_run_writes_nothing(phase_v: ApiServer, ops: Ops) -> None:
    failing(phase_v, "audit-logger")
    assert ops("isolate", "audit-logger", "--image", "registry/taskflow:hotfix", "--dry-run") == 0
    assert phase_v.writes
    assert all(words.endswith("(dry run)") for words in phase_v.writes)
    assert out(phase_v) == []
