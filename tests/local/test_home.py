"""TASKFLOW_HOME: one process at a time, and secrets that are made once."""

import os
import re
import stat
from pathlib import Path

import pytest

from taskflow_local.home import SECRETS, Home, HomeError


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def test_it_is_in_the_clone_unless_the_user_says_where(tmp_path: Path) -> None:
    clone = Path(__file__).resolve().parents[2]
    assert Home.of({}).directory == clone / ".taskflow"
    assert Home.of({"TASKFLOW_HOME": str(tmp_path)}).directory == tmp_path
    assert Home.of({"TASKFLOW_HOME": "~/data"}).directory == Path.home() / "data"


def test_a_second_start_is_told_who_has_it_and_where_that_answers(home: Home) -> None:
    home.take()
    home.say_address("http://127.0.0.1:8000")
    expected = f"already runs on {home.directory} at http://127.0.0.1:8000 (process {os.getpid()})"
    with pytest.raises(HomeError, match=re.escape(expected)):
        Home(home.directory).take()
    home.release()
    Home(home.directory).take()
    assert home.address() is None


def test_secrets_are_made_once_and_only_their_owner_reads_them(home: Home) -> None:
    home.take()
    made = home.secrets({})
    assert set(made) == set(SECRETS)
    assert all(len(secret) >= 32 for secret in made.values())
    assert len(set(made.values())) == len(made)
    assert home.secrets({}) == made
    files = list((home.directory / "secrets").iterdir())
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE((home.directory / "secrets").stat().st_mode) == 0o700


def test_a_secret_of_the_user_is_taken_and_not_kept(home: Home) -> None:
    home.take()
    given = "a secret of the user's own, which is long enough"
    assert home.secrets({"BETTER_AUTH_SECRET": given})["BETTER_AUTH_SECRET"] == given
    assert home.secrets({})["BETTER_AUTH_SECRET"] != given


def test_a_place_that_cannot_hold_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="ascii")
    with pytest.raises(HomeError, match="Set TASKFLOW_HOME to a directory that you may write to"):
        Home(tmp_path / "file" / "home").take()
