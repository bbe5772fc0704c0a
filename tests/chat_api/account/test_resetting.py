"""A lost password: a link that is mailed, whatever happens to the job or the mail server, and counts once."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from chat_api.account.mail import Mailer
from chat_api.account.mailing import Mailing
from chat_api.sessions.disabling import disable
from taskflow_core.database.pool import Database
from taskflow_core.mail_server import mail_server
from taskflow_core.opaque import secret_hash
from taskflow_core.settings import Settings
from tests.chat_api.account.mail_world import ORIGIN, Inbox, link_in, serving, with_mail
from tests.chat_api.sessions.conftest import AUTH, BOB, Replica, SignIn
from tests.support.clock import MovableClock

RESET = f"{AUTH}/reset"
NEW = "a staple battery"

_ROWS = "SELECT count(*) FROM account_links"
_AGAIN = "UPDATE account_links SET mail_at = now() WHERE mail_at IS NOT NULL"


@pytest.fixture
async def inbox() -> AsyncGenerator[Inbox]:
    async with serving() as made:
        yield made


@pytest.fixture
def settings(settings: Settings, inbox: Inbox) -> Settings:
    """Mails go to the inbox."""
    return with_mail(settings, inbox)


@pytest.fixture
def mailing(database: Database, settings: Settings) -> Mailing:
    return mailing_to(settings.smtp_url or "", database, settings)


def mailing_to(url: str, database: Database, settings: Settings) -> Mailing:
    """The job of another process."""
    mailer = Mailer(mail_server(url), "tasks@example.com", seconds=5)
    return Mailing(database, mailer, secret=settings.auth_secret, origin=ORIGIN)


async def ask(client: httpx.AsyncClient, email: str = BOB["email"]) -> httpx.Response:
    return await client.post(RESET, json={"email": email})


async def complete(client: httpx.AsyncClient, link: str, password: str = NEW) -> tuple[int, Any]:
    answer = await client.post(f"{RESET}/complete", json={"link": link, "password": password})
    body: Any = answer.json().get("detail") or {}
    return answer.status_code, None if isinstance(body, list) else body.get("code")


INVALID = (404, "INVALID_LINK")


async def signs_in(client: httpx.AsyncClient, password: str) -> int:
    answer = await client.post(f"{AUTH}/login", json={**BOB, "password": password})
    client.cookies.clear()
    return answer.status_code


async def test_the_whole_way(
    sign_in: SignIn,
    here: httpx.AsyncClient,
    inbox: Inbox,
    mailing: Mailing,
    database: Database,
    replicas: tuple[Replica, Replica],
    there: httpx.AsyncClient,
) -> None:
    holder = await sign_in()
    assert await holder.at(there).me() == 200
    assert (await ask(here, "Bob@Example.com")).status_code == 202
    assert not inbox.mails, "nothing is sent within the request"
    await mailing.work()
    [mail] = inbox.mails
    assert mail["To"] == BOB["email"]
    link = link_in(mail, "reset")
    stored = await database.fetchrow("SELECT link_hash, account_links::text AS everything FROM account_links")
    assert stored is not None
    assert stored["link_hash"] == secret_hash(link)
    assert link not in stored["everything"]
    assert await complete(here, link) == (200, None)
    await replicas[1].revocations.read()
    assert (await holder.me(), await holder.at(there).me(), (await holder.renew()).status_code) == (401, 401, 401)
    assert (await signs_in(here, BOB["password"]), await signs_in(here, NEW)) == (401, 200)
    assert await complete(here, link, "yet another one") == INVALID
    assert not await database.fetchval(_ROWS)


async def test_an_unknown_address_is_answered_the_same(
    bob: dict[str, Any], here: httpx.AsyncClient, inbox: Inbox, mailing: Mailing, database: Database
) -> None:
    """And by the same statements: whether there is such an account is looked at later."""
    asked: list[list[str]] = []
    answers: list[httpx.Response] = []
    for email in (BOB["email"], "nobody@example.com"):
        async with database.acquire() as connection:
            before = await connection.fetchval("SELECT max(created_at) FROM account_links")
        answers.append(await ask(here, email))
        row = await database.fetchrow(
            "SELECT user_id, link_hash FROM account_links WHERE $1::timestamptz IS NULL OR created_at > $1", before
        )
        assert row is not None
        asked.append([str(value) for value in row.values()])
    assert answers[0].content == answers[1].content
    assert [answer.status_code for answer in answers] == [202, 202]
    assert asked[0] == asked[1] == ["None", "None"]
    await mailing.work()
    assert [mail["To"] for mail in inbox.mails] == [BOB["email"]]
    assert await database.fetchval(_ROWS) == 1


@pytest.mark.parametrize(
    "email", ["", "x", "bob@example.com\nBcc: eve@example.com", "bob@example.com,eve@example.com", "b@b", "é@b.cc"]
)
async def test_what_is_no_address(here: httpx.AsyncClient, bob: dict[str, Any], email: str, database: Database) -> None:
    assert bob
    assert (await ask(here, email)).status_code == 422
    assert not await database.fetchval(_ROWS)


async def test_mails_are_limited(here: httpx.AsyncClient, bob: dict[str, Any]) -> None:
    assert bob
    for email in (BOB["email"], "nobody@example.com"):
        answers = [await ask(here, email) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [*5 * [202], 429]
        assert answers[-1].json()["detail"]["code"] == "TOO_MANY_MAILS"
        assert int(answers[-1].headers["Retry-After"]) > 0


async def test_its_time_ends(
    here: httpx.AsyncClient, bob: dict[str, Any], inbox: Inbox, mailing: Mailing, clock: MovableClock
) -> None:
    assert bob
    await ask(here)
    await mailing.work()
    clock.advance(timedelta(hours=1, minutes=1))
    assert await complete(here, link_in(inbox.mails[0], "reset")) == INVALID


async def test_the_rules_of_passwords_hold_and_cost_no_link(
    here: httpx.AsyncClient, bob: dict[str, Any], inbox: Inbox, mailing: Mailing
) -> None:
    assert bob
    await ask(here)
    await mailing.work()
    link = link_in(inbox.mails[0], "reset")
    for password in ("password1", "ü" * 40, "short"):
        assert (await complete(here, link, password))[0] == 422
    assert await complete(here, link) == (200, None)


async def test_of_two_at_once_one_counts(
    here: httpx.AsyncClient, bob: dict[str, Any], inbox: Inbox, mailing: Mailing
) -> None:
    assert bob
    await ask(here)
    await mailing.work()
    link = link_in(inbox.mails[0], "reset")
    passwords = ["one staple battery", "other staple battery"]
    answers = await asyncio.gather(*(complete(here, link, password) for password in passwords))
    assert sorted(answers) == [(200, None), INVALID]
    [set_one] = [password for password, answer in zip(passwords, answers, strict=True) if answer[0] == 200]
    assert await signs_in(here, set_one) == 200


async def test_a_disabled_account_stays_so(
    here: httpx.AsyncClient, bob: dict[str, Any], inbox: Inbox, mailing: Mailing, database: Database
) -> None:
    await ask(here)
    await mailing.work()
    assert await disable(database, bob["email"], lasts=timedelta(days=7), rounds=4)
    assert await complete(here, link_in(inbox.mails[0], "reset")) == INVALID
    await ask(here)
    await mailing.work()
    assert len(inbox.mails) == 1, "nor does it get another link"
    assert (await signs_in(here, BOB["password"]), await signs_in(here, NEW)) == (401, 401)


async def test_a_server_that_is_away_is_tried_again(
    here: httpx.AsyncClient, bob: dict[str, Any], inbox: Inbox, mailing: Mailing, database: Database, settings: Settings
) -> None:
    assert bob
    async with serving() as gone:
        pass
    await ask(here)
    await mailing_to(f"smtp+plain://127.0.0.1:{gone.port}", database, settings).work()
    waits = await database.fetchval("SELECT mail_at > now() FROM account_links")
    assert waits, "not at once"
    await mailing.work()
    assert not inbox.mails
    await database.execute(_AGAIN)
    await mailing.work()
    assert await complete(here, link_in(inbox.mails[0], "reset")) == (200, None)


async def test_a_crash_after_sending_sends_the_same_again(
    here: httpx.AsyncClient,
    bob: dict[str, Any],
    inbox: Inbox,
    mailing: Mailing,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert bob
    await ask(here)
    with monkeypatch.context() as crashing:
        crashing.setattr("chat_api.account.mailing._SENT", "SELECT 1 / 0, $1::uuid, $2::interval")
        with pytest.raises(Exception, match="division by zero"):
            await mailing.work()
    await database.execute(_AGAIN)
    await mailing.work()
    first, second = inbox.mails
    assert link_in(first, "reset") == link_in(second, "reset")
    assert first["Message-ID"] == second["Message-ID"]
    assert await complete(here, link_in(first, "reset")) == (200, None)
    await mailing.work()
    assert len(inbox.mails) == 2


async def test_several_processes_share_the_work(
    here: httpx.AsyncClient, bob: dict[str, Any], inbox: Inbox, database: Database, settings: Settings
) -> None:
    assert bob
    for _ in range(4):
        await ask(here)
    jobs = [mailing_to(settings.smtp_url or "", database, settings) for _ in range(3)]
    await asyncio.gather(*(job.work() for job in jobs))
    await asyncio.gather(*(job.work() for job in jobs))
    assert len(inbox.mails) == 4
    assert len({link_in(mail, "reset") for mail in inbox.mails}) == 4


async def test_an_address_that_the_server_refuses_is_given_up(
    here: httpx.AsyncClient, bob: dict[str, Any], inbox: Inbox, mailing: Mailing, database: Database
) -> None:
    assert bob
    inbox.answers = ["550 no such user"]
    await ask(here)
    await mailing.work()
    assert not await database.fetchval(_ROWS)


@pytest.mark.parametrize("link", ["", "x", "x" * 43, "x" * 101, "é"])
async def test_what_is_no_link(here: httpx.AsyncClient, link: str) -> None:
    assert await complete(here, link) in (INVALID, (422, None))


async def test_without_a_mail_server(settings: Settings, visitor_without_mail: httpx.AsyncClient) -> None:
    assert settings
    for email in (BOB["email"], "nobody@example.com"):
        answer = await ask(visitor_without_mail, email)
        assert (answer.status_code, answer.json()["detail"]["code"]) == (409, "NO_MAIL")


@pytest.fixture
async def visitor_without_mail(
    settings: Settings, database: Database, clock: MovableClock
) -> AsyncGenerator[httpx.AsyncClient]:
    from chat_api.app import create_service
    from taskflow_core.service.composition import Runtime

    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(501))) as unused:
        without = msgspec.structs.replace(settings, smtp_url=None)
        app = create_service(Runtime(settings=without, database=database, clock=clock, chat_api=unused)).app
        transport = httpx.ASGITransport(app=app)  # pyright: ignore[reportArgumentType]  # Litestar's ASGI types
        async with httpx.AsyncClient(transport=transport, base_url="http://chat-api") as client:
            yield client
