"""Which releases of Phase V passed their tests on this cluster: noted where the cluster itself can tell it.

A ConfigMap that no overlay has, so that applying one leaves it alone, and without the label of Phase V, so that it
survives a rollback. A release that fails is followed by the one that is noted (to_release.py).
"""

from datetime import UTC, datetime
from typing import Final

import msgspec

from taskflow_ops.changes import chat_api
from taskflow_ops.cluster import CONFIG_MAPS, Cluster
from taskflow_ops.conventions import SERVICES
from taskflow_ops.errors import OpsError
from taskflow_ops.objects import Object, part
from taskflow_ops.workloads import find_workload

NAME: Final = "taskflow-releases"
_KEY: Final = "releases.json"
_KEPT: Final = 10


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """An image that passed its tests, the commit its overlay came from ("" if not said), and when (ISO 8601, UTC)."""

    image: str
    revision: str = ""
    at: str = ""


def releases(cluster: Cluster) -> list[Release]:
    """Those noted, the newest first. Raises OpsError for a note that cannot be read."""
    text = part(cluster.find(CONFIG_MAPS, NAME) or {}, "data").get(_KEY, "[]")
    try:
        return msgspec.json.decode(text, type=list[Release])
    except msgspec.MsgspecError as error:
        raise OpsError(
            f"ConfigMap {NAME} cannot be read: {error}. Delete it; `taskflow ops record` makes it."
        ) from error


def record(cluster: Cluster, revision: str = "") -> Release:
    """Note that the release that runs has passed. Raises OpsError unless Phase V runs one image throughout."""
    images: dict[str, str] = {}
    for name in SERVICES:
        found = find_workload(cluster, name)
        if found is None or not found.rolled_out:
            raise OpsError(f"{name} is not rolled out: what runs is no release of Phase V to go back to.")
        images[name] = found.image
    if chat_api(cluster).phase != "v" or len(set(images.values())) != 1:
        running = ", ".join(f"{name} {image}" for name, image in images.items())
        raise OpsError(f"What runs is not one release of Phase V: {running}.")
    (image,) = set(images.values())
    return keep(cluster, Release(image=image, revision=revision, at=datetime.now(UTC).isoformat(timespec="seconds")))


def keep(cluster: Cluster, release: Release) -> Release:
    """Make a release the newest that is noted; those newer than it, if it is noted already, are forgotten."""
    before = releases(cluster)
    known = [one.image for one in before]
    older = before[known.index(release.image) + 1 :] if release.image in known else before
    text = msgspec.json.encode([release, *older][:_KEPT]).decode()
    body: Object = {
        "metadata": {"name": NAME, "labels": {"app.kubernetes.io/part-of": "taskflow"}},
        "data": {_KEY: text},
    }
    if cluster.find(CONFIG_MAPS, NAME) is None:
        try:
            cluster.create(CONFIG_MAPS, {"apiVersion": "v1", "kind": "ConfigMap"} | body)
        except OpsError:
            if cluster.find(CONFIG_MAPS, NAME) is None:
                raise
    cluster.patch(CONFIG_MAPS, NAME, body)
    return release
