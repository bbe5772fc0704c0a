"""Two operations at once are one too many; one that was killed does not stand in the way."""

import contextlib
import time
from pathlib import Path
from typing import Any

import pytest

from taskflow_ops import operation_lock, retrying
from tests.ops.api_server import ApiServer
from tests.ops.conftest import Ops

LEASE: dict[str, Any] = {
    "apiVersion": "coordination.k8s.io/v1",
    "kind": "Lease",
    "metadata": {"name": "taskflow-ops", "resourceVersion": "1", "annotations": {"taskflow.dev/operation": "other"}},
    "spec": {"holderIdentity": "rollback by bob@laptop, process 7"},
}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operation_lock, "_LOOK_SECONDS", 0.05)
    monkeypatch.setattr(operation_lock, "_ABANDONED_SECONDS", 0.5)
    monkeypatch.setattr(operation_lock, "_RENEW_SECONDS", 0.05)
    monkeypatch.setattr(retrying, "_PAUSES", (0.01, 0.05))


def test_another_that_runs_is_named_and_nothing_is_changed(
    phase_v: ApiServer, overlay: Path, ops: Ops, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    phase_v.objects["leases", "taskflow-ops"] = LEASE
    find = operation_lock.Cluster.find

    def renewed_meanwhile(self: operation_lock.Cluster, kind: operation_lock.Kind, name: str) -> Any:
        found = find(self, kind, name)
        if found is not None and name == "taskflow-ops":
            newer = {**LEASE["metadata"], "resourceVersion": str(phase_v.version())}
            phase_v.objects["leases", "taskflow-ops"] = {**LEASE, "metadata": newer}
        return found

    monkeypatch.setattr(operation_lock.Cluster, "find", renewed_meanwhile)
    assert ops("rollback", "--overlay", str(overlay)) == 1
    assert "Another operation runs: rollback by bob@laptop, process 7" in capsys.readouterr().err
    assert phase_v.writes == []
    assert phase_v.named("leases", "taskflow-ops") is not None


def test_one_that_was_killed_is_followed(phase_v: ApiServer, overlay: Path, ops: Ops) -> None:
    phase_v.objects["leases", "taskflow-ops"] = LEASE
    assert ops("rollback", "--overlay", str(overlay)) == 0
    assert phase_v.names("leases") == []


def test_who_lost_the_right_stops_at_the_next_step(
    phase_v: ApiServer, overlay: Path, ops: Ops, capsys: pytest.CaptureFixture[str]
) -> None:
    def usurp(_: str) -> None:
        phase_v.objects["leases", "taskflow-ops"] = LEASE

    phase_v.on_write = usurp
    assert ops("rollback", "--overlay", str(overlay)) == 1
    assert "Another operation has taken over: rollback by bob@laptop" in capsys.readouterr().err
    # What is another's stays.
    assert phase_v.named("leases", "taskflow-ops") == LEASE


def test_who_loses_it_between_looking_and_renewing_is_told_to_whom(
    phase_v: ApiServer, overlay: Path, ops: Ops, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = operation_lock.Cluster.replace

    def overtaken(self: operation_lock.Cluster, kind: operation_lock.Kind, name: str, body: Any) -> Any:
        phase_v.objects["leases", "taskflow-ops"] = LEASE
        return replace(self, kind, name, body)

    monkeypatch.setattr(operation_lock.Cluster, "replace", overtaken)
    assert ops("rollback", "--overlay", str(overlay)) == 1
    assert "Another operation has taken over: rollback by bob@laptop" in capsys.readouterr().err


@pytest.mark.parametrize("abandoned", [False, True])
def test_who_took_it_and_got_no_answer_has_it(phase_v: ApiServer, overlay: Path, ops: Ops, abandoned: bool) -> None:
    if abandoned:
        phase_v.objects["leases", "taskflow-ops"] = LEASE
    phase_v.losing = ["PUT" if abandoned else "POST"]
    assert ops("rollback", "--overlay", str(overlay)) == 0
    assert phase_v.losing == []
    assert phase_v.names("leases") == []


def test_who_renewed_it_and_got_no_answer_still_has_it(phase_v: ApiServer, overlay: Path, ops: Ops) -> None:
    lost = phase_v.losing = ["PUT", "PUT"]

    def slowly(_: str) -> None:
        deadline = time.monotonic() + 5
        while lost and time.monotonic() < deadline:
            time.sleep(0.01)

    phase_v.on_write = slowly
    phase_v.lock = contextlib.nullcontext()  # type: ignore[assignment]  # a write must not keep renewals waiting
    assert ops("rollback", "--overlay", str(overlay)) == 0
    assert lost == []


def test_an_api_server_that_is_none_is_said(phase_v: ApiServer, ops: Ops, capsys: pytest.CaptureFixture[str]) -> None:
    phase_v.page = b"<html>Please sign in</html>"
    assert ops("status") == 1
    assert "is none: <html>Please sign in" in capsys.readouterr().err
