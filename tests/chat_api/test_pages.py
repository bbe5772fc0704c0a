"""What a browser opens: the page, its files and the documents of the API, all from here."""

import re
from typing import Any

import httpx
import pytest

from taskflow_core.events.topics import AUDIT_LOGGER, CHAT_API, NOTIFICATION_SERVICE, REMINDER_SERVICE
from taskflow_core.service.litestar_app import documents


async def test_browsers_get_the_page_and_programs_an_overview(visitor: httpx.AsyncClient) -> None:
    page = await visitor.get("/", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert page.headers["content-type"].startswith("text/html")
    assert page.text.startswith("<!doctype html>")
    overview = await visitor.get("/")
    assert overview.json()["endpoints"]["docs"] == "/docs"
    assert page.headers["vary"].startswith("Accept,"), "caches keep the two apart"
    assert overview.headers["vary"] == "Accept"


async def test_the_page_may_load_from_here_only(visitor: httpx.AsyncClient) -> None:
    headers = (await visitor.get("/", headers={"Accept": "text/html"})).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


async def test_its_files(visitor: httpx.AsyncClient) -> None:
    page = (await visitor.get("/", headers={"Accept": "text/html"})).text
    for path in set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page)):
        answer = await visitor.get(path)
        assert answer.status_code == 200, path


@pytest.mark.parametrize("path", ["/static/app.js", "/docs/assets/swagger-ui.css"])
async def test_a_file_is_not_sent_to_who_has_it(visitor: httpx.AsyncClient, path: str) -> None:
    first = await visitor.get(path)
    assert first.headers["etag"]
    assert first.headers["cache-control"]
    for known in (first.headers["etag"], f'"other", W/{first.headers["etag"]}'):
        again = await visitor.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
    for other in ('"other"', "", '""', "x" * 10_000):
        assert (await visitor.get(path, headers={"If-None-Match": other})).content == first.content


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
    # What leads out of a public directory is a path like any other that nobody knows: 401 without a token.
    assert answer.status_code in (401, 404), answer.text


async def test_the_documents_come_without_a_cdn(visitor: httpx.AsyncClient) -> None:
    page = await visitor.get("/docs")
    assert page.status_code == 200
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page.text)
    for path in set(re.findall(r'(?:src|href)="([^"]+)"', page.text)):
        assert (await visitor.get(path)).status_code == 200, path
    start = await visitor.get("/docs/start.js")
    assert start.headers["content-type"].startswith("text/javascript")
    for service in (CHAT_API, REMINDER_SERVICE, NOTIFICATION_SERVICE, AUDIT_LOGGER):
        assert f'"{documents(service)}/openapi.json"' in start.text


async def test_the_document_says_how_to_sign_in_and_hides_what_is_internal(visitor: httpx.AsyncClient) -> None:
    document: dict[str, Any] = (await visitor.get("/docs/openapi.json")).json()
    assert set(document["components"]["securitySchemes"]) == {"bearer", "session"}
    assert not [path for path in document["paths"] if path.startswith("/internal")]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            open_to_all = path.startswith(("/health", "/api/v1/auth")) or path == "/"
            assert operation.get("security") or (open_to_all and path != "/api/v1/auth/me"), f"{method} {path}"
            assert operation["summary"], f"{method} {path}"
