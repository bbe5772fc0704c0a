"""A hook of pytest: what a failed test left open goes with it, and is a warning for no other test."""

import gc
import sys
import traceback
import warnings
from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Generator[None]:
    """Whoever keeps the error keeps the variables of the frames it went through: connections among them, which say as
    garbage that nobody closed them. That would be while another test runs."""
    try:
        yield
    finally:
        failure: BaseException | None = sys.__dict__.pop("last_value", None)  # pytest's note of a call that failed
        if failure is not None:
            _forget_variables(failure)
            del failure
            with warnings.catch_warnings(action="ignore", category=ResourceWarning):
                gc.collect()


def _forget_variables(error: BaseException | None) -> None:
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__context__
