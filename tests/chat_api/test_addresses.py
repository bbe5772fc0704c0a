"""E-mail addresses are compared without regard to case, as Phase IV does, in both phases."""

import asyncio

import bcrypt
import httpx
import msgspec
import pytest

from chat_api.accounts import account_of, is_taken
from taskflow_cli.main import main
from taskflow_core.database.pool import Database
from taskflow_core.settings import Settings
from tests.support.phase_iv import release_on

SIGN_UP, LOGIN = "/api/v1/auth/signup", "/api/v1/auth/login"
PASSWORD = "correct horse"

_ACCOUNT = """
INSERT INTO users (id, email, hashed_password, created_at, updated_at) VALUES ($1, $2, $3, now(), now())
"""


@pytest.fixture(params=["iv", "v"])
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    return msgspec.structs.replace(settings, phase=request.param, login_attempts_per_minute=3)


async def stored(database: Database, user_id: str, email: str) -> None:
    """An account as an earlier release of Phase V left it."""
    await database.execute(_ACCOUNT, user_id, email, bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode())


async def signed_in(visitor: httpx.AsyncClient, email: str, password: str = PASSWORD) -> str | int:
    """The id of who is signed in, or the status of the refusal."""
    answer = await visitor.post(LOGIN, json={"email": email, "password": password})
    return answer.json()["user"]["id"] if answer.status_code == 200 else answer.status_code


async def test_one_person_has_one_account_however_the_address_is_typed(visitor: httpx.AsyncClient) -> None:
    made = await visitor.post(SIGN_UP, json={"email": "Frank@Example.COM", "password": PASSWORD})
    assert (made.status_code, made.json()["user"]["email"]) == (201, "frank@example.com")
    for address in ("frank@example.com", "FRANK@EXAMPLE.COM", "Frank@Example.COM"):
        again = await visitor.post(SIGN_UP, json={"email": address, "password": PASSWORD})
        assert (again.status_code, again.json()["detail"]["code"]) == (400, "SIGNUP_ERROR")
        assert await signed_in(visitor, address) == made.json()["user"]["id"]


async def test_what_an_address_means_is_told_in_one_way(database: Database) -> None:
    for user_id, address in (("one", "Bob@example.com"), ("two", "BOB@example.com"), ("three", "Eve@example.com")):
        await stored(database, user_id, address)
    for address, means, taken in (
        ("Bob@example.com", "one", True),
        ("BOB@example.com", "two", True),
        ("bob@example.com", None, True),  # of both
        ("EVE@example.com", "three", True),
        ("nobody@example.com", None, False),
        ("a\x00b", None, False),
        ("x" * 300, None, False),
    ):
        account = await account_of(database, address)
        assert (account and account["id"], await is_taken(database, address)) == (means, taken), address
    assert not await is_taken(database, "EVE@example.com", besides="three")


async def test_who_signed_up_here_signs_in_on_the_release_and_the_other_way_round(
    visitor: httpx.AsyncClient, database: Database
) -> None:
    here, there = (
        {"email": "Here@Example.com", "password": PASSWORD},
        {"email": "There@Example.com", "password": PASSWORD},
    )
    async with release_on(database.url) as release:
        assert (await visitor.post(SIGN_UP, json=here)).status_code == 201
        assert (await release.client.post(SIGN_UP, json=there)).status_code == 201
        for address in ("Here@Example.com", "here@example.com", "There@Example.com", "there@example.com"):
            credentials = {"email": address, "password": PASSWORD}
            answers = [await client.post(LOGIN, json=credentials) for client in (visitor, release.client)]
            assert [answer.status_code for answer in answers] == [200, 200], address
            assert answers[0].json()["user"]["id"] == answers[1].json()["user"]["id"]
            assert answers[0].json()["user"]["email"] == answers[1].json()["user"]["email"]


async def test_one_that_was_stored_with_capitals_is_found(visitor: httpx.AsyncClient, database: Database) -> None:
    await stored(database, "frank", "Frank@Example.com")
    for address in ("Frank@Example.com", "frank@example.com", "FRANK@example.com"):
        assert await signed_in(visitor, address) == "frank"
        answer = await visitor.post(SIGN_UP, json={"email": address, "password": PASSWORD})
        assert answer.status_code == 400


async def test_accounts_that_share_an_address_sign_in_as_theirs_is_written(
    visitor: httpx.AsyncClient, database: Database, settings: Settings
) -> None:
    for user_id, email in (("1", "frank@example.com"), ("2", "Frank@Example.com"), ("3", "A@b.cc"), ("4", "a@B.cc")):
        await stored(database, user_id, email)
    assert await signed_in(visitor, "Frank@Example.com") == "2"
    assert await signed_in(visitor, "frank@example.com") == "1"
    assert await signed_in(visitor, "FRANK@example.com") == "1", "the one in lower case, which Phase IV would take"
    assert (await signed_in(visitor, "A@b.cc"), await signed_in(visitor, "a@B.cc")) == ("3", "4")
    assert await signed_in(visitor, "a@b.cc") == 401, "which of the two is not guessed"
    assert (await visitor.post(SIGN_UP, json={"email": "a@b.cc", "password": PASSWORD})).status_code == 400


async def test_attempts_count_for_an_address_in_any_case(visitor: httpx.AsyncClient) -> None:
    tried = [await signed_in(visitor, address, "wrong horse") for address in ("a@b.cc", "A@b.cc", "a@B.cc", "A@B.CC")]
    assert tried == [401, 401, 401, 429]


async def test_the_command_lists_those_that_share_one(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TASKFLOW_DATABASE_URL", database.url)
    for user_id, email in (("1", "frank@example.com"), ("2", "Frank@Example.com"), ("3", "Alone@example.com")):
        await stored(database, user_id, email)
    assert await asyncio.to_thread(main, ["admin", "duplicates"]) == 0
    said = capsys.readouterr().out
    assert said.count("@") == 2
    assert "Frank@Example.com  2" in said
    assert "2 accounts share an address." in said


REFUSED = [
    "a@b", "a b@example.com", " a@example.com", "a@example.com ", "ä@example.com", "x'@example.com", "x@example.c",
    "@example.com", "a@@example.com", "a@example.com@example.com", "a@exa_mple.com", "a@example.c0m", "a\n@example.com",
    "a@example.com\n", "a@ex\u0430mple.com", "\u212a@example.com",
    "", "@", "a" * 250 + "@example.com",
]  # fmt: skip
TAKEN = ["a+b@example.com", "a%b@example.com", "a..b@example.com", ".a@example.com", "a@-example.com", "a@b.cc.dd",
    "A_B@EXAMPLE.COM", "1@2.xy"]  # fmt: skip


async def test_which_addresses_are_taken(visitor: httpx.AsyncClient, database: Database) -> None:
    async with release_on(database.url) as release:
        for number, email in enumerate([*REFUSED, *TAKEN]):
            expected = 201 if email in TAKEN else 400
            # The release does not look at the length; its column does.
            theirs = email if len(email) <= 255 else "x"
            other = theirs.replace("a", f"a{number}", 1) if expected == 201 and "a" in theirs else theirs
            assert (await visitor.post(SIGN_UP, json={"email": email, "password": PASSWORD})).status_code == expected
            if other != email or expected == 400:
                answer = await release.client.post(SIGN_UP, json={"email": other, "password": PASSWORD})
                assert answer.status_code == expected, other
