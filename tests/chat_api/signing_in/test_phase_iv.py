"""The gate under TASKFLOW_PHASE=iv: in this process's memory, and nothing that Phase IV does not do besides."""

import msgspec
import pytest

from chat_api.signing_in.budgets import Budget, LocalBudgets
from taskflow_core.settings import Settings
from tests.chat_api.signing_in.conftest import At, Client
from tests.support.clock import MovableClock


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, phase="iv", address_sign_ups_per_hour=1)


async def test_any_password_is_taken_and_any_number_of_sign_ups(at: At) -> None:
    for number, password in enumerate(("password", "x" * 73)):
        assert (await at("192.0.2.7").signs_up(f"{number}@example.com", password)).status_code == 201


async def test_failures_count_for_an_e_mail_from_an_address(bob: Client, at: At) -> None:
    await at("198.51.100.1").uses_up()
    assert (await at("198.51.100.1").signs_in()).status_code == 429
    assert (await at("198.51.100.2").signs_in()).status_code == 200, "nobody locks him out elsewhere"
    assert "taskflow_device" not in bob.http.cookies


async def test_memory_is_bounded(clock: MovableClock) -> None:
    budgets = LocalBudgets(clock, most_kept=100)
    for n in range(1000):
        assert await budgets.charge([Budget(key=n.to_bytes(16), most=1)]) == 0
    assert len(vars(budgets)["_kept"]) == 100
    assert await budgets.charge([Budget(key=(999).to_bytes(16), most=1)]) > 0
