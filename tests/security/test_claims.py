"""docs/security.md has a test for each claim, every test that it names is there, and no kind of attack is left out."""

import ast
import functools
import re
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.deploy.rendering import ROOT
from tests.security.test_attacks import EVERY, THEMES
from tests.security.test_attacks import LEAST as LEAST_ATTACKS

PAGE: Final = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
TABLE: Final = "What keeps it so"
CLAIM_NOTHING: Final = {TABLE, "Left to the installation", "Reporting"}
"""Sections of the page that promise nothing by themselves."""

LEAST: Final = 60
_ATTACKS: Final = "tests/security/test_attacks.py::test_attacks"
_HEADING: Final = re.compile(r"^## (.+)$", re.MULTILINE)
_ROW: Final = re.compile(r"^\| \[([^]]+)\]\(#([\w-]+)\) \| (.+) \| (.+) \|$", re.MULTILINE)
_KEPT_BY: Final = re.compile(r"`([^`]+)`(?:, |$)")


class Claim(NamedTuple):
    """A row: the section that it is of, what it says, and the tests that keep it."""

    section: str
    text: str
    tests: tuple[str, ...]


def table() -> str:
    """The section with the table."""
    return PAGE.split(f"\n## {TABLE}\n")[1].split("\n## ")[0]


CLAIMS: Final = [
    Claim(section, text, tuple(_KEPT_BY.findall(kept))) for section, _, text, kept in _ROW.findall(table())
]
NAMED: Final = sorted({test for claim in CLAIMS for test in claim.tests})


@functools.cache
def names_in(path: Path) -> dict[str, set[str]]:
    """The tests of a file, as pytest names them, each with its parameters' names."""
    found: dict[str, set[str]] = {}
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        for one in inside:
            if isinstance(one, functions) and one.name.startswith("test_"):
                found[prefix + one.name] = {argument.arg for argument in one.args.args}
    return found


def test_every_row_can_be_read_and_says_something_of_its_own() -> None:
    rows = [line for line in table().splitlines() if line.startswith("|")]
    assert len(CLAIMS) == len(rows) - 2, "besides the heading and the line below it"
    assert len(CLAIMS) >= LEAST
    texts = [claim.text for claim in CLAIMS]
    assert not [text for text in texts if texts.count(text) > 1]


def test_every_claim_is_kept_by_a_test() -> None:
    assert not [claim.text for claim in CLAIMS if not claim.tests]
    assert not [claim.text for claim in CLAIMS if len(set(claim.tests)) < len(claim.tests)]


@pytest.mark.parametrize("name", NAMED)
def test_a_test_that_is_named_is_there(name: str) -> None:
    path, _, rest = name.partition("::")
    function, _, parameter = rest.partition("[")
    assert (ROOT / path).is_file()
    assert function in names_in(ROOT / path)
    if parameter:
        assert f"{path}::{function}" == _ATTACKS, "of other tests all their parameters count"
        assert parameter.removesuffix("]") in THEMES


def test_every_section_that_claims_something_has_rows() -> None:
    sections = set(_HEADING.findall(PAGE)) - CLAIM_NOTHING
    assert {claim.section for claim in CLAIMS} == sections
    for section, anchor, _, _ in _ROW.findall(table()):
        assert anchor == section.lower().replace(" ", "-")


def test_every_kind_of_attack_is_what_keeps_a_claim() -> None:
    assert {f"{_ATTACKS}[{theme}]" for theme in THEMES} == {name for name in NAMED if name.startswith(_ATTACKS)}


def test_every_test_of_this_folder_keeps_a_claim_or_watches_over_them() -> None:
    here = Path(__file__).parent
    watching = {"test_claims.py", "test_attacks.py"}
    for path in here.glob("test_*.py"):
        if path.name not in watching:
            names = {f"tests/security/{path.name}::{name}" for name in names_in(path)}
            assert names <= set(NAMED)


def test_the_page_promises_no_more_attacks_than_there_are() -> None:
    [said] = re.findall(r"makes more than ([\d,]+) requests", table())
    assert LEAST_ATTACKS <= int(said.replace(",", "")) < len(EVERY)
