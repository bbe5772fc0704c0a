"""The page's files as they are served: complete, without a build step, and safe under a strict security policy."""

import re
from pathlib import Path

import pytest

WEB = Path(__file__).parents[2] / "apps" / "web" / "page"
INDEX = (WEB / "index.html").read_text()
SCRIPTS = sorted(WEB.rglob("*.js"))
STYLES = sorted(WEB.rglob("*.css"))
LANGUAGES = [path for path in SCRIPTS if re.match(r"strings/[a-z]{2}[./]", path.relative_to(WEB).as_posix())]
"""What the page says; of these a browser loads those of one language."""


WORKERS = {"sw.js", "offline/shell-files.js", "offline/notification-clicks.js"}
"""What the service worker is made of: a browser loads it by itself, when the page is there."""


def test_every_module_is_loaded_ahead_and_every_file_named_exists() -> None:
    named = set(re.findall(r'(?:href|src)="/static/([^"]+)"', INDEX))
    assert {name for name in named if not (WEB / name).is_file()} == set()
    shipped = {path.relative_to(WEB).as_posix() for path in [*SCRIPTS, *STYLES]}
    assert shipped - named == {path.relative_to(WEB).as_posix() for path in LANGUAGES} | WORKERS


def imports(script: Path) -> list[Path]:
    """The modules that one imports; what it names in comments, for types, is not loaded."""
    targets = re.findall(r'^(?:import|\}) .*"([^"]+)";$', script.read_text(), re.MULTILINE)
    return [(script.parent / target).resolve() for target in targets]


def test_every_import_leads_to_a_file() -> None:
    for script in SCRIPTS:
        for target in imports(script):
            assert target.is_file(), f"{script.name} imports {target}"


LAYERS = [
    ["device.js", "dom.js", "icons.js"],
    ["strings"],
    ["domain"],
    ["server"],
    ["state"],
    ["offline"],
    ["keys.js", "type-ahead.js"],
    ["router.js", "tabs.js"],
    ["notices"],
    ["views"],
    ["sheets-later.js", "sheets.js", "ending.js"],
    ["session.js"],
    ["app.js"],
    ["boot.js", "sw.js"],
]
"""The page's modules and folders, those that the others stand on first."""


def test_modules_import_only_what_they_stand_on() -> None:
    height = {name: at for at, layer in enumerate(LAYERS) for name in layer}
    for script in SCRIPTS:
        here = height[script.relative_to(WEB).parts[0]]
        above = [one.name for one in imports(script) if height[one.relative_to(WEB).parts[0]] > here]
        assert above == [], f"{script.name} imports {above}"


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
    assert len(text.splitlines()) <= 300


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.relative_to(WEB).as_posix())
def test_every_module_says_what_it_is_for(script: Path) -> None:
    assert script.read_text().startswith("// ")


TEXT_ON = {
    "text": ["bg", "surface", "raised"],
    "muted": ["bg", "surface", "raised", "amber-soft"],
    "accent": ["bg", "surface", "raised", "amber-soft"],
    "accent-strong": ["accent-soft"],
    "on-accent": ["accent"],
    "red": ["bg", "surface", "raised", "red-soft"],
    "amber": ["bg", "surface", "amber-soft"],
}


def palettes() -> dict[str, dict[str, str]]:
    """The colours of the light and of the dark page, by name."""
    css = (WEB / "styles" / "base.css").read_text()
    roots = re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    light, dark = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", root)) for root in roots)
    return {"light": light, "dark": light | dark}


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours as WCAG 2 defines it."""

    def luminance(colour: str) -> float:
        parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read_on_its_ground(theme: str) -> None:
    colours = palettes()[theme]
    pairs = [(text, ground) for text, grounds in TEXT_ON.items() for ground in grounds]
    weak = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}
    assert contrast(colours["line-strong"], colours["surface"]) >= 3
