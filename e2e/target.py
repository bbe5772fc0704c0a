"""Which cluster the suite drives, and with which images: what the environment says, else one that it starts itself."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from e2e.cluster import builds, cluster, images
from e2e.cluster.stages import Stages
from e2e.cluster.workspace import NODE, ROOT, find_workspace
from taskflow_ops.cluster import Cluster, connect
from taskflow_ops.conventions import NAMESPACE
from taskflow_ops.kubectl import Kubectl

KAFKA: Final = "docker.io/apache/kafka"
POSTGRES: Final = "docker.io/library/postgres"
PYTHON: Final = "docker.io/library/python"
TASKFLOW: Final = "taskflow"


@dataclass(frozen=True, kw_only=True)
class Target:
    """A cluster, as kubectl and the suite's clients reach it."""

    context: str
    url: str
    """Where the Ingress answers."""
    images: Mapping[str, str]
    """Names in the manifests to the images to run instead."""
    own: bool
    """Whether the suite started the cluster and may look into it."""
    phase_iv_image: str | None
    """What runs as Phase IV, where it is not the project's own image."""
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    """For kubectl and `taskflow ops`, added to the process's own."""

    def connect(self) -> Cluster:
        """The platform's namespace."""
        return connect(self.context, NAMESPACE, kubeconfig=self.environment.get("KUBECONFIG"))

    def kubectl(self, namespace: str = NAMESPACE, *, dry_run: bool = False) -> Kubectl:
        """kubectl in a namespace."""
        return Kubectl(self.context, namespace, dry_run=dry_run, environment=self.environment)


def find(environ: Mapping[str, str] = os.environ) -> Target:
    """The target: TASKFLOW_E2E_CONTEXT names a context of kubectl's, else the own cluster is started (or found).

    Raises ClusterError where it cannot be started.
    """
    phase_iv = environ.get("TASKFLOW_E2E_PHASE_IV_IMAGE") or None
    if context := environ.get("TASKFLOW_E2E_CONTEXT"):
        return Target(
            context=context,
            url=environ.get("TASKFLOW_E2E_URL") or "http://127.0.0.1",
            images={TASKFLOW: environ.get("TASKFLOW_E2E_IMAGE") or "taskflow:dev"},
            own=False,
            phase_iv_image=phase_iv,
        )
    workspace = find_workspace(environ)
    if cluster.is_running(workspace):
        found = cluster.running_images(workspace)
    else:
        found = cluster.start(workspace, Stages(), revision=revision())
    return Target(
        context=NODE,
        url=cluster.INGRESS_URL,
        images={TASKFLOW: found.taskflow, KAFKA: found.kafka, POSTGRES: found.postgres, PYTHON: found.python},
        own=True,
        phase_iv_image=phase_iv,
        environment={
            "KUBECONFIG": str(workspace.kubeconfig),
            "PATH": f"{builds.directory(workspace, 'kubernetes')}{os.pathsep}{environ.get('PATH', os.defpath)}",
        },
    )


def next_image(target: Target) -> str:
    """The image of a later release: TASKFLOW_E2E_NEXT_IMAGE, on the own cluster built from the same files."""
    if named := os.environ.get("TASKFLOW_E2E_NEXT_IMAGE"):
        return named
    if not target.own:
        return ""
    workspace = find_workspace()
    name = f"{target.images[TASKFLOW]}-next"
    images.ensure_taskflow(workspace, name, version="0.5.1", revision=f"{revision()}-next")
    return name


def release_image(target: Target) -> str:
    """The image of a Phase IV release: what the environment names, or on the own cluster that of e2e/release."""
    if target.phase_iv_image or not target.own:
        return target.phase_iv_image or ""
    return images.ensure_release(find_workspace())


def revision() -> str:
    """The commit of the checkout."""
    command = ["git", "rev-parse", "--short", "HEAD"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    return done.stdout.strip() or "unknown"
