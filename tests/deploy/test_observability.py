"""Alerts are PromQL about metrics that the services really expose, and each has its page."""

import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from taskflow_core.bus.port import Verdict
from taskflow_core.events.topics import ALL_SERVICES
from taskflow_core.service.composition import factories
from taskflow_core.service.host import Host
from taskflow_core.settings import Settings
from taskflow_core.telemetry import metrics
from tests.deploy.promql import read
from tests.deploy.rendering import CLOUDS, ROOT, SERVICES, container, labels, overlay, pod_labels
from tests.support.waiting import eventually

ALERTS: Final[list[dict[str, Any]]] = [
    rule
    for group in yaml.safe_load((ROOT / "platform/observability/alerts.yaml").read_text())["spec"]["groups"]
    for rule in group["rules"]
]
NAMES: Final = [alert["alert"] for alert in ALERTS]
PAGES: Final = (ROOT / "docs/operations.md").read_text(encoding="utf-8")

each_alert = pytest.mark.parametrize("alert", ALERTS, ids=NAMES)

TARGET_LABELS: Final = {"namespace", "pod", "container", "instance", "job"}
"""What the Prometheus operator adds to every series that a PodMonitor brings."""

VALUES: Final[Mapping[str, set[str]]] = {
    "namespace": {"taskflow"},
    "container": {"app", "daprd"},
    "service": set(SERVICES),
    "phase": {"iv", "v"},
    "check": {"database", "sidecar"},
    "status": {"5xx"},
    "outcome": {verdict.value for verdict in Verdict},
    "source": {"memory", "database", "reset"},
    "taskflow_dev_metrics": {"none"},
}
"""What labels that rules ask for by value may be."""

ONLY_IN_TROUBLE: Final = {
    'taskflow_check_passes{check="sidecar"}',
    'taskflow_events_delivered_total{outcome="RETRY"}',
    'taskflow_http_request_seconds_bucket{service!="notification-service"}',
    'taskflow_http_request_seconds_count{status="5xx"}',
    "taskflow_delivery_lag_seconds_bucket",
    'taskflow_delivery_lag_seconds_bucket{service="notification-service"}',
    "taskflow_events_republished_total",
    "taskflow_http_request_seconds_count",
    "taskflow_publish_failures_total",
    "taskflow_topic_held",
}
"""What services tell only once there was a request, an event, a failure or a sidecar."""


def labels_of(metric: str) -> set[str]:
    """The labels of a metric by the name of its series; nothing for one that is not there."""
    collector: Any = metrics.REGISTRY._names_to_collectors.get(metric)  # pyright: ignore[reportPrivateUsage]  # as declared, also where nothing was counted yet
    if collector is None:
        return set()
    extra = {"le"} if metric.endswith("_bucket") else set[str]()
    return {*getattr(collector, "_labelnames", ()), *extra}


def targets() -> set[str]:
    """What is known of each target besides what it tells."""
    [monitor] = [
        one
        for one in yaml.safe_load_all((ROOT / "platform/observability/pod-monitors.yaml").read_text())
        if one["metadata"]["name"] == "taskflow-services"
    ]
    return TARGET_LABELS | {re.sub(r"\W", "_", label) for label in monitor["spec"]["podTargetLabels"]}


@pytest.fixture(scope="module", autouse=True)
def services_loaded() -> None:
    """Importing the services puts their metrics into the registry."""
    factories(ALL_SERVICES)


@each_alert
def test_an_alert_is_promql_about_metrics_and_labels_there_are(alert: dict[str, Any]) -> None:
    reading = read(alert["expr"])
    assert reading.selectors
    known = targets()
    exposed = {"up", *metrics.REGISTRY._names_to_collectors, *(family.name for family in metrics.REGISTRY.collect())}  # pyright: ignore[reportPrivateUsage]
    for selector in reading.selectors:
        assert selector.name in exposed, f"{selector.name} is exposed by nobody"
        for label, _, _ in selector.matchers:
            assert label in labels_of(selector.name) | known, f"{selector.name} has no label {label}"
        for label, value in selector.values():
            assert value in VALUES[label], f"no {label} is called {value}"
    everywhere = known.union(*(labels_of(selector.name) for selector in reading.selectors))
    assert reading.labels <= everywhere
    texts = " ".join(str(text) for text in alert["annotations"].values())
    assert set(re.findall(r"\$labels\.(\w+)", texts)) <= everywhere


@each_alert
def test_an_alert_says_how_urgent_it_is_and_where_its_page_is(alert: dict[str, Any]) -> None:
    assert alert["labels"] == {"severity": "page"} or alert["labels"] == {"severity": "ticket"}
    said = alert["annotations"]
    assert said.keys() == {"summary", "description", "runbook_url"}
    assert said["summary"]
    assert said["description"]
    assert said["runbook_url"].endswith(f"/docs/operations.md#{alert['alert'].lower()}")


def test_every_alert_has_its_page_and_every_page_its_alert() -> None:
    pages = re.split(r"^### (TaskFlow\w+)$", PAGES, flags=re.MULTILINE)
    assert pages[1::2] == [name for name in NAMES if name in pages], "in the order of the rules"
    assert set(pages[1::2]) == set(NAMES)
    for alert, page in zip(ALERTS, pages[2::2], strict=True):
        urgent, means, do = page.strip().split("\n")[:3]
        assert urgent.startswith(f"*{alert['labels']['severity'].capitalize()}.* "), alert["alert"]
        assert means.startswith("**Means:** ")
        assert do.startswith("**Do:** ")


def test_no_alert_is_there_twice() -> None:
    assert len(set(NAMES)) == len(NAMES)


@asynccontextmanager
async def platform(settings: Settings) -> AsyncGenerator[httpx.AsyncClient]:
    """All five services at work in this process."""
    host: Any = Host(settings, factories(ALL_SERVICES))
    async with (
        host.running(),
        httpx.AsyncClient(transport=httpx.ASGITransport(app=host), base_url="http://x") as client,
    ):
        yield client


async def test_a_platform_at_work_exposes_what_alerts_are_about(settings: Settings) -> None:
    """What is only told in trouble is named; everything else is there once the services have begun."""
    selectors = [one for alert in ALERTS for one in read(alert["expr"]).selectors if one.name != "up"]
    async with platform(settings) as client:

        async def all_there() -> None:
            text = (await client.get("/metrics")).text
            told = [s for family in text_string_to_metric_families(text) for s in family.samples]
            missing = {
                _written(one.name, one.matchers)
                for one in selectors
                if not any(_selects(one.matchers, sample.labels) for sample in told if sample.name == one.name)
            }
            assert missing <= ONLY_IN_TROUBLE

        await eventually(all_there, within=20, every=0.2)


def _written(name: str, matchers: tuple[tuple[str, str, str], ...]) -> str:
    own = [f'{label}{operator}"{value}"' for label, operator, value in matchers if label not in TARGET_LABELS]
    return f"{name}{{{', '.join(own)}}}" if own else name


def _selects(matchers: tuple[tuple[str, str, str], ...], labels: Mapping[str, str]) -> bool:
    return all(
        {"=": labels.get(label) == value, "!=": labels.get(label) != value}.get(
            operator, bool(re.fullmatch(value, labels.get(label, ""))) is (operator == "=~")
        )
        for label, operator, value in matchers
        if label not in TARGET_LABELS
    )


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
        assert "taskflow.dev/metrics" not in pod_labels(workload)


@pytest.mark.parametrize("place", CLOUDS)
def test_an_installation_says_where_its_pages_are(place: str) -> None:
    rendered = overlay(place, "phase-v")
    checkout = yaml.safe_load((ROOT / f"kustomize/overlays/{place}/settings/settings.yaml").read_text())["data"][
        "checkout"
    ]
    [rules] = rendered.of_kind("PrometheusRule")
    for group in rules["spec"]["groups"]:
        for rule in group["rules"]:
            assert rule["annotations"]["runbook_url"] == f"{checkout}/docs/operations.md#{rule['alert'].lower()}"
    assert labels(rules)
