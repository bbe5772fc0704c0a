"""On clusters of several nodes each service survives the loss of a node or zone, and grows with its load."""

import pytest

from e2e.rig.topics import declared
from tests.deploy.rendering import CLOUDS, NAME, PHASES, SERVICES, container, labels, overlay, pod, pod_labels

clouds = pytest.mark.parametrize("place", CLOUDS)
# One works and the other stands by.
FIXED = {"recurring-task-processor"}


@clouds
def test_every_service_keeps_all_replicas_but_one(place: str) -> None:
    budgets = overlay(place, "phase-v").of_kind("PodDisruptionBudget")
    assert {one["metadata"]["name"] for one in budgets} == set(SERVICES)
    for one in budgets:
        name = one["metadata"]["name"]
        assert one["spec"] == {"maxUnavailable": 1, "selector": {"matchLabels": {NAME: name}}}


@clouds
def test_every_service_has_two_replicas_at_least(place: str) -> None:
    rendered = overlay(place, "phase-v")
    scaled = {one["metadata"]["name"]: one["spec"] for one in rendered.of_kind("HorizontalPodAutoscaler")}
    assert scaled.keys() == set(SERVICES) - FIXED
    for name in SERVICES:
        workload = rendered.service(name)
        if name in FIXED:
            assert workload["spec"]["replicas"] == 2
            continue
        assert "replicas" not in workload["spec"], "the autoscaler's to say, not every apply's"
        target = scaled[name]["scaleTargetRef"]
        assert (target["kind"], target["name"]) == (workload["kind"], name)
        assert scaled[name]["minReplicas"] == 2
        # By the service's own container: a busy sidecar says nothing of it.
        [metric] = scaled[name]["metrics"]
        assert metric["containerResource"]["container"] == container(workload)["name"]


@clouds
def test_no_more_consumers_than_partitions(place: str) -> None:
    partitions = min(topic.partitions for topic in declared() if ".tasks." in topic.name)
    for one in overlay(place, "phase-v").of_kind("HorizontalPodAutoscaler"):
        if one["metadata"]["name"] in {"reminder-service", "audit-logger"}:
            assert one["spec"]["maxReplicas"] <= partitions


@clouds
@pytest.mark.parametrize("phase", PHASES)
def test_replicas_are_spread_over_zones_and_nodes(place: str, phase: str) -> None:
    for workload in overlay(place, phase).services():
        constraints = pod(workload)["topologySpreadConstraints"]
        assert {one["topologyKey"] for one in constraints} == {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}
        for one in constraints:
            assert one["labelSelector"]["matchLabels"].items() <= pod_labels(workload).items()
            assert NAME in one["matchLabelKeys"], "each service by itself"
            assert one["maxSkew"] == 1


@clouds
def test_phase_iv_is_as_available_as_phase_v(place: str) -> None:
    before = overlay(place, "phase-iv")
    for kind in ("PodDisruptionBudget", "HorizontalPodAutoscaler"):
        [one] = before.of_kind(kind)
        assert labels(one)[NAME] == "chat-api"


def test_minikube_has_two_of_chat_api_too() -> None:
    """So that a rollback, a lost sidecar or a killed pod is nothing that a user sees."""
    for phase in PHASES:
        assert overlay("minikube", phase).service("chat-api")["spec"]["replicas"] == 2


@clouds
def test_checkpoints_can_be_written_from_every_node(place: str) -> None:
    claim = overlay(place, "phase-v").one("PersistentVolumeClaim", "taskflow-audit-checkpoints")
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]


@clouds
def test_streams_outlive_the_load_balancers_patience(place: str) -> None:
    rendered = overlay(place, "phase-v")
    if place == "gke":
        service = rendered.one("Service", "notification-service")
        assert "taskflow-streams" in service["metadata"]["annotations"]["cloud.google.com/backend-config"]
        assert rendered.one("BackendConfig", "taskflow-streams")["spec"]["timeoutSec"] >= 86_400
    else:
        attributes = rendered.one("Ingress", "taskflow")["metadata"]["annotations"][
            "alb.ingress.kubernetes.io/load-balancer-attributes"
        ]
        # A heartbeat comes every 30 s.
        assert int(attributes.removeprefix("idle_timeout.timeout_seconds=")) > 60
