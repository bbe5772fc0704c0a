"""Ways through the page: addresses, Back, a finger, keys, and what people wrote."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.support.processes import until
from tests.web.person import BERLIN, Person, day, moment, row, section

SMALL = """() => [...document.querySelectorAll("button, a[href], input, select, textarea, summary")]
  .filter((one) => !one.matches("p a")) // within a sentence
  .filter((one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: false }))
  .map((one) => one.closest("label, .search") ?? one)
  .map((one) => [one.className || one.textContent, one.getBoundingClientRect()])
  .filter(([name, { width }]) => width > 1 && !String(name).includes("skip"))
  .filter(([, { width, height }]) => Math.round(Math.min(width, height)) < 44)
  .map(([name, { width, height }]) => `${name}: ${width} x ${height}`)"""


@pytest.fixture
def touching(new_person: Callable[..., Person]) -> Person:
    """Somebody with a phone."""
    return new_person(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("/#/today", {"late", "now"}),
        ("/#/upcoming", {"in nine days"}),
        ("/#/week", {"late", "now"}),
        ("/#/all", {"late", "now", "in nine days", "whenever"}),
    ],
)
def test_views_have_addresses(ada: Person, address: str, shown: set[str]) -> None:
    for title, due in [("late", day(-1)), ("now", day(0)), ("in nine days", day(9)), ("whenever", None)]:
        ada.add(title, due_date=due)
    page = ada.tab(address)
    expect(page.locator(".task")).to_have_count(len(shown))
    assert set(page.locator(".task-title").all_inner_texts()) == shown
    expect(page.get_by_role("navigation", name="Views").locator("[aria-current=page]")).to_have_count(1)


def test_a_week_is_shown_by_its_days(ada: Person) -> None:
    ada.add("now", due_date=day(0))
    page = ada.tab("/#/week")
    expect(page.get_by_role("heading", name="Today ·")).to_be_visible()
    page.get_by_role("link", name="All").click()
    expect(section(page, "Today").locator(".task")).to_have_count(1)


def test_back_goes_from_chat_sheet_and_question_to_the_list(touching: Person) -> None:
    touching.add("repeats", due_date=day(1), recurrence_pattern="daily")
    page = touching.tab("/")
    page.get_by_role("link", name="Upcoming").tap()
    expect(row(page, "repeats")).to_be_visible()
    page.get_by_role("button", name="Chat", exact=True).tap()
    expect(page.get_by_role("textbox", name="Message")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("textbox", name="Message")).to_be_hidden()
    page.get_by_role("button", name="repeats", exact=True).tap()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("dialog")).to_be_hidden()
    row(page, "repeats").get_by_role("button", name="Delete repeats").tap()
    expect(page.get_by_role("dialog", name="Delete “repeats”?")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert page.url.endswith("/#/upcoming")
    expect(row(page, "repeats")).to_be_visible()


def test_a_question_from_a_form_that_is_cancelled_leads_back_to_the_list(ada: Person) -> None:
    task = ada.add("repeats", due_date=day(1), recurrence_pattern="daily")
    page = ada.tab("/")
    page.get_by_role("button", name="repeats", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    question = page.get_by_role("dialog", name="Delete “repeats”?")
    expect(question).to_be_visible()
    question.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="repeats", exact=True).click()
    expect(page.get_by_role("dialog", name="Edit task")).to_be_visible()
    assert page.url.endswith(f"/task/{task['id']}")


def test_the_chat_has_an_address_and_escape_leaves_it(ada: Person) -> None:
    page = ada.tab("/#/chat")
    expect(page.get_by_role("textbox", name="Message")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("textbox", name="Message")).to_be_hidden()
    page.keyboard.press("c")
    expect(page.get_by_role("textbox", name="Message")).to_be_visible()


@pytest.mark.parametrize("address", ["/", "/#/new", "/#/settings", "/#/account", "/#/chat"])
def test_a_finger_finds_everything(touching: Person, address: str) -> None:
    touching.add("Call https://example.org/a", due_date=moment(hours=1), description="at https://example.org/b.")
    page = touching.tab("/")
    page.goto(touching.url + address)
    if address.startswith("/#/") and address != "/#/chat":
        expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate(SMALL) == []


def test_keys_move_reschedule_and_delete(ada: Person) -> None:
    ada.add("first", due_date=day(1))
    second = ada.add("second", due_date=f"{day(2)}T10:00:00+01:00")
    page = ada.tab("/")
    page.keyboard.press("j")
    expect(row(page, "first").get_by_role("checkbox")).to_be_focused()
    page.keyboard.press("j")
    expect(row(page, "second").get_by_role("checkbox")).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("j")
    page.keyboard.press("t")
    expect(page.get_by_text("“second” is for today")).to_be_visible()

    def moved_to() -> date:
        [moved] = [task for task in ada.tasks() if task["id"] == second["id"]]
        return datetime.fromisoformat(moved["due_date"]).astimezone(BERLIN).date()

    until(lambda: moved_to() == datetime.now(BERLIN).date(), within=20, what="the second is for today")
    row(page, "first").get_by_role("checkbox").focus()
    page.keyboard.press("Delete")
    expect(page.get_by_text("“first” deleted")).to_be_visible()
    page.keyboard.press("z")
    expect(row(page, "first")).to_be_visible()


def test_keys_type_where_somebody_types_and_can_be_turned_off(ada: Person) -> None:
    ada.add("only", due_date=day(1))
    page = ada.tab("/")
    line = page.get_by_role("textbox", name="New task")
    line.press_sequentially("jktz")
    expect(line).to_have_value("jktz")
    page.keyboard.press("Escape")
    page.goto(f"{ada.url}/#/settings")
    page.get_by_label("Keyboard shortcuts").uncheck()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("j")
    expect(row(page, "only").get_by_role("checkbox")).not_to_be_focused()


def test_ctrl_enter_saves_a_form_from_any_field(ada: Person) -> None:
    page = ada.tab("/#/new")
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("Title").fill("Written down")
    sheet.get_by_label("Description").fill("in two\nlines")
    page.keyboard.press("Control+Enter")
    expect(sheet).to_be_hidden()
    expect(row(page, "Written down")).to_be_visible()


def test_snooze_says_until_when(ada: Person) -> None:
    ada.add("Call back", due_date=moment(minutes=60), reminders=["PT1H"])
    page = ada.tab("/")
    snooze = page.get_by_label("Snooze Call back")
    expect(snooze).to_be_visible()
    snooze.focus()
    later = datetime.now(BERLIN) + timedelta(hours=1)
    near = [later + timedelta(minutes=off) for off in (-1, 0, 1)]
    times = [f"{at.hour}:{at:%M}" for at in near]
    until_then = [f"1 hour, until {day}{at}" for day in ("", "tomorrow, ") for at in times]
    assert snooze.locator("option").all_inner_texts()[2] in until_then


def test_links_can_be_followed_and_are_nothing_but_links(ada: Person) -> None:
    text = (
        "see https://example.org/a?b=<script>, (http://example.org/x). javascript:alert(1) ftp://example.org <b>no</b>"
    )
    ada.add("Read https://example.org/title", description=text)
    page = ada.tab("/")
    links = page.locator(".task a")
    expect(links).to_have_count(3)
    for link in links.all():
        assert (link.get_attribute("href") or "").startswith(("https://example.org/", "http://example.org/"))
        assert "noopener" in (link.get_attribute("rel") or "")
    expect(page.locator(".task-description")).to_have_text(text)
    expect(page.locator(".task b, .task script")).to_have_count(0)


def test_what_people_write_runs_in_its_own_direction(ada: Person) -> None:
    ada.add("שלום עולם")
    page = ada.tab("/")
    title = page.get_by_role("button", name="שלום עולם", exact=True)
    assert title.evaluate("(node) => getComputedStyle(node).direction") == "rtl"


def test_paper_gets_the_tasks_and_nothing_to_press(ada: Person) -> None:
    ada.add("On paper", due_date=day(1))
    page = ada.tab("/")
    page.emulate_media(media="print")
    expect(page.get_by_text("On paper")).to_be_visible()
    for gone in (".bar", ".quick", ".task-tools", ".views"):
        expect(page.locator(gone).first).to_be_hidden()


def test_help_lists_the_keys(ada: Person) -> None:
    page: Page = ada.tab("/#/help")
    expect(page.get_by_role("dialog")).to_be_visible()
    keys = set(page.locator(".keys kbd").all_inner_texts())
    assert {"n", "/", "c", "j", "k", "t", "z", "Delete", "Ctrl+Enter", "Ctrl+K", "?"} <= keys
