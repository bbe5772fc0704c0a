"""What goes wrong is said in German where the page is German: refusals, conflicts, links, sessions that have ended."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.platform_process import Platform
from tests.support.processes import until
from tests.web.conftest import NewContext
from tests.web.person import NEW_PASSWORD, PASSWORD, Person, day, new_email, row
from tests.web.test_page_german import english_on, german_tab


@pytest.fixture
def german(new_person: Callable[..., Person]) -> Person:
    return new_person(locale="de-DE")


def entrance(new_context: NewContext, url: str) -> Page:
    page = new_context(locale="de-DE").new_page()
    page.goto(url)
    expect(page.get_by_role("heading", name="Willkommen zurück")).to_be_visible()
    return page


def test_signing_up_says_in_german_what_is_wrong(new_context: NewContext, german: Person) -> None:
    page = entrance(new_context, german.url)
    page.get_by_role("button", name="Konto erstellen").click()
    email, password = page.get_by_label("E-Mail"), page.get_by_label("Passwort", exact=True)
    for address, secret, words in (
        ("nobody", PASSWORD, "Gib eine E-Mail-Adresse ein"),
        (new_email(), "kurz", "Nimm mindestens 8 Zeichen."),
        (new_email(), "password123", "eines der häufigsten Passwörter"),
        (new_email(), "ä" * 40, "höchstens 72 Bytes"),
        (german.email, PASSWORD, "gibt es schon ein Konto"),
    ):
        email.fill(address)
        password.fill(secret)
        page.get_by_role("button", name="Registrieren", exact=True).click()
        expect(page.get_by_text(words).filter(visible=True)).to_be_visible()
        assert english_on(page) == [], words


def test_too_many_failures_say_in_german_how_long_to_wait(new_context: NewContext, german: Person) -> None:
    page = entrance(new_context, german.url)
    alert = page.get_by_role("alert").filter(visible=True)
    page.get_by_label("E-Mail").fill(german.email)
    page.get_by_label("Passwort", exact=True).fill("nicht mein Passwort")
    for _ in range(10):
        page.get_by_role("button", name="Anmelden", exact=True).click()
        expect(alert).to_have_text("E-Mail-Adresse oder Passwort ist falsch.")
        page.get_by_label("Passwort", exact=True).press("End")
    page.get_by_role("button", name="Anmelden", exact=True).click()
    expect(alert).to_contain_text(re.compile(r"zu oft fehlgeschlagen\. Warte \d+ Sekunden? und versuch es dann"))
    assert english_on(page) == []


def test_links_that_do_not_count_say_so_in_german(new_context: NewContext, german: Person) -> None:
    page = entrance(new_context, german.url)
    page.goto(f"{german.url}/#/email/nothing")
    page.get_by_role("button", name="Bestätigen").click()
    expect(page.get_by_role("alert").filter(visible=True)).to_contain_text("schon benutzt oder abgelaufen")
    assert english_on(page) == []
    page = entrance(new_context, german.url)
    page.goto(f"{german.url}/#/reset/nothing")
    page.get_by_label("Neues Passwort").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Passwort setzen").click()
    expect(page.get_by_role("alert").filter(visible=True)).to_contain_text("schon benutzt oder abgelaufen")
    assert english_on(page) == []


def test_who_forgot_a_password_is_answered_in_german(new_context: NewContext, german: Person) -> None:
    page = entrance(new_context, german.url)
    page.get_by_role("button", name="Passwort vergessen?").click()
    page.get_by_label("E-Mail").fill(german.email)
    page.get_by_role("button", name="Link schicken").click()
    expect(page.get_by_text("Diese Installation verschickt keine E-Mails.")).to_be_visible()
    assert english_on(page) == []


def test_what_a_task_cannot_have_is_said_in_german(german: Person) -> None:
    german.add("Miete", due_date=day(1))
    page = german_tab(german)
    page.get_by_role("textbox", name="Neue Aufgabe").fill("x" * 300)
    page.get_by_role("button", name="Hinzufügen", exact=True).click()
    expect(page.get_by_text("Das ist zu lang: höchstens 255 Zeichen.").first).to_be_visible()
    assert english_on(page) == []
    page.get_by_role("button", name="Miete", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Wiederholung", exact=True).select_option(value="custom")
    dialog.get_by_label("Regel", exact=True).fill("FREQ=HOURLY")
    dialog.get_by_role("button", name="Speichern").click()
    expect(dialog.get_by_text("An „FREQ“ stimmt etwas nicht").first).to_be_visible()
    assert english_on(page) == []


def test_a_change_made_elsewhere_meanwhile_is_told_in_german(german: Person) -> None:
    task = german.add("Entwurf")
    page = german_tab(german)
    row(page, "Entwurf").get_by_role("button", name="Entwurf", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Titel")).to_have_value("Entwurf")
    german.change(task["id"], title="Fremd")
    dialog.get_by_label("Titel").fill("Meins")
    dialog.get_by_role("button", name="Speichern").click()
    expect(dialog.get_by_text("an anderer Stelle geändert")).to_be_visible()
    assert english_on(page) == []


def test_without_a_network_the_page_speaks_german(german: Person) -> None:
    page = german_tab(german)
    page.goto(f"{german.url}/#/account")  # without a worker nothing is there that was not loaded before
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    german.context.set_offline(offline=True)
    expect(page.get_by_text("Offline: Was du tust").first).to_be_visible()
    page.get_by_role("textbox", name="Neue Aufgabe").fill("Ohne Netz")
    page.get_by_role("button", name="Hinzufügen", exact=True).click()
    expect(page.get_by_text("Noch nicht gesendet").first).to_be_visible()
    assert english_on(page) == []
    page.get_by_role("button", name="Menü").click()
    page.locator("#menu").get_by_role("button", name="Konto", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Sitzungen").click()
    expect(page.get_by_text("TaskFlow ist nicht erreichbar").first).to_be_visible()
    assert english_on(page) == []
    german.context.set_offline(offline=False)


def test_a_wrong_password_at_the_account_is_told_in_german(german: Person) -> None:
    page = german_tab(german)
    for part, button, label in (
        ("delete", "Konto löschen", "Dein Passwort zur Bestätigung"),
        ("password", "Ändern", "Jetziges Passwort"),
    ):
        page.goto(f"{german.url}/#/account/{part}")
        dialog = page.get_by_role("dialog")
        dialog.get_by_label(label).fill("nicht mein Passwort")
        if part == "password":
            dialog.get_by_label("Neues Passwort").fill(NEW_PASSWORD)
        dialog.get_by_role("button", name=button, exact=True).click()
        expect(dialog.get_by_text("Das ist nicht das Passwort deines Kontos.")).to_be_visible()
        assert english_on(page) == [], part


def test_why_a_session_has_ended_is_said_in_german(german: Person, running: Platform) -> None:
    page = german_tab(german)
    running.admin("disable", german.email)
    expect(page.get_by_text("Dieses Konto ist gesperrt oder gelöscht.")).to_be_visible()
    expect(page.get_by_role("heading", name="Willkommen zurück")).to_be_visible()
    assert english_on(page) == []


def test_what_happened_to_an_account_is_said_in_german(german: Person) -> None:
    page = german_tab(german)
    page.goto(f"{german.url}/#/account/password")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Jetziges Passwort").fill(PASSWORD)
    dialog.get_by_label("Neues Passwort").fill(NEW_PASSWORD)
    dialog.get_by_role("button", name="Ändern", exact=True).click()
    expect(page.get_by_text("Dein Passwort ist geändert.")).to_be_visible()
    page.goto(f"{german.url}/#/account/security")
    dialog = page.get_by_role("dialog", name="Sicherheit")
    expect(dialog.get_by_text("Konto angelegt")).to_be_visible()
    seen = dialog.get_by_text("Passwort geändert")

    def is_told() -> bool:
        dialog.get_by_role("button", name="Neu laden").click()
        page.wait_for_timeout(200)
        return seen.is_visible()

    until(is_told, within=20, what="the trail has it")
    assert english_on(page) == []


@pytest.mark.parametrize(
    ("line", "chips"),
    [
        ("Mama anrufen tomorrow at 9am, remind me 1 hour before #familie !high", ["Morgen, 9:00", "1 Stunde vorher"]),
        ("Sport every friday at 18:00 until 24 december", ["jeden Freitag bis", "24. Dez."]),
        ("Pflanzen every 3 days", ["alle 3 Tage"]),
    ],
)
def test_what_the_line_read_is_shown_in_german(german: Person, line: str, chips: list[str]) -> None:
    page = german_tab(german)
    page.get_by_role("textbox", name="Neue Aufgabe").fill(line)
    for words in chips:
        expect(page.locator(".said")).to_contain_text(words)
    assert english_on(page) == []


def test_what_the_line_did_not_read_is_said_in_german(german: Person) -> None:
    page = german_tab(german)
    page.get_by_role("textbox", name="Neue Aufgabe").fill("Treffen friday and saturday at 10")
    expect(page.get_by_text("Nicht gelesen: „friday and saturday at 10“ (mehrere Tage).").first).to_be_visible()
    assert english_on(page) == []
    page.get_by_role("textbox", name="Neue Aufgabe").fill("Treffen friday at 3")
    expect(page.get_by_text("Was ist gemeint?").first).to_be_visible()
    expect(page.locator(".said-choices")).to_contain_text("15:00")
    assert english_on(page) == []
