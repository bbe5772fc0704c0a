"""The page: links that are mailed or printed, and who may sign up."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.support.platform_process import Platform
from tests.web.conftest import NewContext
from tests.web.mail_platform import Mailing, mailing_platform
from tests.web.person import PASSWORD, Person, choose, log_in, new_email

pytestmark = pytest.mark.browser

NEW_PASSWORD = "another horse, another battery"


@pytest.fixture(scope="module")
def mailing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailing]:
    """A platform that mails links, where one signs up by invitation."""
    with mailing_platform(tmp_path_factory.mktemp("mailing") / "home", TASKFLOW_SIGNUP="invite") as started:
        yield started


def invited(mailing: Mailing, page: Page, email: str) -> None:
    """Signs up by an invitation."""
    page.goto(mailing.platform.admin("invite").split()[-1])
    expect(page.get_by_text("You are invited to TaskFlow.")).to_be_visible()
    log_in(page, email, button="Sign up")
    expect(page.get_by_text("Nothing to do")).to_be_visible()


def test_who_is_invited_signs_up_and_nobody_else(mailing: Mailing, new_context: NewContext) -> None:
    page = new_context().new_page()
    page.goto(mailing.platform.url)
    page.get_by_role("button", name="Create an account").click()
    email = new_email()
    log_in(page, email, button="Sign up")
    expect(page.get_by_role("alert").filter(visible=True)).to_contain_text("takes an invitation")
    invited(mailing, page, email)
    assert "invitation" not in page.url, "a link that was used leaves the address"


def test_a_lost_password_is_set_by_the_link_that_is_mailed(mailing: Mailing, new_context: NewContext) -> None:
    page, email = new_context().new_page(), new_email()
    invited(mailing, page, email)
    other = new_context().new_page()
    other.goto(mailing.platform.url)
    other.get_by_label("E-mail").fill(email)
    other.get_by_role("button", name="Forgot password?").click()
    expect(other.get_by_label("E-mail")).to_have_value(email)
    other.get_by_role("button", name="Send me a link").click()
    expect(other.get_by_role("status").filter(has_text="a link is on its way")).to_be_visible()
    link = mailing.link("reset", email)
    # The page is open already: just what stands behind the # is another.
    other.goto(link)
    password = other.get_by_label("New password")
    password.fill("short")
    other.get_by_role("button", name="Set password").click()
    expect(other.get_by_text("Use at least 8 characters")).to_be_visible()
    password.fill(NEW_PASSWORD)
    other.get_by_role("button", name="Set password").click()
    expect(other.get_by_text("Your password is set. Log in with it.")).to_be_visible()
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
    log_in(other, email, NEW_PASSWORD)
    expect(other.get_by_text("Nothing to do")).to_be_visible()

    page.goto(link)
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_role("alert").filter(visible=True)).to_contain_text("unknown or used")


def test_without_mails_who_forgot_a_password_is_told_whom_to_ask(ada: Person, running: Platform) -> None:
    page = ada.tab()
    choose(page, "Log out")
    page.get_by_role("button", name="Forgot password?").click()
    page.get_by_label("E-mail").fill(ada.email)
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("alert").filter(visible=True)).to_contain_text("ask whoever runs it for the link")
    printed = running.admin("reset-password", ada.email)
    page.goto(ada.url + "/" + next(word for word in printed.split() if "/#/reset/" in word).partition("/")[2])
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
