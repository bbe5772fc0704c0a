"""A cluster in memory that runs Phase V, and the command that operates on it."""

import asyncio
import json
import shutil
import socketserver
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from taskflow_cli.main import main
from taskflow_ops import platform, status
from taskflow_ops.smoke import Check, SmokeReport
from tests.ops import overlay as overlays
from tests.ops.api_server import ApiServer
from tests.ops.http_server import serve

QUIET: dict[str, Any] = {"waiting": [], "dead_letters": {}, "unpublished_changes": 0}
NOT_REVOKED = {"sessions": 0, "accounts": 0, "disabled": 0}
SCHEMA = "applied  0001_phase_iv_tables\nThe schema is up to date."

Ops = Callable[..., int]


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiServer]:
    """An empty cluster whose context is called `test`; kubectl and its configuration lead to it."""
    made = ApiServer()
    server = serve(made)
    address = f"127.0.0.1:{server.server_address[1]}"
    kubeconfig: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": {"server": f"http://{address}"}}],
        "users": [{"name": "ada", "user": {}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "ada"}}],
        "current-context": "test",
    }
    (tmp_path / "kubeconfig").write_text(json.dumps(kubeconfig))
    programs = tmp_path / "bin"
    programs.mkdir()
    kubectl = programs / "kubectl"
    kubectl.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S {Path(__file__).parent / "kubectl_program.py"} "$@"\n')
    kubectl.chmod(0o755)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    monkeypatch.setenv("PATH", f"{programs}:{Path(shutil.which('diff') or '/usr/bin/diff').parent}")
    monkeypatch.setenv("TASKFLOW_TEST_API_SERVER", address)
    made.answers = {
        "taskflow outbox status": lambda _: (0, json.dumps(QUIET)),
        "taskflow outbox reconcile": lambda _: (0, "Published what Phase IV did: 0 tasks new or changed, 0 gone."),
        "taskflow outbox republish": lambda _: (0, "2 events are published again."),
        "taskflow db status": lambda _: (0, SCHEMA),
        "taskflow admin revoked": lambda _: (0, json.dumps(NOT_REVOKED)),
    }
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    """The overlay whose Phase V runs."""
    return overlays.write(tmp_path / "overlay")


@pytest.fixture
def phase_v(api: ApiServer) -> ApiServer:
    """The cluster as `kubectl apply` of Phase V leaves it, and Dapr's operator with its Services."""
    api.apply(overlays.phase_v(), dry_run=False)
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "chat-api-dapr", "uid": "uid-dapr", "labels": {"dapr.io/enabled": "true"}},
    }
    api.objects["services", "chat-api-dapr"] = service
    api.writes.clear()
    return api


@pytest.fixture
def ops() -> Ops:
    """ops("status"): the command on that cluster; returns its exit status."""

    def run(*words: str) -> int:
        return main(["ops", *words, "--context", "test"])

    return run


@pytest.fixture
def sidecars() -> bool:
    """Whether there are sidecars that can be asked; test_sidecars.py has them."""
    return False


@pytest.fixture(autouse=True)
def _no_sidecars(monkeypatch: pytest.MonkeyPatch, sidecars: bool) -> None:
    def none(*_: object) -> list[object]:
        return []

    if not sidecars:
        monkeypatch.setattr(status, "read_sidecars", none)


@pytest.fixture(autouse=True)
def smoke_problems(monkeypatch: pytest.MonkeyPatch, api: ApiServer) -> Iterator[list[str]]:
    """What the smoke test will find; nothing, unless a test adds to it. It has to get through to a pod's port."""
    problems: list[str] = []

    async def smoke_at(url: str) -> SmokeReport:
        assert await _greeting(url) == b"a pod"
        api.writes.append("smoke test")
        return SmokeReport([Check("health", problem, 0.01) for problem in problems or [""]], "smoke@example.com")

    monkeypatch.setattr(platform, "smoke_at", smoke_at)
    with _Pod(("127.0.0.1", 0), _Greeter) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        api.forward_to = server.server_address[1]
        yield problems
        server.shutdown()


class _Pod(socketserver.ThreadingTCPServer):
    daemon_threads = True


class _Greeter(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.sendall(b"a pod")
        self.request.recv(1)  # as a server of HTTP, which stays: of one that goes at once, a client may miss the words


async def _greeting(url: str) -> bytes:
    """What is first said at an address."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        return await asyncio.wait_for(reader.read(5), 30)
    finally:
        writer.close()
        await writer.wait_closed()
