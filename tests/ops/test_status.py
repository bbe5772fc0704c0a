"""`taskflow ops status`: one table, and an exit status that says whether anything needs an operator."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.ops import overlay as overlays
from tests.ops.api_server import ApiServer
from tests.ops.conftest import Ops


def problems(ops: Ops, capsys: pytest.CaptureFixture[str]) -> list[str]:
    assert ops("status", "--json") == 1
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert answer["well"] is False
    return answer["problems"]


def test_phase_v_as_it_should_be_is_well(phase_v: ApiServer, ops: Ops, capsys: pytest.CaptureFixture[str]) -> None:
    assert ops("status") == 0
    said = capsys.readouterr().out
    assert said.startswith("Phase V in namespace taskflow of context test\n")
    assert "notification-service      2/2    registry/taskflow:1" in said
    assert "dead letters   none" in said
    assert said.endswith("All is well.\n")
    assert phase_v.writes == []


def test_phase_iv_as_it_should_be_is_well_also_where_its_image_knows_no_command(
    phase_v: ApiServer, overlay: Path, ops: Ops, capsys: pytest.CaptureFixture[str]
) -> None:
    ops("rollback", "--overlay", str(overlay))
    phase_v.answers.clear()
    capsys.readouterr()
    assert ops("status") == 0
    said = capsys.readouterr().out
    assert said.startswith("Phase IV")
    assert "audit-logger              -      does not run" in said
    assert "not asked" in said


def test_a_service_that_is_not_ready_is_told_with_its_log(
    phase_v: ApiServer, ops: Ops, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = overlays.workload("audit-logger", phase="v", image="registry/broken:1")
    phase_v.apply([broken], dry_run=False)
    (problem,) = problems(ops, capsys)
    assert problem.startswith("audit-logger: ")
    assert "CrashLoopBackOff" in problem
    assert "last line of the log" in problem


def test_events_that_stand_still_and_dead_letters_need_attention(
    phase_v: ApiServer, ops: Ops, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting = {"producer": "chat-api", "unpublished": 0, "unrecorded": 4, "oldest_seconds": 300.0}
    answer = json.dumps({"waiting": [waiting], "dead_letters": {"reminder-service": 2}})
    phase_v.answers["taskflow outbox status"] = lambda _: (0, answer)
    assert problems(ops, capsys) == [
        "2 dead letters of reminder-service (taskflow dlq list)",
        "an event has been on its way for 300 s, in Kafka: audit-logger lags",
    ]


def test_a_rollback_that_was_not_finished_is_told(
    phase_v: ApiServer, ops: Ops, capsys: pytest.CaptureFixture[str]
) -> None:
    phase_v.apply(overlays.phase_iv(), dry_run=False)
    assert "audit-logger is there in Phase IV: a rollback was not finished (run it again)" in problems(ops, capsys)


def test_without_the_extra_the_command_says_how_to_get_it() -> None:
    script = (
        "import sys\n"
        "sys.modules['kubernetes'] = None\n"
        "from taskflow_cli import main\n"
        "sys.exit(main(['ops', 'status', '--context', 'x']))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "pip install 'taskflow-platform[ops]'" in done.stderr


def test_without_kubectl_the_command_says_where_to_get_it(
    phase_v: ApiServer, overlay: Path, ops: Ops, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    assert ops("status") == 0, "which asks the API alone"
    assert ops("rollback", "--overlay", str(overlay)) == 1
    assert "needs kubectl" in capsys.readouterr().err
