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
from e2e.cluster.home import INGRESS_PORT, Home
from e2e.cluster.images import Images
from e2e.cluster.stages import Stages
from taskflow.local.rig import programs as rig
from taskflow.local.rig.errors import RigError

INGRESS_URL: Final = f"http://127.0.0.1:{INGRESS_PORT}"
"""Where the ingress controller listens."""


def build(home: Home, stages: Stages) -> None:
    """Gets everything that only has to be got once, packages and programs; Tilt only when asked for by build_tilt()."""
    if reason := packages.refusal():
        raise ClusterError(f"The cluster cannot be built here: {reason}.")
    if packages.missing():
        with stages.stage("Debian packages"):
            packages.install()
    for wanted in builds.BUILDS:
        if wanted.name != "tilt" and not builds.is_built(home, wanted):
            with stages.stage(f"Build {wanted.name}"):
                builds.build(home, wanted)
    try:
        rig.find()
    except RigError:
        with stages.stage("Build daprd, fetch Kafka (make rig)"):
            _rig()


def build_tilt(home: Home) -> Path:
    """Builds Tilt, unless it is there, and returns its program. Raises ClusterError."""
    builds.build(home, next(one for one in builds.BUILDS if one.name == "tilt"))
    return builds.program(home, "tilt")


def start(home: Home, stages: Stages, *, revision: str = "unknown") -> Images:
    """Builds what is missing and starts a fresh cluster, unless one runs; returns its images. Raises ClusterError."""
    if is_running(home):
        images = container_images.ensure(home, stages, revision=revision)
        _note(home, images)
        return images
    build(home, stages)
    stop(home)
    packet_filter.remember()
    network.set_up(home)
    with stages.stage("containerd"):
        containers.start_containerd(home)
    images = container_images.ensure(home, stages, revision=revision)
    container_images.forget_older(home, images)
    with stages.stage("Control plane"):
        control_plane.start(home)
    with stages.stage("Node ready"):
        control_plane.wait_ready(home)
    with stages.stage("NetworkPolicies enforced"):
        control_plane.enforce_network_policies(home)
    with stages.stage("DNS, ingress, Dapr applied"):
        addons.apply(home, images)
    with stages.stage("DNS, ingress, Dapr ready"):
        addons.wait(home)
    _note(home, images)
    return images


def running_images(home: Home) -> Images:
    """The images that the running cluster was given. Raises ClusterError where none runs."""
    try:
        return Images(**json.loads(_complete(home).read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise ClusterError("The cluster does not run. Start it: python -m e2e.cluster up") from None


def is_running(home: Home) -> bool:
    """Whether a cluster runs that was started to the end."""
    return _complete(home).exists() and control_plane.is_running(home)


def stop(home: Home) -> None:
    """Stops everything; what was built stays, the cluster's state goes. Does nothing where nothing runs."""
    if os.geteuid() != 0:
        raise ClusterError("Only root can stop the cluster.")
    registry.stop(home)
    control_plane.stop(home)
    containers.stop(home)
    network.take_down()
    packet_filter.clean()
    shutil.rmtree(home.state, ignore_errors=True)


def _note(home: Home, images: Images) -> None:
    _complete(home).write_text(json.dumps(asdict(images)), encoding="utf-8")


def _complete(home: Home) -> Path:
    return home.state / "complete.json"


def _rig() -> None:
    try:
        rig.get()
    except RigError as error:
        raise ClusterError(str(error)) from None
