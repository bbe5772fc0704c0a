"""What the grammar does not understand is given to the second reader; what that proposes is shown before it is done."""

from datetime import timedelta
from typing import Any

import pytest

from chat_api.second_reader.protocol import TOOLS
from tests.chat_api.people import User
from tests.chat_api.second_reader.conftest import KEY, StandIn
from tests.chat_api.talk import Talk
from tests.support.clock import MovableClock

MUMBLED = "could u pls jot down that i gotta ring the plumber tmrw arvo"


async def test_a_proposal_is_asked_and_done_after_a_yes(talk: Talk, stand_in: StandIn) -> None:
    stand_in.answers("add_task", title="Ring the plumber", when="tomorrow at 15:00")
    asked = await talk.say(MUMBLED)
    assert "Do you mean: make the task “Ring the plumber”, due tomorrow 15:00?" in asked
    assert talk.tools == []
    assert await talk.titles() == [], "nothing is done before it was shown"
    assert "Ring the plumber" in await talk.say("yes")
    assert talk.tools == ["add_task"]
    assert await talk.titles() == ["Ring the plumber"]


async def test_a_no_leaves_all_as_it_is(talk: Talk, stand_in: StandIn) -> None:
    stand_in.answers("add_task", title="Ring the plumber")
    await talk.say(MUMBLED)
    assert "left it" in await talk.say("no")
    assert await talk.titles() == []
    assert "nothing waiting" in await talk.say("yes"), "it is not asked any more"


async def test_the_answer_says_that_it_was_not_understood(anna: User, stand_in: StandIn) -> None:
    stand_in.answers("add_task", title="Ring the plumber")
    body = (await anna.http.post("/api/v1/chat", json={"message": MUMBLED})).json()
    assert (body["understood"], body["unread"] != [], body["tool_calls"]) == (False, True, [])


@pytest.mark.parametrize(
    ("tool", "given", "then"),
    [
        ("complete_task", {"task": "milk"}, "Completed “buy milk”"),
        ("rename_task", {"task": "milk", "title": "Buy oat milk"}, "to “Buy oat milk”"),
        ("move_task", {"task": "milk", "when": "friday at 9:00"}, "09:00"),
        ("repeat_task", {"task": "milk", "when": "every monday"}, "every Monday"),
        ("delete_task", {"task": "milk"}, "Are you sure you want to delete “buy milk”?"),
        ("find_tasks", {"text": "milk"}, "1 task with “milk”"),
        ("list_tasks", {"which": "due tomorrow"}, "Nothing is due tomorrow"),
    ],
)
async def test_every_tool_acts_by_the_chats_own_commands(
    talk: Talk, stand_in: StandIn, tool: str, given: dict[str, Any], then: str
) -> None:
    await talk.say("add buy milk")
    stand_in.answers(tool, **given)
    assert "Do you mean" in await talk.say(MUMBLED)
    assert then in await talk.say("yes")


async def test_a_number_means_the_list_that_was_last_shown(talk: Talk, stand_in: StandIn) -> None:
    await talk.say("add buy milk")
    await talk.say("show my tasks")
    stand_in.answers("complete_task", task="1")
    await talk.say(MUMBLED)
    assert "Completed “buy milk”" in await talk.say("yes")


async def test_what_is_understood_is_never_given_away(talk: Talk, stand_in: StandIn) -> None:
    for message in ("add buy milk", "show my tasks", "hello", "complete 1", "yes", "no", "help"):
        await talk.say(message)
    assert stand_in.asked == []


async def test_the_message_and_the_time_are_all_that_is_told(talk: Talk, stand_in: StandIn, anna: User) -> None:
    await talk.say('add "a secret of mine"')
    await talk.say(MUMBLED)
    [asked] = stand_in.asked
    assert stand_in.paths == ["/v1/chat/completions"]
    assert stand_in.headers["authorization"] == f"Bearer {KEY}"
    assert (asked["model"], asked["tools"]) == ("a-model", TOOLS)
    assert [message["role"] for message in asked["messages"]] == ["system", "user"]
    assert asked["messages"][1]["content"] == MUMBLED
    assert not any(word in str(asked) for word in ("a secret of mine", anna.email, anna.id))


async def test_a_day_that_has_become_another_is_asked_anew(talk: Talk, stand_in: StandIn, clock: MovableClock) -> None:
    stand_in.answers("move_task", task="plumber", when="friday at 9:00")
    await talk.say("add ring the plumber")
    first = await talk.say(MUMBLED)
    clock.advance(timedelta(days=7))
    second = await talk.say("yes")
    assert "Do you mean" in second
    assert second != first
    assert "09:00" in await talk.say("yes")
