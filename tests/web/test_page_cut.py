"""Texts that are pasted into a field which does not take all of them: the browser cuts, and the page says so."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.web.conftest import NewContext
from tests.web.person import Person, new_email

pytestmark = pytest.mark.browser

CUT = "of what you pasted did not fit"


def pasted(page: Page, field: Locator, text: str) -> None:
    """A real paste, by the keys."""
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    field.focus()
    page.keyboard.press("ControlOrMeta+v")


@pytest.fixture
def page(new_context: NewContext, platform_url: str) -> Page:
    context = new_context()
    ada = Person(platform_url.replace("127.0.0.1", "localhost"), context, new_email())
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    ada.sign_up()
    return ada.tab()


def opened(page: Page) -> Locator:
    """The form of a new task."""
    page.get_by_role("textbox", name="New task").fill("A task")
    page.get_by_role("button", name="More…").click()
    return page.get_by_role("dialog")


def test_what_did_not_fit_is_counted(page: Page) -> None:
    title = opened(page).get_by_label("Title", exact=True)
    said = page.get_by_role("status").filter(has_text=CUT)
    title.fill("")
    pasted(page, title, "x" * 255)
    expect(title).to_have_value("x" * 255)
    expect(said).to_have_count(0)
    title.fill("abc")
    title.select_text()
    pasted(page, title, "y" * 256)
    expect(title).to_have_value("y" * 255)
    expect(said).to_contain_text("1 character of what you pasted did not fit. This field takes 255.")
    title.fill("abc")
    pasted(page, title, "two\r\nlines" * 40)
    expect(said).to_contain_text("68 characters of what you pasted did not fit")


def test_lines_of_a_description_count_as_one_character_each(page: Page) -> None:
    text = opened(page).get_by_label("Description")
    said = page.get_by_role("status").filter(has_text=CUT)
    pasted(page, text, "ab\r\n" * 1_700)
    expect(said).to_contain_text("100 characters of what you pasted did not fit. This field takes 5,000.")
    assert len(text.input_value()) == 5_000


def test_the_chat_says_it_below_what_was_said(page: Page) -> None:
    page.get_by_role("button", name="Chat").click()
    message = page.get_by_role("textbox", name="Message")
    pasted(page, message, "z" * 10_050)
    expect(page.get_by_role("log")).to_contain_text(
        "50 characters of what you pasted did not fit. This field takes 10,000."
    )
    expect(message).to_have_value("z" * 10_000)
