"""The page: what happened to one's account, in plain words, the newest first, on a telephone too."""

import re
import time

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.web.person import PASSWORD, Person, choose

pytestmark = pytest.mark.browser


def opened(page: Page) -> None:
    choose(page, "Account")
    page.get_by_role("dialog", name="Account").get_by_role("button", name=re.compile("^Security")).click()
    expect(page.get_by_role("dialog", name="Security").get_by_role("listitem").first).to_be_visible()


def signs_in(person: Person, password: str) -> httpx.Response:
    body = {"email": person.email, "password": password}
    return httpx.post(f"{person.url}/api/v1/auth/login", json=body, timeout=60, headers={"User-Agent": "a program"})


def test_what_happened_is_listed_newest_first_and_looked_at_again(ada: Person) -> None:
    assert signs_in(ada, PASSWORD).status_code == 200
    page = ada.tab()
    opened(page)
    dialog = page.get_by_role("dialog", name="Security")
    entries = dialog.get_by_role("listitem")
    expect(entries).to_have_count(3)
    expect(entries.first).to_contain_text("Logged in: a program")
    expect(entries.first).to_contain_text("Today, ")
    expect(entries.last).to_contain_text("Account created")
    assert ada.context.request.get(f"{ada.url}/api/v1/auth/account/export", timeout=60_000).ok

    def shown() -> bool:
        dialog.get_by_role("button", name="Look again").click()
        return entries.first.inner_text(timeout=60_000).startswith("Everything downloaded")

    deadline = time.monotonic() + 60
    while not shown():
        assert time.monotonic() < deadline, "the trail has it a moment later"


def test_a_telephone_shows_it_whole_and_pages_go_on(ada: Person) -> None:
    for _ in range(20):
        assert ada.context.request.get(f"{ada.url}/api/v1/auth/account/export", timeout=60_000).ok
    page = ada.tab()
    page.set_viewport_size({"width": 360, "height": 640})
    opened(page)
    dialog = page.get_by_role("dialog", name="Security")
    expect(dialog.get_by_role("listitem")).to_have_count(20)
    dialog.get_by_role("button", name="Show more").click()
    expect(dialog.get_by_text("Account created")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
