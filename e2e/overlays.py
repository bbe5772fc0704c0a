"""Overlays that differ from one of the project's in the names of images alone."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import yaml

from e2e.cluster.home import ROOT

PHASES: Final = ("phase-iv", "phase-v")


def write(directory: Path, overlay: str, images: Mapping[str, str]) -> Path:
    """Writes `directory`/phase-iv and /phase-v on top of kustomize/overlays/`overlay`, and returns `directory`.

    `images` maps the names in the manifests to the images to run.
    """
    for phase in PHASES:
        place = directory / phase
        place.mkdir(parents=True, exist_ok=True)
        below = os.path.relpath(ROOT / "kustomize" / "overlays" / overlay / phase, place.resolve())
        kustomization = {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": [below],
            "images": [_replacement(name, image) for name, image in images.items()],
        }
        (place / "kustomization.yaml").write_text(yaml.safe_dump(kustomization), encoding="utf-8")
    return directory


def _replacement(name: str, image: str) -> dict[str, str]:
    if "@" in image:
        new, digest = image.split("@", 1)
        return {"name": name, "newName": new, "digest": digest}
    new, tag = image.rsplit(":", 1)
    return {"name": name, "newName": new, "newTag": tag}
