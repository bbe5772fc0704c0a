"""One conversation with the assistant."""

from typing import Any

import httpx


class Talk:
    """One conversation; `say` gives the words of the answer and keeps the tools that ran."""

    def __init__(self, http: httpx.AsyncClient, path: str = "/api/v1/chat") -> None:
        self.http = http
        self.path = path
        self.conversation: str | None = None
        self.tools: list[str] = []

    async def say(self, message: str) -> str:
        answer = await self.http.post(self.path, json={"message": message, "conversation_id": self.conversation})
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert body["status"] == "success"
        self.conversation = body["conversation_id"]
        self.tools = body["tool_calls"]
        return body["response"]

    async def tasks(self) -> list[dict[str, Any]]:
        return (await self.http.get("/api/v1/tasks")).json()

    async def titles(self) -> list[str]:
        return [task["title"] for task in await self.tasks()]
