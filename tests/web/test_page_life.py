"""The page: the life of an account where links are mailed, from the invitation to the erasure."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Page, expect

from taskflow_local.environment import of_running_platform
from tests.chat_api.erasing.conftest import found_in
from tests.support.platform_process import Platform
from tests.support.processes import until
from tests.web.conftest import NewContext
from tests.web.mail_platform import Mailing, mailing_platform
from tests.web.person import NEW_PASSWORD, PASSWORD, choose, log_in, new_email, quick_add, row

pytestmark = pytest.mark.browser

TITLE = "xyzzy-marker"


@pytest.fixture
def mailing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailing]:
    """A platform that mails links, where one signs up by invitation."""
    with mailing_platform(tmp_path_factory.mktemp("mailing") / "home", TASKFLOW_SIGNUP="invite") as started:
        yield started


def sign_up(mailing: Mailing, page: Page, email: str) -> None:
    """First without an invitation, which is refused."""
    page.goto(mailing.platform.url)
    page.get_by_role("button", name="Create an account").click()
    log_in(page, email, button="Sign up")
    expect(page.get_by_role("alert").filter(visible=True)).to_contain_text("takes an invitation")
    page.goto(mailing.platform.printed_link("invite"))
    expect(page.get_by_text("You are invited to TaskFlow.")).to_be_visible()
    log_in(page, email, button="Sign up")
    expect(page.get_by_text("Nothing to do")).to_be_visible()
    assert "invitation" not in page.url, "a link that was used leaves the address"


def lose_the_password(mailing: Mailing, page: Page, email: str) -> str:
    """Sets another one by the link that is mailed; the link."""
    page.goto(mailing.platform.url)
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Forgot password?").click()
    expect(page.get_by_label("E-mail")).to_have_value(email)
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("status").filter(has_text="a link is on its way")).to_be_visible()
    link = mailing.link("reset", email)
    # The page is open already: just what stands behind the # is another.
    page.goto(link)
    password = page.get_by_label("New password")
    password.fill("short")
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_text("Use at least 8 characters.")).to_be_visible()
    password.fill(NEW_PASSWORD)
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_text("Your password is set. Log in with it.")).to_be_visible()
    return link


def move(mailing: Mailing, page: Page, address: str) -> None:
    """Gives the account another address."""
    choose(page, "Account")
    page.get_by_role("button", name="E-mail address").click()
    page.get_by_label("New e-mail address").fill(address)
    page.get_by_label("Your password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text(f"A link is on its way to {address}.")).to_be_visible()
    page.goto(mailing.link("email", address))
    page.get_by_role("button", name="Confirm", exact=True).click()
    expect(page.get_by_text("Your e-mail address is confirmed.")).to_be_visible()


def test_an_account_from_the_invitation_to_the_erasure(mailing: Mailing, new_context: NewContext) -> None:
    first, other, email, address = new_context().new_page(), new_context().new_page(), new_email(), new_email()
    sign_up(mailing, first, email)
    quick_add(first, TITLE)
    expect(row(first, TITLE)).to_be_visible()
    used = lose_the_password(mailing, other, email)
    expect(first.get_by_role("heading", name="Welcome back")).to_be_visible()
    log_in(other, email, NEW_PASSWORD)
    expect(row(other, TITLE)).to_be_visible()
    first.goto(used)
    first.get_by_label("New password").fill(PASSWORD)
    first.get_by_role("button", name="Set password").click()
    expect(first.get_by_role("alert").filter(visible=True)).to_contain_text("unknown or used")

    move(mailing, other, address)
    choose(other, "Account")
    with other.expect_download():
        other.get_by_role("button", name="Download everything").click()
    other.get_by_role("button", name="Delete the account").click()
    other.get_by_label("Your password").fill(NEW_PASSWORD)
    other.get_by_role("dialog").get_by_role("button", name="Delete the account").click()
    expect(other.get_by_text("Your account is deleted.")).to_be_visible()
    expect(other.get_by_role("dialog")).to_have_count(0)
    log_in(other, address, NEW_PASSWORD)
    expect(other.get_by_role("alert").filter(visible=True)).to_contain_text("incorrect")
    until(
        lambda: "1 erasures, 0 of them" in mailing.platform.admin("erasures"), within=60, what="the account is erased"
    )
    assert left_of(mailing.platform, TITLE, email, address) == set()


def left_of(platform: Platform, *texts: str) -> set[str]:
    """Where in the database something of it stands; in a thread, since the browser's driver has this one's loop."""
    owner_url = of_running_platform({"TASKFLOW_HOME": str(platform.home)})["TASKFLOW_MIGRATION_DATABASE_URL"]
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(lambda: asyncio.run(found_in(owner_url, *texts))).result(60)
