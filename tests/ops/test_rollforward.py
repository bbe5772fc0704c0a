"""`taskflow ops rollforward`: Phase V applied and ready, Phase IV's changes published, every event seen home."""

import json
from pathlib import Path
from typing import Any

import pytest

from taskflow_ops import rollforward as module
from tests.ops import overlay as overlays
from tests.ops.api_server import ApiServer, RefusedError
from tests.ops.conftest import Ops


def backlog(*, unpublished_changes: int = 0, unrecorded: int = 0, oldest: float = 0.0) -> str:
    waiting: list[dict[str, Any]] = []
    if unrecorded:
        waiting = [
            {"producer": "chat-api", "unpublished": 0, "unrecorded": unrecorded, "oldest_seconds": oldest}
        ]  # fmt: skip
    return json.dumps({"waiting": waiting, "dead_letters": {}, "unpublished_changes": unpublished_changes})


@pytest.fixture
def phase_iv(api: ApiServer) -> ApiServer:
    """A cluster that was rolled back; it still knows Phase V's kinds."""
    for found in overlays.phase_v():
        api.plural(found)
    api.apply(overlays.phase_iv(), dry_run=False)
    api.writes.clear()
    return api


def test_it_applies_waits_reconciles_and_tests(
    phase_iv: ApiServer, overlay: Path, ops: Ops, capsys: pytest.CaptureFixture[str]
) -> None:
    published = "Published what Phase IV did: 3 tasks new or changed, 1 gone."
    phase_iv.answers["taskflow outbox reconcile"] = lambda _: (0, published)
    assert ops("rollforward", "--overlay", str(overlay)) == 0
    assert phase_iv.writes[-1] == "smoke test"
    assert set(overlays.FOUR) - {"notification-service"} < set(phase_iv.names("deployments"))
    # What pods look for is there before the pods are.
    assert phase_iv.writes.index("apply components/taskflow-pubsub") < phase_iv.writes.index(
        "apply deployments/chat-api"
    )
    said = capsys.readouterr().out
    assert published in said
    assert "The schema is up to date." in said
    assert "Rolled forward to Phase V, in " in said


def test_it_reconciles_until_every_change_is_published(phase_iv: ApiServer, overlay: Path, ops: Ops) -> None:
    answers = iter([backlog(unpublished_changes=1), backlog(), backlog()])
    calls: list[list[str]] = []
    phase_iv.answers["taskflow outbox status"] = lambda _: (0, next(answers))
    phase_iv.answers["taskflow outbox reconcile"] = lambda words: (calls.append(words), (0, "Published."))[1]
    assert ops("rollforward", "--overlay", str(overlay)) == 0
    assert len(calls) == 2


def test_a_pod_of_an_older_release_knows_the_question_under_its_former_name(
    phase_iv: ApiServer, overlay: Path, ops: Ops
) -> None:
    def status(words: list[str]) -> tuple[int, str]:
        if "--unpublished-changes" in words:
            return 2, "taskflow: error: unrecognized arguments: --unpublished-changes"
        return 0, json.dumps({"waiting": [], "dead_letters": {}, "untold": 0 if "--untold" in words else None})

    phase_iv.answers["taskflow outbox status"] = status
    assert ops("rollforward", "--overlay", str(overlay)) == 0


def test_what_kafka_lost_is_published_again_once(
    phase_iv: ApiServer, overlay: Path, ops: Ops, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "_LOST_AFTER_SECONDS", 0.0)
    lost = backlog(unrecorded=2, oldest=5000.0)
    answers = iter([backlog(), lost, lost, lost, backlog()])
    phase_iv.answers["taskflow outbox status"] = lambda _: (0, next(answers))
    assert ops("rollforward", "--overlay", str(overlay)) == 0
    assert capsys.readouterr().out.count("2 events are published again.") == 1


def test_services_that_a_rollback_stopped_are_started_again(phase_v: ApiServer, tmp_path: Path, ops: Ops) -> None:
    overlay = overlays.write(tmp_path / "overlay", v=overlays.phase_v(scaled=True))
    phase_v.apply(overlays.phase_v(scaled=True), dry_run=False)

    def interrupt(words: str) -> None:
        if words.startswith("apply"):
            raise RefusedError(409)

    phase_v.on_write = interrupt
    assert ops("rollback", "--overlay", str(overlay)) == 1
    phase_v.on_write = lambda _: None
    assert ops("rollforward", "--overlay", str(overlay)) == 0
    audit_logger, reminders = (
        phase_v.named("deployments", "audit-logger"),
        phase_v.named("deployments", "reminder-service"),
    )
    assert audit_logger is not None
    assert reminders is not None
    # An autoscaler leaves a zero as it is: the number is its least one. Elsewhere the manifest says it.
    assert (audit_logger["spec"]["replicas"], reminders["spec"]["replicas"]) == (3, 1)


def test_a_cluster_without_dapr_is_refused_before_anything_is_changed(
    phase_iv: ApiServer, overlay: Path, ops: Ops, capsys: pytest.CaptureFixture[str]
) -> None:
    del phase_iv.kinds["dapr.io/v1alpha1"]
    assert ops("rollforward", "--overlay", str(overlay)) == 1
    assert "does not know these kinds: Component (dapr.io/v1alpha1)" in capsys.readouterr().err
    assert phase_iv.writes == []


def test_the_pinned_image_runs_everywhere_but_as_phase_iv(phase_iv: ApiServer, tmp_path: Path, ops: Ops) -> None:
    overlay = overlays.write(tmp_path / "overlay", iv=overlays.phase_iv("registry/release:4"))
    pinned = "registry/taskflow@sha256:0123"
    assert ops("rollforward", "--overlay", str(overlay), "--image", pinned) == 0
    containers = [each for pod in phase_iv.pods for each in pod["spec"]["containers"] if each["name"] == "app"]
    assert {each["image"] for each in containers} == {pinned}
    assert ops("rollback", "--overlay", str(overlay), "--image", pinned) == 0
    (images,) = {
        (pod["spec"]["containers"][0]["image"], pod["spec"]["initContainers"][0]["image"]) for pod in phase_iv.pods
    }
    assert images == ("registry/release:4", pinned)
