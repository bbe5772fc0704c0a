"""The page: what is typed is never lost to what is being saved, and the focus stays where the person has it."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.web.person import Person, coming, row

pytestmark = pytest.mark.browser

TASKS = "**/api/v1/tasks"
CHAT = "**/api/v1/chat"
REFUSED = {"detail": "No room."}


def hold(page: Page, path: str) -> list[Route]:
    """The requests to a path from now on, none of them answered."""
    held: list[Route] = []
    page.route(path, lambda route: held.append(route))
    return held


def test_a_new_task_stands_in_the_list_before_it_is_saved(ada: Person) -> None:
    page = ada.tab()
    line, search = page.get_by_role("textbox", name="New task"), page.get_by_role("searchbox", name="Search tasks")
    held = hold(page, TASKS)
    line.fill("Buy milk")
    with page.expect_request(TASKS):
        line.press("Enter")
    expect(coming(page, "Buy milk")).to_contain_text("Adding…")
    expect(coming(page, "Buy milk").get_by_role("checkbox")).to_be_disabled()
    expect(line).to_have_value("")
    page.evaluate("""() => { document.querySelector('.task').mark = true; }""")
    line.press_sequentially("Buy eg")
    search.focus()
    with page.expect_response(TASKS):
        held[0].continue_()
    expect(row(page, "Buy milk")).not_to_contain_text("Adding…")
    expect(row(page, "Buy milk").get_by_role("checkbox")).to_be_enabled()
    assert page.evaluate("document.querySelector('.task').mark"), "it is the same row, not another one"
    expect(page.locator(".task")).to_have_count(1)
    expect(line).to_have_value("Buy eg")
    expect(search).to_be_focused()
    assert [task["title"] for task in ada.tasks()] == ["Buy milk"]


def test_a_task_that_was_not_saved_leaves_the_list(ada: Person) -> None:
    page = ada.tab()
    line = page.get_by_role("textbox", name="New task")
    held = hold(page, TASKS)
    line.fill("Buy milk")
    with page.expect_request(TASKS):
        line.press("Enter")
    expect(coming(page, "Buy milk")).to_be_visible()
    held[0].fulfill(status=422, json=REFUSED)
    expect(coming(page, "Buy milk")).to_have_count(0)
    expect(line).to_have_value("Buy milk")


def test_the_chat_takes_the_next_message_while_it_answers_the_first(ada: Person) -> None:
    page = ada.tab()
    page.get_by_role("button", name="Chat").click()
    message, log = page.get_by_role("textbox", name="Message"), page.get_by_role("log")
    search = page.get_by_role("searchbox", name="Search tasks")
    held = hold(page, CHAT)
    with page.expect_request(CHAT):
        message.fill("add buy stamps")
        message.press("Enter")
    expect(message).to_have_value("")
    message.fill("add buy paper")
    message.press("Enter")
    expect(message).to_have_value("")
    message.press_sequentially("add b")
    search.focus()
    with page.expect_request(CHAT):
        held[0].fulfill(status=422, json=REFUSED)
    expect(log.get_by_text("No room.")).to_be_visible()
    expect(message).to_have_value("add b")
    expect(search).to_be_focused()
    held[1].continue_()
    page.unroute(CHAT)
    expect(row(page, "buy paper")).to_be_visible()
    log.get_by_role("button", name="Send again").click()
    expect(row(page, "buy stamps")).to_be_visible()
    expect(message).to_have_value("add b")


def test_a_message_that_failed_comes_back(ada: Person) -> None:
    page = ada.tab()
    page.get_by_role("button", name="Chat").click()
    page.route(CHAT, lambda route: route.fulfill(status=422, json=REFUSED))
    message = page.get_by_role("textbox", name="Message")
    message.fill("add buy stamps")
    message.press("Enter")
    expect(page.get_by_role("log").get_by_text("No room.")).to_be_visible()
    expect(message).to_have_value("add buy stamps")


def test_a_refusal_that_comes_late_leaves_the_focus_where_the_person_has_it(ada: Person) -> None:
    page = ada.tab("/#/account/password")
    form = page.get_by_role("dialog")
    held = hold(page, "**/api/v1/auth/password")
    form.get_by_label("Present password").fill("a wrong one")
    form.get_by_label("New password", exact=True).fill("another horse, another battery")
    with page.expect_request("**/api/v1/auth/password"):
        form.get_by_role("button", name="Change", exact=True).click()
    form.get_by_label("New password", exact=True).focus()
    wrong = {"code": "WRONG_PASSWORD", "error": "x", "message": "That is not your password."}
    held[0].fulfill(status=403, json={"detail": wrong})
    expect(form.get_by_text("That is not the password of your account.")).to_be_visible()
    expect(form.get_by_label("New password", exact=True)).to_be_focused()
