"""The chat as Phase IV serves it."""

import msgspec
import pytest

from taskflow_core.database.pool import Database
from taskflow_core.settings import Settings
from tests.chat_api.people import User
from tests.chat_api.talk import Talk


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, phase="iv")


async def test_as_phase_iv_it_knows_no_dates_and_tells_nobody(anna: User, database: Database) -> None:
    talk = Talk(anna.http, f"/api/{anna.id}/chat")
    assert await talk.say("add call mum tomorrow") == "✅ Added “call mum tomorrow”."
    await talk.say("add milk")
    assert await talk.say("show my tasks") == (
        "Here are your tasks:\n\n📋 **Pending Tasks:**\n1. ☐ milk\n2. ☐ call mum tomorrow\n"
    )
    await talk.say("complete 1")
    assert "☑ milk" in await talk.say("show completed tasks")
    assert "I found 1 task" in await talk.say("find mum")
    assert "Renamed" in await talk.say("rename call mum tomorrow to call dad")
    await talk.say("delete dad")
    assert "Deleted" in await talk.say("yes")
    assert await talk.say("how many tasks do I have") == "You have 1 task."
    async with database.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM outbox") == 0
        assert await connection.fetchval("SELECT count(*) FROM task_shadow") == 0
    assert (await anna.http.post("/api/v1/chat", json={"message": "hi"})).status_code in (404, 405)
