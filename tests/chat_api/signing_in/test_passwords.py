"""What a password must be where one is set."""

import sys
import tracemalloc
from typing import Any

import bcrypt
import pytest

from chat_api.signing_in import passwords
from taskflow_core.database.pool import Database
from taskflow_core.domain.errors import FieldError
from tests.chat_api.people import User
from tests.chat_api.signing_in.conftest import At

COMMON = ["password", "PASSWORD", "Password1", "12345678", "iloveyou", "TrustNo1", "qwertyuiop", "football", "Jennifer",
    "michelle", "baseball", "superman", "password123", "1q2w3e4r", "sunshine", "elizabeth", "Alexander"]  # fmt: skip
TAKEN = ["correct horse", "battery staple", "long enough", " " * 8, "nohorse8", "x" * 72, "ü" * 36, "pass\npass",
    "\npassword\n", "a password for tests"]  # fmt: skip
TOO_LONG = ["x" * 73, "ü" * 37, "🌱" * 19, "x" * 1000]


def problem(answer: Any) -> tuple[list[str], str]:
    (found,) = answer.json()["detail"]
    return found["loc"], found["msg"]


async def test_the_most_common_ones_are_refused(at: At, database: Database, subtests: pytest.Subtests) -> None:
    for password in COMMON:
        with subtests.test(password=password):
            answer = await at("192.0.2.7").signs_up("bob@example.com", password)
            assert answer.status_code == 422
            where, text = problem(answer)
            assert where == ["body", "password"]
            assert "common" in text
    assert await database.fetchval("SELECT count(*) FROM users") == 0


async def test_those_that_bcrypt_would_cut_are_refused(at: At, subtests: pytest.Subtests) -> None:
    for password in TOO_LONG:
        with subtests.test(password=password):
            answer = await at("192.0.2.7").signs_up("bob@example.com", password)
            assert answer.status_code == 422
            where, text = problem(answer)
            assert where == ["body", "password"]
            assert "72" in text


async def test_one_with_a_nul_is_refused(at: At) -> None:
    answer = await at("192.0.2.7").signs_up("bob@example.com", "a pass\x00word")
    assert (answer.status_code, problem(answer)[1]) == (422, "must not contain the character U+0000")


async def test_others_are_taken(at: At, subtests: pytest.Subtests) -> None:
    for number, password in enumerate(TAKEN):
        with subtests.test(password=password):
            email = f"{number}@example.com"
            assert (await at("192.0.2.7").signs_up(email, password)).status_code == 201
            assert (await at("192.0.2.7").signs_in(email, password)).status_code == 200


@pytest.mark.parametrize(
    "password", ["password", "a long one, which Phase IV took and cut after 72 bytes: " + "x" * 40]
)
async def test_old_ones_go_on(at: At, anna: User, database: Database, password: str) -> None:
    hashed = bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(4))
    await database.execute("UPDATE users SET hashed_password = $1", hashed.decode())
    assert (await at("192.0.2.7").signs_in(anna.email, password)).status_code == 200


async def test_what_is_refused_costs_no_sign_up(at: At, database: Database) -> None:
    await at("192.0.2.7").signs_up("bob@example.com", "password")
    assert await database.fetchval("SELECT count(*) FROM sign_in_budgets") == 0


async def test_little_is_kept_in_memory() -> None:
    passwords._common.cache_clear()  # pyright: ignore[reportPrivateUsage]
    tracemalloc.start()
    with pytest.raises(FieldError):
        await passwords.check_new("iloveyou")
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 1_000_000
    assert "zxcvbn" not in sys.modules
