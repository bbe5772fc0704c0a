"""The page on a phone: a row is swiped to complete its task or to move it, and by nothing else."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.processes import until
from tests.web.person import Person, day, row, section

pytestmark = pytest.mark.browser


@pytest.fixture
def phone(new_person: Callable[..., Person]) -> Person:
    return new_person(viewport={"width": 390, "height": 760}, has_touch=True, is_mobile=True)


def swipes(person: Person) -> Page:
    """A page whose rows can be swiped already."""
    page = person.tab()
    expect(page.locator(".select-bar")).to_be_attached()
    return page


class Finger:
    """A finger on the screen, as the browser gets it."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._session: Any = page.context.new_cdp_session(page)  # its methods are untyped
        self.x = self.y = 0.0

    def down(self, x: float, y: float) -> "Finger":
        self._send("touchStart", x, y)
        return self

    def move(self, x: float, y: float = 0, steps: int = 8) -> "Finger":
        """By so much, bit by bit."""
        from_x, from_y = self.x, self.y
        for step in range(1, steps + 1):
            self._send("touchMove", from_x + x * step / steps, from_y + y * step / steps)
        return self

    def up(self) -> None:
        self._session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def _send(self, kind: str, x: float, y: float) -> None:
        self.x, self.y = x, y
        self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})


def on(page: Page, locator: Locator) -> Finger:
    """A finger that went down in the middle of something."""
    locator.scroll_into_view_if_needed()
    box = locator.bounding_box()
    assert box is not None
    return Finger(page).down(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_a_swipe_to_the_right_completes_and_can_be_taken_back(phone: Person) -> None:
    phone.add("Pay the rent", due_date=day(1))
    page = swipes(phone)
    finger = on(page, row(page, "Pay the rent")).move(60)
    under = page.locator(".swipe-under")
    expect(under).to_have_text("Complete")
    expect(under).not_to_have_class("is-far")
    finger.move(90)
    expect(page.locator(".swipe-under.is-far")).to_be_visible()
    finger.up()
    expect(under).to_have_count(0)
    until(lambda: phone.tasks()[0]["completed"], within=20, what="it is done")
    # Chromium takes no tap this soon after a swipe.
    page.get_by_role("button", name="Undo", exact=True).click()
    until(lambda: not phone.tasks()[0]["completed"], within=20, what="it is open again")


def test_a_swipe_to_the_left_asks_for_another_day(phone: Person) -> None:
    phone.add("Pay the rent", due_date=day(-1))
    page = swipes(phone)
    on(page, row(page, "Pay the rent")).move(-160).up()
    # Chromium takes no tap this soon after a swipe.
    page.get_by_role("button", name="Tomorrow", exact=True).click()
    until(lambda: phone.tasks()[0]["due_date"][:10] == day(1), within=20, what="it is moved")
    expect(section(page, "Upcoming")).to_contain_text("Pay the rent")


@pytest.mark.parametrize("way", ["short", "back", "vertical", "left edge", "right edge", "done"])
def test_nothing_is_done_by_chance(phone: Person, way: str) -> None:
    """By a short move, one that goes back, scrolling, or the browser's own gesture at the edge."""
    task = phone.add("Pay the rent", due_date=day(1))
    if way == "done":
        phone.change(task["id"], completed=True)
    for number in range(12):
        phone.add(f"Another {number}", due_date=day(2))
    page = swipes(phone)
    if way == "done":
        section(page, "Done").get_by_role("heading").tap()
    shown = row(page, "Pay the rent")
    before = page.evaluate("scrollY")
    if way == "short":
        on(page, shown).move(60).up()
    elif way == "back":
        on(page, shown).move(170).move(-150).up()
    elif way == "vertical":
        on(page, shown).move(10, -200).move(200).up()
        until(lambda: page.evaluate("scrollY") > before, within=20, what="it scrolls")
    elif way == "done":
        on(page, shown).move(-170).up()
    else:
        box = shown.bounding_box()
        assert box is not None
        y = box["y"] + box["height"] / 2
        finger = Finger(page)
        finger.down(8, y).move(170).up() if way == "left edge" else finger.down(384, y).move(-170).up()
    expect(page.locator(".is-swiped")).to_have_count(0)
    expect(page.locator(".menu:popover-open")).to_have_count(0)
    expect(page.get_by_role("button", name="Undo", exact=True)).to_have_count(0)
    [found] = [one for one in phone.tasks() if one["id"] == task["id"]]
    assert (found["completed"], found["due_date"][:10]) == (way == "done", day(1))


def test_a_second_finger_ends_it(phone: Person) -> None:
    phone.add("Pay the rent", due_date=day(1))
    page = swipes(phone)
    finger = on(page, row(page, "Pay the rent")).move(160)
    expect(page.locator(".is-swiped")).to_have_count(1)
    session: Any = page.context.new_cdp_session(page)
    points = [{"x": finger.x, "y": finger.y, "id": 0}, {"x": 100, "y": 600, "id": 1}]
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": points})
    expect(page.locator(".is-swiped")).to_have_count(0)
    finger.up()
    assert not phone.tasks()[0]["completed"]


def test_while_something_is_selected_no_row_is_swiped(phone: Person) -> None:
    for title in ("One", "Two"):
        phone.add(title, due_date=day(1))
    page = swipes(phone)
    finger = on(page, row(page, "One").locator(".task-text"))
    expect(page.get_by_role("toolbar")).to_contain_text("1 selected")
    finger.up()
    on(page, row(page, "Two")).move(170).up()
    expect(page.locator(".is-swiped")).to_have_count(0)
    assert not any(task["completed"] for task in phone.tasks())


def test_a_mouse_does_not_swipe(ada: Person) -> None:
    ada.add("Pay the rent", due_date=day(1))
    page = ada.tab()
    row(page, "Pay the rent").hover()
    expect(page.locator(".select-bar")).to_be_attached()
    box = row(page, "Pay the rent").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 200, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 420, box["y"] + 60, steps=6)
    expect(page.locator(".is-swiped")).to_have_count(0)
    page.mouse.up()
    assert not ada.tasks()[0]["completed"]


def test_with_reduced_motion_nothing_slides_back(new_person: Callable[..., Person]) -> None:
    phone = new_person(viewport={"width": 390, "height": 760}, has_touch=True, reduced_motion="reduce")
    phone.add("Pay the rent", due_date=day(1))
    page = swipes(phone)
    on(page, row(page, "Pay the rent")).move(170).up()
    until(lambda: phone.tasks()[0]["completed"], within=20, what="it is done")
    assert page.evaluate("document.getAnimations().length") == 0
