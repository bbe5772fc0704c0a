"""`tilt ci` brings the platform up from the Tiltfile, and ends green."""

import os
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest

from e2e import overlays
from e2e.cluster import cluster, home, images, registry
from e2e.cluster.home import ROOT
from e2e.deployment import Deployment
from e2e.kubectl import NAMESPACE
from e2e.phase_iv.replay import replay
from e2e.target import TASKFLOW

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(2400)]


@pytest.fixture
def nothing(deployment: Deployment) -> Generator[Deployment]:
    """The cluster without the platform, before and after: Tilt labels what it applies, Jobs too, for good."""
    deployment.kubectl.run("delete", "namespace", NAMESPACE, "--ignore-not-found", within=180)
    yield deployment
    deployment.kubectl.run("delete", "namespace", NAMESPACE, "--ignore-not-found", within=180)


def test_tilt_ci_ends_green(nothing: Deployment, tmp_path: Path) -> None:
    """On the own cluster, since Tilt has to be built, and images have to get into the cluster."""
    target = nothing.target
    if not target.own:
        pytest.skip("runs on the cluster that the suite starts itself")
    place = home.find()
    tilt = cluster.build_tilt(place)
    registry.start(place)
    # TaskFlow's image is Tilt's to build.
    others = {name: image for name, image in target.images.items() if name != TASKFLOW}
    environment = {
        **os.environ,
        **target.environment,
        **{f"TASKFLOW_BUILD_{name}": value for name, value in images.build_arguments(place).items()},
        "TASKFLOW_OVERLAY": str(overlays.write(tmp_path / "overlay", "minikube", others)),
        "TASKFLOW_LOCAL_CONTEXT": target.context,
        "TASKFLOW_REGISTRY": registry.ADDRESS,
        "TASKFLOW_BUILD_NETWORK": "host",
        "DOCKER_HOST": f"unix://{place.docker_socket}",
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
    assert replay(nothing.url).differences == []
