"""The page: links that are printed or mailed, and what is said of those that do not count."""

import pytest
from playwright.sync_api import expect

from tests.support.platform_process import Platform
from tests.web.conftest import NewContext
from tests.web.person import NEW_PASSWORD, Person, choose, log_in

pytestmark = pytest.mark.browser


def test_without_mails_who_forgot_a_password_is_told_whom_to_ask(ada: Person, running: Platform) -> None:
    page = ada.tab()
    choose(page, "Log out")
    page.get_by_role("button", name="Forgot password?").click()
    page.get_by_label("E-mail").fill(ada.email)
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("alert").filter(visible=True)).to_contain_text("ask whoever runs it for the link")
    page.goto(running.printed_link("reset-password", ada.email))
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Set password").click()
    log_in(page, ada.email, NEW_PASSWORD)
    expect(page.get_by_text("Nothing to do")).to_be_visible()


def test_who_is_logged_in_is_told_that_an_invitation_is_for_others(ada: Person) -> None:
    page = ada.tab("/#/invitation/whatever")
    expect(page.get_by_text(f"You are logged in as {ada.email}")).to_be_visible()
    assert "invitation" not in page.url


def test_an_address_is_confirmed_by_a_link_that_counts(new_context: NewContext, platform_url: str) -> None:
    page = new_context().new_page()
    page.goto(f"{platform_url}/#/email/nothing")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("alert").filter(visible=True)).to_contain_text("unknown or used")
    page.get_by_role("button", name="Not now").click()
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
