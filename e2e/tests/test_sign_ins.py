"""Sign-ins through the Ingress: each address has a budget of its own, which nobody else can use up or get around."""

import asyncio
import uuid
from typing import Final

import httpx
import pytest

from e2e.deployment import Deployment
from e2e.load import PASSWORD, Person
from tests.support.waiting import eventually

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

LOGIN: Final = "/api/v1/auth/login"
ENOUGH_SECONDS: Final = 8
"""For what is looked at while a budget is used up."""


def client_at(deployment: Deployment, address: str) -> httpx.AsyncClient:
    """A client whose connections come from an address of this host's."""
    transport = httpx.AsyncHTTPTransport(local_address=address)
    return httpx.AsyncClient(base_url=deployment.url, transport=transport, timeout=30, trust_env=False)


async def test_who_guesses_from_one_address_locks_out_no_other(phase_v: Deployment, person: Person) -> None:
    if httpx.URL(phase_v.url).host != "127.0.0.1":
        pytest.skip("the Ingress is not on this host: it cannot be asked from two addresses")
    correct = {"email": person.email, "password": PASSWORD}
    async with client_at(phase_v, "127.0.0.2") as mallory, client_at(phase_v, "127.0.0.3") as bystander:

        async def guess(**headers: str) -> httpx.Response:
            account = {"email": f"{uuid.uuid4().hex}@example.com", "password": "a guess"}
            return await mallory.post(LOGIN, json=account, headers=headers)

        async def used_up() -> None:
            answers = await asyncio.gather(*(guess() for _ in range(8)))
            assert {answer.status_code for answer in answers} <= {401, 429, 503}
            assert any(
                answer.status_code == 429 and int(answer.headers["Retry-After"]) >= ENOUGH_SECONDS for answer in answers
            )

        await eventually(used_up, within=180, every=0)
        assert (await bystander.post(LOGIN, json=correct)).status_code == 200
        for lie in ("127.0.0.3", "203.0.113.9", "203.0.113.9, 127.0.0.3"):
            assert (await guess(**{"X-Forwarded-For": lie})).status_code == 429, f"X-Forwarded-For: {lie}"
