"""Two operations at once are one too many; one that was killed does not stand in the way."""

from pathlib import Path
from typing import Any

import pytest

from taskflow.ops import lease
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
    monkeypatch.setattr(lease, "_LOOK_SECONDS", 0.05)
    monkeypatch.setattr(lease, "_ABANDONED_SECONDS", 0.5)
    monkeypatch.setattr(lease, "_RENEW_SECONDS", 0.05)


def test_another_that_runs_is_named_and_nothing_is_changed(
    phase_v: ApiServer, overlay: Path, ops: Ops, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    phase_v.objects["leases", "taskflow-ops"] = LEASE
    find = lease.Cluster.find

    def renewed_meanwhile(self: lease.Cluster, resource: lease.Resource, name: str) -> Any:
        found = find(self, resource, name)
        if found is not None and name == "taskflow-ops":
            newer = {**LEASE["metadata"], "resourceVersion": str(phase_v.version())}
            phase_v.objects["leases", "taskflow-ops"] = {**LEASE, "metadata": newer}
        return found

    monkeypatch.setattr(lease.Cluster, "find", renewed_meanwhile)
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
    replace = lease.Cluster.replace

    def overtaken(self: lease.Cluster, resource: lease.Resource, name: str, wanted: Any) -> Any:
        phase_v.objects["leases", "taskflow-ops"] = LEASE
        return replace(self, resource, name, wanted)

    monkeypatch.setattr(lease.Cluster, "replace", overtaken)
    assert ops("rollback", "--overlay", str(overlay)) == 1
    assert "Another operation has taken over: rollback by bob@laptop" in capsys.readouterr().err
