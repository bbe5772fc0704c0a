"""The page: a # in the line offers the tags that are in use, and completes the one that is chosen."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.web.person import Person, row

pytestmark = pytest.mark.browser


def line(page: Page) -> Locator:
    return page.locator(".quick-input")


def offers(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Your tags").get_by_role("option")


@pytest.fixture
def tagged(ada: Person) -> Person:
    """Somebody with tags: home on two tasks, Health and garden on one, and one that no line can say."""
    ada.add("Sweep", tags=["home", "garden"])
    ada.add("Paint", tags=["home", "Health", "house to sell"])
    return ada


def test_what_is_typed_is_completed_from_the_keyboard(tagged: Person) -> None:
    page = tagged.tab()
    line(page).press_sequentially("buy soap #h")
    expect(offers(page)).to_have_text(["home", "Health"])
    box = page.get_by_role("combobox", name="New task", expanded=True)
    expect(box).to_be_focused()
    active = offers(page).and_(page.locator('[aria-selected="true"]'))
    expect(active).to_have_text("home")
    line(page).press("ArrowDown")
    expect(active).to_have_text("Health")
    assert box.get_attribute("aria-activedescendant") == active.get_attribute("id")
    line(page).press("ArrowDown")
    expect(active).to_have_text("home")
    line(page).press("ArrowUp")
    line(page).press("Enter")
    expect(line(page)).to_have_value("buy soap #Health ")
    expect(offers(page)).to_have_count(0)
    expect(page.get_by_role("textbox", name="New task")).to_be_focused()
    line(page).press_sequentially("#ho")
    line(page).press("Tab")
    expect(line(page)).to_have_value("buy soap #Health #home ")
    line(page).press("Enter")
    expect(row(page, "buy soap").locator(".fact-tag bdi")).to_have_text(["Health", "home"])


def test_a_number_sign_alone_offers_all_that_a_line_can_say_by_use(tagged: Person) -> None:
    page = tagged.tab()
    line(page).press_sequentially("#")
    expect(offers(page)).to_have_text(["home", "garden", "Health"])


def test_escape_leaves_what_is_typed_and_the_focus(tagged: Person) -> None:
    page = tagged.tab()
    line(page).press_sequentially("#hom")
    expect(offers(page)).to_have_text(["home"])
    line(page).press("Escape")
    expect(offers(page)).to_have_count(0)
    expect(line(page)).to_be_focused()
    expect(line(page)).to_have_value("#hom")


def test_a_whole_tag_is_meant_as_it_is_typed(tagged: Person) -> None:
    tagged.add("Call", tags=["homework"])
    page = tagged.tab()
    line(page).press_sequentially("iron shirts #HOME")
    expect(offers(page)).to_have_text(["homework"])
    line(page).press("Enter")
    expect(row(page, "iron shirts").locator(".fact-tag bdi")).to_have_text(["HOME"])


def test_a_tag_in_the_middle_of_a_line_is_completed_in_its_place(tagged: Person) -> None:
    page = tagged.tab()
    line(page).fill("weed friday")
    for _ in "friday":
        line(page).press("ArrowLeft")
    line(page).press_sequentially("#g")
    expect(offers(page)).to_have_count(0)  # it would swallow the word behind it
    line(page).press("Backspace")
    line(page).press("Backspace")
    line(page).press_sequentially("#g ")
    line(page).press("ArrowLeft")
    line(page).press("Backspace")
    line(page).press_sequentially("g")
    expect(offers(page)).to_have_text(["garden"])
    line(page).press("Enter")
    expect(line(page)).to_have_value("weed #garden friday")
    line(page).press_sequentially("on ")
    expect(line(page)).to_have_value("weed #garden on friday")


@pytest.mark.parametrize(
    ("text", "is_offered"),
    [
        ('read "all about #h', False),
        ('read "all about #h" #h', True),
        ("read “#h", False),
        ("read 'a #b' #h", True),
        ("the dogs' 'til #h", True),
        ("mail a#h", False),
        ("issue #1", False),
        ("(#h", True),
        ("#x", False),
    ],
)
def test_it_offers_where_a_tag_would_be_read(tagged: Person, text: str, is_offered: bool) -> None:
    page = tagged.tab()
    line(page).fill(text)
    said = offers(page)
    expect(said).to_have_text(["home", "Health"]) if is_offered else expect(said).to_have_count(0)


def test_a_finger_chooses_and_the_keyboard_stays(new_person: Callable[..., Person]) -> None:
    grace = new_person(has_touch=True, is_mobile=True, viewport={"width": 360, "height": 640})
    grace.add("Sweep", tags=["home"])
    grace.add("Paint", tags=["a-tag-of-no-more-than-fifty-letters-that-is-plenty"])
    page = grace.tab()
    line(page).tap()
    line(page).press_sequentially("#")
    expect(offers(page)).to_have_count(2)
    for offer in offers(page).all():
        box = offer.bounding_box()
        assert box is not None
        assert box["height"] >= 44
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
    offers(page).filter(has_text="home").tap()
    expect(line(page)).to_have_value("#home ")
    expect(line(page)).to_be_focused()
