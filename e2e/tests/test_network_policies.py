"""NetworkPolicies, enforced: whoever is not named reaches nobody, as seen from inside pods.

The same few lines try the same places from pods that differ in nothing but their labels or their namespace. Where some
get through and others do not, it is the policy that refuses. The processor nobody may call, but for its kubelet.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final

import pytest

from e2e.deployment import Deployment
from e2e.target import TASKFLOW
from taskflow_ops.cluster import PODS
from taskflow_ops.conventions import APP, NAMESPACE, PHASE_V_SERVICES
from taskflow_ops.workloads import ready
from tests.support.waiting import eventually

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

POSTGRES: Final = f"taskflow-postgres.{NAMESPACE}:5432"
KAFKA: Final = f"taskflow-kafka.{NAMESPACE}:9092"
API_SERVER: Final = "kubernetes.default:443"
# Services by their pods' own addresses, which tell ports apart that the Service does not offer.
PUBLIC: Final = {
    f"{name}-dapr.{NAMESPACE}:8000" for name in ("chat-api", *PHASE_V_SERVICES) if name != "recurring-task-processor"
}
PROCESSOR: Final = f"recurring-task-processor-dapr.{NAMESPACE}:8000"
OCCURRENCES: Final = f"chat-api-dapr.{NAMESPACE}:50002"
PLACES: Final = sorted({POSTGRES, KAFKA, API_SERVER, *PUBLIC, PROCESSOR, OCCURRENCES})

PROBES: Final[Mapping[str, tuple[str, Mapping[str, str], set[str]]]] = {
    "probe-stranger": (NAMESPACE, {}, set()),
    "probe-service": (NAMESPACE, {"app.kubernetes.io/component": "service"}, {POSTGRES}),
    "probe-kafka-client": (NAMESPACE, {"taskflow.dev/kafka": "client"}, {KAFKA}),
    "probe-secrets": (NAMESPACE, {"app.kubernetes.io/name": "taskflow-secrets"}, {API_SERVER}),
    "probe-of-users": ("ingress-nginx", {}, {API_SERVER, *PUBLIC}),
    # The labels count in the platform's own namespace only.
    "probe-elsewhere": (
        "default",
        {"app.kubernetes.io/component": "service", "taskflow.dev/kafka": "client"},
        {API_SERVER},
    ),
}
"""Namespace, labels, and the places that a pod of these reaches."""

# Names are resolved outside of `try`: a name that is not found is no refusal.
TRY: Final = """\
import json, socket, sys
reached = []
for place in sys.argv[1:]:
    name, port = place.split(":")
    address = socket.gethostbyname(name + ".svc.cluster.local")
    try:
        socket.create_connection((address, int(port)), timeout=2).close()
    except OSError:
        continue
    reached.append(place)
print(json.dumps(reached))
"""


@pytest.fixture
def enforced(deployment: Deployment) -> None:
    """Skips on a cluster that is not the suite's own: its network may enforce nothing."""
    if not deployment.target.own:
        pytest.skip("whether this cluster's network enforces NetworkPolicies is not known")


@pytest.fixture
async def probes(enforced: None, phase_v: Deployment) -> AsyncGenerator[None]:
    """One pod for each probe."""

    async def all_ready() -> None:
        for name, (namespace, _, _) in PROBES.items():
            found = await asyncio.to_thread(phase_v.cluster.within(namespace).find, PODS, name)
            assert found is not None
            assert ready(found), name

    for name, (namespace, labels, _) in PROBES.items():
        pod = probe(name, labels, phase_v.target.images[TASKFLOW])
        await asyncio.to_thread(phase_v.cluster.within(namespace).create, PODS, pod)
    await eventually(all_ready, within=60, every=0.5)
    yield
    for name, (namespace, _, _) in PROBES.items():
        await asyncio.to_thread(phase_v.cluster.within(namespace).delete, PODS, name)


async def test_a_pod_reaches_what_its_labels_and_namespace_are_named_for(phase_v: Deployment, probes: None) -> None:
    async def reached_as_allowed() -> None:
        found = await asyncio.gather(
            *(reached(phase_v, name, namespace, PLACES) for name, (namespace, _, _) in PROBES.items())
        )
        assert dict(zip(PROBES, found, strict=True)) == {name: allowed for name, (_, _, allowed) in PROBES.items()}

    # An enforcer learns of a new pod a moment after it started.
    await eventually(reached_as_allowed, within=30, every=0.5)


async def test_a_service_reaches_its_stores_and_no_other_service(enforced: None, phase_v: Deployment) -> None:
    allowed = {
        "chat-api": {POSTGRES, KAFKA},
        "recurring-task-processor": {POSTGRES, KAFKA, OCCURRENCES},
    }

    async def reached_as_allowed() -> None:
        for service, places in allowed.items():
            [pod, *_] = await asyncio.to_thread(phase_v.pods, service)
            others = [place for place in PLACES if not place.startswith(service)]
            assert await reached(phase_v, pod, NAMESPACE, others) == places, service

    await eventually(reached_as_allowed, within=30, every=0.5)


async def test_an_isolated_pod_reaches_nothing(enforced: None, phase_v: Deployment) -> None:
    [pod, *_] = await asyncio.to_thread(phase_v.pods, "chat-api")
    await asyncio.to_thread(phase_v.run_ops, "isolate", "chat-api", "--pod", pod, "--url", phase_v.url)
    try:

        async def cut_off() -> None:
            assert await reached(phase_v, pod, NAMESPACE, PLACES) == set()

        await eventually(cut_off, within=30, every=0.5)
    finally:
        await asyncio.to_thread(phase_v.run_ops, "isolate", "chat-api", "--undo")


async def reached(deployment: Deployment, pod: str, namespace: str, places: list[str]) -> set[str]:
    """Those of `places` that a connection from inside `pod` gets to."""
    words = ["python3", "-c", TRY, *places]
    cluster = deployment.cluster.within(namespace)
    return set(json.loads(await asyncio.to_thread(cluster.execute, pod, APP, words, within=60)))


def probe(name: str, labels: Mapping[str, str], image: str) -> dict[str, Any]:
    """A pod that waits to be used, as restricted as the platform's own."""
    container = {
        "name": "app",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-c", "import time; time.sleep(600)"],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 0,
            "restartPolicy": "Never",
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [container],
        },
    }
