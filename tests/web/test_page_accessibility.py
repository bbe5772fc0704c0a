"""Every view and panel of the page under axe: wide and on a phone, light and dark, nothing is found.

The table below is held against the page's own lists of addresses and sheets, so that a new one is not forgotten.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.support.platform_process import Platform
from tests.support.processes import until
from tests.web.conftest import DEADLINE, WEB
from tests.web.person import Person, choose, day, moment, new_email, quick_add, row

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "apps" / "web" / "node_modules" / "axe-core" / "axe.min.js"
SIZES: dict[str, ViewportSize] = {"wide": {"width": 1100, "height": 860}, "phone": {"width": 390, "height": 844}}

CHECK = """async (rules) => {
  const only = rules.length > 0 ? { runOnly: { type: "rule", values: rules } } : {};
  const { violations } = await axe.run(document, { resultTypes: ["violations"], ...only });
  return violations.map(({ id, help, nodes }) => [id, help, ...nodes.slice(0, 5).map(({ html, any }) =>
    `${html.slice(0, 160)} ${any.map(({ message }) => message).join("; ").slice(0, 160)}`)]);
}"""

SCHEMES: dict[Literal["light", "dark"], list[str]] = {"light": [], "dark": ["color-contrast", "link-in-text-block"]}
"""The rules that hold for each; none names all of them. In the dark the same page has other colours, nothing else."""


@dataclass
class Scene:
    """Somebody with a bit of everything, and the browser."""

    browser: Browser
    ada: Person
    task: str
    url: str

    def context(self, **options: Any) -> BrowserContext:
        """A browser of somebody without a session, in which axe is at hand; nothing moves in it."""
        settings = {"locale": "en-GB", "timezone_id": "Europe/Berlin", "service_workers": "block"}
        context = self.browser.new_context(**settings, reduced_motion="reduce", **options)  # type: ignore[arg-type]
        context.set_default_timeout(DEADLINE)
        context.add_init_script(path=AXE)
        return context


@pytest.fixture(scope="module")
def scene(browser: Browser, running: Platform) -> Iterator[Scene]:
    scene = Scene(browser, Person(running.url, browser.new_context(), new_email()), "", running.url)
    scene.ada.context.close()
    scene.ada.context = scene.context()
    ada = scene.ada
    ada.sign_up()
    ada.add("Pay the rent", due_date=day(-2), priority="high", tags=["home"])
    ada.add("Call Bob", due_date=day(0), description="About https://example.com/plans", tags=["work", "calls"])
    ada.add("Water the plants", due_date=day(1), recurrence_pattern="weekly", tags=["home"])
    ada.add("Read a book", priority="low")
    ada.change(ada.add("Buy stamps")["id"], completed=True)
    ada.delete(ada.add("Old idea")["id"])
    scene.task = ada.add("Take the train", due_date=moment(hours=1), reminders=["PT2H", "PT10M"])["id"]
    ada.change(scene.task, title="Take the early train", due_date=moment(hours=2))
    until(ada.reminders, within=20, what="a reminder waits")
    yield scene
    ada.context.close()


View = Callable[[Scene], Page]


def at(path: str, *, shows: str) -> View:
    """A signed-in page at an address; `shows` is there once it is whole."""

    def opened(scene: Scene) -> Page:
        page = scene.ada.tab(f"/#{path.replace('TASK', scene.task)}")
        expect(page.locator(shows).first).to_be_visible()
        page.wait_for_load_state("load")
        return page

    return opened


def then(path: str, act: Callable[[Page, Scene], object], *, shows: str) -> View:
    """The page at an address, after something was done on it."""

    def opened(scene: Scene) -> Page:
        page = scene.ada.tab(f"/#{path}")
        expect(page.locator(".task").first).to_be_visible()
        act(page, scene)
        expect(page.locator(shows).first).to_be_visible()
        return page

    return opened


def stranger(address: str, *, shows: str, act: Callable[[Page], object] = lambda page: None) -> View:
    """What somebody sees who is not signed in."""

    def opened(scene: Scene) -> Page:
        page = scene.context().new_page()
        page.goto(scene.url + address)
        act(page)
        expect(page.get_by_text(shows).first).to_be_visible()
        return page

    return opened


def nobody_has_tasks(scene: Scene) -> Page:
    newcomer = Person(scene.url, scene.context(), new_email())
    newcomer.sign_up()
    page = newcomer.tab()
    expect(page.get_by_text("Nothing to do")).to_be_visible()
    return page


def selected(page: Page, _: object) -> None:
    choose(page, "Select tasks")
    for title in ("Pay the rent", "Call Bob"):
        row(page, title).get_by_role("button", name=f"Select {title}").click()
    expect(page.get_by_role("toolbar")).to_contain_text("2 selected")


def selected_and(menu: str) -> Callable[[Page, Scene], None]:
    def act(page: Page, scene: Scene) -> None:
        selected(page, scene)
        page.get_by_role("toolbar").get_by_role("button", name=menu).click()

    return act


def broken(script: str, shows: str) -> View:
    """A page whose start fails as a script makes it."""

    def opened(scene: Scene) -> Page:
        page = scene.context().new_page()
        page.add_init_script("sessionStorage.setItem('taskflow.tries', `3 ${Date.now()}`)")
        page.route(script, lambda route: route.abort("connectionreset"))
        page.goto(scene.url)
        expect(page.get_by_text(shows)).to_be_visible()
        return page

    return opened


def ended(page: Page, scene: Scene) -> None:
    """The session is over while somebody works."""
    page.route("**/api/**", lambda route: route.fulfill(status=401, json={"error": {"code": "UNAUTHORIZED"}}))
    # Something else of the page may have asked first, and then nothing can be pressed any more.
    row(page, "Read a book").get_by_role("checkbox").dispatch_event("click")


def offline(page: Page, scene: Scene) -> None:
    page.evaluate("""() => {
      Object.defineProperty(navigator, "onLine", { get: () => false });
      dispatchEvent(new Event("offline"));
    }""")


def unsent(page: Page, scene: Scene) -> None:
    page.route("**/api/**", lambda route: route.abort("connectionreset"))
    page.route("**/health", lambda route: route.abort("connectionreset"))
    offline(page, scene)
    expect(page.locator(".connection")).to_be_visible()
    row(page, "Call Bob").get_by_role("checkbox").click()
    page.locator(".connection").get_by_role("button", name="Show").click()


def repeated(page: Page, scene: Scene) -> None:
    page.get_by_role("dialog").locator("select").first.wait_for()
    for select in page.get_by_role("dialog").get_by_label("Repeat", exact=False).all():
        if select.evaluate("(one) => one.tagName") == "SELECT":
            select.select_option(index=2)
            return


def delete(title: str) -> Callable[[Page, Scene], object]:
    return lambda page, scene: row(page, title).get_by_role("button", name=f"Delete {title}").press("Enter")


def typed(text: str) -> Callable[[Page, Scene], object]:
    def act(page: Page, scene: Scene) -> None:
        line = page.get_by_label("New task", exact=True)
        line.fill("")
        line.press_sequentially(text)

    return act


VIEWS: dict[str, View] = {
    "/": at("/", shows=".section"),
    "/today": at("/today", shows=".section-today"),
    "/upcoming": at("/upcoming", shows=".section-upcoming"),
    "/week": at("/week", shows=".task"),
    "/chat": at("/chat", shows=".chat"),
    "/new": at("/new", shows="dialog"),
    "/task/TASK": at("/task/TASK", shows="dialog"),
    "/task/TASK/history": at("/task/TASK/history", shows="dialog time"),
    "/settings": at("/settings", shows="dialog"),
    "/find": at("/find", shows="dialog"),
    "/help": at("/help", shows="dialog"),
    "/trash": at("/trash", shows=".trash-entry"),
    "/activity": at("/activity", shows="dialog .day"),
    "/account": at("/account", shows="dialog"),
    "/account/email": at("/account/email", shows="dialog"),
    "/account/password": at("/account/password", shows="dialog"),
    "/account/sessions": at("/account/sessions", shows="dialog li"),
    "/account/tokens": at("/account/tokens", shows="dialog"),
    "/account/new-token": at("/account/new-token", shows="dialog"),
    "/account/security": at("/account/security", shows="dialog li"),
    "/account/delete": at("/account/delete", shows="dialog"),
    "#/reset/": stranger("/#/reset/abc", shows="password"),
    "#/email/": stranger("/#/email/abc", shows="e-mail"),
    "#/invitation/": stranger("/#/invitation/abc", shows="invited"),
    "empty list": nobody_has_tasks,
    "search": then("/", lambda page, _: page.get_by_role("searchbox").fill("bob"), shows=".task"),
    "search without a find": then("/", lambda page, _: page.get_by_role("searchbox").fill("zzzz"), shows=".empty"),
    "one tag": then(
        "/", lambda page, _: page.locator(".tag-chip").nth(1).click(), shows=".tag-chip[aria-pressed=true]"
    ),
    "done": then("/", lambda page, _: page.locator(".section-done summary").click(), shows=".section-done .task"),
    "quick add": then("/", typed("Feed the cat tomorrow at 9 #home !high every week"), shows=".said li"),
    "tags offered": then("/", typed("Feed the cat #h"), shows=".tag-offer"),
    "reminders": at("/", shows=".waiting .reminder"),
    "menu": then("/", lambda page, _: page.get_by_role("button", name="Menu").click(), shows="#menu"),
    "row with its tools": then("/", lambda page, _: row(page, "Call Bob").hover(), shows=".task-tools"),
    "reschedule": then(
        "/",
        lambda page, _: row(page, "Call Bob").locator(".task-tools button").first.press("Enter"),
        shows=".reschedule",
    ),
    "selected": then("/", selected, shows=".select-bar .select-do"),
    "selected, priority": then("/", selected_and("Priority"), shows=".menu .priority-high"),
    "selected, tags": then("/", selected_and("Tags"), shows=".tag-menu"),
    "scope": then("/", delete("Water the plants"), shows="dialog"),
    "toast": then("/", lambda page, _: quick_add(page, "One more"), shows=".toast"),
    "connection": then("/", offline, shows=".connection"),
    "unsent": then("/", unsent, shows="dialog .unsent-entry"),
    "sign-in-again": then("/", ended, shows="dialog.again"),
    "sign-out": then("/", lambda page, _: choose(page, "Log out everywhere…"), shows="dialog"),
    "form with a repeat": then("/new", repeated, shows="dialog"),
    "form with an error": then(
        "/new",
        lambda page, _: page.get_by_role("dialog").get_by_role("button", name="Add").last.click(),
        shows="dialog [aria-invalid=true]",
    ),
    "sign-in": stranger("/", shows="Welcome back"),
    "sign-up": stranger(
        "/", shows="Sign up", act=lambda page: page.get_by_role("button", name="Create an account").click()
    ),
    "sign-up with errors": stranger(
        "/",
        shows="Enter your password",
        act=lambda page: (
            page.get_by_role("button", name="Create an account").click(),
            page.get_by_role("button", name="Sign up").click(),
        ),
    ),
    "lost-password": stranger("/", shows="link", act=lambda page: page.get_by_role("button", name="Forgot").click()),
    "unreachable": broken("**/api/**", "cannot be reached"),
    "not loaded": broken("**/static/app*.js", "could not be loaded"),
}
"""Each view by its address, or by what it is."""

SHEETS = {
    "unsent.js": "unsent",
    "scope.js": "scope",
    "sign-out.js": "sign-out",
    "sign-in-again.js": "sign-in-again",
    "settings.js": "/settings",
    "trash.js": "/trash",
    "activity.js": "/activity",
    "help.js": "/help",
    "history.js": "/task/TASK/history",
    "palette.js": "/find",
    "task-form.js": "/task/TASK",
    "overview.js": "/account",
    "tokens.js": "/account/tokens",
    "security.js": "/account/security",
    "sessions.js": "/account/sessions",
    "form-sheet.js": "/account/email",
    "reschedule.js": "reschedule",
    "popover.js": "reschedule",
    "select-menus.js": "selected, tags",
    "menu.js": "menu",
    "sign-in.js": "sign-in",
    "lost-password.js": "lost-password",
    "confirm-email.js": "#/email/",
    "waiting-panel.js": "reminders",
    "chat.js": "/chat",
}
"""The modules that open something over the page, or instead of the list, with the view that shows it."""


@pytest.mark.parametrize("name", VIEWS)
def test_everybody_can_use(name: str, scene: Scene) -> None:
    page = VIEWS[name](scene)
    found: dict[str, Any] = {}
    for size, viewport in SIZES.items():
        page.set_viewport_size(viewport)
        for scheme, rules in SCHEMES.items():
            page.emulate_media(color_scheme=scheme)
            found[f"{size}, {scheme}"] = page.evaluate(CHECK, rules)
    page.close()
    assert {where: violations for where, violations in found.items() if violations} == {}


def listed(path: str, pattern: str) -> set[str]:
    """What a module of the page lists."""
    return set(re.findall(pattern, (WEB / path).read_text(), re.MULTILINE))


def test_no_address_is_forgotten() -> None:
    addresses = listed("views/list/list-views.js", r'^  \["\w+", "(/\w*)", ')
    addresses |= {f"/{name}" for name in listed("sheets.js", r'name === "(\w+)"')} - {"/task"}
    addresses |= {"/task/TASK", *(f"/task/TASK/{part}" for part in listed("sheets.js", r'part === "(\w+)"'))}
    parts = listed("views/account/account.js", r'^  \["([\w-]*)", open')
    addresses |= {f"/account/{part}".rstrip("/") for part in parts}
    kinds = re.search(r"LINK = /\^#\\/\((\S+?)\)", (WEB / "router.js").read_text())
    assert kinds is not None
    addresses |= {f"#/{kind}/" for kind in kinds[1].split("|")}
    assert len(addresses) > 20
    assert addresses - VIEWS.keys() == set()


def test_nothing_that_opens_over_the_page_is_forgotten() -> None:
    opens = re.compile(r"openSheet\(|showModal\(|popover: |showPopover\(|export function \w+View\(")
    modules = {path.name for path in (WEB / "views").rglob("*.js") if opens.search(path.read_text())}
    assert modules - {"sheet.js"} - SHEETS.keys() == set()
    assert set(SHEETS.values()) - VIEWS.keys() == set()
