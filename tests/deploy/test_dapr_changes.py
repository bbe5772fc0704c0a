"""A sidecar reads Components, Subscriptions, Resiliency and Configuration when it starts: a change of one of them makes
pods with a sidecar anew, and nothing else does.
"""

import re
import shutil
from pathlib import Path

import pytest
import yaml

from tests.deploy.rendering import OVERLAYS, ROOT, SERVICES, Rendered, annotations, overlay, render_at

CHECKSUM = "taskflow.dev/dapr-resources"
DAPR_KINDS = ("Component", "Subscription", "Resiliency", "Configuration")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The manifests, to be changed."""
    for part in ("kustomize", "platform"):
        shutil.copytree(ROOT / part, tmp_path / part)
    return tmp_path


def templates(rendered: Rendered) -> dict[str, object]:
    """The pods of the five services, as they would be made."""
    return {name: rendered.service(name)["spec"]["template"] for name in SERVICES}


def change(file: Path, pattern: str, by: str) -> None:
    text = file.read_text(encoding="utf-8")
    changed = re.sub(pattern, by, text, count=1)
    assert changed != text, f"{pattern} is not in {file}"
    file.write_text(changed, encoding="utf-8")


@pytest.mark.parametrize(
    ("place", "file", "pattern", "by"),
    [
        ("minikube", "platform/dapr/components/taskflow-pubsub.yaml", "value: 5s", "value: 6s"),
        ("minikube", "platform/dapr/components/taskflow-pubsub-broadcast.yaml", "value: newest", "value: oldest"),
        ("minikube", "platform/dapr/subscriptions/audit-logger.yaml", "maxMessagesCount: 100", "maxMessagesCount: 99"),
        ("minikube", "platform/dapr/resiliency.yaml", "maxRetries: 2", "maxRetries: 4"),
        ("minikube", "platform/dapr/configuration.yaml", "workloadCertTTL: 24h", "workloadCertTTL: 12h"),
        # Who may use it is not in a component's spec.
        ("minikube", "platform/dapr/components/taskflow-pubsub-dead-letters.yaml", "(?m)^  - audit-logger\n", ""),
        # What an overlay makes of it counts, wherever it says so.
        ("eks", "kustomize/overlays/eks/settings/settings.yaml", "brokers: b-1", "brokers: b-3"),
        ("gke", "platform/dapr/sasl-tls/kustomization.yaml", '"false"', '"true"'),
        (
            "minikube",
            "kustomize/overlays/minikube/phase-v/kustomization.yaml",
            "op: remove, path: /spec/tracing",
            'op: replace, path: /spec/tracing/samplingRate, value: "0"',
        ),
    ],
)
def test_a_change_of_what_sidecars_are_told_makes_their_pods_anew(
    copy: Path, place: str, file: str, pattern: str, by: str
) -> None:
    change(copy / file, pattern, by)
    before, after = overlay(place, "phase-v"), render_at(copy / f"kustomize/overlays/{place}/phase-v")
    for name in SERVICES:
        old, new = dict(annotations(before.service(name))), dict(annotations(after.service(name)))
        assert old.pop(CHECKSUM) != new.pop(CHECKSUM)
        assert old == new, "and nothing else of the pod"


def test_what_sidecars_are_not_told_leaves_their_pods_alone(copy: Path) -> None:
    """Labels of theirs, topics, alerts, policies, replicas, the order in a file, comments."""
    for file, pattern, by in (
        ("kustomize/components/phase-v/resources/kustomization.yaml", "name: reminder-service}}", "name: other}}"),
        ("platform/kafka/topics.yaml", r"retention\.ms: \S+", 'retention.ms: "1300000000"'),
        ("kustomize/components/phase-v/resources/network-policies.yaml", "port: 6500", "port: 6501"),
        ("platform/kafka/apply-topics.sh", "$", "# A remark."),
        ("platform/dapr/resiliency.yaml", "^", "# A remark.\n"),
        ("platform/dapr/kustomization.yaml", "(?s)(  - resiliency.yaml\n)(  - configuration.yaml\n)", r"\2\1"),
    ):
        change(copy / file, pattern, by)
    after = render_at(copy / "kustomize/overlays/minikube/phase-v")
    assert templates(after) == templates(overlay("minikube", "phase-v"))


@pytest.mark.parametrize("place", OVERLAYS)
def test_everything_that_sidecars_are_told_counts(place: str) -> None:
    rendered = overlay(place, "phase-v")
    [copies] = yaml.safe_load_all((ROOT / "platform/dapr/checksum/copies.yaml").read_text(encoding="utf-8"))
    counted = {
        (one["source"]["kind"], one["source"]["name"], one["source"]["fieldPath"]) for one in copies["replacements"]
    }
    told = {
        (one["kind"], one["metadata"]["name"], field)
        for one in rendered.of_kind(*DAPR_KINDS)
        if one["apiVersion"].startswith("dapr.io/")
        for field in one.keys() - {"apiVersion", "kind", "metadata", "auth"}
    }
    assert counted == told
    targets = [one["targets"][0]["fieldPaths"][0] for one in copies["replacements"]]
    assert len(set(targets)) == len(targets), "each in a place of its own"


@pytest.mark.parametrize("place", OVERLAYS)
def test_nothing_is_applied_for_it(place: str) -> None:
    rendered = overlay(place, "phase-v")
    assert not [one for one in rendered.of_kind("ConfigMap") if one["metadata"]["name"].startswith("taskflow-dapr")]
    found = {annotations(rendered.service(name))[CHECKSUM] for name in SERVICES}
    assert len(found) == 1
    assert re.fullmatch(r"taskflow-dapr-[a-z0-9]{10}", found.pop())
