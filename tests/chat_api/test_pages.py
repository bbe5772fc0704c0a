"""What a browser opens: the page, its files and the documents of the API, all from here."""

import re
from typing import Any

import httpx
import pytest

from taskflow.events.topics import AUDIT_LOGGER, CHAT_API, NOTIFICATION_SERVICE, REMINDER_SERVICE
from taskflow.service.litestar_app import documents


async def test_browsers_get_the_page_and_programs_an_overview(visitor: httpx.AsyncClient) -> None:
    page = await visitor.get("/", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert page.headers["content-type"].startswith("text/html")
    assert page.text.startswith("<!doctype html>")
    overview = await visitor.get("/")
    assert overview.json()["endpoints"]["docs"] == "/docs"
    assert page.headers["vary"] == overview.headers["vary"] == "Accept", "caches keep the two apart"


async def test_the_page_may_load_from_here_only(visitor: httpx.AsyncClient) -> None:
    headers = (await visitor.get("/", headers={"Accept": "text/html"})).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")


async def test_its_files(visitor: httpx.AsyncClient) -> None:
    page = (await visitor.get("/", headers={"Accept": "text/html"})).text
    for path in set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page)):
        answer = await visitor.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/static/nothing.js",
        "/static/",
        "/static/../taskflow/settings.py",
        "/static/%2e%2e/taskflow/settings.py",
        "/static/..%2ftaskflow%2fsettings.py",
        "/static//etc/passwd",
        "/static/%00",
        "/docs/assets/../../../pyproject.toml",
    ],
)
async def test_nothing_else_can_be_read(visitor: httpx.AsyncClient, path: str) -> None:
    answer = await visitor.get(httpx.URL(f"http://chat-api{path}"))
    assert answer.status_code == 404, answer.text


async def test_the_documents_come_without_a_cdn(visitor: httpx.AsyncClient) -> None:
    page = await visitor.get("/docs")
    assert page.status_code == 200
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page.text)
    for path in set(re.findall(r'(?:src|href)="([^"]+)"', page.text)):
        assert (await visitor.get(path)).status_code == 200, path
    for service in (CHAT_API, REMINDER_SERVICE, NOTIFICATION_SERVICE, AUDIT_LOGGER):
        assert f'"{documents(service)}/openapi.json"' in page.text


async def test_the_document_says_how_to_sign_in_and_hides_what_is_internal(visitor: httpx.AsyncClient) -> None:
    document: dict[str, Any] = (await visitor.get("/docs/openapi.json")).json()
    assert set(document["components"]["securitySchemes"]) == {"bearer", "session"}
    assert not [path for path in document["paths"] if path.startswith("/internal")]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            open_to_all = path.startswith(("/health", "/api/v1/auth")) or path == "/"
            assert operation.get("security") or (open_to_all and path != "/api/v1/auth/me"), f"{method} {path}"
            assert operation["summary"], f"{method} {path}"
