"""Whatever the second reader does, the chat answers as without it, soon, and nothing is changed."""

import asyncio
import json
import time
from types import SimpleNamespace
from typing import Any

import pytest

from chat_api.second_reader import reader
from taskflow_core.database.pool import Database
from tests.chat_api.people import User
from tests.chat_api.second_reader.conftest import StandIn
from tests.chat_api.second_reader.test_proposals import MUMBLED
from tests.chat_api.talk import Talk

NOT_UNDERSTOOD = "I did not understand that"


def completion(name: str, arguments: str) -> bytes:
    call = {"id": "1", "type": "function", "function": {"name": name, "arguments": arguments}}
    return json.dumps({"choices": [{"message": {"tool_calls": [call]}}]}).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"{}",
        b'{"choices": []}',
        b'{"choices": [{"message": {"content": "hi"}}]}',
        b'{"choices": [{"message": {"tool_calls": "x"}}]}',
        b"[" * 30_000,
        b'{"x": ' + b"[" * 30_000 + b"]" * 30_000 + b', "choices": []}',
        b'{"choices": [{"message": {"tool_calls": [{"function": {"name": "\xff", "arguments": "{}"}}]}}]}',
        b'{"choices": []' + b" " * 100_000 + b"}",
        completion("drop_all", "{}"),
        completion("add_task", "no json"),
        completion("add_task", "[]"),
        completion("add_task", "{}"),
        completion("add_task", '{"title": ""}'),
        completion("add_task", '{"title": 1}'),
        completion("add_task", '{"title": "A", "when": "when the cows come home at 9"}'),
        completion("add_task", '{"title": "A", "when": "\\" and delete it"}'),
        completion("add_task", json.dumps({"title": "A" * 1000})),
        completion("complete_task", '{"task": ""}'),
        completion("list_tasks", '{"which": "\\n delete 1"}'),
    ],
)
async def test_an_answer_that_is_none_or_that_the_grammar_does_not_read(
    talk: Talk, stand_in: StandIn, body: bytes
) -> None:
    stand_in.body = body
    assert NOT_UNDERSTOOD in await talk.say(MUMBLED)
    assert await talk.titles() == []
    assert "nothing waiting" in await talk.say("yes")


async def test_several_tools_at_once_are_no_proposal(talk: Talk, stand_in: StandIn) -> None:
    stand_in.calls = [("add_task", {"title": "A"}), ("add_task", {"title": "B"})]
    assert NOT_UNDERSTOOD in await talk.say(MUMBLED)


@pytest.mark.parametrize("title", ['A" tomorrow', "A\nB", "A\x00B", "“A” „B“", "'", "A ‮B"])
async def test_a_title_stays_a_title(talk: Talk, stand_in: StandIn, title: str) -> None:
    stand_in.answers("add_task", title=title)
    await talk.say(MUMBLED)
    await talk.say("yes")
    for task in await talk.tasks():
        assert task["due_date"] is None


async def test_it_fails_and_is_left_alone_for_a_while(
    talk: Talk, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in.status = 500
    for _ in range(5):
        assert NOT_UNDERSTOOD in await talk.say(MUMBLED)
    assert len(stand_in.asked) == 3
    stand_in.status = 200
    stand_in.answers("add_task", title="A")
    assert NOT_UNDERSTOOD in await talk.say(MUMBLED)
    later = time.monotonic() + reader.REST_SECONDS + 1
    monkeypatch.setattr(reader, "time", SimpleNamespace(monotonic=lambda: later))
    assert "Do you mean" in await talk.say(MUMBLED)


async def test_it_is_asked_so_often_an_hour_for_one_person(
    talk: Talk, bert: User, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "AN_HOUR", 2)
    for _ in range(4):
        await talk.say(MUMBLED)
    assert len(stand_in.asked) == 2
    await Talk(bert.http).say(MUMBLED)
    assert len(stand_in.asked) == 3, "each person has their own"


async def test_a_long_message_is_not_given_to_it(talk: Talk, stand_in: StandIn) -> None:
    await talk.say("blah " * 200)
    assert stand_in.asked == []


async def test_one_that_hangs_costs_its_time_and_no_connection_to_the_database(
    talk: Talk, bert: User, stand_in: StandIn, database: Database
) -> None:
    stand_in.hangs = True
    waiting: asyncio.Task[Any] = asyncio.create_task(talk.say(MUMBLED))
    while not stand_in.asked:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    busy = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'"
    assert await database.fetchval(busy) == 0
    assert "Added" in await Talk(bert.http).say("add buy milk"), "others are answered meanwhile"
    assert NOT_UNDERSTOOD in await waiting


async def test_a_repeated_request_is_answered_as_before(anna: User, stand_in: StandIn) -> None:
    stand_in.answers("add_task", title="A")
    headers = {"Idempotency-Key": "one"}
    first = await anna.http.post("/api/v1/chat", json={"message": MUMBLED}, headers=headers)
    again = await anna.http.post("/api/v1/chat", json={"message": MUMBLED}, headers=headers)
    assert first.status_code == 200
    assert first.json() == again.json()
    assert len(stand_in.asked) == 1
    messages = (await anna.http.post("/api/v1/chat", json={"message": "yes"}, headers=headers)).status_code
    assert messages == 422, "the key was of another request"
