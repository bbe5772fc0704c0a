"""The cluster as a whole: build it, start it, stop it."""

import json
import os
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Final

from e2e.cluster import addons, builds, containers, control_plane, network, packages, packet_filter, registry
from e2e.cluster import images as container_images
from e2e.cluster.errors import ClusterError
from e2e.cluster.images import Images
from e2e.cluster.stages import Stages
from e2e.cluster.workspace import INGRESS_PORT, Workspace
from e2e.rig import programs as rig
from e2e.rig.errors import RigError

INGRESS_URL: Final = f"http://127.0.0.1:{INGRESS_PORT}"
"""Where the ingress controller listens."""


def build(workspace: Workspace, stages: Stages) -> None:
    """Gets everything that only has to be got once, packages and programs; not what tests build on demand."""
    if reason := packages.refusal():
        raise ClusterError(f"The cluster cannot be built here: {reason}.")
    if packages.missing():
        with stages.stage("Debian packages"):
            packages.install()
    for recipe in builds.BUILDS:
        if not recipe.on_demand and not builds.is_built(workspace, recipe):
            with stages.stage(f"Build {recipe.name}"):
                builds.build(workspace, recipe)
    try:
        rig.find()
    except RigError:
        with stages.stage("Build Dapr, fetch Kafka (make rig)"):
            _rig()


def start(workspace: Workspace, stages: Stages, *, revision: str = "unknown") -> Images:
    """Builds what is missing and starts a fresh cluster, unless one runs; returns its images. Raises ClusterError."""
    if is_running(workspace):
        images = container_images.ensure(workspace, stages, revision=revision)
        _note(workspace, images)
        return images
    build(workspace, stages)
    stop(workspace)
    packet_filter.remember()
    network.set_up(workspace)
    with stages.stage("containerd"):
        containers.start_containerd(workspace)
    images = container_images.ensure(workspace, stages, revision=revision)
    container_images.forget_older(workspace, images)
    with stages.stage("Control plane"):
        control_plane.start(workspace)
    with stages.stage("Node ready"):
        control_plane.wait_ready(workspace)
    with stages.stage("NetworkPolicies enforced"):
        control_plane.enforce_network_policies(workspace)
    with stages.stage("DNS, ingress, Dapr applied"):
        addons.apply(workspace, images)
    with stages.stage("DNS, ingress, Dapr ready"):
        addons.wait(workspace)
    _note(workspace, images)
    return images


def running_images(workspace: Workspace) -> Images:
    """The images that the running cluster was given. Raises ClusterError where none runs."""
    try:
        return Images(**json.loads(_complete(workspace).read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise ClusterError("The cluster does not run. Start it: python -m e2e.cluster up") from None


def is_running(workspace: Workspace) -> bool:
    """Whether a cluster runs that was started to the end."""
    return _complete(workspace).exists() and control_plane.is_running(workspace)


def stop(workspace: Workspace) -> None:
    """Stops everything; what was built stays, the cluster's state goes. Does nothing where nothing runs."""
    if os.geteuid() != 0:
        raise ClusterError("Only root can stop the cluster.")
    registry.stop(workspace)
    control_plane.stop(workspace)
    containers.stop(workspace)
    network.take_down()
    packet_filter.clean()
    shutil.rmtree(workspace.state, ignore_errors=True)


def _note(workspace: Workspace, images: Images) -> None:
    _complete(workspace).write_text(json.dumps(asdict(images)), encoding="utf-8")


def _complete(workspace: Workspace) -> Path:
    return workspace.state / "complete.json"


def _rig() -> None:
    try:
        rig.get()
    except RigError as error:
        raise ClusterError(str(error)) from None
