"""Runs promtool, Prometheus' own tool: it loads the rules into the engine and asks at a time which alerts fire."""

import subprocess
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import Any, Final

import yaml

from e2e.alerts.series import PER_MINUTE, Series
from e2e.cluster.workspace import ROOT

RULES: Final = ROOT / "platform" / "observability" / "alerts.yaml"
_FIRING: Final = 'group by (alertname) (ALERTS{alertstate="firing"})'


def groups(file: Path = RULES) -> dict[str, Any]:
    """The groups of a PrometheusRule, as a file of rules has them."""
    return {"groups": yaml.safe_load(file.read_text(encoding="utf-8"))["spec"]["groups"]}


def check(promtool: Path, rules: Path) -> str:
    """What promtool has to say against a file of rules; nothing when all is well."""
    done = subprocess.run(
        [promtool, "check", "rules", "--lint=all", "--lint-fatal", rules], capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def differences(
    promtool: Path, directory: Path, series: Sequence[Series], firing: Mapping[int, Set[str]], *, name: str
) -> str:
    """Where the alerts that fire at some minutes are not those; nothing when they are. `directory` takes the files."""
    rules, test = directory / "rules.yaml", directory / "test.yaml"
    rules.write_text(yaml.safe_dump(groups()), encoding="utf-8")
    asked = [
        {
            "expr": _FIRING,
            "eval_time": f"{minute}m",
            "exp_samples": [{"labels": f'{{alertname="{alert}"}}', "value": 1} for alert in sorted(alerts)],
        }
        for minute, alerts in firing.items()
    ]
    interval = f"{60 // PER_MINUTE}s"
    one = {
        "name": name,
        "interval": interval,
        "input_series": [one.written() for one in series],
        "promql_expr_test": asked,
    }
    written = {"rule_files": [rules.name], "evaluation_interval": interval, "tests": [one]}
    test.write_text(yaml.safe_dump(written), encoding="utf-8")
    done = subprocess.run([promtool, "test", "rules", test], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr
