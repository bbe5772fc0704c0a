"""The manifests of platform/dapr as a sidecar on this machine reads them: the same, with local addresses."""

from pathlib import Path
from typing import Any, Final

import yaml

from e2e.rig import manifests
from e2e.rig.manifests import Manifest

# Annotations the injector turns into flags of daprd, with the flag. The others are about pods; block-shutdown-duration
# too: a pod's containers are stopped at once, whereas the rig stops the service first.
_FLAGS: Final = {
    "dapr.io/app-protocol": "app-protocol",
    "dapr.io/app-health-check-path": "app-health-check-path",
    "dapr.io/app-health-probe-interval": "app-health-probe-interval",
    "dapr.io/app-health-probe-timeout": "app-health-probe-timeout",
    "dapr.io/app-health-threshold": "app-health-threshold",
    "dapr.io/max-body-size": "max-body-size",
    "dapr.io/graceful-shutdown-seconds": "dapr-graceful-shutdown-seconds",
}


def write(directory: Path, *, brokers: str, otlp_endpoint: str | None = None) -> None:
    """Writes `directory`/resources (components, subscriptions, resiliency) and `directory`/configuration.yaml.

    `brokers` is Kafka's address, `otlp_endpoint` (http://host:port) where traces go; without it they go nowhere.
    """
    resources = directory / "resources"
    resources.mkdir(parents=True, exist_ok=True)
    components = [_with_brokers(component, brokers) for component in manifests.read("dapr", "components")]
    _write(resources / "components.yaml", components)
    _write(resources / "subscriptions.yaml", manifests.read("dapr", "subscriptions"))
    _write(resources / "resiliency.yaml", manifests.read("dapr", "resiliency.yaml"))
    [configuration] = manifests.read("dapr", "configuration.yaml")
    _write(directory / "configuration.yaml", [_with_collector(configuration, otlp_endpoint)])


def sidecar_flags() -> list[str]:
    """daprd's flags for what platform/dapr/sidecar gives every sidecar."""
    [patch] = manifests.read("dapr", "sidecar", "annotations.yaml")
    annotations: dict[str, str] = patch["spec"]["template"]["metadata"]["annotations"]
    flags = [f"--{flag}={annotations[name]}" for name, flag in _FLAGS.items() if name in annotations]
    if annotations.get("dapr.io/enable-app-health-check") == "true":
        flags.append("--enable-app-health-check")
    return flags


def _with_brokers(component: Manifest, brokers: str) -> Manifest:
    entries: list[dict[str, Any]] = component["spec"]["metadata"]
    local = [{**entry, "value": brokers} if entry["name"] == "brokers" else entry for entry in entries]
    return {**component, "spec": {**component["spec"], "metadata": local}}


def _with_collector(configuration: Manifest, otlp_endpoint: str | None) -> Manifest:
    spec = dict(configuration["spec"])
    if otlp_endpoint is None:
        del spec["tracing"]
    else:
        tracing = spec["tracing"]
        address = otlp_endpoint.removeprefix("http://")
        spec["tracing"] = {**tracing, "otel": {**tracing["otel"], "endpointAddress": address}}
    return {**configuration, "spec": spec}


def _write(path: Path, documents: list[Manifest]) -> None:
    path.write_text(yaml.safe_dump_all(documents, sort_keys=False), encoding="utf-8")
