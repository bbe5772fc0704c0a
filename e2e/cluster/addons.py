"""What is applied to the bare cluster: DNS, volumes, the ingress controller, Dapr's control plane."""

import json
from pathlib import Path
from typing import Any, Final, cast

import yaml

from e2e.cluster import builds
from e2e.cluster.commands import run
from e2e.cluster.control_plane import kubectl
from e2e.cluster.images import Images
from e2e.cluster.workspace import DNS_ADDRESS, INGRESS_PORT, ROOT, Workspace
from e2e.rig import programs as rig

_MANIFESTS: Final = Path(__file__).parent / "manifests"
_VOLUMES: Final = 12
DAPR_NAMESPACE: Final = "dapr-system"

_OF_THE_CLUSTER: Final = (
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "MutatingWebhookConfiguration",
)

Manifest = dict[str, Any]


def apply(workspace: Workspace, images: Images) -> None:
    """Applies everything; wait() waits for it. Raises ClusterError."""
    for name in ("coredns", "storage", "ingress"):
        text = (_MANIFESTS / f"{name}.yaml").read_text(encoding="utf-8")
        for mark, value in (
            ("ADDONS_IMAGE", images.addons),
            ("DNS_ADDRESS", DNS_ADDRESS),
            ("INGRESS_PORT", str(INGRESS_PORT)),
        ):
            text = text.replace(mark, value)
        _apply(workspace, text)
    _apply(workspace, yaml.safe_dump_all(_volumes(workspace)))
    _dapr(workspace, images)


def wait(workspace: Workspace) -> None:
    """Returns once everything applied is ready. Raises ClusterError."""
    for namespace in ("kube-system", "ingress-nginx", DAPR_NAMESPACE):
        kubectl(
            workspace,
            *("wait", "deployment", "--all", "--namespace", namespace),
            *("--for=condition=Available", "--timeout=120s"),
            within=130,
        )


def _volumes(workspace: Workspace) -> list[Manifest]:
    found: list[Manifest] = []
    for number in range(_VOLUMES):
        directory = workspace.state / "volumes" / str(number)
        directory.mkdir(parents=True, exist_ok=True)
        # Whoever the pod runs as writes here, as with minikube's own provisioner.
        directory.chmod(0o777)
        found.append(
            {
                "apiVersion": "v1",
                "kind": "PersistentVolume",
                "metadata": {"name": f"host-{number}"},
                "spec": {
                    "storageClassName": "standard",
                    "capacity": {"storage": "100Gi"},
                    "accessModes": ["ReadWriteOnce"],
                    "persistentVolumeReclaimPolicy": "Retain",
                    "hostPath": {"path": str(directory), "type": "Directory"},
                },
            }
        )
    return found


def _dapr(workspace: Workspace, images: Images) -> None:
    chart = builds.module_directory(rig.DAPR, "github.com/dapr/dapr") / "charts" / "dapr"
    # The values that the deployment asks for, and our images.
    values = cast(Manifest, yaml.safe_load((ROOT / "platform/dapr/helm-values.yaml").read_text(encoding="utf-8")))
    values.setdefault("global", {}).update({"tag": rig.dapr_version(), "logAsJson": True})
    for part in ("dapr_operator", "dapr_sentry", "dapr_sidecar_injector"):
        values.setdefault(part, {})["image"] = {"name": images.dapr}
    values["dapr_sidecar_injector"]["injectorImage"] = {"name": images.dapr}
    program = builds.program(workspace, "chart")
    rendered = run([program, chart, "dapr", DAPR_NAMESPACE], within=60, stdin=json.dumps(values))
    manifests = [cast(Manifest, one) for one in yaml.safe_load_all(rendered) if one]
    for manifest in manifests:
        if manifest["kind"] not in _OF_THE_CLUSTER:  # what Helm gives to the release's namespace
            manifest["metadata"].setdefault("namespace", DAPR_NAMESPACE)
    kubectl(workspace, "create", "namespace", DAPR_NAMESPACE)
    definitions = [one for one in manifests if one["kind"] == "CustomResourceDefinition"]
    _apply(workspace, yaml.safe_dump_all(definitions))
    kubectl(workspace, "wait", "crd", "--all", "--for=condition=Established", "--timeout=60s", within=70)
    _apply(workspace, yaml.safe_dump_all([one for one in manifests if one not in definitions]))


def _apply(workspace: Workspace, text: str) -> None:
    kubectl(workspace, "apply", "--server-side", "--force-conflicts", "-f", "-", within=120, stdin=text)
