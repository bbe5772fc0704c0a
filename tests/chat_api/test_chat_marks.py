"""Marks in the chat: "#home" and "!high" beside a title say which of the tasks is meant, wherever they stand."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from chat_api.chat import intents as i
from chat_api.chat.grammar import understand
from chat_api.chat.words import Speaker
from tests.chat_api.people import User

SPEAKER = Speaker(datetime(2026, 11, 25, 10, tzinfo=UTC))
Say = Callable[[str], Awaitable[dict[str, Any]]]


def meant(said: str) -> tuple[type[object], str, tuple[str, ...], tuple[str, ...]]:
    """What is asked, and the title, tags and priorities of the task that it is asked of."""
    intent: Any = understand(said, SPEAKER)
    (intent,) = intent.options[:1] if isinstance(intent, i.Choose) else (intent,)
    ref: i.Ref = intent.options[0][0] if isinstance(intent, i.Rename) else intent.ref
    return cast("type[object]", type(intent)), ref.text, ref.tags, ref.priorities


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("complete {}", i.Complete),
        ("done with {}", i.Complete),
        ("tick {} off", i.Complete),
        ("mark {} as done", i.Complete),
        ("{} is done", i.Complete),
        ("reopen {}", i.Reopen),
        ("mark {} as not done", i.Reopen),
        ("delete {}", i.Delete),
        ("delete {} from my list", i.Delete),
        ("postpone {} by 3 days", i.Postpone),
        ("postpone {} a week", i.Postpone),
        ("postpone {} until friday", i.Schedule),
        ("move {} to friday", i.Schedule),
        ("move {} friday", i.Schedule),
        ("set the due date of {} to 3 may", i.Schedule),
        ("repeat {} every monday", i.Schedule),
        ("make {} repeat every day", i.Schedule),
        ("remove the due date of {}", i.Clear),
        ("remind me 1 hour before {}", i.Remind),
        ("rename {} to oat milk", i.Rename),
    ],
)
@pytest.mark.parametrize("title", ["#home milk", "milk #home", "#Home milk !high", "milk, #home"])
def test_beside_a_title_they_say_which_task_is_meant(said: str, kind: type[object], title: str) -> None:
    found, text, tags, priorities = meant(said.format(title))
    assert (found, text, tuple(tag.lower() for tag in tags)) == (kind, "milk", ("home",))
    assert priorities == (("high",) if "!high" in title else ())


@pytest.mark.parametrize(
    "said",
    [
        "complete milk #home",
        "mark milk as done #home",
        "milk is done #home",
        "delete milk from my list #home",
        "postpone milk by 3 days #home",
        "move milk to friday #home",
        "move milk to friday at 9 #home.",
        "move milk friday #home",
        "repeat milk every monday #home",
        "remove the due date of milk #home",
        "please complete milk #home",
    ],
)
def test_so_they_do_behind_all_the_rest(said: str) -> None:
    assert meant(said)[1:] == ("milk", ("home",), ())


@pytest.mark.parametrize("said", ["complete #home", "move #home to friday", "delete #home !high"])
def test_alone_they_name_the_task_that_has_them(said: str) -> None:
    assert meant(said)[1:3] == ("", ("home",))


def test_what_stands_in_quotation_marks_is_a_title(subtests: pytest.Subtests) -> None:
    for said, text, tags in (
        ('complete "call #home"', "call #home", ()),
        ('complete "call #home" #work', "call #home", ("work",)),
    ):
        with subtests.test(said):
            assert meant(said)[1:3] == (text, tags)


def test_numbers_of_a_list_are_no_tags() -> None:
    intent = understand("complete #2", SPEAKER)
    assert isinstance(intent, i.Complete)
    assert (intent.ref.number, intent.ref.tags) == (2, ())


def test_behind_a_new_title_they_are_left_aside_and_told() -> None:
    intent = understand("rename milk to oat milk #home", SPEAKER)
    assert intent == i.Rename(((i.Ref("milk"), "oat milk"),), ("#home",))


@pytest.fixture
def say(anna: User) -> Say:
    known: dict[str, str] = {}

    async def said(message: str) -> dict[str, Any]:
        body = {"message": message, "conversation_id": known.get("id")}
        answer = await anna.http.post("/api/v1/chat", json=body)
        assert answer.status_code == 200, answer.text
        known["id"] = answer.json()["conversation_id"]
        return answer.json()

    return said


async def test_of_two_with_one_title_the_marked_one_is_meant(anna: User, say: Say) -> None:
    home = await anna.makes("buy milk", tags=["Home"], due_date="2099-03-01")
    work = await anna.makes("buy milk", tags=["work"], priority="high", due_date="2099-03-01")
    assert "Which one" in (await say("complete buy milk"))["response"]
    await say("postpone buy milk #home by 3 days")
    after = await anna.sees(home["id"])
    assert (after["due_date"], after["title"]) == ("2099-03-04", "buy milk")
    await say("rename buy milk !high to buy oat milk")
    assert (await anna.sees(work["id"]))["title"] == "buy oat milk"
    await say("complete #work")
    assert (await anna.sees(work["id"]))["completed"]
    await say("reopen #work")
    after = await anna.sees(work["id"])
    assert (after["completed"], after["tags"], after["priority"]) == (False, ["work"], "high")
    assert not (await anna.sees(home["id"]))["completed"]


async def test_a_longer_title_with_the_mark_comes_before_the_same_one_without(anna: User, say: Say) -> None:
    plain, marked = await anna.makes("buy milk"), await anna.makes("buy milk for the cat", tags=["home"])
    await say("complete buy milk #home")
    assert [(await anna.sees(task["id"]))["completed"] for task in (plain, marked)] == [False, True]


async def test_where_none_has_them_that_is_said_and_nothing_done(anna: User, say: Say) -> None:
    task = await anna.makes("buy milk", tags=["garden"])
    for message in ("move buy milk tomorrow #home !low", "complete buy milk #home", "delete #home buy milk"):
        assert "No task called “buy milk” has “#home”" in (await say(message))["response"]
    assert "I found no task called “bread #home”" in (await say("complete bread #home"))["response"]
    await say("show my tasks")
    assert "has “#home”" in (await say("complete 1 #home"))["response"]
    after = await anna.sees(task["id"])
    assert (after["due_date"], after["completed"], after["version"]) == (None, False, task["version"])


async def test_a_title_that_holds_them_is_found_by_its_words(anna: User, say: Say) -> None:
    task = await anna.makes("answer the #home poll")
    await say("complete answer the #home poll")
    assert (await anna.sees(task["id"]))["completed"]


async def test_a_reminder_of_nothing_there_makes_a_task_with_them(anna: User, say: Say) -> None:
    await say("remind me about the dentist tomorrow at 9 #health")
    (task,) = (await anna.http.get("/api/v1/tasks")).json()
    assert (task["title"], task["tags"]) == ("the dentist", ["health"])
