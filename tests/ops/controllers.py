"""The controllers of the API server in memory: each Deployment and StatefulSet has its pods at once.

They are ready unless their image is called broken, and a pod that only checks something ends at once.
"""

import copy
import hashlib
import json
from collections.abc import Callable
from typing import Any

Object = dict[str, Any]
Objects = dict[tuple[str, str], Object]
"""By plural of the kind and name."""

NAME = "app.kubernetes.io/name"


def play(objects: Objects, number: Callable[[], int]) -> None:
    """Give every workload the pods it is to have, and end those that belong to none; `number` counts what is made.

    One that has been told to end takes its time.
    """
    owned: set[str] = set()
    for (plural, name), found in list(objects.items()):
        if plural in ("deployments", "statefulsets"):
            owned |= _play(objects, number, plural, name, found)
    for pod in _pods(objects):
        metadata = pod["metadata"]
        if metadata["labels"].get(NAME) and metadata["name"] not in owned and "deletionTimestamp" not in metadata:
            del objects["pods", metadata["name"]]


def checked(pod: Object) -> Object:
    """The status of a pod whose containers only check something: those called missing have no image."""
    states: list[Object] = []
    for each in pod["spec"]["containers"]:
        missing = {"waiting": {"reason": "ImagePullBackOff", "message": "not found"}}
        ended = {"terminated": {"exitCode": 0}}
        states.append({"name": each["name"], "state": missing if "missing" in each["image"] else ended})
    return {"phase": "Succeeded", "containerStatuses": states}


def _pods(objects: Objects) -> list[Object]:
    return [found for (kind, _), found in objects.items() if kind == "pods"]


def _play(objects: Objects, number: Callable[[], int], plural: str, name: str, found: Object) -> set[str]:
    """Give one workload its pods; returns the names of those that are its own."""
    spec = found["spec"]
    count, template = spec.get("replicas", 1), spec["template"]
    digest = hashlib.sha1(json.dumps(template, sort_keys=True).encode()).hexdigest()[:6]
    mine = [pod for pod in _pods(objects) if pod["metadata"]["labels"].get(NAME) == name]
    new = [pod for pod in mine if pod["metadata"]["labels"]["hash"] == digest]
    if plural == "statefulsets":
        first = spec.get("ordinals", {}).get("start", 0)
        new = [pod for pod in new if int(_name(pod).rsplit("-", 1)[1]) in range(first, first + count)]
        missing = [n for i in range(first, first + count) if (n := f"{name}-{i}") not in map(_name, new)]
        # Its own of an older kind give way; a name that another pod has stays taken.
        old_ones = {_name(pod) for pod in mine if pod not in new}
        missing = [n for n in missing if ("pods", n) not in objects or n in old_ones]
        mine = [pod for pod in mine if _name(pod) not in missing]
    else:
        new = sorted(new, key=lambda pod: pod["status"]["conditions"][0]["status"], reverse=True)[:count]
        missing = [f"{name}-{digest}-{number()}" for _ in range(count - len(new))]
    for pod_name in missing:
        objects["pods", pod_name] = pod = _pod(pod_name, template, digest, number())
        new.append(pod)
    ready = [pod for pod in new if pod["status"]["conditions"][0]["status"] == "True"]
    old = [pod for pod in mine if pod not in new] if count and len(ready) < count else []
    found["status"] = {
        "observedGeneration": found["metadata"].get("generation", 0),
        "replicas": len(new) + len(old),
        "updatedReplicas": len(new),
        "readyReplicas": len(ready) + len(old),
    }
    return {_name(pod) for pod in (*new, *old)}


def _name(pod: Object) -> str:
    return pod["metadata"]["name"]


def _pod(name: str, template: Object, digest: str, made: int) -> Object:
    spec = copy.deepcopy(template["spec"])
    if template["metadata"].get("annotations", {}).get("dapr.io/enabled") == "true":
        spec["containers"].append({"name": "daprd"})
    works = "broken" not in spec["containers"][0]["image"]
    state: Object = (
        {"running": {"startedAt": "2026-01-01T00:00:00Z"}}
        if works
        else {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}}
    )
    return {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {
            "name": name,
            "labels": {**template["metadata"]["labels"], "hash": digest},
            "annotations": {},
            "creationTimestamp": f"2026-01-01T00:{made // 60:02}:{made % 60:02}Z",
        },
        "spec": spec,
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": str(works)}],
            "containerStatuses": [{"name": "app", "ready": works, "state": state, "restartCount": 0 if works else 3}],
        },
    }
