"""What is typed while what it is meant for is still being loaded: it waits for that, and does nothing else."""

import re

import pytest
from playwright.sync_api import Route, expect

from tests.support.processes import until
from tests.web.person import Person, row
from tests.web.test_page_quick_add import line, pasted

pytestmark = pytest.mark.browser

LATER = "**/static/**/*later*.js"
"""The scripts of what is not needed at first."""


class Late:
    """A page whose sheets come when it is said."""

    def __init__(self, person: Person) -> None:
        self.held: list[Route] = []
        self.is_late = True
        person.context.route(LATER, self.asked)
        self.page = person.tab()

    def asked(self, route: Route) -> None:
        if self.is_late:
            self.held.append(route)
        else:
            route.continue_()

    def come(self) -> None:
        until(lambda: self.page.evaluate("1") and self.held, within=20, what="the page asks for what it loads later")
        self.is_late = False
        for route in self.held:
            route.continue_()


@pytest.fixture
def late(ada: Person) -> Late:
    ada.add("bread")
    return Late(ada)


def test_it_is_the_palettes_when_that_comes(ada: Person, late: Late) -> None:
    page = late.page
    row(page, "bread").get_by_role("checkbox").focus()
    page.keyboard.press("Control+k")
    page.keyboard.type("my milkk")
    page.keyboard.press("Backspace")
    page.keyboard.press("Delete")
    late.come()
    expect(page.get_by_role("dialog").get_by_role("combobox")).to_have_value("my milk")
    expect(page.get_by_role("option", selected=True)).to_contain_text("Add “my milk”")
    assert [task["title"] for task in ada.tasks()] == ["bread"], "nothing was done to the task that had the focus"


def test_what_is_pasted_meanwhile_is_too(late: Late) -> None:
    page = late.page
    line(page).focus()
    page.keyboard.press("Control+k")
    pasted(page, "milk\neggs")
    late.come()
    page.get_by_role("dialog").get_by_role("button", name="Add 2 tasks").click()
    expect(row(page, "eggs")).to_be_visible()
    expect(line(page)).to_have_value("")


def test_it_is_the_chats_when_that_comes(late: Late) -> None:
    page = late.page
    page.keyboard.press("c")
    page.keyboard.type("what is due?")
    late.come()
    expect(page.get_by_role("textbox", name="Message")).to_have_value("what is due?")
    expect(page.get_by_role("textbox", name="Message")).to_be_focused()


@pytest.mark.parametrize("by", ["pointer", "tab"])
def test_who_turns_to_something_else_types_there(late: Late, by: str) -> None:
    page = late.page
    line(page).focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Control+k")
    if by == "pointer":
        line(page).click()
    else:
        page.keyboard.press("Tab")
    page.keyboard.type("milk")
    expect(line(page)).to_have_value("milk")
    late.come()
    expect(page.get_by_role("dialog").get_by_role("combobox")).to_have_value("")


@pytest.mark.parametrize("how", ["back", "escape"])
def test_who_goes_back_has_the_keys_again(late: Late, how: str) -> None:
    page = late.page
    page.keyboard.press("Control+k")
    page.keyboard.type("x")
    if how == "back":
        page.go_back()
    else:
        page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile("/[^#]*(#/)?$"))
    page.keyboard.press("n")
    expect(line(page)).to_be_focused()
    late.come()
    expect(page.get_by_role("dialog")).to_have_count(0)
