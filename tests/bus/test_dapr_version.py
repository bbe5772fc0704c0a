"""Which release a sidecar is: one that is too old is not ready, and says why; all name the same oldest release."""

import re
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from e2e.rig.programs import dapr_version
from taskflow_core.bus.dapr.transport import DaprTransport, SidecarUnavailableError
from taskflow_core.bus.dapr.version import OLDEST, too_old
from taskflow_core.database.pool import Database
from taskflow_core.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


class FakeSidecar:
    """Says which release it is. `there` is whether it answers, `asked` how often it was asked for its release."""

    def __init__(self, release: str) -> None:
        self.release = release
        self.there = True
        self.asked = 0

    def handle(self, request: httpx.Request) -> httpx.Response:
        if not self.there:
            raise httpx.ConnectError("refused")
        if request.url.path == "/v1.0/healthz/outbound":
            return httpx.Response(204)
        assert request.url.path == "/v1.0/metadata"
        self.asked += 1
        return httpx.Response(200, json={"id": "chat-api", "runtimeVersion": self.release, "components": []})


@asynccontextmanager
async def transport_to(
    handle: Callable[[httpx.Request], httpx.Response], monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[DaprTransport]:
    """The transport of a service whose sidecar is `handle`."""

    def instead(**_: object) -> httpx.MockTransport:
        return httpx.MockTransport(handle)

    monkeypatch.setattr(httpx, "AsyncHTTPTransport", instead)
    settings = Settings(database_url="postgresql://none", auth_secret="x" * 32, bus="dapr")
    transport = DaprTransport(settings, Database(settings.database_url, size=1), [])
    async with transport.consume():
        yield transport


async def test_a_sidecar_that_is_too_old_is_not_ready_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    async with transport_to(FakeSidecar("1.16.0").handle, monkeypatch) as transport:
        with pytest.raises(SidecarUnavailableError, match=rf"is 1\.16\.0; TaskFlow needs {re.escape(OLDEST)} or newer"):
            await transport.check()


async def test_a_sidecar_is_asked_for_its_release_once_and_again_when_it_was_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sidecar = FakeSidecar(OLDEST)
    async with transport_to(sidecar.handle, monkeypatch) as transport:
        for _ in range(3):
            await transport.check()
        assert sidecar.asked == 1
        sidecar.there = False
        with pytest.raises(SidecarUnavailableError, match="does not answer"):
            await transport.check()
        sidecar.there, sidecar.release = True, "1.17.4"
        with pytest.raises(SidecarUnavailableError, match=r"is 1\.17\.4"):
            await transport.check()
        sidecar.release = "1.17.10"
        await transport.check()


@pytest.mark.parametrize(
    ("release", "is_old"),
    [
        ("1.17.4", True),
        ("1.9.12", True),
        ("v1.16.14", True),
        ("1.17.5-rc.1", False),
        ("1.17.5", False),
        ("1.17.12", False),
        ("1.18.0", False),
        ("2.0.0", False),
        ("edge", False),
        ("nightly-2026-11-28", False),
        ("", False),
    ],
)
def test_releases_are_compared_as_numbers(release: str, is_old: bool) -> None:
    assert (too_old(b'{"runtimeVersion":"%s"}' % release.encode()) is not None) == is_old


@pytest.mark.parametrize("said", [b"", b"404 page not found", b"[]", b'{"runtimeVersion":5}', b"\xff", b"{}"])
def test_a_sidecar_that_does_not_say_is_not_taken_for_old(said: bytes) -> None:
    """Where its Configuration keeps it from saying; what it lacks is told when it is used."""
    assert too_old(said) is None


def test_the_same_oldest_release_is_asked_for_everywhere() -> None:
    script = (ROOT / "platform/dapr/install.sh").read_text(encoding="utf-8")
    assert f"oldest={OLDEST}\n" in script
    assert OLDEST in (ROOT / "docs/deploying.md").read_text(encoding="utf-8")
    assert too_old(b'{"runtimeVersion":"%s"}' % dapr_version().encode()) is None, "what the tests run is new enough"
