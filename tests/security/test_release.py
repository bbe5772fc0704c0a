"""What is no access or refresh token is nothing to a release of Phase IV, which takes whatever our secret signs."""

import ast
import re
from typing import Final, get_args

from taskflow_core.opaque import new_secret
from taskflow_core.service.tokens import TokenKind
from tests.deploy.rendering import ROOT
from tests.security.world import World
from tests.support.phase_iv import release_on

ME, RENEW = "/api/v1/auth/me", "/api/v1/auth/refresh"
SIGNER: Final = "apps/taskflow_core/service/tokens.py"
JWT: Final = re.compile(r"jose|jwt|authlib|joserfc", re.IGNORECASE)
OPAQUE = ("anna.ticket", "anna.used", "anna.tasks", "anna.events", "anna.etag", "api.token")


async def test_what_is_opaque_here_is_nothing_there(world: World) -> None:
    given = {name: world.names[name].strip('"') for name in OPAQUE if world.names[name]}
    given["a new secret"] = new_secret()
    for row in await world.host.database.fetch("SELECT * FROM stream_tickets"):
        given |= {name: value.hex() if isinstance(value, bytes) else str(value) for name, value in row.items()}
    assert {"anna.ticket", "ticket_hash"} <= set(given)
    async with release_on(world.host.database.url, secret=world.host.settings.auth_secret) as release:
        good = await release.client.get(ME, headers={"Authorization": f"Bearer {world.names['anna.token']}"})
        assert good.status_code == 200
        for name, value in given.items():
            bearer = await release.client.get(ME, headers={"Authorization": f"Bearer {value}"})
            cookie = await release.client.get(ME, headers={"Cookie": f"taskflow_session={value}"})
            renewal = await release.client.post(RENEW, json={"refresh_token": value})
            assert (bearer.status_code, cookie.status_code, renewal.status_code) == (401, 401, 401), name


def test_nothing_else_is_signed() -> None:
    """Whoever makes another kind of secret takes taskflow_core.opaque."""
    assert get_args(TokenKind) == ("access", "refresh")
    signing: set[str] = set()
    for path in (ROOT / "apps").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(JWT.match(name) for name in names):
                signing.add(str(path.relative_to(ROOT)))
    assert signing == {SIGNER}
