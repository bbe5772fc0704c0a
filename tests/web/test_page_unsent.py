"""What a person does without the server: kept, sent later in order and once, and never lost without a word."""

from collections.abc import Callable
from datetime import datetime

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.support.platform_process import Platform
from tests.support.processes import until
from tests.support.weak_network import WeakNetwork
from tests.web.conftest import NewContext
from tests.web.person import BERLIN, Person, choose, day, has_worker, log_in, new_email, quick_add, row

SAID_WITHIN = 10_000


@pytest.fixture
def ada(network: WeakNetwork, new_context: NewContext) -> Person:
    """She reaches the platform by a network that may fail; `there` is how her other devices reach it."""
    ada = Person(network.url, new_context(service_workers="allow"), new_email())
    ada.sign_up()
    return ada


Elsewhere = Callable[[], Person]


@pytest.fixture
def elsewhere(ada: Person, running: Platform, new_context: NewContext) -> Elsewhere:
    """The same person on another device, whose network is well."""

    def sign_in() -> Person:
        other = Person(running.url, new_context(), ada.email)
        page = other.context.new_page()
        page.goto(running.url)
        log_in(page, ada.email)
        expect(page.get_by_role("textbox", name="New task")).to_be_visible()
        return other

    return sign_in


def line(page: Page) -> Locator:
    return page.locator(".connection")


def lose_server(page: Page, network: WeakNetwork) -> None:
    """Once the page has what it loads after the first view; the form is part of that."""
    expect(page.locator(".select-bar")).to_be_attached()
    network.cut()
    expect(line(page)).to_contain_text("The server does not answer")


def all_sent(page: Page) -> None:
    expect(line(page)).to_be_hidden()


def has_list(page: Page) -> None:
    """Waits until the list is kept on the device."""
    assert page.evaluate("""async () => {
      for (let tries = 0; tries < 200; tries += 1) {
        const database = await new Promise((resolve) => {
          const request = indexedDB.open("taskflow", 1);
          request.onsuccess = () => resolve(request.result);
        });
        const lists = await new Promise((resolve) => {
          const request = database.transaction("lists").objectStore("lists").getAll();
          request.onsuccess = () => resolve(request.result);
        });
        database.close();
        if (lists.length === 1 && lists[0].tasks.length > 0) return true;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      return false;
    }""")


@pytest.mark.parametrize("failure", ["cut", "hang"])
def test_a_server_that_is_gone_is_said_within_ten_seconds(ada: Person, network: WeakNetwork, failure: str) -> None:
    page = ada.tab()
    live = page.locator(".live")
    expect(live).to_have_attribute("data-state", "live")
    getattr(network, failure)()
    expect(line(page)).to_contain_text("The server does not answer", timeout=SAID_WITHIN)
    expect(live).not_to_have_attribute("data-state", "live", timeout=1_000)
    network.mend()
    expect(live).to_have_attribute("data-state", "live")
    all_sent(page)


def test_without_a_network_the_page_says_so(ada: Person) -> None:
    page = ada.tab()
    ada.context.set_offline(True)
    expect(line(page)).to_contain_text("Offline: what you do is kept and sent later.")
    ada.context.set_offline(False)
    all_sent(page)


def test_what_is_done_offline_survives_a_reload_and_is_sent_in_order(ada: Person, network: WeakNetwork) -> None:
    ada.add("Feed the cat")
    page = ada.tab()
    has_worker(page)
    has_list(page)
    lose_server(page, network)
    quick_add(page, "Buy milk")
    expect(row(page, "Buy milk")).to_contain_text("Not sent yet")
    # What is made without the server can be changed without it.
    row(page, "Buy milk").get_by_role("checkbox").check()
    row(page, "Feed the cat").get_by_role("checkbox").check()
    expect(line(page)).to_contain_text("3 changes are not sent yet")
    page.reload()
    expect(page.get_by_role("heading", name="Done 2")).to_be_visible()
    expect(line(page)).to_contain_text("3 changes are not sent yet")
    network.mend()
    all_sent(page)
    assert sorted((task["title"], task["completed"]) for task in ada.tasks()) == [
        ("Buy milk", True),
        ("Feed the cat", True),
    ]


def test_a_change_that_another_place_made_too_is_shown_and_decided_on(
    ada: Person, network: WeakNetwork, elsewhere: Elsewhere
) -> None:
    task = ada.add("Water the plants")
    other = elsewhere()
    page = ada.tab()
    lose_server(page, network)
    rename(page, "Water the plants", "Water all of them")
    other.change(task["id"], title="Water the roses")
    network.mend()
    expect(line(page)).to_contain_text("1 change waits for you")
    line(page).get_by_role("button", name="Show").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Yours: “Water all of them”")
    expect(dialog).to_contain_text("There: “Water the roses”")
    assert [task["title"] for task in other.tasks()] == ["Water the roses"], "nothing is sent before"
    dialog.get_by_role("button", name="Send mine").click()
    all_sent(page)
    assert [task["title"] for task in other.tasks()] == ["Water all of them"]


def test_a_change_of_a_task_that_is_gone_is_not_dropped_without_a_word(
    ada: Person, network: WeakNetwork, elsewhere: Elsewhere
) -> None:
    task = ada.add("Water the plants")
    other = elsewhere()
    page = ada.tab()
    lose_server(page, network)
    rename(page, "Water the plants", "Water all of them")
    other.delete(task["id"])
    network.mend()
    expect(line(page)).to_contain_text("1 change waits for you")
    line(page).get_by_role("button", name="Show").click()
    page.get_by_role("dialog").get_by_role("button", name="Discard mine").click()
    all_sent(page)


def test_another_field_changed_elsewhere_is_no_conflict(
    ada: Person, network: WeakNetwork, elsewhere: Elsewhere
) -> None:
    task = ada.add("Water the plants")
    other = elsewhere()
    page = ada.tab()
    lose_server(page, network)
    row(page, "Water the plants").get_by_role("checkbox").check()
    expect(line(page)).to_contain_text("1 change is not sent yet")
    other.change(task["id"], title="Water the roses")
    network.mend()
    all_sent(page)
    assert [(task["title"], task["completed"]) for task in other.tasks()] == [("Water the roses", True)]


def test_an_answer_that_gets_lost_makes_no_second_task(ada: Person) -> None:
    page = ada.tab()
    lost: list[str] = []

    def lose_answer(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.request.url)
            route.fetch()
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/api/v1/tasks", lose_answer)
    quick_add(page, "Only once")
    expect(line(page)).to_contain_text("not sent yet")
    all_sent(page)
    assert lost
    expect(row(page, "Only once")).to_have_count(1)
    assert [task["title"] for task in ada.tasks()] == ["Only once"]


def test_two_tabs_send_it_once(ada: Person, network: WeakNetwork) -> None:
    one, other = ada.tab(), ada.tab()
    network.cut()
    for page in (one, other):
        page.bring_to_front()
        expect(line(page)).to_contain_text("The server does not answer")
    quick_add(other, "From the other tab")
    quick_add(other, "And another one")
    expect(line(one)).to_contain_text("2 changes are not sent yet")
    sent: list[str] = []
    for page in (one, other):
        page.on("request", lambda request: sent.append(request.method) if request.method == "POST" else None)
    network.mend()
    for page in (one, other):
        page.bring_to_front()
        all_sent(page)
        expect(row(page, "From the other tab")).to_be_visible()
    assert sorted(task["title"] for task in ada.tasks()) == ["And another one", "From the other tab"]
    assert len(sent) == 2


def test_what_is_older_than_the_servers_memory_is_shown_and_not_sent(ada: Person, network: WeakNetwork) -> None:
    page = ada.tab()
    lose_server(page, network)
    quick_add(page, "Since the day before yesterday")
    expect(line(page)).to_contain_text("1 change is not sent yet")
    page.evaluate("""async () => {
      const database = await new Promise((resolve) => {
        const request = indexedDB.open("taskflow", 1);
        request.onsuccess = () => resolve(request.result);
      });
      const store = database.transaction("writes", "readwrite").objectStore("writes");
      const [entry] = await new Promise((resolve) => {
        const request = store.getAll();
        request.onsuccess = () => resolve(request.result);
      });
      await new Promise((resolve) => {
        store.put({ ...entry, at: Date.now() - 2 * 86_400_000 }).onsuccess = resolve;
      });
      database.close();
    }""")
    network.mend()
    expect(line(page)).to_contain_text("1 change waits for you")
    assert ada.tasks() == []
    line(page).get_by_role("button", name="Show").click()
    page.get_by_role("dialog").get_by_role("button", name="Send mine").click()
    all_sent(page)
    assert [task["title"] for task in ada.tasks()] == ["Since the day before yesterday"]


def test_who_logs_out_is_told_what_is_lost_and_nothing_of_them_stays(ada: Person, network: WeakNetwork) -> None:
    ada.add("A secret of Ada's")
    page = ada.tab()
    has_list(page)
    lose_server(page, network)
    quick_add(page, "Never sent")
    expect(line(page)).to_contain_text("1 change is not sent yet")
    choose(page, "Log out")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 change is not sent yet. They are lost when you log out now.")
    page.route("**/api/v1/tasks", lambda route: route.abort())
    network.mend()
    dialog.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
    until(lambda: kept(page) == {"lists": 0, "writes": 0}, within=20, what="nothing is kept")


def kept(page: Page) -> dict[str, int]:
    """How much there is of anybody on the device."""
    return page.evaluate("""async () => {
      const database = await new Promise((resolve) => {
        const request = indexedDB.open("taskflow", 1);
        request.onsuccess = () => resolve(request.result);
      });
      const count = (kind) => new Promise((resolve) => {
        const request = database.transaction(kind).objectStore(kind).count();
        request.onsuccess = () => resolve(request.result);
      });
      const found = { lists: await count("lists"), writes: await count("writes") };
      database.close();
      return found;
    }""")


def test_another_person_neither_sees_nor_sends_it(ada: Person, network: WeakNetwork) -> None:
    ada.add("A secret of Ada's")
    page = ada.tab()
    has_list(page)
    lose_server(page, network)
    quick_add(page, "Ada's, unsent")
    expect(line(page)).to_contain_text("1 change is not sent yet")
    page.goto("about:blank")
    network.mend()
    grace = Person(ada.url, ada.context, new_email())
    grace.sign_up()
    theirs = grace.tab()
    expect(theirs.get_by_text("Nothing to do")).to_be_visible()
    expect(theirs.get_by_text("A secret of Ada's")).to_have_count(0)
    all_sent(theirs)
    assert grace.tasks() == []
    assert kept(theirs)["writes"] == 1, "it waits for Ada"


def test_a_browser_that_keeps_nothing_says_so_and_sends_it_all_the_same(ada: Person, network: WeakNetwork) -> None:
    ada.context.add_init_script("indexedDB.open = () => { throw new DOMException('no', 'InvalidStateError'); };")
    page = ada.tab()
    lose_server(page, network)
    quick_add(page, "In memory")
    expect(line(page)).to_contain_text("This browser keeps nothing")
    network.mend()
    all_sent(page)
    assert [task["title"] for task in ada.tasks()] == ["In memory"]


def rename(page: Page, title: str, other: str) -> None:
    row(page, title).get_by_role("button", name=title, exact=True).click()
    page.get_by_role("dialog").get_by_label("Title").fill(other)
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(row(page, other)).to_contain_text("Not sent yet")


def test_what_is_done_without_the_server_is_seen_without_it(ada: Person, network: WeakNetwork) -> None:
    page = ada.tab()
    lose_server(page, network)
    quick_add(page, "Buy milk")
    box = row(page, "Buy milk").get_by_role("checkbox")
    box.check()
    page.keyboard.press("z")
    expect(box).not_to_be_checked()
    row(page, "Buy milk").get_by_role("button", name="Buy milk", exact=True).click()
    form = page.get_by_role("dialog", name="Edit task")
    form.get_by_label("Description").fill("Two of them")
    form.get_by_role("button", name="Save").click()
    expect(form).to_have_count(0)
    expect(row(page, "Buy milk")).to_contain_text("Two of them")
    network.mend()
    all_sent(page)
    assert [(task["title"], task["description"]) for task in ada.tasks()] == [("Buy milk", "Two of them")]


def test_what_waits_is_said_as_people_say_it(ada: Person, network: WeakNetwork, elsewhere: Elsewhere) -> None:
    task = ada.add("Water the plants", due_date=day(1))
    other = elsewhere()
    page = ada.tab()
    lose_server(page, network)
    row(page, "Water the plants").get_by_role("button", name="Water the plants", exact=True).click()
    form = page.get_by_role("dialog", name="Edit task")
    form.get_by_label("Due date", exact=True).fill(day(0))
    form.get_by_label("Repeat", exact=True).select_option("Every day")
    form.get_by_label("Priority").select_option("High")
    form.get_by_role("button", name="Save").click()
    expect(form).to_have_count(0)
    other.change(task["id"], due_date=f"{day(1)}T08:00:00Z", priority="low")
    network.mend()
    expect(line(page)).to_contain_text("1 change waits for you")
    line(page).get_by_role("button", name="Show").click()
    fields = page.get_by_role("dialog").locator("dl > div")
    hour = datetime.fromisoformat(f"{day(1)}T08:00:00Z").astimezone(BERLIN).hour
    expect(fields.filter(has_text="Due date")).to_have_text(f"Due dateYours: todayThere: tomorrow, {hour}:00")
    expect(fields.filter(has_text="Repeat").first).to_have_text("RepeatYours: every dayThere: none")
    expect(fields.filter(has_text="Priority")).to_have_text("PriorityYours: highThere: low")
