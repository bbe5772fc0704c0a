"""Overlays that differ from one of the project's in the names of images alone."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from e2e.cluster.workspace import ROOT

PHASES: Final = ("phase-iv", "phase-v")


def write(directory: Path, overlay: str, images: Mapping[str, str], *, phase_iv: str | None = None) -> Path:
    """Writes `directory`/phase-iv and /phase-v on top of kustomize/overlays/`overlay`, and returns `directory`.

    `images` maps the names in the manifests to the images to run. `phase_iv` is a release's own image that runs as
    Phase IV: one that is not the project's, and knows neither its commands nor its probes.
    """
    for phase in PHASES:
        place = directory / phase
        place.mkdir(parents=True, exist_ok=True)
        kustomization: dict[str, Any] = {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": [_relative(f"overlays/{overlay}/{phase}", place)],
            "images": [_replacement(name, image) for name, image in images.items()],
        }
        if phase == "phase-iv" and phase_iv:
            kustomization["components"] = [_relative("components/phase-iv-release", place)]
            kustomization["patches"] = [{"patch": yaml.safe_dump(_chat_api_runs(phase_iv))}]
        (place / "kustomization.yaml").write_text(yaml.safe_dump(kustomization), encoding="utf-8")
    return directory


def _relative(path: str, place: Path) -> str:
    return os.path.relpath(ROOT / "kustomize" / path, place.resolve())


def _chat_api_runs(image: str) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "chat-api"},
        "spec": {"template": {"spec": {"containers": [{"name": "app", "image": image}]}}},
    }


def _replacement(name: str, image: str) -> dict[str, str]:
    if "@" in image:
        new, digest = image.split("@", 1)
        return {"name": name, "newName": new, "digest": digest}
    new, tag = image.rsplit(":", 1)
    return {"name": name, "newName": new, "newTag": tag}
