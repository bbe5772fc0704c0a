"""Sign-ins through the Ingress: each address has a budget of its own, whatever a client says of where it is."""

import asyncpg
import httpx
import pytest

from e2e.deployment import Deployment

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]


def client_at(deployment: Deployment, address: str) -> httpx.AsyncClient:
    """A client whose connections come from an address of this host's."""
    transport = httpx.AsyncHTTPTransport(local_address=address)
    return httpx.AsyncClient(base_url=deployment.url, transport=transport, timeout=30, trust_env=False)


async def test_an_address_is_charged_for_its_own_failures_alone(
    phase_v: Deployment, connection: asyncpg.Connection
) -> None:
    if httpx.URL(phase_v.url).host != "127.0.0.1":
        pytest.skip("the Ingress is not on this host: it cannot be asked from two addresses")

    async def guess(client: httpx.AsyncClient, **headers: str) -> list[int]:
        """What each budget has lost by then: those of everybody, of the e-mail, and of each address."""
        account = {"email": "nobody@example.com", "password": "a wrong guess"}
        answer = await client.post("/api/v1/auth/login", json=account, headers=headers)
        assert answer.status_code == 401, answer.text
        return [row["used"] for row in await connection.fetch("SELECT used FROM sign_in_budgets ORDER BY used DESC")]

    async with client_at(phase_v, "127.0.0.2") as mallory, client_at(phase_v, "127.0.0.3") as bystander:
        assert await guess(mallory) == [1, 1, 1]
        for tries, lie in enumerate(("127.0.0.3", "203.0.113.9", "203.0.113.9, 127.0.0.3"), start=2):
            assert await guess(mallory, **{"X-Forwarded-For": lie}) == [tries] * 3, f"X-Forwarded-For: {lie}"
        assert await guess(bystander) == [5, 5, 4, 1]
