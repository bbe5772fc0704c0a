"""A release that passed its tests is noted in the cluster, and one that fails is followed by it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.ops import overlay as overlays
from tests.ops.api_server import ApiServer
from tests.ops.conftest import Ops

FIRST, SECOND, THIRD = (f"registry/taskflow@sha256:{digit * 64}" for digit in "123")


def deploy(api: ApiServer, image: str) -> None:
    """What a pipeline does: every service runs this image."""
    api.apply(json.loads(json.dumps(overlays.phase_v()).replace(overlays.IMAGE, image)), dry_run=False)


def images(api: ApiServer) -> set[str]:
    """What runs."""
    return {pod["spec"]["containers"][0]["image"] for pod in api.pods}


def noted(ops: Ops, capsys: pytest.CaptureFixture[str]) -> list[str]:
    capsys.readouterr()
    assert ops("releases", "--json") == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return [one["image"] for one in found]


@pytest.fixture
def two(phase_v: ApiServer, ops: Ops) -> ApiServer:
    """Two releases passed; the second runs."""
    for number, image in enumerate((FIRST, SECOND)):
        deploy(phase_v, image)
        assert ops("record", "--revision", f"commit-{number}") == 0
    phase_v.writes.clear()
    return phase_v


def test_those_that_passed_are_listed_the_newest_first(
    two: ApiServer, ops: Ops, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ops("record") == 0, "noting the same again changes nothing"
    assert noted(ops, capsys) == [SECOND, FIRST]
    assert ops("releases") == 0
    assert f"{FIRST}  commit-0  2" in capsys.readouterr().out
    assert ops("releases", "--newest", "image") == 0
    assert capsys.readouterr().out == f"{SECOND}\n"


def test_where_none_is_noted_the_newest_is_nothing(
    phase_v: ApiServer, ops: Ops, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ops("releases", "--newest", "revision") == 0
    assert capsys.readouterr().out == "\n"


def test_one_that_fails_is_followed_by_the_one_that_passed_last(
    two: ApiServer, overlay: Path, ops: Ops, capsys: pytest.CaptureFixture[str]
) -> None:
    deploy(two, THIRD)
    assert ops("rollback", "--to-release", "--overlay", str(overlay)) == 0
    assert "its overlay is that of commit commit-1" in capsys.readouterr().out
    assert images(two) == {SECOND}
    assert len(two.matching("pods", "app.kubernetes.io/name=audit-logger")) == 1, "Phase V goes on"
    assert noted(ops, capsys) == [SECOND, FIRST]


def test_from_one_that_passed_it_is_one_release_back_each_time(
    two: ApiServer, overlay: Path, ops: Ops, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ops("rollback", "--to-release", "--overlay", str(overlay)) == 0
    assert images(two) == {FIRST}
    assert noted(ops, capsys) == [FIRST], "the one that was left is not gone back to"
    assert ops("rollback", "--to-release", "--overlay", str(overlay)) == 1
    assert "No release is noted that passed its tests before" in capsys.readouterr().err
    assert images(two) == {FIRST}


def test_services_that_something_stopped_run_again(two: ApiServer, tmp_path: Path, ops: Ops) -> None:
    scaled = overlays.write(tmp_path / "scaled", v=overlays.phase_v(scaled=True))
    two.patch("deployments", "audit-logger", {"spec": {"replicas": 0}}, dry_run=False)
    assert ops("rollback", "--to-release", "--overlay", str(scaled)) == 0
    assert two.matching("pods", "app.kubernetes.io/name=audit-logger")


def test_from_phase_iv_it_is_the_release_that_passed_last(two: ApiServer, overlay: Path, ops: Ops) -> None:
    assert ops("rollback", "--overlay", str(overlay)) == 0
    assert two.named("configmaps", "taskflow-releases") is not None, "no rollback takes the note away"
    assert ops("rollback", "--to-release", "--overlay", str(overlay)) == 0
    assert images(two) == {SECOND}


def test_an_image_that_is_gone_changes_nothing(
    two: ApiServer, overlay: Path, ops: Ops, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ops("rollback", "--to-release", "--image", "registry/missing:1", "--overlay", str(overlay)) == 1
    assert "No node gets the image registry/missing:1" in capsys.readouterr().err
    assert two.writes == []


def test_a_failed_smoke_test_leaves_the_note_as_it_was(
    two: ApiServer, overlay: Path, ops: Ops, smoke_problems: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    smoke_problems.append("status 500 instead of 200")
    assert ops("rollback", "--to-release", "--overlay", str(overlay)) == 1
    assert noted(ops, capsys) == [SECOND, FIRST]


def test_a_dry_run_changes_nothing(two: ApiServer, overlay: Path, ops: Ops) -> None:
    assert ops("rollback", "--to-release", "--overlay", str(overlay), "--dry-run") == 0
    assert two.writes
    assert all(words.endswith("(dry run)") for words in two.writes)
    assert images(two) == {SECOND}


def test_what_is_no_release_is_not_noted(
    phase_v: ApiServer, overlay: Path, ops: Ops, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ops("isolate", "chat-api", "--pod", phase_v.names("pods")[1], "--image", "registry/taskflow:hotfix") == 0
    assert ops("record") == 1
    assert "What runs is not one release of Phase V" in capsys.readouterr().err
    assert ops("rollback", "--overlay", str(overlay)) == 0
    assert ops("record") == 1
    assert "is not rolled out" in capsys.readouterr().err
    assert phase_v.named("configmaps", "taskflow-releases") is None


def test_a_note_whose_making_was_not_answered_is_made_once(phase_v: ApiServer, ops: Ops) -> None:
    phase_v.losing = ["POST"]
    assert ops("record") == 0
    assert phase_v.names("configmaps") == ["taskflow-releases"]
