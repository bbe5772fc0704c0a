"""Another e-mail address: for who shows the password, and only once whoever reads its mail has confirmed it."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from chat_api.account.mailing import Mailing, mailing_of
from taskflow_core.database.pool import Database
from taskflow_core.settings import Settings
from tests.chat_api.account.mail_world import ORIGIN, Inbox, link_in, serving, with_mail
from tests.chat_api.sessions.conftest import AUTH, BOB, Holder, SignIn
from tests.support.clock import MovableClock
from tests.support.phase_iv import release_on

NEW = "robert@example.com"


@pytest.fixture
async def inbox() -> AsyncGenerator[Inbox]:
    async with serving() as made:
        yield made


@pytest.fixture
def settings(settings: Settings, inbox: Inbox) -> Settings:
    """Mails go to the inbox."""
    return msgspec.structs.replace(with_mail(settings, inbox), login_attempts_per_minute=3)


@pytest.fixture
def mailing(database: Database, settings: Settings) -> Mailing:
    made = mailing_of(settings, database)
    assert made is not None
    return made


async def ask(holder: Holder, email: str = NEW, password: str = BOB["password"]) -> httpx.Response:
    headers = {"Authorization": f"Bearer {holder.access}"}
    return await holder.client.post(f"{AUTH}/email", json={"email": email, "password": password}, headers=headers)


async def complete(client: httpx.AsyncClient, link: str) -> tuple[int, str]:
    answer = await client.post(f"{AUTH}/email/complete", json={"link": link})
    return answer.status_code, answer.json().get("detail", {}).get("code", "")


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["detail"]["code"]


async def signs_in(client: httpx.AsyncClient, email: str) -> int:
    answer = await client.post(f"{AUTH}/login", json={**BOB, "email": email})
    client.cookies.clear()
    return answer.status_code


async def test_the_whole_way(
    sign_in: SignIn, here: httpx.AsyncClient, inbox: Inbox, mailing: Mailing, owner_url: str
) -> None:
    holder = await sign_in()
    answer = await ask(holder, "Robert@Example.com")
    assert (answer.status_code, answer.json()["mailed"]) == (202, True)
    assert (await signs_in(here, BOB["email"]), await signs_in(here, NEW)) == (200, 401), "nothing is changed yet"
    await mailing.work()
    assert [mail["To"] for mail in inbox.mails] == [NEW]
    link = link_in(inbox.mails[0], "email")
    assert await complete(here, link) == (200, "")
    assert (await signs_in(here, BOB["email"]), await signs_in(here, NEW)) == (401, 200)
    assert await holder.me() == 200, "the session goes on"
    me = await here.get(f"{AUTH}/me", headers={"Authorization": f"Bearer {holder.access}"})
    assert me.json()["email"] == NEW
    assert await complete(here, link) == (404, "INVALID_LINK")
    async with release_on(owner_url) as release:
        assert (await release.client.post(f"{AUTH}/login", json={**BOB, "email": NEW})).status_code == 200


async def test_a_wrong_password_counts_as_a_failed_sign_in(sign_in: SignIn, inbox: Inbox, mailing: Mailing) -> None:
    holder = await sign_in()
    for _ in range(3):
        assert code(await ask(holder, password="wrong horse")) == (403, "WRONG_PASSWORD")
    assert code(await ask(holder)) == (429, "TOO_MANY_ATTEMPTS")
    await mailing.work()
    assert not inbox.mails


@pytest.mark.parametrize("email", ["carla@example.com", "CARLA@example.com", "Dora@Example.com", "dora@example.com"])
async def test_a_taken_address(sign_in: SignIn, database: Database, email: str) -> None:
    """In whatever case; one of them is of before, and was never put into lower case."""
    holder = await sign_in()
    for number, taken in enumerate(("carla@example.com", "Dora@Example.com")):
        await database.execute("INSERT INTO users VALUES ($1, $2, '-', now(), now())", str(number), taken)
    assert code(await ask(holder, email)) == (409, "EMAIL_TAKEN")


async def test_one_that_is_taken_meanwhile(
    sign_in: SignIn, here: httpx.AsyncClient, inbox: Inbox, mailing: Mailing
) -> None:
    holder = await sign_in()
    await ask(holder)
    await mailing.work()
    assert (await here.post(f"{AUTH}/signup", json={**BOB, "email": NEW})).status_code == 201
    here.cookies.clear()
    assert await complete(here, link_in(inbox.mails[0], "email")) == (409, "EMAIL_TAKEN")
    assert await signs_in(here, BOB["email"]) == 200


@pytest.mark.parametrize("email", ["", "no address", "a@b", f"{'x' * 250}@example.com", "a@b.cc\nBcc: c@d.ee"])
async def test_what_is_none(sign_in: SignIn, email: str) -> None:
    assert (await ask(await sign_in(), email)).status_code == 422


async def test_the_last_one_counts(sign_in: SignIn, here: httpx.AsyncClient, inbox: Inbox, mailing: Mailing) -> None:
    holder = await sign_in()
    for email in ("one@example.com", "two@example.com"):
        await ask(holder, email)
        await mailing.work()
    first, second = (link_in(mail, "email") for mail in inbox.mails)
    assert await complete(here, first) == (404, "INVALID_LINK")
    assert await complete(here, second) == (200, "")
    assert await signs_in(here, "two@example.com") == 200


async def test_links_to_the_old_address_end(
    sign_in: SignIn, here: httpx.AsyncClient, inbox: Inbox, mailing: Mailing, database: Database
) -> None:
    holder = await sign_in()
    await here.post(f"{AUTH}/reset", json={"email": BOB["email"]})
    await mailing.work()
    await ask(holder)
    await mailing.work()
    assert await complete(here, link_in(inbox.mails[1], "email")) == (200, "")
    assert await database.fetchval("SELECT array_agg(kind::text) FROM account_links") == ["changed"]


async def test_links_end_with_the_password(
    sign_in: SignIn, here: httpx.AsyncClient, inbox: Inbox, mailing: Mailing, database: Database
) -> None:
    """Else who knew the old one and asked for an address of theirs, or for a reset, would take the account later."""
    owner, intruder = await sign_in(), await sign_in()
    assert (await ask(intruder)).status_code == 202
    assert (await here.post(f"{AUTH}/reset", json={"email": BOB["email"]})).status_code == 202
    await mailing.work()
    mails = {mail["To"]: mail for mail in inbox.mails}
    changed = await owner.client.post(
        f"{AUTH}/password",
        json={"current": BOB["password"], "new": "a staple battery"},
        headers={"Authorization": f"Bearer {owner.access}"},
    )
    assert changed.status_code == 200, changed.text
    assert await complete(here, link_in(mails[NEW], "email")) == (404, "INVALID_LINK")
    reset = {"link": link_in(mails[BOB["email"]], "reset"), "password": "yet another one"}
    assert code(await here.post(f"{AUTH}/reset/complete", json=reset)) == (404, "INVALID_LINK")
    assert await database.fetchval("SELECT email FROM users") == BOB["email"]
    assert not await database.fetchval("SELECT count(*) FROM account_links")


async def test_the_old_address_is_told_what_to_do(
    sign_in: SignIn, here: httpx.AsyncClient, inbox: Inbox, mailing: Mailing, database: Database
) -> None:
    await ask(await sign_in())
    await mailing.work()
    link = link_in(inbox.mails[0], "email")
    assert await complete(here, link) == (200, "")
    await mailing.work()
    assert [mail["To"] for mail in inbox.mails] == [NEW, BOB["email"]]
    notice = inbox.mails[1]
    body = notice.get_payload(decode=True)
    assert isinstance(body, bytes)
    text = " ".join(body.decode().split())
    for said in ("was changed", "change the password at once", "wurde geändert", "ändere sofort das Passwort", ORIGIN):
        assert said in text
    for secret in (link, "/#/", NEW, BOB["password"]):
        assert secret not in text + notice.as_string()
    assert not await database.fetchval("SELECT count(*) FROM account_links"), "nothing of the old address is kept"
    await mailing.work()
    assert len(inbox.mails) == 2


async def test_the_notice_waits_for_a_server_that_is_away_and_nobody_can_stop_it(
    sign_in: SignIn, here: httpx.AsyncClient, inbox: Inbox, mailing: Mailing, database: Database
) -> None:
    holder = await sign_in()
    for email in (NEW, "third@example.com"):
        await ask(holder, email)
        await mailing.work()
        inbox.answers = ["451 later"]
        assert await complete(here, link_in(inbox.mails[-1], "email")) == (200, "")
        await mailing.work()
        inbox.answers = []
    assert [mail["To"] for mail in inbox.mails] == [NEW, "third@example.com"]
    await database.execute("UPDATE account_links SET mail_at = now()")
    await mailing.work()
    assert sorted(str(mail["To"]) for mail in inbox.mails[2:]) == sorted([BOB["email"], NEW])


async def test_the_notice_is_mailed_though_the_account_was_deleted_meanwhile(
    sign_in: SignIn, here: httpx.AsyncClient, inbox: Inbox, mailing: Mailing, database: Database
) -> None:
    """Who took it over by another address may have deleted it at once."""
    holder = await sign_in()
    await ask(holder)
    await mailing.work()
    assert await complete(here, link_in(inbox.mails[0], "email")) == (200, "")
    headers = {"Authorization": f"Bearer {holder.access}"}
    body = {"password": BOB["password"]}
    assert (await here.request("DELETE", f"{AUTH}/account", json=body, headers=headers)).status_code == 202
    assert await database.fetchval("SELECT user_id IS NULL FROM account_links"), "nothing else says whose it is"
    await mailing.work()
    assert [mail["To"] for mail in inbox.mails] == [NEW, BOB["email"]]
    assert not await database.fetchval("SELECT count(*) FROM account_links")


async def test_its_time_ends_and_it_is_no_other_link(
    sign_in: SignIn, here: httpx.AsyncClient, inbox: Inbox, mailing: Mailing, clock: MovableClock
) -> None:
    holder = await sign_in()
    await ask(holder)
    await mailing.work()
    link = link_in(inbox.mails[0], "email")
    body = {"link": link, "password": "a staple battery"}
    assert (await here.post(f"{AUTH}/reset/complete", json=body)).status_code == 404
    clock.advance(timedelta(days=1, minutes=1))
    assert await complete(here, link) == (404, "INVALID_LINK")


async def test_mails_are_limited(sign_in: SignIn) -> None:
    holder = await sign_in()
    statuses: list[Any] = [(await ask(holder)).status_code for _ in range(6)]
    assert statuses == [*5 * [202], 429]
