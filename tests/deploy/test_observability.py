"""Alerts are about metrics there are, and somebody can read what to do."""

import importlib
import re
from typing import Any

import pytest
import yaml
from prometheus_client import Metric

from taskflow.telemetry import metrics
from tests.deploy.rendering import CLOUDS, ROOT, SERVICES, container, overlay, pod_labels

ALERTS: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((ROOT / "platform/observability/alerts.yaml").read_text())["spec"]["groups"]
    for rule in group["rules"]
]


def samples() -> set[str]:
    """Every name that a service may expose. Importing its metrics puts them into the registry."""
    for service in SERVICES[1:]:
        importlib.import_module(f"{service.replace('-', '_')}.metrics")
    families: list[Metric] = list(metrics.REGISTRY.collect())
    suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}
    return {family.name + suffix for family in families for suffix in suffixes[family.type]}


@pytest.mark.parametrize("alert", ALERTS, ids=[alert["alert"] for alert in ALERTS])
def test_an_alert_is_about_metrics_there_are(alert: dict[str, Any]) -> None:
    named = set(re.findall(r"\btaskflow_[a-z_]+", alert["expr"]))
    assert named <= samples()
    assert named or alert["expr"].count("up{"), "about nothing of ours"


@pytest.mark.parametrize("alert", ALERTS, ids=[alert["alert"] for alert in ALERTS])
def test_an_alert_says_how_urgent_it_is_and_where_to_read_on(alert: dict[str, Any]) -> None:
    assert alert["labels"]["severity"] in {"page", "ticket"}
    page = re.search(r"docs/[a-z]+\.md", alert["annotations"]["description"])
    assert page
    assert alert["annotations"]["summary"]


def test_publishing_lag_and_missed_partitions_are_watched() -> None:
    watched = " ".join(alert["expr"] for alert in ALERTS)
    for name in (
        "taskflow_publish_failures_total",
        "taskflow_outbox_oldest_age_seconds",
        "taskflow_delivery_lag_seconds_bucket",
        "taskflow_dead_letters_held",
        "taskflow_audit_default_partition_rows",
        "taskflow_audit_months_ahead",
    ):
        assert name in watched


@pytest.mark.parametrize("place", CLOUDS)
def test_every_service_is_scraped(place: str) -> None:
    rendered = overlay(place, "phase-v")
    monitor = rendered.one("PodMonitor", "taskflow-services")["spec"]
    [endpoint] = monitor["podMetricsEndpoints"]
    assert endpoint["path"] == "/metrics"
    for name in SERVICES:
        workload = rendered.service(name)
        assert monitor["selector"]["matchLabels"].items() <= pod_labels(workload).items()
        assert endpoint["port"] in {port["name"] for port in container(workload)["ports"]}
