"""What CI runs (.ci/run): one deadline, nothing left out, and a flaky test is named and counts."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
COREUTILS: Final = ("bash", "env", "dirname", "mktemp", "rm", "timeout", "id", "cat", "sleep", "seq")
SUMMARY: Final = "=== 7 passed in 1.00s ==="

_MAKE: Final = f"""#!/usr/bin/env bash
echo "make $*" >>"$CALLS"
[ "$1" = "$HANGS" ] && sleep 60
[ "$1" = test ] && echo "{SUMMARY}"
[ "$1" != "$FAILS" ]
"""


def run(
    tmp_path: Path, *, tools: Iterable[str] = ("go", "java", "mvn"), minutes: int = 85, fails: str = "", hangs: str = ""
) -> tuple[int, list[str], list[str]]:
    """Exit status, lines written, and the targets that were made, with a `make` that only notes what it was asked."""
    here, programs = tmp_path / "here", tmp_path / "programs"
    (here / ".ci").mkdir(parents=True)
    programs.mkdir()
    shutil.copy(ROOT / ".ci/run", here / ".ci/run")
    # What it installs where it is missing: nothing is installed here.
    (here / ".ci/step").symlink_to("/bin/true")
    for name in COREUTILS:
        found = shutil.which(name)
        assert found is not None
        (programs / name).symlink_to(found)
    for name in ("chromium", *tools):
        (programs / name).symlink_to("/bin/true")
    (programs / "make").write_text(_MAKE, encoding="utf-8")
    (programs / "make").chmod(0o755)
    calls = tmp_path / "calls"
    calls.touch()
    environment = {
        "PATH": str(programs),
        "CALLS": str(calls),
        "CI_MINUTES": str(minutes),
        "FAILS": fails,
        "HANGS": hangs,
    }
    done = subprocess.run(
        [str(here / ".ci/run")], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, done.stdout.splitlines(), calls.read_text(encoding="utf-8").splitlines()


def test_everything_is_run_and_pytest_has_the_last_word(tmp_path: Path) -> None:
    status, lines, made = run(tmp_path)
    assert made == ["make rig", "make test-rig", "make e2e", "make test"]
    assert (status, lines[-1]) == (0, SUMMARY)


@pytest.mark.parametrize("missing", ["go", "java", "mvn"])
def test_without_what_builds_the_rig_it_fails(tmp_path: Path, missing: str) -> None:
    status, lines, made = run(tmp_path, tools={"go", "java", "mvn"} - {missing})
    assert status == 1
    assert any(f"{missing} missing" in line for line in lines)
    assert made == ["make test"], "which needs none of it"
    assert lines[-1] == SUMMARY


@pytest.mark.parametrize("part", ["rig", "test-rig", "e2e", "test"])
def test_a_part_that_fails_fails_the_whole_and_the_others_are_run(tmp_path: Path, part: str) -> None:
    status, _, made = run(tmp_path, fails=part)
    assert status == 1
    assert len(made) == 4


def test_a_slow_part_may_take_the_time_of_all_but_the_last(tmp_path: Path) -> None:
    """Fifteen minutes are kept for the tests."""
    status, lines, made = run(tmp_path, minutes=15)
    assert (status, made) == (1, ["make test"])
    assert sum("no time left" in line for line in lines) == 3
    assert lines[-1] == SUMMARY


FLAKY: Final = """
import pytest, pathlib
@pytest.mark.parametrize("which", range({count}))
def test_flaky(which):
    seen = pathlib.Path(__file__).with_name(f"{name}-{{which}}")
    first = not seen.exists()
    seen.touch()
    assert not first, "the lamp is dark"
"""


LEAKING: Final = """
import gc, socket
def test_fails():
    left = socket.socket()
    assert not left, "the door is open"
def test_another():
    gc.collect()
"""


def pytest_on(file: Path, *options: str) -> tuple[int, str]:
    """A run of pytest with the plugin of CI, where what fails is tried again."""
    plugins = ("xdist", "pytest_rerunfailures", "tests.support.reruns", "tests.support.left_open")
    command = [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", str(file.parent), "--reruns", "1"]
    done = subprocess.run(
        [*command, *(word for plugin in plugins for word in ("-p", plugin)), *options, str(file)],
        cwd=ROOT,
        env=os.environ
        | {
            "RERUNS_FILE": str(file.with_name("reruns")),
            "TOO_MANY_RERUNS": "3",
            "PYTEST_ADDOPTS": "",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def flaky(tmp_path: Path, name: str, count: int, *options: str) -> tuple[int, str]:
    """A run of tests that pass when they are tried again."""
    file = tmp_path / f"test_{name}.py"
    file.write_text(FLAKY.format(count=count, name=name), encoding="utf-8")
    return pytest_on(file, *options)


def test_what_a_failed_test_left_open_is_no_failure_of_the_next(tmp_path: Path) -> None:
    file = tmp_path / "test_leaking.py"
    file.write_text(LEAKING, encoding="utf-8")
    status, output = pytest_on(file, "-W", "error")
    assert status == 1
    assert "1 failed, 1 passed, 1 rerun" in output.splitlines()[-1], output


def test_tests_that_were_tried_again_are_named_with_the_reason_and_the_third_fails(tmp_path: Path) -> None:
    status, output = flaky(tmp_path, "first", 2)
    assert status == 0, output
    assert "test_first.py::test_flaky[0]" in output
    assert output.count("test_first.py:8\n    AssertionError: the lamp is dark") == 2, output
    assert "2 passed, 2 rerun" in output.splitlines()[-1]
    status, output = flaky(tmp_path, "second", 1, "-n", "1")
    assert status == 1, "it is the third, whichever run it was in"
    assert all(f"test_{name}.py::test_flaky[0]" in output for name in ("first", "second"))
    assert output.count("the lamp is dark") == 3, "of all runs"
    assert "3 tests needed a second try: 3 fail the run." in output
    assert "1 passed, 1 rerun" in output.splitlines()[-1]
