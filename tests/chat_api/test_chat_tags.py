"""The chat: tags and priority in words, and what is said of them back."""

from datetime import UTC, datetime

import pytest

from chat_api.chat import intents as i
from chat_api.chat.grammar import understand
from chat_api.chat.words import Speaker
from taskflow_core.domain.priority import Priority
from tests.chat_api.people import User

SPEAKER = Speaker(datetime(2026, 11, 28, 17, tzinfo=UTC))


@pytest.mark.parametrize(
    ("said", "tags", "priority"),
    [
        ("show tasks tagged home", ("home",), None),
        ("what's tagged #home", ("#home",), None),
        ("show my tasks with the tag to buy", ("to buy",), None),
        ("show #home", ("#home",), None),
        ("#home tasks", ("#home",), None),
        ("list tasks tagged home and garden", ("home", "garden"), None),
        ("show high priority tasks", (), "high"),
        ("which tasks have low priority?", (), "low"),
        ("tasks with medium priority", (), "medium"),
    ],
)
def test_lists(said: str, tags: tuple[str, ...], priority: Priority | None) -> None:
    assert understand(said, SPEAKER) == i.ListMarked(tags, priority)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("tag milk with home", i.Label(i.Ref("milk"), ("home",))),
        ("tag milk with home and to buy", i.Label(i.Ref("milk"), ("home", "to buy"))),
        ("tag milk #home #Straße", i.Label(i.Ref("milk"), ("#home", "#Straße"))),
        ("label milk as work", i.Label(i.Ref("milk"), ("work",))),
        ("add the tag home to milk", i.Label(i.Ref("milk"), ("home",))),
        ("add #home to milk", i.Label(i.Ref("milk"), ("#home",))),
        ("remove the tag home from milk", i.Label(i.Ref("milk"), (), ("home",))),
        ("remove #home from milk", i.Label(i.Ref("milk"), (), ("#home",))),
        ("untag home from milk", i.Label(i.Ref("milk"), (), ("home",))),
        ("remove all tags from milk", i.Label(i.Ref("milk"), clear=True)),
        ("make milk high priority", i.Label(i.Ref("milk"), priority="high")),
        ("set the priority of milk to high", i.Label(i.Ref("milk"), priority="high")),
        ("mark milk as low priority", i.Label(i.Ref("milk"), priority="low")),
        ("make milk !high", i.Label(i.Ref("milk"), priority="high")),
        ("remove the priority of milk", i.Label(i.Ref("milk"), priority="none")),
    ],
)
def test_changes(said: str, wanted: i.Label) -> None:
    assert understand(said, SPEAKER) == wanted


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("show my tasks", i.ListTasks),
        ("show tasks about home", i.Search),
        ("mark milk as done", i.Complete),
        ("add #home buy milk to my list", i.Add),
        ("remove the due date of milk", i.Clear),
        ("set the due date of milk to friday", i.Schedule),
        ("make", i.Unknown),
        ("tag milk", i.Unknown),
    ],
)
def test_what_is_something_else(said: str, kind: type[object]) -> None:
    assert isinstance(understand(said, SPEAKER), kind)


async def test_a_talk(anna: User) -> None:
    async def say(message: str) -> str:
        answer = await anna.http.post("/api/v1/chat", json={"message": message, "conversation_id": known.get("id")})
        assert answer.status_code == 200, answer.text
        known["id"] = answer.json()["conversation_id"]
        return answer.json()["response"]

    known: dict[str, str] = {}
    assert "high priority, tagged #Home" in await say("add buy milk #Home !high")
    (task,) = (await anna.http.get("/api/v1/tasks")).json()
    assert (task["title"], task["tags"], task["priority"]) == ("buy milk", ["Home"], "high")
    assert "tagged #Home #garden" in await say("tag it with HOME and garden")
    assert "1. ☐ buy milk" in await say("show tasks tagged home")
    assert "1. ☐ buy milk" in await say("show high priority tasks")
    assert "no open task tagged #work" in await say("what's tagged #work")
    assert "has no tag #work" in await say("remove the tag work from 1")
    assert "tagged #garden" in await say("remove the tag home from buy milk")
    assert "low priority" in await say("make it low priority")
    assert "longer than 50" in await say("tag it with " + "x" * 51)
    task = await anna.sees(task["id"])
    assert (task["tags"], task["priority"]) == (["garden"], "low")
