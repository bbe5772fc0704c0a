"""The page's files as they are served: complete, without a build step, and safe under a strict security policy."""

import re
from pathlib import Path

import pytest

WEB = Path(__file__).parents[2] / "apps" / "web"
INDEX = (WEB / "index.html").read_text()
SCRIPTS = sorted(WEB.rglob("*.js"))
STYLES = sorted(WEB.rglob("*.css"))


def test_every_module_is_loaded_ahead_and_every_file_named_exists() -> None:
    named = set(re.findall(r'(?:href|src)="/static/([^"]+)"', INDEX))
    assert {name for name in named if not (WEB / name).is_file()} == set()
    shipped = {path.relative_to(WEB).as_posix() for path in [*SCRIPTS, *STYLES]}
    assert shipped - named == set()


def test_every_import_leads_to_a_file() -> None:
    for script in SCRIPTS:
        for target in re.findall(r'from "([^"]+)"', script.read_text()):
            assert (script.parent / target).is_file(), f"{script.name} imports {target}"


def test_the_page_has_nothing_inline_and_nothing_from_elsewhere() -> None:
    assert not re.search(r"<style|style=|<script(?![^>]*src=)|\son\w+=|javascript:", INDEX)
    assert not re.search(r'(?:href|src)="(?:https?:)?//', INDEX)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', INDEX)
    assert policy is not None
    assert "default-src 'none'" in policy[1]
    assert "require-trusted-types-for 'script'" in policy[1]
    assert "unsafe" not in policy[1]


@pytest.mark.parametrize("path", [*SCRIPTS, *STYLES], ids=lambda path: path.relative_to(WEB).as_posix())
def test_no_file_reads_text_as_html_or_loads_from_elsewhere(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text)
    assert not re.search(r"https?://(?!www\.w3\.org/)", text)
    assert len(text.splitlines()) <= 600


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.relative_to(WEB).as_posix())
def test_every_module_says_what_it_is_for(script: Path) -> None:
    assert script.read_text().startswith("// ")
