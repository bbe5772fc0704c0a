"""The manifests in platform/, read as they are: the rig runs what the cluster runs."""

from pathlib import Path
from typing import Any, Final

import yaml

from e2e.rig.errors import RigError
from e2e.rig.programs import ROOT

PLATFORM: Final = ROOT / "platform"

Manifest = dict[str, Any]


def read(*parts: str) -> list[Manifest]:
    """Every document of the YAML files at `platform/<parts>` (a file, or a directory's own files in order of name).

    Raises RigError where there is no such file: the rig needs a checkout.
    """
    place = PLATFORM.joinpath(*parts)
    files = sorted(place.glob("*.yaml")) if place.is_dir() else [place]
    try:
        return [document for file in files for document in _documents(file)]
    except FileNotFoundError:
        raise RigError(f"{place} is missing: the rig runs in a checkout of the repository.") from None


def metadata_of(component: Manifest) -> dict[str, str]:
    """A Dapr component's metadata by name."""
    return {entry["name"]: entry["value"] for entry in component["spec"]["metadata"]}


def _documents(file: Path) -> list[Manifest]:
    return [document for document in yaml.safe_load_all(file.read_text(encoding="utf-8")) if document]
