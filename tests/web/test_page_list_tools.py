"""The page: what narrows the list and turns its order, by priority and by the tags that stand on its rows."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.web.person import Person, day, row

pytestmark = pytest.mark.browser


def shown(page: Page) -> Locator:
    return page.locator(".task-title")


def priority(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Which priority")


def order(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Order")


@pytest.fixture
def busy(ada: Person) -> Person:
    """Somebody with a task of each priority, those that matter more due later."""
    ada.add("Idle", due_date=day(2))
    ada.add("Small", due_date=day(3), priority="low")
    ada.add("Middle", due_date=day(4), priority="medium", tags=["Garden"])
    ada.add("Great", due_date=day(5), priority="high", tags=["Garden", "to buy"])
    return ada


def test_a_priority_narrows_the_list_and_the_address_says_it(busy: Person) -> None:
    page = busy.tab()
    expect(shown(page)).to_have_text(["Idle", "Small", "Middle", "Great"])
    priority(page).select_option("Medium priority")
    expect(shown(page)).to_have_text(["Middle"])
    expect(page).to_have_url(re.compile(r"\?priority=medium"))
    page.reload()
    expect(shown(page)).to_have_text(["Middle"])
    expect(priority(page)).to_have_value("medium")
    priority(page).select_option("No priority")
    expect(shown(page)).to_have_text(["Idle"])
    priority(page).select_option("Any priority")
    expect(shown(page)).to_have_count(4)
    expect(page).not_to_have_url(re.compile("priority"))


def test_the_order_by_priority_stays_with_the_address(busy: Person) -> None:
    busy.add("Soon and great", due_date=day(3), priority="high")
    page = busy.tab()
    order(page).focus()
    page.keyboard.type("By p")
    expect(shown(page)).to_have_text(["Soon and great", "Great", "Middle", "Small", "Idle"])
    expect(order(page)).to_be_focused()
    expect(page).to_have_url(re.compile(r"\?sort=priority"))
    page.get_by_role("link", name="Upcoming").click()
    expect(shown(page)).to_have_text(["Soon and great", "Great", "Middle", "Small", "Idle"])
    page.reload()
    expect(shown(page).first).to_have_text("Soon and great")
    order(page).select_option("By date")
    expect(shown(page).first).to_have_text("Idle")
    expect(page).not_to_have_url(re.compile("sort"))


def test_a_tag_and_a_priority_narrow_together(busy: Person) -> None:
    page = busy.tab("/?tag=garden&priority=high&sort=nonsense")
    expect(shown(page)).to_have_text(["Great"])
    expect(order(page)).to_have_value("")
    priority(page).select_option("Low priority")
    expect(page.get_by_text("No task here has the tag and priority that are chosen above.")).to_be_visible()


def test_what_is_added_out_of_what_is_chosen_can_be_shown(busy: Person) -> None:
    page = busy.tab("/?tag=garden&priority=high")
    page.get_by_role("textbox", name="New task").fill("Elsewhere")
    page.get_by_role("textbox", name="New task").press("Enter")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(row(page, "Elsewhere")).to_be_visible()
    expect(page).not_to_have_url(re.compile("tag=|priority="))


def test_who_uses_no_priority_is_offered_none(ada: Person) -> None:
    ada.add("Plain")
    page = ada.tab()
    expect(row(page, "Plain")).to_be_visible()
    expect(priority(page)).to_have_count(0)
    ada.add("Great", priority="high")
    expect(priority(page)).to_be_visible()


def test_a_tag_on_a_row_shows_what_else_has_it(busy: Person) -> None:
    page = busy.tab()
    tag = row(page, "Great").get_by_role("button", name="Tag: Garden")
    tag.focus()
    page.keyboard.press("Enter")
    expect(shown(page)).to_have_text(["Middle", "Great"])
    expect(tag).to_be_focused()
    expect(page).to_have_url(re.compile(r"\?tag=Garden"))
    bar = page.get_by_role("group", name="Tags", exact=True)
    expect(bar.get_by_role("button", name="Garden")).to_have_attribute("aria-pressed", "true")
    (task,) = [one for one in busy.tasks() if one["title"] == "Great"]
    busy.change(task["id"], priority="low")
    expect(row(page, "Great").locator(".priority-low")).to_be_visible()
    expect(tag).to_be_focused()


def test_on_a_telephone_all_of_it_fits_and_is_met_by_a_finger(new_person: Callable[..., Person]) -> None:
    grace = new_person(has_touch=True, is_mobile=True, viewport={"width": 360, "height": 640})
    grace.add("Great", priority="high", tags=["a-tag-of-no-more-than-fifty-letters-that-is-plenty"])
    page = grace.tab()
    tag = row(page, "Great").get_by_role("button", name="Tag: ")
    for control in (priority(page), order(page), tag):
        box = control.bounding_box()
        assert box is not None
        assert box["height"] >= 44
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
    tag.tap()
    expect(page).to_have_url(re.compile(r"\?tag=a-tag"))
