"""Each alert fires under its incident, clears after it, and all are quiet otherwise: on Prometheus' own engine."""

from pathlib import Path

import pytest
import yaml

from e2e.alerts import promtool
from e2e.alerts.calm import CALM, Calm
from e2e.alerts.incident import Incident
from e2e.alerts.incidents import INCIDENTS

pytestmark = [pytest.mark.prometheus, pytest.mark.timeout(3600)]  # the first builds Prometheus


def test_the_rules_are_what_prometheus_takes(programs: Path, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(yaml.safe_dump(promtool.groups()), encoding="utf-8")
    assert promtool.check(programs / "promtool", rules) == ""


def test_each_alert_has_an_incident() -> None:
    fired = {alert for incident in INCIDENTS for alerts in incident.fires.values() for alert in alerts}
    assert fired == {rule["alert"] for group in promtool.groups()["groups"] for rule in group["rules"]}


@pytest.mark.parametrize("case", [*INCIDENTS, *CALM], ids=lambda case: case.name)
def test_these_alerts_fire_and_no_others(case: Incident | Calm, programs: Path, tmp_path: Path) -> None:
    wrong = promtool.differences(programs / "promtool", tmp_path, case.series(), case.firing(), name=case.name)
    assert not wrong, wrong
