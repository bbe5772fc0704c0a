"""No file grows past what one reads in a sitting: 300 lines, and 400 of tests."""

import subprocess
from typing import Final

from tests.deploy.rendering import ROOT

SUFFIXES: Final = ("*.py", "*.js", "*.css", "*.sh")


def test_files_stay_small() -> None:
    listed = subprocess.run(["git", "ls-files", *SUFFIXES], cwd=ROOT, capture_output=True, text=True, check=True)
    lines = {file: len((ROOT / file).read_text(encoding="utf-8").splitlines()) for file in listed.stdout.splitlines()}
    most = {file: 400 if file.startswith(("tests/", "e2e/tests/")) else 300 for file in lines}
    assert {file: count for file, count in lines.items() if count > most[file]} == {}, "split these by subject"
