"""The page in German: through all that people usually do, without a word of English left."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import NewContext
from tests.web.person import PASSWORD, Person, day, new_email

VISIBLE = """() => {
  const shown = [];
  const walk = (node) => {
    if (node.nodeType === Node.TEXT_NODE) shown.push(node.textContent);
    if (!(node instanceof HTMLElement)) return;
    if (node.hidden || node.lang === "en" || node.matches(".brand, .user, .menu-user, .quick-marks, noscript")) return;
    if (node.matches("[data-id] .task-title, [data-id] .task-description, option[lang], option[value*='/']")) return;
    for (const name of ["aria-label", "placeholder", "title", "alt"]) shown.push(node.getAttribute(name) ?? "");
    for (const child of node.childNodes) walk(child);
  };
  walk(document.body);
  return shown.join("\\n");
}"""

ENGLISH = re.compile(
    r"\b(the|your|you|this|that|and|is|are|it|of|for|with|what|when|which|every|each|task|tasks|add|show|save|close|due|"
    r"today|tomorrow|yesterday|done|delete|cancel|settings|search|menu|log|out|reminders?|before|hours?|minutes?|days?|"
    r"weeks?|months?|years?|mon|tue|wed|thu|sunday|monday|next|repeat|history|changed|from|ago|send|password|sign|up)\b",
    re.IGNORECASE,
)


def english_on(page: Page) -> list[str]:
    """Lines in view that hold English words."""
    shown = page.evaluate(VISIBLE).replace("“", "„")
    lines = {line.strip() for line in shown.splitlines() if line.strip()}
    quoted = re.compile(r"„[^„”“]*[”“„]")
    return sorted(line for line in lines if ENGLISH.search(quoted.sub("", line)))


@pytest.fixture
def german(new_person: Callable[..., Person]) -> Person:
    return new_person(locale="de-DE")


def german_tab(person: Person) -> Page:
    page = person.context.new_page()
    page.on("pageerror", lambda error: person.complaints.append(str(error)))
    page.goto(person.url)
    expect(page.get_by_role("textbox", name="Neue Aufgabe")).to_be_visible()
    expect(page.get_by_text("Deine Aufgaben werden geladen")).to_be_hidden()
    return page


def test_signing_up_and_a_wrong_password_speak_german(new_context: NewContext, platform_url: str) -> None:
    page = new_context(locale="de-DE").new_page()
    page.goto(platform_url)
    expect(page.get_by_role("heading", name="Willkommen zurück")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    assert english_on(page) == []
    email = new_email()
    page.get_by_label("E-Mail").fill(email)
    page.get_by_label("Passwort", exact=True).fill("nicht mein Passwort")
    page.get_by_role("button", name="Anmelden", exact=True).click()
    expect(page.get_by_role("alert")).to_have_text("E-Mail-Adresse oder Passwort ist falsch.")
    page.get_by_role("button", name="Konto erstellen").click()
    assert english_on(page) == []
    page.get_by_label("Passwort", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Registrieren", exact=True).click()
    expect(page.get_by_text("Nichts zu tun")).to_be_visible()
    assert english_on(page) == []


def test_adding_editing_and_repeating_speak_german(german: Person) -> None:
    page = german_tab(german)
    page.get_by_role("textbox", name="Neue Aufgabe").fill("Miete")
    page.get_by_role("radio", name="Morgen", exact=True).check()
    expect(page.get_by_text("liest die Zeile bisher nur auf Englisch")).to_be_visible()
    assert english_on(page) == []
    page.get_by_role("button", name="Hinzufügen", exact=True).click()
    expect(page.locator(".section-upcoming .due")).to_have_text("Morgen")
    page.get_by_role("button", name="Miete", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Wiederholung", exact=True).select_option("weekly")
    expect(dialog.get_by_text("Als Nächstes:")).to_be_visible()
    dialog.get_by_label("1 Tag vorher").check()
    assert english_on(page) == []
    dialog.get_by_role("button", name="Speichern").click()
    expect(dialog).to_be_hidden()
    expect(page.locator(".task-facts")).to_contain_text("Jeden")
    expect(page.locator(".task-facts")).to_contain_text("1 Tag vorher")
    page.get_by_role("button", name="Verlauf von Miete").click()
    expect(dialog.get_by_text("Erstellt")).to_be_visible()
    expect(dialog.get_by_text("Wiederholung: jetzt jeden")).to_be_visible()
    assert english_on(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Miete löschen").click()
    expect(dialog.get_by_text("Diese Aufgabe wiederholt sich.")).to_be_visible()
    assert english_on(page) == []


def test_settings_help_and_chat_speak_german(german: Person) -> None:
    german.add("Zahnarzt", due_date=day(-1))
    page = german_tab(german)
    expect(page.locator(".section-overdue .due")).to_contain_text("Gestern")
    for address in ("#/settings", "#/help"):
        page.goto(f"{german.url}/{address}")
        expect(page.get_by_role("dialog")).to_be_visible()
        assert english_on(page) == [], address
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="Chat", exact=True).click()
    expect(page.get_by_text("Der Chat versteht bisher nur Englisch")).to_be_visible()


@pytest.mark.parametrize("part", ["", "/email", "/password", "/sessions", "/tokens", "/new-token", "/delete"])
def test_every_sheet_of_the_account_speaks_german(german: Person, part: str) -> None:
    page = german_tab(german)
    page.goto(f"{german.url}/#/account{part}")
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.get_by_text("Wird geladen")).to_have_count(0)
    assert english_on(page) == []


def test_the_language_is_chosen_in_the_settings(ada: Person) -> None:
    page = ada.tab("/#/settings")
    page.get_by_label("Language").select_option(label="Deutsch")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("textbox", name="Neue Aufgabe")).to_be_visible()
    page.goto(f"{ada.url}/#/settings")
    page.get_by_label("Sprache").select_option(label="English")
    page.get_by_role("button", name="Speichern").click()
    expect(page.get_by_role("textbox", name="New task")).to_be_visible()
