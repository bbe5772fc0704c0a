"""A small overlay of both phases: of each kind that matters one object, named as the manifests name theirs."""

import json
from pathlib import Path
from typing import Any

Object = dict[str, Any]

IMAGE = "registry/taskflow:1"
FOUR = ("recurring-task-processor", "reminder-service", "notification-service", "audit-logger")


def labels(name: str, *, phase_v: bool) -> dict[str, str]:
    found = {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "taskflow"}
    return found | ({"taskflow.dev/phase": "v"} if phase_v else {})


def workload(name: str, *, phase: str, image: str = IMAGE, scaled: bool = False) -> Object:
    app: Object = {"name": "app", "image": image, "ports": [{"name": "http", "containerPort": 8000}]}
    annotations: dict[str, str] = {}
    if name == "chat-api":
        app["env"] = [{"name": "TASKFLOW_PHASE", "value": phase}]
    if phase == "v":
        annotations = {"dapr.io/enabled": "true", "dapr.io/app-id": name}
    spec: Object = {
        "selector": {"matchLabels": {"app.kubernetes.io/name": name}},
        "template": {
            "metadata": {"labels": {"app.kubernetes.io/name": name}, "annotations": annotations},
            "spec": {"containers": [app], "initContainers": [{"name": "database", "image": IMAGE}]},
        },
    }
    if not scaled:
        spec["replicas"] = 2 if name in ("chat-api", "notification-service") else 1
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet" if name == "notification-service" else "Deployment",
        "metadata": {"name": name, "namespace": "taskflow", "labels": labels(name, phase_v=name != "chat-api")},
        "spec": spec,
    }


def thing(version: str, kind: str, name: str, *, phase_v: bool, **content: Any) -> Object:
    metadata = {"name": name, "namespace": "taskflow", "labels": labels(name, phase_v=phase_v)}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **content}


def phase_iv(image: str = IMAGE) -> list[Object]:
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "taskflow"}},
        thing("v1", "Service", "chat-api", phase_v=False, spec={"ports": [{"port": 80}]}),
        thing("networking.k8s.io/v1", "Ingress", "taskflow", phase_v=False, spec={"paths": ["/api"]}),
        workload("chat-api", phase="iv", image=image),
    ]


def phase_v(*, scaled: bool = False) -> list[Object]:
    shared = [found for found in phase_iv() if found["kind"] in ("Namespace", "Service")]
    return [
        *shared,
        thing("networking.k8s.io/v1", "Ingress", "taskflow", phase_v=False, spec={"paths": ["/api", "/api/v1/audit"]}),
        thing("v1", "Service", "taskflow-kafka", phase_v=False, spec={"ports": [{"port": 9092}]}),
        thing("v1", "Service", "audit-logger", phase_v=True, spec={"ports": [{"port": 80}]}),
        thing("dapr.io/v1alpha1", "Component", "taskflow-pubsub", phase_v=True, spec={"type": "pubsub.kafka"}),
        thing(
            "autoscaling/v2", "HorizontalPodAutoscaler", "audit-logger", phase_v=True,
            spec={"minReplicas": 3, "scaleTargetRef": {"name": "audit-logger"}},
        ),
        workload("chat-api", phase="v"),
        *(workload(name, phase="v", scaled=scaled and name == "audit-logger") for name in FOUR),
    ]  # fmt: skip


def write(directory: Path, *, iv: list[Object] | None = None, v: list[Object] | None = None) -> Path:
    """The overlay as the stand-in for kubectl finds it rendered."""
    for phase, objects in (("phase-iv", iv or phase_iv()), ("phase-v", v or phase_v())):
        (directory / phase).mkdir(parents=True, exist_ok=True)
        (directory / phase / "rendered.json").write_text("\n---\n".join(json.dumps(found) for found in objects))
    return directory
