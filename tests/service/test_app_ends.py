"""An app that nobody holds any more is gone: no cache of the process's keeps it, with all that it works with."""

import gc
import weakref
from typing import Any

import httpx
from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody, SkipValidation
from msgspec import Struct

from taskflow_core.events.topics import CHAT_API
from taskflow_core.service.litestar_app import make_app
from taskflow_core.settings import Settings


class Held:
    """What an app's handlers work with."""


class Body(Struct):
    title: str


async def test_an_app_that_was_used_is_gone_once_nobody_holds_it(settings: Settings) -> None:
    held = await _used(settings)
    gc.collect()
    assert held() is None


async def _used(settings: Settings) -> weakref.ref[Held]:
    """What an app held that answered well, and badly, each kind of question."""

    @post("/things")
    async def thing(
        data: JSONBody[Body], held: NamedDependency[SkipValidation[Held]], limit: FromQuery[int] = 1
    ) -> str:
        return f"{data.title} {limit} {held}"

    held = Held()
    app: Any = make_app(CHAT_API, settings, [thing], dependencies={"held": held})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://here") as client:
        statuses = [
            (await client.post(f"/things{query}", json=body)).status_code
            for query, body in (("?limit=2", {"title": "Plants"}), ("?limits=2", {"title": "Plants"}), ("", {}))
        ]
    assert statuses == [201, 422, 422]
    return weakref.ref(held)
