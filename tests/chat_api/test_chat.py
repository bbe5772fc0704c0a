"""A person talks to the assistant: it does what they say, asks before it deletes, says what it did not understand."""

from datetime import UTC, datetime

import pytest

from taskflow_core.database.pool import Database
from tests.chat_api.people import User
from tests.chat_api.published import published_kinds
from tests.chat_api.talk import Talk
from tests.support.clock import MovableClock

WEDNESDAY = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)


@pytest.fixture
def talk(anna: User, clock: MovableClock) -> Talk:
    clock.run_from(WEDNESDAY)
    return Talk(anna.http)


async def test_it_adds_lists_completes_and_counts(talk: Talk) -> None:
    assert "Added “Buy milk”" in await talk.say("Add Buy milk")
    assert talk.tools == ["add_task"]
    await talk.say("please add walk the dog")
    assert await talk.say("show my tasks") == (
        "Here are your tasks:\n\n📋 **Pending Tasks:**\n1. ☐ walk the dog\n2. ☐ Buy milk\n"
    )
    assert talk.tools == ["list_tasks"]
    assert await talk.say("complete 2") == "✅ Completed “Buy milk”."
    assert talk.tools == ["complete_task"]
    assert await talk.say("how many tasks do I have?") == "You have 2 tasks."
    assert await talk.say("how many pending tasks do I have?") == "You have 1 pending task."
    assert "☑ Buy milk" in await talk.say("show completed tasks")
    assert await talk.say("reopen milk") == "“Buy milk” is pending again."
    assert {task["title"]: task["completed"] for task in await talk.tasks()} == {
        "walk the dog": False,
        "Buy milk": False,
    }


async def test_it_asks_before_it_deletes_and_forgets_the_question_with_the_next_message(talk: Talk) -> None:
    await talk.say("add buy milk")
    assert "Are you sure" in await talk.say("delete milk")
    assert talk.tools == []
    assert "left it" in await talk.say("no")
    assert "nothing waiting" in await talk.say("yes")
    await talk.say("delete milk")
    await talk.say("show my tasks")
    assert "nothing waiting" in await talk.say("yes"), "the list came after the question"
    assert await talk.titles() == ["buy milk"]
    await talk.say("delete 1")
    assert await talk.say("yes") == "🗑️ Deleted “buy milk”."
    assert talk.tools == ["delete_task"]
    assert await talk.titles() == []


async def test_a_confirmation_that_comes_too_late_says_so(talk: Talk) -> None:
    await talk.say("add buy milk")
    await talk.say("delete milk")
    await talk.http.delete(f"/api/v1/tasks/{(await talk.tasks())[0]['id']}")
    assert "no longer there" in await talk.say("yes")


async def test_numbers_mean_the_list_last_shown_even_when_tasks_have_come_since(talk: Talk) -> None:
    for title in ("first", "second"):
        await talk.http.post("/api/v1/tasks", json={"title": title})
    await talk.say("show my tasks")
    await talk.http.post("/api/v1/tasks", json={"title": "third"})
    assert await talk.say("complete 2") == "✅ Completed “first”."
    assert await talk.say("complete the last one") == "“first” is already completed."
    assert "no task 9" in await talk.say("complete 9")


async def test_of_several_tasks_it_asks_which_and_then_does_what_was_said(talk: Talk) -> None:
    await talk.say("add buy oat milk")
    await talk.say("add buy cow milk")
    question = await talk.say("rename milk to buy soy milk")
    assert "Which one" in question
    assert "1. ☐ buy cow milk\n2. ☐ buy oat milk" in question
    assert "one of the numbers" in await talk.say("7")
    assert await talk.say("2") == "✏️ Renamed “buy oat milk” to “buy soy milk”."
    assert talk.tools == ["update_task"]
    assert sorted(await talk.titles()) == ["buy cow milk", "buy soy milk"]


async def test_of_several_tasks_it_still_asks_before_deleting_the_chosen_one(talk: Talk) -> None:
    await talk.say("add buy oat milk")
    await talk.say("add buy cow milk")
    await talk.say("delete milk")
    assert "sure you want to delete “buy oat milk”" in await talk.say("the second one")
    await talk.say("yes")
    assert await talk.titles() == ["buy cow milk"]


async def test_it_asks_for_a_title_and_takes_the_next_message_as_one(talk: Talk) -> None:
    assert await talk.say("add") == "What should the task be called?"
    assert "Added “call mum”, due tomorrow 17:00" in await talk.say("call mum tomorrow at 5pm")


async def test_dates_repeats_and_reminders_are_understood_in_the_persons_zone(talk: Talk) -> None:
    await talk.http.put("/api/v1/me/preferences", json={"timezone": "Europe/Berlin"})
    await talk.say("add call mum tomorrow at 5pm, remind me 1 hour before")
    await talk.say("add water the plants every friday")
    tasks = {task["title"]: task for task in await talk.tasks()}
    assert tasks["call mum"]["due_date"] == "2026-11-26T16:00:00Z"
    assert tasks["call mum"]["reminders"] == ["PT1H"]
    assert tasks["water the plants"]["due_date"] == "2026-11-27"
    assert tasks["water the plants"]["recurrence_pattern"] == "weekly:FRI"
    assert "call mum (tomorrow 17:00)" in await talk.say("what is due tomorrow?")
    assert await talk.say("what is due today?") == "Nothing is due today."
    assert "due Fri 27 Nov 17:00" in await talk.say("move mum to friday"), "the time of day stays"
    assert "due Fri 27 Nov 18:30" in await talk.say("move mum to 18:30"), "the day stays"
    assert "repeats every month on the 27th" in await talk.say("repeat mum every month")
    assert "does not repeat" in await talk.say("stop repeating mum")
    assert "no reminders" in await talk.say("remove the reminders from mum")
    assert "no due date" in await talk.say("remove the due date of mum")
    assert "reminders need a due_date" in await talk.say("remind me 1 hour before mum")


async def test_a_rule_that_refuses_is_said_and_nothing_changes(talk: Talk) -> None:
    await talk.say("add milk")
    assert "255 characters" in await talk.say("rename milk to " + "x" * 300)
    assert await talk.titles() == ["milk"]
    assert "did not understand" in await talk.say("colourless green ideas sleep furiously")
    assert "Hello" in await talk.say("hi!")
    assert "add call mum tomorrow" in await talk.say("help")


async def test_what_the_chat_changes_is_told_like_any_other_change(talk: Talk, database: Database) -> None:
    await talk.say("add milk")
    await talk.say("complete milk")
    assert await published_kinds(database) == [("task.created", 1), ("task.completed", 2)]


async def test_the_same_message_with_one_key_is_said_once(anna: User, database: Database) -> None:
    headers = {"Idempotency-Key": "one"}
    first = await anna.http.post("/api/v1/chat", json={"message": "add milk"}, headers=headers)
    again = await anna.http.post("/api/v1/chat", json={"message": "add milk"}, headers=headers)
    assert first.json() == again.json()
    async with database.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM tasks") == 1
        assert await connection.fetchval("SELECT count(*) FROM message") == 2


async def test_conversations_are_kept_and_ones_own(anna: User, bert: User, database: Database) -> None:
    hers = Talk(anna.http, f"/api/{anna.id}/chat")
    await hers.say("add milk")
    await hers.say("delete milk")
    for conversation in (hers.conversation, "00000000-0000-4000-8000-000000000000", "x" * 300, "\x00"):
        for path in (f"/api/{bert.id}/chat", "/api/v1/chat"):
            answer = await bert.http.post(path, json={"message": "yes", "conversation_id": conversation})
            assert (answer.status_code, answer.json()) == (404, {"detail": "Conversation not found"})
    refused = await bert.http.post(f"/api/{anna.id}/chat", json={"message": "show my tasks"})
    assert (refused.status_code, list(refused.json())) == (403, ["detail"])
    async with database.acquire() as connection:
        rows = await connection.fetch(
            "SELECT role, content FROM message WHERE conversation_id = $1 ORDER BY created_at", hers.conversation
        )
    assert [row["role"] for row in rows] == ["user", "assistant"] * 2
    assert rows[0]["content"] == "add milk"


async def test_nobody_finds_anothers_tasks(anna: User, bert: User) -> None:
    await Talk(anna.http).say("add secret milk")
    his = Talk(bert.http)
    assert "no tasks" in await his.say("show my tasks")
    assert "found no task" in await his.say("complete milk")
    assert "found no task" in await his.say("find milk")


@pytest.mark.parametrize("message", ["", "x" * 10_001, None, 5])
async def test_a_message_that_does_not_validate(anna: User, message: object) -> None:
    answer = await anna.http.post("/api/v1/chat", json={"message": message})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "message"]


async def test_odd_characters_are_no_trouble(talk: Talk) -> None:
    for message in (
        "🙂",
        "\u202eadd x",
        "add 100% of_it \\ done",
        "'; DROP TABLE tasks; --",
        "%",
        "0",
    ):
        await talk.say(message)
    assert "100% of_it" in await talk.say("find 100%")
    answer = await talk.http.post("/api/v1/chat", json={"message": "a\x00b"})
    assert answer.status_code == 422


async def test_a_user_that_is_gone_signs_in_again(anna: User, database: Database) -> None:
    async with database.acquire() as connection:
        await connection.execute("DELETE FROM users WHERE id = $1", anna.id)
    answer = await anna.http.post("/api/v1/chat", json={"message": "hello"})
    assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_TOKEN")
