"""The page on any device: nothing is cut off, every control has a name."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.web.person import Person, day

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [320, 390, 820])
def test_nothing_is_wider_than_the_screen(new_person: Callable[..., Person], width: int) -> None:
    person = new_person(viewport={"width": width, "height": 800}, has_touch=True)
    person.add("A title that is so long that it has to be broken " * 4, due_date=day(0), reminders=["P1D", "PT1H"])
    task = person.add("W" * 200, description="x" * 400, tags=["W" * 50])
    page = person.tab()
    assert overflow(page) == 0
    page.get_by_role("textbox", name="New task").fill(f"buy #{'W' * 50} tomorrow")
    expect(page.get_by_role("listitem").filter(has_text="Tomorrow")).to_be_visible()
    assert overflow(page) == 0
    for path in ("/new", f"/task/{task['id']}", "/account", "/account/new-token", "/account/delete"):
        page.evaluate(f"location.hash = '#{path}'; dispatchEvent(new PopStateEvent('popstate'))")
        expect(page.get_by_role("dialog")).to_be_visible()
        assert overflow(page) == 0
        assert overflow(page, ".sheet-body") == 0


def test_a_message_about_a_long_title_leaves_the_page_in_sight(new_person: Callable[..., Person]) -> None:
    person = new_person(viewport={"width": 320, "height": 640}, has_touch=True)
    person.add("A title that is so long that it has to be broken " * 5)
    page = person.tab()
    page.locator(".task-title").focus()
    page.keyboard.press("Delete")
    expect(page.get_by_role("button", name="Undo", exact=True)).to_be_in_viewport()
    expect(page.locator(".toast")).to_contain_text("…” deleted")
    box = page.locator(".toast").bounding_box()
    assert box is not None
    assert box["height"] < 250


def overflow(page: Page, part: str = ":root") -> int:
    """Pixels by which the page, or a part of it, is wider than what is seen of it."""
    return page.locator(part).last.evaluate("node => node.scrollWidth - node.clientWidth")


def test_every_control_has_a_name(ada: Person) -> None:
    ada.add("Some task", due_date=day(0), recurrence_pattern="weekly:MON")
    nameless = """() => [...document.querySelectorAll("button, input, select, textarea, dialog, a")].filter((node) => {
      const named = node.getAttribute("aria-label") || node.getAttribute("aria-labelledby") || node.title;
      return !named && !node.labels?.length && !node.textContent.trim();
    }).map((node) => node.outerHTML)"""
    page = ada.tab()
    assert page.evaluate(nameless) == []
    parts = [f"/#/account/{part}" for part in ("", "email", "password", "sessions", "tokens", "new-token", "delete")]
    for path in ("/#/new", "/#/settings", "/#/help", f"/#/task/{ada.tasks()[0]['id']}", *parts):
        page.goto("about:blank")
        page.goto(ada.url + path)
        expect(page.get_by_role("dialog")).to_be_visible()
        assert page.evaluate(nameless) == []
