"""`tilt ci` brings the platform up from the Tiltfile, and ends green."""

import asyncio
import os
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest

from e2e import overlays
from e2e.cluster import builds, images, registry
from e2e.cluster.workspace import ROOT, find_workspace
from e2e.deployment import Deployment
from e2e.target import TASKFLOW
from taskflow_ops.conventions import NAMESPACE
from taskflow_ops.phase_iv.replay import replay_recorded

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(2400)]


@pytest.fixture
def nothing(deployment: Deployment) -> Generator[Deployment]:
    """The cluster without the platform, before and after: Tilt labels what it applies, Jobs too, for good."""
    deployment.delete_namespace(NAMESPACE)
    yield deployment
    deployment.delete_namespace(NAMESPACE)


def test_tilt_ci_ends_green(nothing: Deployment, tmp_path: Path) -> None:
    """On the own cluster, since Tilt has to be built, and images have to get into the cluster."""
    target = nothing.target
    if not target.own:
        pytest.skip("runs on the cluster that the suite starts itself")
    workspace = find_workspace()
    tilt = builds.built(workspace, "tilt") / "tilt"
    registry.start(workspace)
    # TaskFlow's image is Tilt's to build.
    others = {name: image for name, image in target.images.items() if name != TASKFLOW}
    environment = {
        **os.environ,
        **target.environment,
        **{f"TASKFLOW_BUILD_{name}": value for name, value in images.build_arguments(workspace).items()},
        "TASKFLOW_OVERLAY": str(overlays.write(tmp_path / "overlay", "minikube", others)),
        "TASKFLOW_LOCAL_CONTEXT": target.context,
        "TASKFLOW_REGISTRY": registry.ADDRESS,
        "TASKFLOW_BUILD_NETWORK": "host",
        "DOCKER_HOST": f"unix://{workspace.docker_socket}",
        "TILT_DISABLE_ANALYTICS": "1",
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }
    done = subprocess.run(
        [tilt, "ci", "--context", target.context, "--port", "0", "--web-mode=prod", "--timeout=600s"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=700,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert done.returncode == 0, "\n".join(lines[-60:])
    print(lines[-1])
    assert asyncio.run(replay_recorded(nothing.url, phase="v")) == []
