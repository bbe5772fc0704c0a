"""The preflight check: a pod that runs for seconds, to see that images can be had and to ask ours for the schema.

The image that runs as Phase IV may be a release of another make, which knows nothing of the schema; and an image that
no node can get must be noticed before anything is stopped for it. The pod is made of chat-api's own, so that it reaches
the database as chat-api does; it is nobody's, gets no requests, and is deleted again.
"""

import copy
import secrets
from collections.abc import Iterator
from typing import Final

from taskflow_ops.cluster import PODS, Cluster
from taskflow_ops.conventions import ADMITTED, APP
from taskflow_ops.errors import OpsError
from taskflow_ops.manifests import INIT, Manifests, pod_of_chat_api
from taskflow_ops.objects import Object, container, items, name_of, part
from taskflow_ops.operation import Operation

PREFLIGHT_SECONDS: Final = 60.0
"""How long to wait for it; pulling an image takes most of that."""

_ANSWER_SECONDS: Final = 20.0
"""How long it tries to reach the database."""

_LABEL: Final = "taskflow.dev/operation"
_SCHEMA: Final = "schema"
_PHASE_IV: Final = "phase-iv"
_NOWHERE: Final = ["/nothing-is-to-run"]
"""A command that no image has: its container fails to start, which it does only where its image is there."""

_NO_IMAGE: Final = ("ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError")
"""Why a container waits whose image cannot be had, after a second try where there is one."""

_NO_COMMAND: Final = ("CreateContainerError", "RunContainerError", "CrashLoopBackOff")
"""Why a container waits whose image is there and whose command is not."""

_ENDINGS: Final = ("The schema is up to date.", "Run `taskflow db upgrade`.")
"""How an answer of `taskflow db status` ends."""


class ImageError(OpsError):
    """No node can get an image; nothing has been changed."""


def preflight(operation: Operation, cluster: Cluster, target: Manifests) -> str | None:
    """The schema as our image in `target`, which is Phase IV's or Phase V's objects, tells it; None in a dry run.

    Raises ImageError where an image of chat-api in `target` cannot be had, OpsError where there is no answer.
    """
    _remove_left(cluster)
    pod = preflight_pod(target)
    cluster.create(PODS, pod)
    if operation.dry_run:
        return None
    try:
        return operation.wait(
            "a check of the images and the schema",
            lambda: _answer(cluster, name_of(pod)),
            trouble=lambda: _waiting(cluster, name_of(pod)),
            within=PREFLIGHT_SECONDS,
        )
    finally:
        cluster.delete(PODS, name_of(pod))


def require_images(operation: Operation, cluster: Cluster, target: Manifests) -> str | None:
    """As `preflight`, but what keeps it from an answer other than an image is said, and None returned.

    An operation must not fail because of this check: there may be no room for one more pod, or no right to make one.
    Raises ImageError.
    """
    try:
        schema = preflight(operation, cluster, target)
    except ImageError:
        raise
    except OpsError as error:
        operation.say(f"the images and the schema were not checked beforehand: {error}")
        return None
    if schema is not None:
        operation.say(f"the images are there; {schema.splitlines()[-1]}")
    return schema


def _remove_left(cluster: Cluster) -> None:
    """Those of operations that were killed."""
    for pod in cluster.matching(PODS, f"{_LABEL}=preflight"):
        cluster.delete(PODS, name_of(pod))


def preflight_pod(target: Manifests) -> Object:
    """The pod that checks; its containers end by themselves. Raises OpsError where our image is not to be known."""
    spec = copy.deepcopy(pod_of_chat_api(target.objects))
    ours, app = _named(spec, "initContainers", INIT), container(spec, APP)
    if not ours:
        raise OpsError(f"chat-api has no init container {INIT}, so that it is not known which image is TaskFlow's.")
    asking = {key: value for key, value in ours.items() if key not in ("args", "command")}
    # Where NetworkPolicies are enforced, a new pod is let through to the database only after a moment.
    containers = [asking | {"name": _SCHEMA, "args": ["db", "status", "--within", f"{_ANSWER_SECONDS:.0f}"]}]
    if app.get("image") != ours.get("image"):
        same = {key: app[key] for key in ("image", "imagePullPolicy", "resources", "securityContext") if key in app}
        containers.append(same | {"name": _PHASE_IV, "command": _NOWHERE})
    # What opens the way to the database beside chat-api's containers does so here.
    beside = [each for each in items(spec, "initContainers") if each.get("restartPolicy") == "Always"]
    spec |= {
        "containers": containers,
        "initContainers": beside,
        "restartPolicy": "Never",
        "activeDeadlineSeconds": int(2 * PREFLIGHT_SECONDS),
        "terminationGracePeriodSeconds": 1,
    }
    spec.pop("topologySpreadConstraints", None)
    labels = {_LABEL: "preflight", ADMITTED[0]: "service"}
    metadata = {"name": f"taskflow-preflight-{secrets.token_hex(4)}", "labels": labels}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _named(spec: Object, kind: str, name: str) -> Object:
    return next((each for each in items(spec, kind) if each["name"] == name), Object())


def _answer(cluster: Cluster, name: str) -> str | None:
    """The schema once every image is there; None while it is not known. Raises ImageError, OpsError."""
    pod = cluster.find(PODS, name)
    if pod is None:
        raise OpsError(f"Somebody has deleted the pod {name}.")
    states = {state["name"]: state for state in _states(pod)}
    for state in states.values():
        waiting = part(state, "state", "waiting")
        if waiting.get("reason") in _NO_IMAGE:
            image, message = _image(pod, state["name"]), waiting.get("message", "")
            raise ImageError(
                f"No node gets the image {image}: {waiting['reason']} {message}\n"
                "Nothing has been stopped or changed. --image and --phase-iv-image name others."
            )
    names = [each["name"] for each in items(pod, "spec", "containers")]
    if part(pod, "status").get("phase") == "Failed" and _SCHEMA not in states:
        raise OpsError(f"The pod {name} failed: {part(pod, 'status').get('message', 'no reason is given')}")
    if not all(_is_over(states.get(each, {}), answers=each == _SCHEMA) for each in names):
        return None
    answer = cluster.log(name, _SCHEMA, lines=100).strip()
    if not answer.endswith(_ENDINGS):
        raise OpsError(f"`taskflow db status` in the pod {name} answered: {answer[-500:] or 'nothing'}")
    return answer


def _is_over(state: Object, *, answers: bool) -> bool:
    """Whether a container has ended or, where it has nothing to answer, its image at least is there."""
    if part(state, "state", "terminated"):
        return True
    return not answers and (
        bool(part(state, "state", "running")) or part(state, "state", "waiting").get("reason") in _NO_COMMAND
    )


def _states(pod: Object) -> Iterator[Object]:
    yield from items(pod, "status", "initContainerStatuses")
    yield from items(pod, "status", "containerStatuses")


def _image(pod: Object, name: str) -> str:
    containers = [*items(pod, "spec", "initContainers"), *items(pod, "spec", "containers")]
    return next((each["image"] for each in containers if each["name"] == name), name)


def _waiting(cluster: Cluster, name: str) -> str:
    """What keeps it."""
    pod = cluster.find(PODS, name) or {}
    for each in items(pod, "status", "conditions"):
        if each["type"] == "PodScheduled" and each["status"] == "False":
            return f"No node takes the pod {name}: {each.get('message', each.get('reason'))}"
    states = [f"{s['name']} {part(s, 'state', 'waiting').get('reason', '')}".strip() for s in _states(pod)]
    return f"Pod {name}: {part(pod, 'status').get('phase', 'gone')}: {', '.join(states)}"
