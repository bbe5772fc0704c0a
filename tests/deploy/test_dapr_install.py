"""platform/dapr/install.sh: which release of Dapr it takes, installs or refuses."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.deploy.rendering import ROOT

_KUBECTL = """#!/bin/sh
case "$*" in
  *"get deployment dapr-sidecar-injector"*)
    [ -n "$INSTALLED" ] || exit 1
    case "$*" in *kubernetes*version*) printf %s "$INSTALLED";; *DROP_ALL*) printf %s "$DROPS";; esac;;
  "config current-context") echo here;;
esac
"""
_RECORDS = '#!/bin/sh\necho "$(basename "$0") $*" >>"$CALLS"\n'


def install(directory: Path, *tools: str, installed: str = "", drops: str = "true") -> tuple[int, str, str]:
    """The script's exit status, what it wrote to stderr, and what was called of `tools` (helm, dapr)."""
    for name, text in (("kubectl", _KUBECTL), *((tool, _RECORDS) for tool in tools)):
        (directory / name).write_text(text, encoding="utf-8")
        (directory / name).chmod(0o755)
    for name in ("sh", "dirname", "basename", "sort", "head"):
        if not (directory / name).exists():
            (directory / name).symlink_to(next(place for place in _places(name) if place.exists()))
    calls = directory / "calls"
    calls.touch()
    done = subprocess.run(
        [str(ROOT / "platform/dapr/install.sh")],
        env={"PATH": str(directory), "INSTALLED": installed, "DROPS": drops, "CALLS": str(calls)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr, calls.read_text(encoding="utf-8")


def _places(name: str) -> list[Path]:
    return [Path(directory) / name for directory in os.environ["PATH"].split(os.pathsep)]


def test_the_newest_patch_of_the_line_is_installed(tmp_path: Path) -> None:
    status, said, called = install(tmp_path, "helm", "dapr")
    assert status == 0, said
    assert "--version ~1.17.5" in called
    assert "--values helm-values.yaml" in called


def test_without_helm_daprs_own_command_installs_what_will_do(tmp_path: Path) -> None:
    status, said, called = install(tmp_path, "dapr")
    assert status == 0, said
    assert "--runtime-version 1.17.5" in called
    assert "global.scheduler.enabled=false" in called


def test_without_either_it_says_where_to_get_one(tmp_path: Path) -> None:
    status, said, _ = install(tmp_path)
    assert status == 1
    assert "helm.sh" in said


@pytest.mark.parametrize("release", ["1.17.5", "1.17.12", "1.18.0", "edge", ""])
def test_what_is_new_enough_is_left_alone(tmp_path: Path, release: str) -> None:
    status, said, called = install(tmp_path, "helm", installed=release or " ")
    assert status == 0, said
    assert called == ""


@pytest.mark.parametrize("release", ["1.16.0", "1.16.14", "1.17.4", "1.9.6"])
def test_what_is_too_old_is_refused_with_the_way_to_upgrade_it(tmp_path: Path, release: str) -> None:
    status, said, called = install(tmp_path, "helm", installed=release)
    assert (status, called) == (1, "")
    assert f"Dapr {release} is installed; TaskFlow needs 1.17.5 or newer" in said
    assert "helm upgrade dapr" in said


def test_sidecars_that_keep_capabilities_are_refused(tmp_path: Path) -> None:
    status, said, _ = install(tmp_path, "helm", installed="1.17.5", drops="")
    assert status == 1
    assert "keep capabilities" in said
