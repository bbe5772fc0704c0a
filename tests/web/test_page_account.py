"""The page: one's own account."""

import io
import json
import re
import zipfile

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.platform_process import Platform
from tests.web.conftest import NewContext
from tests.web.person import NEW_PASSWORD, PASSWORD, Person, choose, log_in, new_email

pytestmark = pytest.mark.browser


def part(page: Page, name: str, title: str | None = None) -> Locator:
    """Opens a part of the account; its dialog."""
    choose(page, "Account")
    page.get_by_role("dialog", name="Account").get_by_role("button", name=re.compile(f"^{name}")).click()
    return page.get_by_role("dialog", name=title or name)


def elsewhere(person: Person, new_context: NewContext) -> Page:
    """The same person at another browser."""
    page = new_context().new_page()
    page.goto(person.url)
    log_in(page, person.email)
    expect(page.get_by_text("Nothing to do")).to_be_visible()
    return page


def test_a_changed_password_ends_the_other_sessions(ada: Person, new_context: NewContext) -> None:
    page, other = ada.tab(), elsewhere(ada, new_context)
    dialog = part(page, "Password", "Change password")
    dialog.get_by_label("Present password").fill("not the password")
    dialog.get_by_label("New password").fill("short")
    dialog.get_by_role("button", name="Change", exact=True).click()
    expect(dialog.get_by_text("Use at least 8 characters.")).to_be_visible()
    dialog.get_by_label("New password").fill(NEW_PASSWORD)
    dialog.get_by_role("button", name="Change", exact=True).click()
    expect(dialog.get_by_text("That is not the password of your account.")).to_be_visible()
    expect(dialog.get_by_label("Present password")).to_be_focused()
    dialog.get_by_label("Present password").fill(PASSWORD)
    dialog.get_by_role("button", name="Change", exact=True).click()
    expect(page.get_by_text("Your password is changed.")).to_be_visible()
    # Back closes a part: the account is what it was opened from.
    expect(page.get_by_role("dialog", name="Account")).to_be_visible()
    expect(other.get_by_role("heading", name="Welcome back")).to_be_visible()
    log_in(other, ada.email, NEW_PASSWORD)
    expect(other.get_by_text("Nothing to do")).to_be_visible()


@pytest.mark.parametrize(("name", "label"), [("Password", "New password"), ("Delete", "assword")])
def test_a_form_asks_before_it_closes_over_what_was_typed(ada: Person, name: str, label: str) -> None:
    page = ada.tab()
    part(page, name)
    dialog = page.get_by_role("dialog").last
    field = dialog.get_by_label(label).first
    field.fill("half a secret")
    page.keyboard.press("Escape")
    expect(dialog.get_by_text("What you changed is not saved.")).to_be_visible()
    dialog.get_by_role("button", name="Go on editing").click()
    expect(field).to_have_value("half a secret")
    dialog.get_by_role("button", name="Cancel").click()
    dialog.get_by_role("button", name="Discard").click()
    expect(page.get_by_text("What you changed is not saved.")).to_have_count(0)
    assert "half a secret" not in str(page.evaluate("Object.values(localStorage)"))


def test_sessions_are_listed_and_ended(ada: Person, new_context: NewContext) -> None:
    page, other = ada.tab(), elsewhere(ada, new_context)
    dialog = part(page, "Sessions")
    entries = dialog.get_by_role("listitem")
    expect(entries).to_have_count(2)
    expect(entries.filter(has_text="(this one)").get_by_role("button")).to_have_count(0)
    expect(entries.first).to_contain_text("Chrome on Linux")
    expect(entries.first).to_contain_text("Logged in today, last renewed now")
    dialog.get_by_role("button", name="Log out Chrome on Linux").click()
    expect(entries).to_have_count(1)
    expect(other.get_by_role("heading", name="Welcome back")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Account")).to_be_visible()


def test_a_personal_token_is_made_shown_once_used_and_revoked(ada: Person) -> None:
    ada.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = ada.tab()
    dialog = part(page, "Access keys")
    expect(dialog.get_by_text("You have no access keys.")).to_be_visible()
    dialog.get_by_role("button", name="New access key").click()
    form = page.get_by_role("dialog", name="New access key")
    form.get_by_role("button", name="Make access key").click()
    expect(form.get_by_text("Give it a name.")).to_be_visible()
    form.get_by_label("Name").fill("My calendar")
    form.get_by_label("Follow changes as they happen").check()
    form.get_by_label("Ends after").select_option("30 days")
    form.get_by_label("Your password").fill(PASSWORD)
    form.get_by_role("button", name="Make access key").click()
    token = form.get_by_label("Your new access key").input_value()
    assert token.startswith("tfp_")
    form.get_by_role("button", name="Copy").click()
    expect(form.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == token
    form.get_by_role("button", name="Done").click()

    entry = dialog.get_by_role("listitem")
    expect(entry).to_contain_text("Read tasks and reminders · Follow changes as they happen")
    expect(entry).to_contain_text("never used")
    expect(dialog).not_to_contain_text(token)
    with httpx.Client(base_url=ada.url, headers={"Authorization": f"Bearer {token}"}) as program:
        assert program.get("/api/v1/tasks").status_code == 200
        assert program.post("/api/v1/tasks", json={"title": "x"}).status_code == 403
        dialog.get_by_role("button", name="Revoke My calendar").click()
        dialog.get_by_role("button", name="Revoke now My calendar").click()
        expect(dialog.get_by_text("You have no access keys.")).to_be_visible()
        assert program.get("/api/v1/tasks").status_code == 401


def test_another_address_counts_when_it_is_confirmed(ada: Person, running: Platform) -> None:
    page, address = ada.tab(), new_email()
    dialog = part(page, "E-mail address", "Change e-mail address")
    dialog.get_by_label("New e-mail address").fill(address)
    dialog.get_by_label("Your password").fill(PASSWORD)
    dialog.get_by_role("button", name="Go on").click()
    expect(dialog.get_by_text(f"Ask whoever runs it for the link that confirms {address}.")).to_be_visible()
    dialog.get_by_role("button", name="Done").click()
    expect(page.get_by_role("dialog", name="Account")).to_contain_text(ada.email)
    page.goto(running.printed_link("confirm-email", ada.email))
    page.get_by_role("button", name="Confirm", exact=True).click()
    expect(page.get_by_text("Your e-mail address is confirmed.")).to_be_visible()
    choose(page, "Account")
    expect(page.get_by_role("dialog", name="Account")).to_contain_text(address)


def test_everything_is_downloaded_or_it_is_said_why_not(ada: Person) -> None:
    ada.add("Take me along")
    page = ada.tab()
    choose(page, "Account")
    away = {"detail": {"error": "x", "code": "TOO_MANY_EXPORTS", "message": "An export is running."}}
    export, refusal = "**/account/export", {"Retry-After": "30"}
    ada.context.route(export, lambda route: route.fulfill(status=429, json=away, headers=refusal))
    button = page.get_by_role("button", name="Download everything")
    button.click()
    expect(button).to_contain_text("Wait 30 seconds, then try again.")
    ada.context.unroute(export)
    with page.expect_download() as begun:
        button.click()
    expect(button).to_contain_text(f"Saved as {begun.value.suggested_filename}")
    with zipfile.ZipFile(io.BytesIO(begun.value.path().read_bytes())) as archive:
        tasks = json.loads(archive.read("tasks.json"))
    assert [task["title"] for task in tasks] == ["Take me along"]


def test_deleting_the_account_says_what_it_means_and_takes_the_password(ada: Person) -> None:
    page = ada.tab()
    dialog = part(page, "Delete the account", "Delete your account?")
    expect(dialog).to_contain_text("There is no way back.")
    expect(dialog).to_contain_text("Backups and logs, as long as whoever runs this installation keeps them.")
    dialog.get_by_role("button", name="Delete the account").click()
    expect(dialog.get_by_text("Enter your password.")).to_be_visible()
    dialog.get_by_label("Your password").fill("not the password")
    dialog.get_by_role("button", name="Delete the account").click()
    expect(dialog.get_by_text("That is not the password of your account.")).to_be_visible()
    dialog.get_by_role("button", name="Download everything").click()
    expect(page.get_by_role("dialog", name="Account")).to_be_visible()


DEVICE = """async (agent) => (await import("/static/domain/browsers.js")).deviceLabel(agent)"""


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (None, "Unknown device"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/18.0 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0",
            "Edge on macOS",
        ),
    ],
)
def test_devices_have_names_that_people_know(modules: Page, agent: str | None, words: str) -> None:
    assert modules.evaluate(DEVICE, agent) == words
