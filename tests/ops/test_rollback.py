"""`taskflow ops rollback`: five steps in order, each verified, resumable anywhere, ending in the overlay's Phase IV."""

import copy
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from taskflow_cli.main import main
from taskflow_ops.operation import Operation
from tests.ops import overlay as overlays
from tests.ops.api_server import ApiServer, RefusedError
from tests.ops.conftest import SCHEMA, Ops


def is_phase_iv(api: ApiServer) -> None:
    """The cluster is what applying the overlay's Phase IV to an empty one makes of it, and Kafka's Service stays."""
    reference = ApiServer()
    reference.apply(overlays.phase_iv(), dry_run=False)
    reference.apply(
        [found for found in overlays.phase_v() if found["metadata"]["name"] == "taskflow-kafka"], dry_run=False
    )
    assert api.state() == reference.state()
    assert all("daprd" not in str(pod["spec"]) for pod in api.pods)


def rolled_back(words: list[str]) -> bool:
    """That the changes came in the order of the steps."""
    marks = [
        "patch deployments/recurring-task-processor",
        "patch statefulsets/notification-service",
        "smoke test",
        "apply deployments/chat-api",
        "delete deployments/audit-logger",
        "delete components/taskflow-pubsub",
        "delete services/chat-api-dapr",
    ]
    positions = [words.index(mark) for mark in marks]
    return positions == sorted(positions) and words[-1] == "smoke test"


def test_the_steps_come_in_order_and_end_in_phase_iv(
    phase_v: ApiServer, overlay: Path, ops: Ops, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ops("rollback", "--overlay", str(overlay)) == 0
    is_phase_iv(phase_v)
    assert rolled_back(phase_v.writes)
    said = capsys.readouterr().out
    assert all(f"{step}/5" in said for step in range(1, 6))
    assert "applying the overlay would change nothing" in said
    assert "Rolled back to Phase IV, in " in said


def stays_a_while(api: ApiServer) -> str:
    """A pod of chat-api that has been told to end, and has not yet. Returns its name."""
    [pod, *_] = [found for found in api.pods if found["metadata"]["name"].startswith("chat-api")]
    old = copy.deepcopy(pod)
    old["metadata"] |= {"name": "chat-api-of-before", "deletionTimestamp": "2026-11-30T20:00:00Z"}
    old["metadata"]["labels"]["hash"] = "of before"
    api.objects["pods", "chat-api-of-before"] = old
    return "chat-api-of-before"


def test_it_has_ended_when_the_last_pod_of_phase_v_has(phase_v: ApiServer, overlay: Path, ops: Ops) -> None:
    name = stays_a_while(phase_v)

    def end_it_later(words: str) -> None:
        if words == "delete services/chat-api-dapr":  # the last that is changed
            threading.Timer(1.5, lambda: phase_v.objects.pop(("pods", name))).start()

    phase_v.on_write = end_it_later
    assert ops("rollback", "--overlay", str(overlay)) == 0
    assert phase_v.named("pods", name) is None


def test_a_pod_that_does_not_end_is_named_and_not_waited_for(
    phase_v: ApiServer,
    overlay: Path,
    ops: Ops,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("taskflow_ops.rollback._END_SECONDS", 0.2)
    name = stays_a_while(phase_v)
    assert ops("rollback", "--overlay", str(overlay)) == 0
    assert f"What is still there: {name}; is its node lost?" in capsys.readouterr().out


def test_rolling_back_twice_changes_nothing(phase_v: ApiServer, overlay: Path, ops: Ops) -> None:
    ops("rollback", "--overlay", str(overlay))
    phase_v.writes.clear()
    assert ops("rollback", "--overlay", str(overlay)) == 0
    assert set(phase_v.writes) == {"smoke test"}


def test_a_dry_run_writes_nothing_and_says_what_it_would(
    phase_v: ApiServer, overlay: Path, ops: Ops, capsys: pytest.CaptureFixture[str]
) -> None:
    before = json.dumps(phase_v.state(), sort_keys=True)
    assert ops("rollback", "--overlay", str(overlay), "--dry-run") == 0
    assert json.dumps(phase_v.state(), sort_keys=True) == before
    assert phase_v.writes
    assert all(words.endswith("(dry run)") for words in phase_v.writes)
    said = capsys.readouterr().out
    assert "deployment/chat-api configured" in said
    assert "deleted components/taskflow-pubsub" in said
    assert "a dry run" in said


@pytest.mark.parametrize("when", [0, 4, 5, 9])
def test_after_a_failure_at_any_write_the_same_command_goes_on(
    phase_v: ApiServer, overlay: Path, ops: Ops, when: int, capsys: pytest.CaptureFixture[str]
) -> None:
    left = when

    def fail(_: str) -> None:
        nonlocal left
        left -= 1
        if left == -1:
            raise RefusedError(409)

    phase_v.on_write = fail
    assert ops("rollback", "--overlay", str(overlay)) == 1
    assert "The same command goes on from here" in capsys.readouterr().err
    assert ops("rollback", "--overlay", str(overlay)) == 0
    is_phase_iv(phase_v)


def test_an_api_server_that_stumbles_is_asked_again(phase_v: ApiServer, overlay: Path, ops: Ops) -> None:
    stumbled: set[str] = set()

    def stumble(words: str) -> None:
        if words.startswith("patch") and words not in stumbled:
            stumbled.add(words)
            raise RefusedError(503)

    phase_v.on_write = stumble
    assert ops("rollback", "--overlay", str(overlay)) == 0
    assert stumbled


class TestRefusals:
    def test_a_failed_first_smoke_test_stops_it_before_chat_api_is_touched(
        self,
        phase_v: ApiServer,
        overlay: Path,
        ops: Ops,
        smoke_problems: list[str],
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        smoke_problems.append("status 500 instead of 200")
        assert ops("rollback", "--overlay", str(overlay)) == 1
        assert not [words for words in phase_v.writes if words.startswith(("apply", "delete"))]
        said = capsys.readouterr().err
        assert "health: status 500 instead of 200" in said
        assert "--force" in said
        assert "isolate chat-api" in said

    def test_force_goes_on_when_chat_api_itself_is_broken_and_the_last_smoke_test_decides(
        self, phase_v: ApiServer, overlay: Path, ops: Ops, smoke_problems: list[str]
    ) -> None:
        smoke_problems.append("status 500 instead of 200")
        assert ops("rollback", "--overlay", str(overlay), "--force") == 1
        smoke_problems.clear()
        assert ops("rollback", "--overlay", str(overlay), "--force") == 0
        is_phase_iv(phase_v)

    def test_a_phase_iv_that_does_not_start_is_told_with_its_log_and_nothing_is_taken_away(
        self,
        phase_v: ApiServer,
        overlay: Path,
        ops: Ops,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        with monkeypatch.context() as impatient:
            applied = "apply deployments/chat-api"
            impatient.setattr(Operation, "remaining", property(lambda _: 0.1 if applied in phase_v.writes else 60.0))
            assert ops("rollback", "--overlay", str(overlay), "--phase-iv-image", "registry/broken:1") == 1
        said = capsys.readouterr().err
        assert "3/5" in said
        assert "CrashLoopBackOff" in said
        assert "last line of the log" in said
        assert phase_v.named("components", "taskflow-pubsub") is not None
        # The pods of before are still there to serve.
        assert [pod for pod in phase_v.pods if "chat-api" in pod["metadata"]["name"] and "daprd" in str(pod["spec"])]
        assert ops("rollback", "--overlay", str(overlay)) == 0

    def test_somebody_who_applies_phase_v_meanwhile_is_noticed(
        self, phase_v: ApiServer, overlay: Path, ops: Ops, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (component,) = [found for found in overlays.phase_v() if found["kind"] == "Component"]

        def another(words: str) -> None:
            if words == "delete horizontalpodautoscalers/audit-logger":
                phase_v.apply([component], dry_run=False)

        phase_v.on_write = another
        assert ops("rollback", "--overlay", str(overlay)) == 1
        assert "Somebody makes them again" in capsys.readouterr().err

    def test_an_overlay_that_does_not_hold_is_told_by_the_objects_that_differ(
        self, phase_v: ApiServer, overlay: Path, ops: Ops, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def meddle(words: str) -> None:
            if words == "delete services/chat-api-dapr":
                phase_v.objects["services", "chat-api"]["spec"] = {"ports": [{"port": 81}]}

        phase_v.on_write = meddle
        assert ops("rollback", "--overlay", str(overlay)) == 1
        said = capsys.readouterr().err
        assert "applying the overlay would still change something:\n  service.chat-api\n" in said

    def test_a_schema_that_changed_meanwhile_is_an_error(
        self, phase_v: ApiServer, overlay: Path, ops: Ops, capsys: pytest.CaptureFixture[str]
    ) -> None:
        answers = iter([f"{SCHEMA}", f"applied  0002\n{SCHEMA}"])
        phase_v.answers["taskflow db status"] = lambda _: (0, next(answers))
        assert ops("rollback", "--overlay", str(overlay)) == 1
        assert "is now\napplied  0002" in capsys.readouterr().err

    def test_a_context_that_there_is_not_names_those_there_are(
        self, api: ApiServer, overlay: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["ops", "rollback", "--context", "prod", "--overlay", str(overlay)]) == 1
        assert "has no context prod. There are: test." in capsys.readouterr().err

    def test_a_missing_right_is_named_with_its_verb(
        self, phase_v: ApiServer, overlay: Path, ops: Ops, capsys: pytest.CaptureFixture[str]
    ) -> None:
        phase_v.forbidden = "pods"
        assert ops("rollback", "--overlay", str(overlay)) == 1
        said = capsys.readouterr().err
        assert "cannot list resource" in said
        assert "docs/operations.md has the Role" in said

    def test_an_empty_cluster_is_none_of_ours(
        self, api: ApiServer, overlay: Path, ops: Ops, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert ops("rollback", "--overlay", str(overlay)) == 1
        assert "Is it the right context?" in capsys.readouterr().err
        assert api.writes == []


class TestImages:
    def test_an_image_that_no_node_can_get_is_refused_before_anything_is_stopped(
        self, phase_v: ApiServer, overlay: Path, ops: Ops, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for option in ("--image", "--phase-iv-image"):
            assert ops("rollback", "--overlay", str(overlay), option, "registry/missing:9") == 1
            said = capsys.readouterr().err
            assert "No node gets the image registry/missing:9: ImagePullBackOff" in said
            assert "Nothing has been stopped or changed" in said
            assert phase_v.writes == []
            assert not [pod for pod in phase_v.names("pods") if "preflight" in pod], "the check itself leaves nothing"

    def test_what_runs_goes_on_though_the_overlay_names_another(
        self, phase_v: ApiServer, tmp_path: Path, ops: Ops
    ) -> None:
        """A pipeline pinned what runs; the overlay as it is in git says something nobody pushed."""
        unpushed = overlays.phase_iv("registry/missing:dev")
        unpushed[-1]["spec"]["template"]["spec"]["initContainers"][0]["image"] = "registry/missing:dev"
        directory = overlays.write(tmp_path / "as-in-git", iv=unpushed)
        assert ops("rollback", "--overlay", str(directory)) == 0
        chat_api = phase_v.objects["deployments", "chat-api"]["spec"]["template"]["spec"]
        assert {chat_api["containers"][0]["image"], chat_api["initContainers"][0]["image"]} == {overlays.IMAGE}

    def test_another_makes_release_that_knows_nothing_of_the_schema_has_it_compared(
        self, phase_v: ApiServer, overlay: Path, ops: Ops, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert ops("rollback", "--overlay", str(overlay), "--phase-iv-image", "registry/release:4.2") == 0
        assert "the migrations are those of before" in capsys.readouterr().out
        for pod in phase_v.preflights:
            images = {each["name"]: each for each in pod["spec"]["containers"]}
            assert images["schema"]["image"] == overlays.IMAGE
            assert images["schema"]["args"] == ["db", "status", "--within", "20"]
            assert images["phase-iv"]["image"] == "registry/release:4.2"
            assert images["phase-iv"]["command"] == ["/nothing-is-to-run"], "another's program is not started"
            assert pod["spec"]["restartPolicy"] == "Never"
            assert "app.kubernetes.io/name" not in pod["metadata"]["labels"], "it gets no requests"

    def test_where_no_pod_can_be_made_the_way_back_stays_open(
        self, phase_v: ApiServer, overlay: Path, ops: Ops, capsys: pytest.CaptureFixture[str]
    ) -> None:
        phase_v.answers["taskflow db status"] = lambda _: (1, "The database does not answer.")
        assert ops("rollback", "--overlay", str(overlay)) == 0
        said = capsys.readouterr().out
        assert "were not checked beforehand" in said
        assert "it was not compared" in said
        is_phase_iv(phase_v)


class TestDraining:
    def test_it_waits_until_the_events_of_before_are_in_the_audit_trail(
        self, phase_v: ApiServer, overlay: Path, ops: Ops, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def behind(oldest: float) -> str:
            waiting = {"producer": "chat-api", "unpublished": 3, "unrecorded": 4, "oldest_seconds": oldest}
            return json.dumps({"waiting": [waiting], "dead_letters": {}})

        # Under load there is always something on its way; what counts is that it is younger than the waiting.
        answers = iter([behind(30.0), behind(0.1)])
        asked: list[Any] = []
        phase_v.answers["taskflow outbox status"] = lambda words: (asked.append(words), (0, next(answers)))[1]
        assert ops("rollback", "--overlay", str(overlay)) == 0
        assert len(asked) == 2
        assert "every event of before is in the audit trail" in capsys.readouterr().out

    def test_it_does_not_wait_longer_than_told(
        self, phase_v: ApiServer, overlay: Path, ops: Ops, capsys: pytest.CaptureFixture[str]
    ) -> None:
        waiting = {"producer": "chat-api", "unpublished": 3, "unrecorded": 4, "oldest_seconds": 900.0}
        phase_v.answers["taskflow outbox status"] = lambda _: (0, json.dumps({"waiting": [waiting]}))
        assert ops("rollback", "--overlay", str(overlay), "--drain", "0.1") == 0
        assert "3 events wait in the outbox and 4 in Kafka; they stay there" in capsys.readouterr().out

    def test_a_platform_that_hangs_is_not_waited_for_longer_than_told(
        self,
        phase_v: ApiServer,
        overlay: Path,
        ops: Ops,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        over = threading.Event()
        phase_v.answers["taskflow outbox status"] = lambda _: (over.wait(60), (0, ""))[1]
        monkeypatch.setattr("taskflow_ops.rollback._ASK_SECONDS", 0.5)
        assert ops("rollback", "--overlay", str(overlay), "--drain", "0.1") == 0
        over.set()
        assert "not waited for: `taskflow outbox status --json` in pod chat-api-" in capsys.readouterr().out

    def test_a_platform_that_cannot_be_asked_is_rolled_back_all_the_same(
        self, phase_v: ApiServer, overlay: Path, ops: Ops, capsys: pytest.CaptureFixture[str]
    ) -> None:
        phase_v.answers.clear()
        assert ops("rollback", "--overlay", str(overlay)) == 0
        said = capsys.readouterr().out
        assert "Events that are on their way stay in the outbox or in Kafka" in said
        is_phase_iv(phase_v)


class TestSessions:
    def test_it_says_how_many_that_were_ended_phase_iv_admits_and_what_to_do(
        self, phase_v: ApiServer, overlay: Path, ops: Ops, capsys: pytest.CaptureFixture[str]
    ) -> None:
        found = {"sessions": 3, "accounts": 1, "disabled": 2}
        phase_v.answers["taskflow admin revoked"] = lambda _: (0, json.dumps(found))
        assert ops("rollback", "--overlay", str(overlay)) == 0
        said = capsys.readouterr().out
        assert "3 sessions, 1 account whose older tokens were all revoked, 2 disabled accounts" in said
        restart = "kubectl -n taskflow rollout restart deployment,statefulset -l app.kubernetes.io/component=service"
        assert restart in said
        assert restart in (Path(__file__).parents[2] / "docs" / "security.md").read_text()

    def test_where_there_are_none_there_is_nothing_to_do(
        self, phase_v: ApiServer, overlay: Path, ops: Ops, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert ops("rollback", "--overlay", str(overlay)) == 0
        said = capsys.readouterr().out
        assert "nothing is revoked that Phase IV would admit" in said
        assert "rollout restart" not in said

    def test_without_an_answer_it_says_so_and_goes_on(
        self, phase_v: ApiServer, overlay: Path, ops: Ops, capsys: pytest.CaptureFixture[str]
    ) -> None:
        phase_v.answers["taskflow admin revoked"] = lambda _: (1, "The database does not answer.")
        assert ops("rollback", "--overlay", str(overlay)) == 0
        said = capsys.readouterr().out
        assert "is not known" in said
        assert "rollout restart" in said
        assert "Not asked: " in said
