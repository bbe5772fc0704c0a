"""The page: what was sent, and not taken yet when the page closes or fails, is not lost, and not done twice."""

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.support.processes import until
from tests.web.person import Person, quick_add, row

pytestmark = pytest.mark.browser

TASKS = "**/api/v1/tasks"
PARSE = "**/api/v1/parse"
CHAT = "**/api/v1/chat"


def paste(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="New task").focus()
    page.evaluate(
        """(text) => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text/plain", text);
          const how = { clipboardData, bubbles: true, cancelable: true };
          document.activeElement.dispatchEvent(new ClipboardEvent("paste", how));
        }""",
        text,
    )


def left_of(page: Page, title: str) -> Locator:
    return page.get_by_text(f"Not added yet: “{title}”.")


def test_lines_that_a_closed_page_had_on_its_way_are_there_again(ada: Person) -> None:
    page = ada.tab()
    page.route(PARSE, lambda route: None)
    paste(page, "1. Buy milk\r\n2. ☐ Buy eggs\r\n3) + Call mum")
    page.get_by_role("button", name="Add 3 tasks").click()
    other = ada.tab()
    expect(other.get_by_role("textbox", name="New task")).to_be_visible()
    expect(left_of(other, "Buy milk")).to_have_count(0)
    page.close()
    other.reload()
    for title in ("Buy milk", "Buy eggs", "Call mum"):
        expect(left_of(other, title)).to_be_visible()
    other.get_by_role("listitem").filter(has_text="Call mum").get_by_role("button", name="Put back").click()
    expect(other.get_by_role("textbox", name="New task")).to_have_value("Call mum")
    other.get_by_role("button", name="Add 2 tasks").click()
    for title in ("Buy milk", "Buy eggs"):
        expect(row(other, title)).to_be_visible()
    other.reload()
    expect(other.get_by_role("textbox", name="New task")).to_have_value("Call mum")
    expect(row(other, "Buy milk")).to_be_visible()
    expect(other.get_by_text("Not added yet")).to_have_count(0)
    assert sorted(task["title"] for task in ada.tasks()) == ["Buy eggs", "Buy milk"]


def test_a_line_that_came_back_beside_another_one_outlives_the_page(ada: Person) -> None:
    page = ada.tab()
    held: list[Route] = []
    page.route(TASKS, lambda route: held.append(route) if route.request.method == "POST" else route.continue_())
    with page.expect_request(lambda request: request.method == "POST" and request.url.endswith("/api/v1/tasks")):
        quick_add(page, "Buy milk")
    page.get_by_role("textbox", name="New task").fill("Next")
    held[0].fulfill(status=500, body="{}")
    expect(page.get_by_text("Not added: “Buy milk”")).to_be_visible()
    page.reload()
    expect(left_of(page, "Buy milk")).to_be_visible()
    expect(page.get_by_role("textbox", name="New task")).to_have_value("Next")
    page.get_by_role("listitem").filter(has_text="Buy milk").get_by_role("button", name="Discard").click()
    page.reload()
    expect(page.get_by_role("textbox", name="New task")).to_have_value("Next")
    expect(left_of(page, "Buy milk")).to_have_count(0)


@pytest.mark.parametrize("loads_again", [False, True])
def test_a_message_whose_answer_got_lost_is_said_again_and_done_once(ada: Person, loads_again: bool) -> None:
    page = ada.tab("/#/chat")

    lost: list[Route] = []

    def lose(route: Route) -> None:
        if lost:
            return route.continue_()
        lost.append(route)
        route.fetch()
        return None if loads_again else route.fulfill(status=500, body="{}")

    page.route(CHAT, lose)
    message = page.get_by_role("textbox", name="Message", exact=True)
    message.fill("add buy milk")
    message.press("Enter")
    if loads_again:
        until(lambda: ada.tasks() != [], within=20, what="the task is made")
        page.reload()
        page.get_by_role("button", name="Send again").click()
    else:
        expect(page.get_by_text("Something went wrong")).to_be_visible()
        expect(message).to_have_value("add buy milk")
        message.press("Enter")
    expect(page.get_by_role("log").get_by_text("buy milk")).to_have_count(3)
    assert [task["title"] for task in ada.tasks()] == ["buy milk"]
    page.reload()
    expect(page.get_by_role("log").get_by_text("Hello")).to_be_visible()
    expect(page.get_by_role("button", name="Send again")).to_have_count(0)


DISKS = {
    "silent": "indexedDB.open = () => ({});",
    "none": "Object.defineProperty(window, 'indexedDB', { value: undefined });",
}


@pytest.mark.parametrize("disk", DISKS.values(), ids=DISKS.keys())
def test_a_browser_without_a_database_that_answers_works_all_the_same(ada: Person, disk: str) -> None:
    ada.context.add_init_script(disk)
    page = ada.tab()
    quick_add(page, "Buy milk")
    expect(row(page, "Buy milk")).to_be_visible()


def test_a_part_of_the_page_that_does_not_come_is_said_without_a_network_too(ada: Person) -> None:
    ada.add("Feed the cat")
    page = ada.context.new_page()
    page.route("**/*later*", lambda route: route.abort())
    page.goto(ada.url)
    title = page.get_by_role("button", name="Feed the cat", exact=True)
    expect(title).to_be_visible()
    ada.context.set_offline(True)
    expect(page.locator(".connection")).to_contain_text("Offline")
    title.click()
    expect(page.locator(".toast")).to_contain_text("cannot be reached")
