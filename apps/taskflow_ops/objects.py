"""Kubernetes objects as JSON, any part of which may be absent."""

from typing import Any, cast

Object = dict[str, Any]
"""A Kubernetes object, or an object within one."""


def part(found: Object, *steps: str) -> Object:
    """The object under `steps`; an empty one where there is none."""
    for step in steps:
        found = found.get(step) or {}
    return found


def items(found: Object, *steps: str) -> list[Object]:
    """The list of objects under `steps`; an empty one where there is none."""
    *outer, last = steps
    return cast(list[Object], part(found, *outer).get(last) or [])


def name_of(found: Object) -> str:
    """The name in an object's metadata."""
    return found["metadata"]["name"]


def labels_of(found: Object) -> dict[str, str]:
    """The labels in an object's metadata."""
    return part(found, "metadata", "labels")


def annotations_of(found: Object) -> dict[str, str]:
    """The annotations in an object's metadata."""
    return part(found, "metadata", "annotations")


def condition(found: Object, kind: str) -> Object:
    """A condition in an object's status, such as "Ready"; an empty object where it has none."""
    return next((each for each in items(found, "status", "conditions") if each["type"] == kind), Object())


def container(pod_spec: Object, name: str) -> Object:
    """A container of a pod by its name, or the only one there is, or an empty object."""
    containers = items(pod_spec, "containers")
    named = [found for found in containers if found["name"] == name]
    return (named or (containers if len(containers) == 1 else [{}]))[0]


def environment(app: Object) -> dict[str, str]:
    """The literal variables of a container."""
    return {entry["name"]: entry["value"] for entry in items(app, "env") if "value" in entry}
