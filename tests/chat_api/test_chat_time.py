"""What a person says of time in the chat is done exactly, or it is said that it was not understood and nothing is."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.chat_api.people import TASKS, User
from tests.chat_api.talk import Talk
from tests.support.clock import MovableClock

SATURDAY = datetime(2026, 11, 28, 16, 0, tzinfo=UTC)
"""17:00 in Berlin."""


@pytest.fixture
async def talk(anna: User, clock: MovableClock) -> Talk:
    clock.run_from(SATURDAY)
    await anna.lives_in("Europe/Berlin")
    return Talk(anna.http)


async def due_of(talk: Talk, title: str) -> Any:
    return next(task["due_date"] for task in await talk.tasks() if task["title"] == title)


@pytest.mark.parametrize(
    ("said", "due"),
    [
        ("postpone X by 3 days", "2026-12-06T15:00:00Z"),
        ("push X back by one week", "2026-12-10T15:00:00Z"),
        ("push X back a week", "2026-12-10T15:00:00Z"),
        ("defer X for 2 weeks", "2026-12-17T15:00:00Z"),
        ("delay X by 90 minutes", "2026-12-03T16:30:00Z"),
        ("snooze X 2 hours", "2026-12-03T17:00:00Z"),
        ("postpone X by a month", "2027-01-03T15:00:00Z"),
        ("postpone X until friday", "2026-12-04T15:00:00Z"),
        ("move X to 18:30", "2026-12-03T17:30:00Z"),
        ("move X to the 31st", "2026-12-31T15:00:00Z"),
        ("move X friday at 9", "2026-12-04T08:00:00Z"),
        ("repeat X every 2 months", "2026-12-03T15:00:00Z"),
        ("repeat X every monday", "2026-12-03T15:00:00Z"),
        ("repeat X every year", "2026-12-03T15:00:00Z"),
    ],
)
async def test_what_moves_counts_from_the_due_date_and_a_rule_keeps_it(
    anna: User, talk: Talk, said: str, due: str
) -> None:
    await anna.makes("X", due_date="2026-12-03T16:00:00")
    assert "“X”" in await talk.say(said)
    assert await due_of(talk, "X") == due
    assert "RRULE" not in await talk.say("show my tasks")


async def test_a_year_long_repeat_and_an_occurrence_that_is_put_off(anna: User, talk: Talk) -> None:
    await anna.makes("tax", due_date="2026-12-31T09:00:00")
    assert "repeats every year on 31 December" in await talk.say("repeat tax every year")
    assert await due_of(talk, "tax") == "2026-12-31T08:00:00Z"
    await anna.makes("leap", due_date="2028-02-29")
    assert "repeats every year on 29 February (leap years only)" in await talk.say("repeat leap every year")
    assert "repeats every month on the 30th (or the last day)" in await talk.say("add rent every month on the 30th")
    assert "the fifth Friday (not in months without that day)" in await talk.say(
        "add tidy every month on the fifth friday"
    )
    await anna.makes("standup", due_date="2026-12-07", recurrence_pattern="weekly:MON")
    assert "due Wed 9 Dec" in await talk.say("postpone standup by 2 days")
    await anna.makes("someday")
    assert "no due date to count from" in await talk.say("postpone someday by 3 days")
    assert "due Thu 31 Dec" in await talk.say("move someday to the 31st")


async def test_a_number_that_is_in_no_list_is_no_task(anna: User, talk: Talk) -> None:
    for title in ("Buy 15 eggs", "50% off", "call 911", "start car"):
        await anna.makes(title)
    await talk.say("show my tasks")
    for number in ("5", "0", "9", "911", "#15"):
        assert "no task" in await talk.say(f"complete {number}")
    assert "no task called “art”" in await talk.say("complete art")
    assert not any(task["completed"] for task in await talk.tasks())
    assert "Completed “start car”" in await talk.say("complete car")


async def test_reminders_of_a_task_that_is_there(anna: User, talk: Talk) -> None:
    await anna.makes("meeting", due_date="2026-11-30T10:00:00")
    said = await talk.say("remind me about the meeting on monday 1 hour before")
    assert "with a reminder 1 hour before" in said
    assert "does not go with it" in await talk.say("remind me about the meeting on tuesday 1 hour before")
    (task,) = await talk.tasks()
    assert (task["title"], task["reminders"], task["due_date"]) == ("meeting", ["PT1H"], "2026-11-30T09:00:00Z")


async def test_it_is_what_was_last_spoken_of(anna: User, talk: Talk) -> None:
    await talk.say("add call mum")
    assert "“call mum”: due tomorrow" in await talk.say("remind me about it tomorrow")
    await talk.say("add dentist friday at 9")
    assert "due Mon 7 Dec 09:00" in await talk.say("move it to monday week")
    assert "“dentist”" in await talk.say("complete that")
    assert "Are you sure you want to delete “dentist”" in await talk.say("delete it")
    assert await talk.say("yes") == "🗑️ Deleted “dentist”."
    assert "no longer there" in await talk.say("complete it")
    assert await talk.titles() == ["call mum"]


async def test_it_without_anything_spoken_of_asks(talk: Talk) -> None:
    assert "Which task do you mean" in await talk.say("complete it")


async def test_reminding_amid_a_sentence_makes_the_task(talk: Talk) -> None:
    assert "Added “buy milk”, due tomorrow 08:00" in await talk.say("buy milk and remind me tomorrow at 8")
    (task,) = await talk.tasks()
    assert (task["due_date"], task["reminders"]) == ("2026-11-29T07:00:00Z", ["PT0S"])


LISTS: list[tuple[str, list[str]]] = [
    ("what's left for today?", ["today"]),
    ("show open tasks due today", ["today"]),
    ("what's due next week", ["monday", "friday", "sunday week"]),
    ("on friday?", ["friday"]),
    ("tasks due on friday", ["friday"]),
    ("this weekend", ["today", "sunday"]),
    ("today and tomorrow", ["today", "sunday"]),
    ("show tasks completed today", ["done"]),
    ("what did i complete yesterday", []),
    ("what is due tomorrow?", ["sunday"]),
    ("show tasks due between monday and friday", ["monday", "friday"]),
]


async def test_lists_by_day_range_and_what_is_done(anna: User, talk: Talk, subtests: pytest.Subtests) -> None:
    for title, day in (
        ("today", "2026-11-28"),
        ("sunday", "2026-11-29"),
        ("monday", "2026-11-30"),
        ("friday", "2026-12-04"),
        ("sunday week", "2026-12-06"),
        ("later", "2026-12-07"),
        ("done", "2026-12-24"),
    ):
        task = await anna.makes(title, due_date=day)
    await anna.changes(task["id"], completed=True)
    for said, titles in LISTS:
        with subtests.test(said=said):
            answer = await talk.say(said)
            listed = [line.partition(" ☐ ")[2] or line.partition(" ☑ ")[2] for line in answer.splitlines()]
            assert [line.partition(" (")[0] for line in listed if line] == titles, answer


async def test_the_list_is_in_the_order_of_the_page(anna: User, talk: Talk) -> None:
    for title, due in (("old", None), ("friday", "2026-12-04"), ("new", None), ("monday", "2026-11-30T10:00:00")):
        await anna.makes(title, **({"due_date": due} if due else {}))
    lines = (await talk.say("show my tasks")).splitlines()
    assert [line[5:].partition(" (")[0] for line in lines if "☐" in line] == ["monday", "friday", "new", "old"]
    assert "Completed “friday”" in await talk.say("complete 2")


async def test_what_was_not_understood_is_said_and_changes_nothing(anna: User, talk: Talk) -> None:
    for said, unread in (
        ("colourless green ideas", ["colourless green ideas"]),
        ("add swim friday and saturday at 10", ["friday and saturday at 10"]),
        ("add pills every day at 8am and 8pm", ["every day at 8am and 8pm"]),
    ):
        answer = (await anna.http.post("/api/v1/chat", json={"message": said})).json()
        assert (answer["status"], answer["understood"], answer["unread"]) == ("success", False, unread)
    assert await talk.tasks() == []
    answer = (await anna.http.post("/api/v1/chat", json={"message": "add buy sunday paper"})).json()
    assert (answer["understood"], answer["unread"]) == (False, ["sunday"])
    assert "a part of the title" in answer["response"]
    answer = (await anna.http.post("/api/v1/chat", json={"message": "show my tasks"})).json()
    assert (answer["understood"], answer["unread"]) == (True, [])


async def test_of_several_readings_it_asks_and_takes_the_one_that_is_chosen(talk: Talk) -> None:
    question = await talk.say("add visit 4/12 10am")
    assert "1. “visit”, due Fri 4 Dec 10:00" in question
    assert "2. “visit”, due Mon 12 Apr 2027 10:00" in question
    assert await talk.tasks() == []
    assert "one of the numbers" in await talk.say("3")
    assert "Added “visit”, due Mon 12 Apr 2027 10:00" in await talk.say("2")
    await talk.http.put("/api/v1/me/preferences", json={"timezone": "Europe/Berlin", "date_order": "mdy"})
    assert "Added “visit 2”, due Mon 12 Apr 2027 10:00" in await talk.say("add visit 2 4/12 10am")


async def test_a_title_that_is_asked_for_keeps_the_time_that_was_said(talk: Talk) -> None:
    assert await talk.say("add tomorrow at 5pm") == "What should the task be called?"
    assert "Added “call mum”, due tomorrow 17:00" in await talk.say("call mum")


async def test_a_message_too_long_for_a_task_is_refused(anna: User) -> None:
    answer = await anna.http.post("/api/v1/chat", json={"message": "add " + "tomorrow " * 1100})
    assert "too long" in answer.json()["response"]
    assert (await anna.http.get(TASKS)).json() == []
