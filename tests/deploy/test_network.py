"""Nobody reaches anybody but those who have to: NetworkPolicies, evaluated as Kubernetes does."""

from collections.abc import Mapping
from typing import Any

import pytest

from taskflow_ops import conventions
from tests.deploy.rendering import CLOUDS, OVERLAYS, PHASES, SERVICES, Manifest, Rendered, overlay, pod_labels

places = pytest.mark.parametrize("place", OVERLAYS)
# The service's own, and its sidecar's: the API, calls from other sidecars, metrics.
SERVICE_PORTS = (8000, 3500, 50002, 9090)


def selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    matches = all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())
    for expression in selector.get("matchExpressions", []):
        assert expression["operator"] == "In"
        matches = matches and labels.get(expression["key"]) in expression["values"]
    return matches


def policies(rendered: Rendered, direction: str, labels: Mapping[str, str]) -> list[Manifest]:
    """The policies that a pod of these labels falls under."""
    return [
        one["spec"]
        for one in rendered.of_kind("NetworkPolicy")
        if direction in one["spec"]["policyTypes"] and selects(one["spec"]["podSelector"], labels)
    ]


def may(rendered: Rendered, sender: Mapping[str, str], receiver: Mapping[str, str], port: int) -> bool:
    """Whether a pod may connect to another of the same namespace."""

    def opens(direction: str, end: str, own: Mapping[str, str], other: Mapping[str, str]) -> bool:
        return any(
            (not rule.get("ports") or port in {one["port"] for one in rule["ports"]})
            and any(
                "podSelector" in peer and "namespaceSelector" not in peer and selects(peer["podSelector"], other)
                for peer in rule.get(end, [])
            )
            for spec in policies(rendered, direction, own)
            for rule in spec.get(direction.lower(), [])
        )

    return opens("Egress", "to", sender, receiver) and opens("Ingress", "from", receiver, sender)


def pods(rendered: Rendered) -> dict[str, dict[str, str]]:
    return {one["metadata"]["name"]: pod_labels(one) for one in rendered.of_kind("Deployment", "StatefulSet", "Job")}


@places
@pytest.mark.parametrize("phase", PHASES)
def test_whoever_is_not_named_reaches_nobody(place: str, phase: str) -> None:
    rendered = overlay(place, phase)
    for name, labels in pods(rendered).items():
        for direction in ("Ingress", "Egress"):
            assert policies(rendered, direction, labels), f"{name} is free to {direction}"


def test_who_reaches_whom_in_the_cluster() -> None:
    rendered = overlay("minikube", "phase-v")
    there = pods(rendered)
    ports = {"taskflow-postgres": (5432,), "taskflow-kafka": (9092,)} | dict.fromkeys(SERVICES, SERVICE_PORTS)
    allowed = {
        (sender, receiver, port)
        for sender, its in there.items()
        for receiver, others in there.items()
        for port in ports.get(receiver, ())
        if sender != receiver and may(rendered, its, others, port)
    }
    assert allowed == {
        *((service, "taskflow-postgres", 5432) for service in SERVICES),
        *((service, "taskflow-kafka", 9092) for service in SERVICES),
        ("taskflow-kafka-topics", "taskflow-kafka", 9092),
        # From sidecar to sidecar; nobody else may speak to a service at all.
        ("recurring-task-processor", "chat-api", 50002),
        ("chat-api", "audit-logger", 50002),
    }


@places
def test_an_isolated_pod_reaches_dns_and_is_reached_by_nobody(place: str) -> None:
    rendered = overlay(place, "phase-v")
    for name in SERVICES:
        taken = {conventions.NAME, *conventions.ADMITTED}
        left = {key: value for key, value in pods(rendered)[name].items() if key not in taken}
        labels = {**left, conventions.ISOLATED: name}
        egress = [rule for spec in policies(rendered, "Egress", labels) for rule in spec.get("egress", [])]
        assert {one["port"] for rule in egress for one in rule["ports"]} == {53}
        assert not [rule for spec in policies(rendered, "Ingress", labels) for rule in spec.get("ingress", [])]


def test_phase_iv_reaches_its_database_and_nothing_else() -> None:
    rendered = overlay("minikube", "phase-iv")
    there = pods(rendered)
    assert may(rendered, there["chat-api"], there["taskflow-postgres"], 5432)
    assert not may(rendered, there["taskflow-secrets"], there["taskflow-postgres"], 5432)


@places
def test_users_come_by_the_ingress_controller_to_port_8000_of_those_with_paths(place: str) -> None:
    rendered = overlay(place, "phase-v")
    for name in SERVICES:
        peers = [
            (peer, {one["port"] for one in rule["ports"]})
            for spec in policies(rendered, "Ingress", pods(rendered)[name])
            for rule in spec.get("ingress", [])
            for peer in rule["from"]
            if "podSelector" not in peer and _monitoring(peer) is False
        ]
        assert bool(peers) == (name != "recurring-task-processor"), name
        assert all(ports == {8000} for _, ports in peers)
        if place in CLOUDS:
            assert all("ipBlock" in peer for peer, _ in peers), "from the load balancer's addresses"
            assert all(peer["ipBlock"]["cidr"] != "0.0.0.0/0" for peer, _ in peers)
        else:
            assert all("namespaceSelector" in peer for peer, _ in peers)


def _monitoring(peer: Mapping[str, Any]) -> bool:
    namespace = peer.get("namespaceSelector", {}).get("matchLabels", {})
    return namespace.get("kubernetes.io/metadata.name") == "monitoring"


@places
def test_sidecars_reach_their_control_plane(place: str) -> None:
    rendered = overlay(place, "phase-v")
    for name in SERVICES:
        ports = {
            one["port"]
            for spec in policies(rendered, "Egress", pods(rendered)[name])
            for rule in spec.get("egress", [])
            for peer in rule.get("to", [])
            if peer.get("namespaceSelector", {}).get("matchLabels", {}).get("kubernetes.io/metadata.name")
            == "dapr-system"
            for one in rule["ports"]
        }
        assert ports == {50001, 6500}


@pytest.mark.parametrize("place", CLOUDS)
def test_managed_stores_are_reached_in_private_networks_only(place: str) -> None:
    for one in overlay(place, "phase-v").of_kind("NetworkPolicy"):
        if one["metadata"]["name"] in {"services-to-postgres", "clients-to-kafka"}:
            for rule in one["spec"]["egress"]:
                assert {peer["ipBlock"]["cidr"] for peer in rule["to"]} == {
                    "10.0.0.0/8",
                    "172.16.0.0/12",
                    "192.168.0.0/16",
                }
